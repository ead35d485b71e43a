"""Packing of a header and arrays into one text that a page holds, and that a browser unpacks without a library.

The text is base64 of gzip of: the number of bytes of the header, uint32; the header, JSON, padded with spaces to a
multiple of 8 bytes; the arrays, little endian, each at a multiple of 8 bytes.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..language.arrays import Array

ALIGNMENT = 8
"""Typed arrays of a browser begin at multiples of the size of their numbers."""
LEVEL = 6
"""Level of compression: 9 makes pages 1 % smaller and takes eight times as long."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """Return a header, with the places of the arrays added as ``arrays``, and the arrays as text.

    The same header and arrays give the same text.

    >>> import base64
    >>> gzip.decompress(base64.b64decode(pack({"title": "a"}, {"x": np.ones(1, np.uint8)})))[4:73]
    b'{"title":"a","arrays":{"x":{"dtype":"uint8","shape":[1],"offset":0}}}'
    """
    places, parts, offset = {}, [], 0
    for name, array in arrays.items():
        flat = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        places[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        parts += [flat, bytes(-len(flat) % ALIGNMENT)]
        offset += len(flat) + len(parts[-1])
    written = json.dumps({**header, "arrays": places}, separators=(",", ":"), allow_nan=False).encode("ascii")
    written += b" " * (-(4 + len(written)) % ALIGNMENT)
    whole = b"".join([len(written).to_bytes(4, "little"), written, *parts])
    return b64encode(gzip.compress(whole, LEVEL, mtime=0)).decode("ascii")
