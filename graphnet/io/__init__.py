"""Files: networks as safetensors, drawings as node-link JSON, data and results as npz.

Every file is written whole or not at all, none is pickled, and whatever is wrong with one that is read is a DataError
that names it.
"""

from .data import Data, read_data, write_arrays
from .formats import read_graph, write_graph
from .weights import load, save

__all__ = ["Data", "load", "read_data", "read_graph", "save", "write_arrays", "write_graph"]
