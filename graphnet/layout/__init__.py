"""Layouts: where the neurons of a drawing are in a picture, and what pictures show of its synapses."""

from .picture import Picture, picture_of
from .sketch import sketch_svg
from .units import Box

__all__ = ["Box", "Picture", "picture_of", "sketch_svg"]
