"""Named arrays in safetensors files: written the same way every time, each checked before it is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...frames.existing import existing_file, unreadable
from ...language.arrays import Array

DTYPE_OF_TAG = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BOOL": "bool",
    **{f"{sign}{bits}": f"{name}{bits}" for sign, name in (("I", "int"), ("U", "uint")) for bits in (64, 32, 16, 8)},
}
TAG_OF_DTYPE = {name: tag for tag, name in DTYPE_OF_TAG.items()}


def write_tensors(path: Path, tensors: dict[str, Array], metadata: dict[str, str]) -> None:
    """Write the format by hand: the library's writer orders its metadata by chance, and needs all bytes twice."""
    header: dict[str, Any] = {"__metadata__": metadata}
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    end = 0
    for name, array in ordered:
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": TAG_OF_DTYPE[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    with open(path, "xb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for _, array in ordered:
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)


def packed(array: Array) -> Array:
    """Return an array in the smallest dtype that gives back every bit; booleans, float32 and smaller ones as they are.

    >>> [packed(np.array(values)).dtype.name for values in ([1, -300], [1.0, 2.0], [0.5, -0.0], [0.1])]
    ['int16', 'int8', 'float32', 'float64']
    """
    for narrow in _NARROWER.get(array.dtype.name, ()):
        if _fits(array[:1000], narrow) and _fits(array, narrow):
            return array.astype(narrow)
    return array


def _fits(array: Array, dtype: str) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        again = array.astype(dtype).astype(array.dtype)
    # as bits, since 0.0 equals -0.0 and nan equals nothing
    return bool((again.view(np.int64) == array.view(np.int64)).all())


_NARROWER = {"int64": ("int8", "int16", "int32"), "float64": ("int8", "int16", "float32")}


class Tensors:
    """The tensors of an open file, each checked before it is read.  A broken one is a ValueError."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._names = set(opened.keys())
        self.metadata: dict[str, str] = opened.metadata() or {}

    def check_format(self, name: str, known: int, written_by: str, *, oldest: int | None = None) -> int:
        """Return the version of this format that the metadata names; only ``oldest`` (``known``) to ``known`` exist."""
        version, first = self.metadata.get(name), known if oldest is None else oldest
        if version is None:
            raise ValueError(f"a safetensors file, but not one that {written_by} wrote")
        if version in map(str, range(first, known + 1)):
            return int(version)
        reads = f"format {known}" if first == known else f"formats {first} to {known}"
        if version.isdecimal() and int(version) > known:
            raise ValueError(
                f"written by a newer graphnet: format {version}, and this one reads {reads}; update graphnet"
            )
        raise ValueError(f"format {version!r} is unknown; this graphnet reads {reads}")

    def document(self) -> dict[str, Any]:
        """Return the object in the tensor ``json``."""
        text = self.read("json", dtype="uint8").tobytes()
        try:
            document = json.loads(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"tensor 'json' is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise ValueError("tensor 'json' is not a JSON object")
        return document

    def names(self) -> list[str]:
        """Return every name, sorted."""
        return sorted(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str, length: int | None = None, dtype: str | None = None, n_axes: int = 1) -> Array:
        """Return the tensor of that name, (length,), or of another number of axes."""
        if name not in self._names:
            raise ValueError(f"there is no tensor {name!r}")
        stored = self._opened.get_slice(name)
        found, shape = DTYPE_OF_TAG.get(stored.get_dtype()), stored.get_shape()
        if found is None or (dtype is not None and found != dtype):
            raise ValueError(
                f"tensor {name!r} is {stored.get_dtype()}, not {dtype or 'one of ' + ', '.join(DTYPE_OF_TAG)}"
            )
        if len(shape) != n_axes or (length is not None and shape != [length]):
            expected = f"({'n' if length is None else length},)" if n_axes == 1 else f"of {n_axes} axes"
            raise ValueError(f"tensor {name!r} has shape {tuple(shape)}, not {expected}")
        array: Array = self._opened.get_tensor(name)
        # a byte that is neither 0 nor 1 is no boolean to numpy
        return array.view(np.uint8) != 0 if found == "bool" else array

    def read_packed(self, name: str, length: int | None, dtype: str) -> Array:
        """Return a tensor that was `packed`, in the dtype that it had."""
        array = self.read(name, length)
        if array.dtype != dtype and (array.dtype == bool or not np.can_cast(array.dtype, dtype)):
            raise ValueError(f"tensor {name!r} is {array.dtype}, not {dtype}")
        return array.astype(dtype, copy=False)

    def read_mask(self, name: str, length: int) -> Array:
        """Return a mask of rows, which was stored as bits, or by an older version as booleans, (length,) bool."""
        if name not in self._names or self._opened.get_slice(name).get_dtype() != "U8":
            return self.read(name, length, "bool")
        bits = self.read(name, -(-length // 8))
        if length % 8 and bits[-1] & (0xFF >> length % 8):
            raise ValueError(f"tensor {name!r} has bits of more than {length} rows")
        return np.unpackbits(bits, count=length).view(bool)


@contextmanager
def opened_tensors(path: str | os.PathLike[str]) -> Iterator[Tensors]:
    """Open a file to read tensors from it; every error of the file, and a ValueError inside, becomes a DataError."""
    from safetensors import SafetensorError, safe_open

    file = existing_file(path)
    try:
        with safe_open(file, framework="np") as opened:
            yield Tensors(opened)
    except SafetensorError as error:
        raise DataError(f"{os.fspath(path)}: not a complete safetensors file: {error}") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{os.fspath(path)}: {error}") from error


def json_tensor(document: dict[str, Any]) -> Array:
    """Return an object as the tensor ``json``; nan and infinities are written as Python does."""
    return np.frombuffer(json.dumps(document, separators=(",", ":")).encode("ascii"), np.uint8)
