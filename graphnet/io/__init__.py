"""Files: networks as safetensors, drawings in eight formats, data and results as arrays and tables.

Every file is written whole or not at all, none is pickled, what a format does not hold is a LossWarning, and whatever
is wrong with a file that is read is a DataError that names it.
"""

from .arrays import write_arrays
from .data import Data, read_data
from .formats import FORMATS, read_graph, write_graph
from .loss import LossWarning
from .plain import json_ready
from .tables import write_table
from .weights import load, save

__all__ = [
    "FORMATS",
    "Data",
    "LossWarning",
    "json_ready",
    "load",
    "read_data",
    "read_graph",
    "save",
    "write_arrays",
    "write_graph",
    "write_table",
]
