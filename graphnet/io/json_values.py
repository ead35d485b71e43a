"""Names and values encoded for JSON, and decoded.

A name is a str, int, float, bool, None or a tuple of names; in JSON a tuple is an array.  A custom value may also be a
list, a dict with str keys, or a numpy array.  A value that JSON does not have is an object with one key that says what
it is: ``{"float": "nan"}``, ``{"tuple": [...]}``, ``{"dict": {...}}``, ``{"array": "<base64>", ...}``.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..language.arrays import Array

LARGEST_BITS = 14_280
"""Most bits of a whole number; Python refuses to read integers of more than 4300 digits."""
_AS_THEY_ARE = frozenset({str, bool, type(None)})
_NOT_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class UnwritableError(Exception):
    """A name or value that a file cannot hold; the message says why, not where."""


def encode_all(
    encode: Callable[[Any], Any], values: Iterable[Any], where: Callable[[int], str], problems: list[str]
) -> list[Any]:
    """Encode each value; for one that fails, add a sentence to ``problems`` that begins with ``where(position)``."""
    encoded = []
    for position, value in enumerate(values):
        try:
            encoded.append(encode(value))
        except UnwritableError as error:
            problems.append(f"{where(position)}: {error}")
        except RecursionError:
            problems.append(f"{where(position)}: nested too deeply to be written to a file")
    return encoded


def encode_name(name: Any, *, finite: bool = False) -> Any:
    """Encode a name; with ``finite``, nan and infinities are refused instead of spelt out.

    >>> encode_name(("cell", 1, 0.5)), encode_name(float("inf"))
    (('cell', 1, 0.5), {'float': 'inf'})
    """
    if type(name) in _AS_THEY_ARE or isinstance(name, str):
        return name
    if isinstance(name, int):
        if name.bit_length() > LARGEST_BITS:
            raise UnwritableError(f"a whole number of {name.bit_length()} bits is too large to be written")
        return name
    if isinstance(name, float):
        if math.isfinite(name):
            return name
        if finite:
            raise UnwritableError(f"{float(name)!r} is not a number in JSON")
        return {"float": repr(float(name))}
    if isinstance(name, tuple):
        return tuple([encode_name(part, finite=finite) for part in name])
    raise UnwritableError(
        f"{_kind(name)} cannot be written to a file as a name; str, int, float, bool, None and tuples of them can"
    )


def decode_name(data: Any) -> Hashable:
    """Decode what `encode_name` gave; raise a ValueError for anything else."""
    if isinstance(data, list):
        return tuple([part if type(part) in _AS_THEY_ARE else decode_name(part) for part in data])
    if isinstance(data, dict):
        if list(data) == ["float"]:
            return _not_number(data["float"])
        raise ValueError(f"an object is not a name: {str(data)[:60]}")
    return data


def encode_value(value: Any, *, plain: bool = False) -> Any:
    """Encode a custom value; numpy scalars become the Python numbers that they equal.

    With ``plain``, any reader of JSON understands it: tuples and numpy arrays become lists, and nan and infinities are
    refused.
    """
    encode = partial(encode_value, plain=plain)
    if isinstance(value, np.bool_ | np.integer | np.floating):
        value = value.item()  # but a long double is its own item, and no float
    if value is None or isinstance(value, str | int | float):
        return encode_name(value, finite=plain)
    if isinstance(value, list) or (plain and isinstance(value, tuple)):
        return [encode(part) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(part) for part in value]}
    if isinstance(value, dict):
        data = {_key(key): encode(part) for key, part in value.items()}
        return data if plain else {"dict": data}
    if isinstance(value, np.ndarray) and plain and value.dtype.kind in "biuf":
        return encode(value.tolist())
    if type(value) is np.ndarray and not plain:
        return _encode_array(value)
    raise UnwritableError(
        f"{_kind(value)} cannot be written to a file; "
        "str, real numbers, bool, None, and lists, tuples, dicts and arrays of them can"
    )


def decode_value(data: Any) -> Any:
    """Decode what `encode_value` gave; raise a ValueError for anything else."""
    if isinstance(data, list):
        return [decode_value(part) for part in data]
    if not isinstance(data, dict):
        return data
    match data:
        case {"float": name, **rest} if not rest:
            return _not_number(name)
        case {"tuple": list(parts), **rest} if not rest:
            return tuple([decode_value(part) for part in parts])
        case {"dict": dict(parts), **rest} if not rest:
            return {key: decode_value(part) for key, part in parts.items()}
        case {"array": str(text), "dtype": str(dtype), "shape": list(shape), **rest} if not rest:
            return _decode_array(text, dtype, shape)
    raise ValueError(f"an object of unknown meaning: {str(data)[:60]}")


def decode_values(data: Iterable[Any]) -> list[Any]:
    """Decode many values, most of which are numbers and strings."""
    return [decode_value(value) if type(value) in (list, dict) else value for value in data]


def json_ready(value: Any) -> Any:
    """Return the value with None for every number that is not finite, which JSON does not have."""
    if isinstance(value, Mapping):
        return {key: json_ready(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise UnwritableError(f"a dict with the key {key!r} cannot be written: its keys have to be str")
    return str.__str__(key)


def _not_number(name: Any) -> float:
    # always the same object, since nan equals nothing but itself, and a gate has to find its node again
    if not isinstance(name, str) or name not in _NOT_NUMBERS:
        raise ValueError(f"no such float: {str(name)[:60]}")
    return _NOT_NUMBERS[name]


def _encode_array(array: Array) -> dict[str, Any]:
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise UnwritableError(f"an array of {array.dtype} cannot be written; one of real numbers can")
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {"array": b64encode(little.tobytes()).decode(), "dtype": array.dtype.name, "shape": list(array.shape)}


def _decode_array(text: str, dtype: str, shape: list[Any]) -> Array:
    kind = np.dtype(dtype) if dtype in _DTYPES else None
    if kind is None or not all(type(n) is int and 0 <= n < 1 << 62 for n in shape):
        raise ValueError(f"no array is {dtype[:60]} of shape {str(shape)[:60]}")
    flat = np.frombuffer(b64decode(text, validate=True), kind.newbyteorder("<"))
    # a byte that is neither 0 nor 1 is no boolean to numpy
    flat = flat.view(np.uint8) != 0 if kind == np.bool_ else flat.astype(kind)
    return flat.reshape(shape)


_DTYPES = frozenset(
    {"bool", "float16", "float32", "float64"} | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)


def _kind(value: Any) -> str:
    module, name = type(value).__module__, type(value).__qualname__
    return f"a {name}" if module == "builtins" else f"a {module}.{name}"
