"""Names and values as text, for the formats that have no other word for them.

A str is written as it is.  Everything else is JSON text: ``0``, ``true``, ``["hidden", 0]``.  A str that
would be read as something else, or that a file would not bring back letter by letter, is in quotes: ``"0"``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Hashable
from typing import Any

from ...language.schema import Attribute
from ..json_values import UnwritableError, decode_name, decode_value, encode_name

MOST_LEVELS = 100
"""Most levels of tuples, lists and dicts in text, and of records and elements in files."""
MOST_DIGITS = 4300
"""Most digits of a number in text: Python reads no longer ones."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_NO_JSON: Any = object()


def spell_name(name: Any) -> str:
    """Return a name as text; raise an UnwritableError if it is none.

    >>> spell_name("a"), spell_name(("hidden", 0)), spell_name(7), spell_name("7")
    ('a', '["hidden",0]', '7', '"7"')
    """
    return spell(encode_name(name))


def spell(data: Any) -> str:
    """Return the result of `encode_name` or `encode_value` as text."""
    if isinstance(data, str):
        return str.__str__(data) if _is_written_as_it_is(data) else json.dumps(data)
    _check_nesting(data, MOST_LEVELS)
    return json.dumps(data, separators=(",", ":"))


def read_name(text: str) -> Hashable:
    """Return the name that `spell_name` wrote; any other text is a name itself.

    Only numbers as Python prints them are numbers: ``007`` and ``12e4`` are texts.

    >>> read_name('["hidden", 0]'), read_name("7"), read_name("007"), read_name("12e4")
    (('hidden', 0), 7, '007', '12e4')
    """
    data = _json(text)
    if data is _NO_JSON or (isinstance(data, int | float) and text not in _WORDS and repr(data) != text):
        return text
    try:
        return decode_name(data)
    except (ValueError, RecursionError):
        return text


def read_value(text: str) -> Any:
    """Return the value that `encode_value` and `spell` wrote; a number of JSON is one, any other text is a str.

    >>> read_value("0.50"), read_value("[1, 2]"), read_value("Kenyon"), read_value('"0.50"')
    (0.5, [1, 2], 'Kenyon', '0.50')
    """
    data = _json(text)
    if data is _NO_JSON:
        return text
    try:
        return decode_value(data)
    except (ValueError, RecursionError):
        return text


def spell_title(name: str, kept: Collection[str] = ()) -> str:
    """Return the name of an attribute as text: in quotes where it is odd, or a name that the format has ``kept``."""
    odd = not name or name[0] == '"' or name != name.strip() or not name.isprintable()
    return json.dumps(name) if odd or name in kept else str.__str__(name)


def read_title(text: str) -> str:
    """Return the name of an attribute that `spell_title` wrote; any other text is one itself."""
    data = _json(text) if text[:1] == '"' else text
    return data if isinstance(data, str) else text


def read_as(text: str, attribute: Attribute | None) -> Any:
    """Return text of another program as the type that the attribute takes, or unchanged, for validation to refuse.

    >>> from graphnet.language.schema import EDGE_ATTRIBUTES
    >>> read_as("+.5", EDGE_ATTRIBUTES["weight"]), read_as("2.0", EDGE_ATTRIBUTES["delay"])
    (0.5, 2)
    >>> read_as("True", EDGE_ATTRIBUTES["trainable"]), read_as("heavy", EDGE_ATTRIBUTES["weight"])
    (True, 'heavy')
    """
    kind = None if attribute is None else attribute.kind
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
    if kind not in ("number", "whole") or "_" in text or len(text) > MOST_DIGITS:
        return text
    try:
        number = float(text)
        whole = int(text) if text.strip().lstrip("+-").isdecimal() else number
    except ValueError:
        return text
    return int(number) if kind == "whole" and number.is_integer() and isinstance(whole, float) else whole


def _json(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] in ("[", "{", '"'):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return _NO_JSON
    number = _NUMBER.fullmatch(text) if len(text) <= MOST_DIGITS else None
    if number is None:
        return _NO_JSON
    if not any(number.groups()):
        return int(text)
    real = float(text)
    return real if math.isfinite(real) else _NO_JSON


def _is_written_as_it_is(text: str) -> bool:
    looks_like_json = text[:1] in ("", "[", "{", '"') or text in _WORDS or _NUMBER.fullmatch(text)
    return not looks_like_json and text == text.strip() and text.isprintable()


def _check_nesting(data: Any, levels: int) -> None:
    if isinstance(data, list | tuple | dict):
        if not levels:
            raise UnwritableError("nested too deeply to be written to a file")
        for part in data.values() if isinstance(data, dict) else data:
            _check_nesting(part, levels - 1)
