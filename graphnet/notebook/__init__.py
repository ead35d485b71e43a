"""HTML of networks and results in notebooks, and the live bar of a fit.

The methods ``_repr_html_`` reach these functions through `graphnet.language.hooks`.
"""
