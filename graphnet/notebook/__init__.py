"""HTML of networks and results in notebooks."""
