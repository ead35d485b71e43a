"""Problems of a drawing, one sentence each, by what they are problems of.

``columns`` checks each attribute alone, ``ties`` what ties and signs make members share, ``neurons`` roles, gates, time
constants and groups, and ``wording`` names nodes and edges in messages.  ``validation`` calls them in order.
"""
