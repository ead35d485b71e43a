"""Reads a page back, by the description of its format alone and without the code that wrote it."""

from __future__ import annotations

import gzip
import json
import re
import struct
from base64 import b64decode
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Read:
    """Header and arrays of a page."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an array."""
        return self.arrays[name]

    def attribute(self, name: str, side: str = "node") -> list[Any]:
        """Return an attribute as numbers or texts, None where it is missing."""
        (found,) = [each for each in self.header[f"{side}_attributes"] if each["name"] == name]
        values = self[found["array"]].tolist()
        if found["type"] == "number":
            return [None if value != value else value for value in values]
        return [None if code == 65_535 else found["categories"][code] for code in values]

    def names_of(self, side: str = "node") -> list[str]:
        """Return the names of the attributes."""
        return [each["name"] for each in self.header[f"{side}_attributes"]]

    def values(self) -> np.ndarray:
        """Return the activity as numbers, nan where there is none."""
        code = self["activity"].astype(float)
        low, high = (self[name].astype(float) for name in ("low", "high"))
        return np.where(code == 255, np.nan, low + code / 254 * (high - low))


def unpack(text: str) -> Read:
    """Return what a text packs."""
    whole = gzip.decompress(b64decode(text, validate=True))
    (size,) = struct.unpack("<I", whole[:4])
    header = json.loads(whole[4 : 4 + size])
    assert (4 + size) % 8 == 0
    arrays = {}
    for name, place in header["arrays"].items():
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        assert place["offset"] % 8 == 0
        count = int(np.prod(place["shape"], dtype=int))
        array = np.frombuffer(whole, dtype, count, 4 + size + place["offset"])
        arrays[name] = array.reshape(place["shape"])
    return Read(header, arrays)


class _Parts(HTMLParser):
    """The texts of a page, by the tag that they are in."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text, with the tag before it."""
        self.texts.append((*self.tags[-1], data) if self.tags else ("", {}, data))


def parts_of(html: str) -> _Parts:
    """Return the tags and texts of a page, as a browser takes it apart."""
    parser = _Parts()
    parser.feed(html)
    parser.close()
    return parser


def read_page(html: str) -> Read:
    """Return what the page holds."""
    found = [data for _, attributes, data in parts_of(html).texts if attributes.get("id") == "graphnet-data"]
    text = "".join(found)
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", text.strip())
    return unpack(text.strip())
