"""Checkpoints: the state of a fit as one safetensors file, whole or absent.

The metadata says ``graphnet-checkpoint`` (the version of the format).  The tensors are those of `TrainingState.arrays`,
and ``json``, bytes, which spells `TrainingState.numbers`.
"""

from __future__ import annotations

import os

from ...io.atomic import written_whole
from ...io.networks.tensors import json_tensor, opened_tensors, write_tensors
from ..state import TrainingState

FORMAT = 1
_NAME = "graphnet-checkpoint"
_AXES = {"carried.history": 2}


def write_checkpoint(path: str | os.PathLike[str], state: TrainingState) -> None:
    """Write the state of a fit, replacing an older file.

    Raises
    ------
    OSError
        If the file cannot be written; an older one stays.
    """
    tensors = state.arrays()
    with written_whole(path) as temporary:
        write_tensors(temporary, {**tensors, "json": json_tensor(state.numbers())}, {_NAME: str(FORMAT)})


def read_checkpoint(path: str | os.PathLike[str]) -> TrainingState:
    """Read the state of a fit that `write_checkpoint` wrote.

    Raises
    ------
    DataError
        If the file is missing, broken, of another kind or of a newer version.
    """
    with opened_tensors(path) as tensors:
        tensors.check_format(_NAME, FORMAT, "graphnet.fit")
        numbers = tensors.document()
        names = [name for name in tensors.names() if name != "json"]
        arrays = {name: tensors.read(name, n_axes=_AXES.get(name, 1)) for name in names}
        return TrainingState.from_parts(arrays, numbers)
