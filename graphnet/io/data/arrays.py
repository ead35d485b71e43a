"""Named arrays in one zip file (npz), and single ones (npy); none of them is pickled."""

from __future__ import annotations

import os
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from ...errors import DataError
from ...frames.existing import existing_file, unreadable
from ...language.arrays import Array
from ...language.checks import read_array as as_any_array
from ..atomic import written_whole
from ..problems import refuse
from .names import near_names, repeated_names

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
MOST_TIMES = 1032
"""Most bytes that one byte of a compressed zip file can become."""
# raised by zipfile, zlib and numpy raise on files that are cut short or were changed
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
    TokenError,
)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write named arrays to an ``.npz`` file, replaced once it is complete.

    Raises
    ------
    DataError
        If no file can have that name, or an array holds Python objects.
    OSError
        If the system does not let us write.
    """
    instead = "write the data, and the mask as an array of its own"
    checked = {
        name: as_any_array(array, f"{os.fspath(path)}: array {name!r}", instead) for name, array in arrays.items()
    }
    for name, array in checked.items():
        if array.dtype.hasobject:
            raise DataError(f"{os.fspath(path)}: array {name!r} holds Python objects, which would have to be pickled")
    with written_whole(path) as temporary, zipfile.ZipFile(temporary, "x", allowZip64=True) as archive:
        for name, array in checked.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                npy.write_array(file, array, allow_pickle=False)


def read_arrays(
    path: str | os.PathLike[str],
    wanted: Sequence[str],
    needed: Sequence[str],
    others: Mapping[str, str],
    chosen: Collection[str] = (),
) -> dict[str, Array]:
    """Return those of the ``wanted`` arrays that an ``.npz`` file has; others are left alone.

    ``needed`` ones are required.  ``others`` describes a file that has an array of another name instead.  A name that
    is nearly one of the ``wanted`` is refused, but for those that the user has ``chosen`` among the file's.

    Raises
    ------
    DataError
        If the file is missing, broken or of another kind, or an array is missing or holds Python objects.
    """
    file = existing_file(path)
    where = os.fspath(path)
    with _problems_of(path):
        with file.open("rb") as opened:
            if opened.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
                raise DataError(f"{where}: a single array, and {file.suffix} holds named ones: call the file .npy")
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            names = [info.filename.removesuffix(".npy") for info in infos]
            members = dict(zip(names, infos, strict=True))
            refuse(path, repeated_names(names, "the file holds array"))
            missing = [name for name in needed if name not in members]
            if missing:
                hint = next((f"; it is {what}" for name, what in others.items() if name in members), "")
                if not hint and not any(name in chosen for name in missing):
                    hint = "; arrays of other names are chosen with x=, y=, lengths= (--x, --y, --lengths)"
                raise DataError(
                    f"{where}: there is no array {' and no '.join(map(repr, missing))}; "
                    f"it has {', '.join(map(repr, [*members][:20])) or 'none'}{hint}"
                )
            near = {
                name: [near for near in near_names(names, name) if near != name and near not in chosen]
                for name in wanted
                if name not in chosen
            }
            refuse(
                path,
                [
                    f"array {other!r} would be left alone, and is nearly {name!r}: rename the one or the other"
                    for name, others in near.items()
                    for other in others
                ],
            )
            size = file.stat().st_size
            return {name: _read_array(where, name, archive, members[name], size) for name in wanted if name in members}


def read_array(path: str | os.PathLike[str]) -> Array:
    """Return the array of an ``.npy`` file.

    Raises
    ------
    DataError
        If the file is missing, broken or of another kind, or holds Python objects.
    """
    file = existing_file(path)
    with _problems_of(path), file.open("rb") as opened:
        if opened.read(2) == b"PK":
            raise DataError(f"{os.fspath(path)}: named arrays, and .npy holds a single one: call the file .npz")
        opened.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_header(opened, file.stat().st_size)
            opened.seek(0)
            return np.asarray(npy.read_array(opened, allow_pickle=False))


@contextmanager
def _problems_of(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise a DataError for each error of a file of arrays."""
    where = os.fspath(path)
    try:
        yield
    except DataError:
        raise
    except zipfile.BadZipFile as error:
        raise DataError(f"{where}: not a complete .npz file: {error}") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except _BROKEN as error:
        raise DataError(f"{where}: broken {Path(path).suffix} file: {error}") from error


def _read_array(where: str, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, file_size: int) -> Array:
    try:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("it is compressed in another way than numpy does")
        if info.file_size > MOST_TIMES * file_size:
            raise ValueError(f"its header says {info.file_size} bytes, more than a file of {file_size} can hold")
        with archive.open(info) as file, warnings.catch_warnings():
            # numpy warns of headers by Python 2
            warnings.simplefilter("ignore")
            _check_header(file, info.file_size)
        with archive.open(info) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(npy.read_array(file, allow_pickle=False))
    except (*_BROKEN, OSError) as error:
        raise DataError(f"{where}: array {name!r} cannot be read: {error}") from error


def _check_header(file: IO[bytes], size: int) -> None:
    """Raise a ValueError if an array holds objects or its size is not that of its header, before it takes memory."""
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of .npy is not one of numbers")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which would have to be unpickled; store numbers")
    if any(n < 0 for n in shape) or file.tell() + prod(shape) * dtype.itemsize != size:
        raise ValueError(f"its header says {dtype} of shape {shape}, and that is not its size")
