"""Torch: modules read as drawings, and networks as modules.

No other package uses torch, which is optional and imported on first use.
"""
