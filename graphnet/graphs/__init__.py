"""Drawings: functions that return a networkx graph, to use as they are or to draw on.

Every node and edge of the language can be added, moved or deleted before ``graphnet.compile``.
"""

from .feedforward import feedforward
from .matrix import from_matrix
from .recurrent import complete, direct, elman, indirect, jordan, lateral

__all__ = ["complete", "direct", "elman", "feedforward", "from_matrix", "indirect", "jordan", "lateral"]
