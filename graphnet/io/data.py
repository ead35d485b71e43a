"""Data and results as npz: named arrays in one zip file, none of them pickled."""

from __future__ import annotations

import os
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from ..errors import DataError
from ..table import Array
from .whole import existing_file, unreadable, written_whole

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# all that zipfile, zlib and numpy raise on files that are cut short or were changed
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    TypeError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    SyntaxError,
    OverflowError,
    IndexError,
    MemoryError,
)


@dataclass(frozen=True, eq=False)
class Data:
    """Sequences and what is asked of them.

    ``x`` (n_samples, n_steps, n_inputs), ``y`` as the loss takes it, None where there is none, ``lengths`` (n_samples,)
    int64, None where every sequence is as long as the array.
    """

    x: Array
    y: Array | None = None
    lengths: Array | None = None


def read_data(path: str | os.PathLike[str], *, targets: bool = True) -> Data:
    """Read the arrays ``x``, ``y`` and, where the file has it, ``lengths``; other arrays are left alone.

    Parameters
    ----------
    path : str or path-like
        An ``.npz`` file, as ``numpy.savez`` writes it.
    targets : bool
        Whether there has to be a ``y``.

    Raises
    ------
    DataError
        If the file is missing, broken or of another kind, or an array is missing, holds Python objects, or has a shape
        or dtype that does not fit.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/data.npz", x=np.zeros((8, 5, 2)), y=np.ones((8, 5, 1)))
    ...     read_data(f"{folder}/data.npz").x.shape
    (8, 5, 2)
    """
    wanted = ("x", "y", "lengths")
    arrays = _read_arrays(path, wanted, ("x", "y") if targets else ("x",))
    x, y, lengths = (arrays.get(name) for name in wanted)
    assert x is not None
    problem = _find_problem(x, y, lengths)
    if problem:
        raise DataError(f"{os.fspath(path)}: {problem}")
    return Data(x, y, None if lengths is None else lengths.astype(np.int64))


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write named arrays to an ``.npz`` file, replaced once it is complete.

    Raises
    ------
    DataError
        If there cannot be a file of that name, or an array holds Python objects.
    OSError
        If the system does not let us write.
    """
    checked = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in checked.items():
        if array.dtype.hasobject:
            raise DataError(f"{os.fspath(path)}: array {name!r} holds Python objects, which would have to be pickled")
    with written_whole(path) as temporary, zipfile.ZipFile(temporary, "x", allowZip64=True) as archive:
        for name, array in checked.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                npy.write_array(file, array, allow_pickle=False)


def _read_arrays(path: str | os.PathLike[str], wanted: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, Array]:
    file = existing_file(path)
    where = os.fspath(path)
    try:
        with file.open("rb") as opened:
            if opened.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
                raise DataError(f"{where}: a single array (.npy); numpy.savez(path, x=..., y=...) writes named ones")
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            missing = [name for name in needed if name not in members]
            if missing:
                raise DataError(
                    f"{where}: there is no array {' and no '.join(map(repr, missing))}; "
                    f"it has {', '.join(map(repr, members)) or 'none'}"
                )
            return {name: _read_array(where, name, archive, members[name]) for name in wanted if name in members}
    except DataError:
        raise
    except zipfile.BadZipFile as error:
        raise DataError(f"{where}: not a complete .npz file: {error}") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except _BROKEN as error:
        raise DataError(f"{where}: broken .npz file: {error}") from error


def _read_array(where: str, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    try:
        with archive.open(info) as file, warnings.catch_warnings():
            # what numpy has to say of headers by Python 2
            warnings.simplefilter("ignore")
            _check_header(file, info.file_size)
        with archive.open(info) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(npy.read_array(file, allow_pickle=False))
    except (*_BROKEN, OSError) as error:
        raise DataError(f"{where}: array {name!r} cannot be read: {error}") from error


def _check_header(file: IO[bytes], size: int) -> None:
    """A ValueError where an array holds objects, or is not as large as its header says, before it takes any memory."""
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of .npy is not one of numbers")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which would have to be unpickled; store numbers")
    if any(n < 0 for n in shape) or file.tell() + prod(shape) * dtype.itemsize != size:
        raise ValueError(f"its header says {dtype} of shape {shape}, and that is not its size")


def _find_problem(x: Array, y: Array | None, lengths: Array | None) -> str | None:
    for name, array in (("x", x), ("y", y)):
        if array is not None and array.dtype.kind not in "biuf":
            return f"array {name!r} is {array.dtype}, not real numbers"
    if x.ndim != 3 or 0 in x.shape[:2]:
        return f"array 'x' has shape {x.shape}, not (n_samples, n_steps, n_inputs) with a sample and a step at least"
    n_samples, n_steps, _ = x.shape
    if y is not None and (not 1 <= y.ndim <= 3 or y.shape[:2] != x.shape[: min(y.ndim, 2)]):
        return (
            f"array 'y' has shape {y.shape}, and 'x' {x.shape}: "
            f"it is ({n_samples}, {n_steps}, n_outputs), or classes ({n_samples}, {n_steps}) or ({n_samples},)"
        )
    if lengths is None:
        return None
    if lengths.dtype.kind not in "iu" or lengths.shape != (n_samples,):
        return (
            f"array 'lengths' is {lengths.dtype} of shape {lengths.shape}, "
            f"not one whole number for each of {n_samples} samples"
        )
    wrong = np.flatnonzero((lengths < 1) | (lengths > n_steps))
    if len(wrong):
        return f"lengths[{wrong[0]}] is {lengths[wrong[0]]}: a length is 1 to {n_steps}, the steps of 'x'"
    return None
