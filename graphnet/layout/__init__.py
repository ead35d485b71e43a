"""Layouts: where the neurons of a drawing are in a picture, and what pictures show of its synapses."""

from .picture import Picture, picture_of

__all__ = ["Picture", "picture_of"]
