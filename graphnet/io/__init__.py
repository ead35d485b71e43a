"""Files: networks as safetensors, drawings in eight formats, data and results as arrays and tables.

Every file is written whole or not at all, none is pickled, what a format does not hold is a LossWarning, and whatever
is wrong with a file that is read is a DataError that names it.
"""

from .data.arrays import write_arrays
from .data.dataset import Data, read_data
from .data.tables import write_table
from .drawings.formats import FORMATS, read_graph, write_graph
from .drawings.loss_warning import LossWarning
from .json_values import json_ready
from .networks.weights import load, save

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
