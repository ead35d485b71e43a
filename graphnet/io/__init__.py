"""Files: networks as safetensors, drawings in nine formats and as pictures, data and results as arrays and tables.

Every file is written completely or not at all, and none is pickled.  A LossWarning says what a format does not hold,
and a DataError what is wrong with a file.
"""

from .atomic import written_whole
from .data.arrays import write_arrays
from .data.dataset import read_data
from .data.samples import Data, Series
from .data.tables import write_table
from .drawings.formats import FORMATS, PICTURES, compile_settings, read_graph, write_graph
from .drawings.loss_warning import LossWarning
from .json_values import json_ready
from .networks.weights import load, save

__all__ = [
    "FORMATS",
    "PICTURES",
    "Data",
    "LossWarning",
    "Series",
    "compile_settings",
    "json_ready",
    "load",
    "read_data",
    "read_graph",
    "save",
    "write_arrays",
    "write_graph",
    "write_table",
    "written_whole",
]
