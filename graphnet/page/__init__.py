"""The HTML page of a network with its activity."""
