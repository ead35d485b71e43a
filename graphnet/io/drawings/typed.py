"""Attributes in the XML formats: each is declared once with a title and a type, and given by the declaration's id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..values import encode_name, encode_value
from .markup import Element
from .spelling import read_as, read_name, read_value, spell, spell_title

TABLES: dict[str, dict[str, Attribute]] = {"graph": {}, "node": NODE_ATTRIBUTES, "edge": EDGE_ATTRIBUTES}
"""The attributes of the language, by what carries them."""
_LARGEST = 2**63
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_TYPES = {
    **dict.fromkeys(("int", "integer", "long", "short", "byte", "biginteger"), "a whole number"),
    **dict.fromkeys(("float", "double", "bigdecimal"), "a number"),
    "boolean": "true or false",
}


class Typed(NamedTuple):
    """A value as XML says it."""

    type: str
    text: str


class Declared(NamedTuple):
    """What a file declares of an attribute; ``owner`` is what carries it, or ``all``."""

    owner: str
    title: str
    type: str
    default: str | None


def encode_typed(value: Any, attribute: Attribute | None) -> Typed:
    """A value as a word of XML and its type: ``long``, ``double``, ``boolean``, and ``string`` for everything else."""
    is_name = attribute is not None and attribute.kind == "name"
    data = encode_name(value) if is_name else encode_value(value)
    if isinstance(data, bool):
        return Typed("boolean", "true" if data else "false")
    if isinstance(data, int) and -_LARGEST <= data < _LARGEST:
        return Typed("long", str(int(data)))
    if isinstance(data, float):
        return Typed("double", repr(float(data)))
    return Typed("string", spell(data))


def decode_typed(text: str, declared: Declared, attribute: Attribute | None, *, ours: bool) -> Any:
    """The value that a file gives; a ValueError where it is not of the declared type.

    In our own files text is spelt; in those of others it is a str, or what the attribute takes.
    """
    kind = declared.type.lower()
    if not ours and attribute is not None and attribute.kind == "boolean":
        return read_as(text, attribute)  # also 0 and 1, from programs that have no booleans
    if kind in _TYPES:
        try:
            return _parse(text.strip(), kind)
        except (ValueError, KeyError):
            said = text.strip()
            shown = repr(said) if len(said) <= 60 else repr(said[:57]) + "..."
            raise ValueError(f"attribute {declared.title!r}: {shown} is not {_TYPES[kind]}") from None
    if not ours:
        return read_as(text, attribute)
    return read_name(text) if attribute is not None and attribute.kind == "name" else read_value(text)


def _parse(text: str, kind: str) -> Any:
    if kind == "boolean":
        return _BOOLEANS[text.lower()]
    if "_" in text:
        raise ValueError
    return int(text) if _TYPES[kind] == "a whole number" else float(text)


class Declarations:
    """The declarations that a writer needs: one for every title and type among nodes, edges or the graph."""

    def __init__(self) -> None:
        self.ids: dict[tuple[str, str, str], str] = {}

    def id_of(self, owner: str, title: str, type: str) -> str:
        """The id of a declaration, made where it is not there yet."""
        return self.ids.setdefault((owner, title, type), f"d{len(self.ids)}")

    def all(self) -> Iterator[tuple[str, str, str, str]]:
        """Owner, title as text, type and id of each."""
        return ((owner, spell_title(title), type, id) for (owner, title, type), id in self.ids.items())


def read_given(
    owner: str,
    given: Iterable[tuple[str, str, Element]],
    declared: dict[str, Declared],
    problems: list[str],
    *,
    ours: bool,
) -> dict[str, Any]:
    """What the graph, a node or an edge says, defaults included; what cannot be read goes into ``problems``.

    ``given`` are ids of declarations, texts, and the elements that they stand on.
    """
    table = TABLES[owner]
    said: dict[str, Any] = {}
    for id, text, element in given:
        if id not in declared or declared[id].owner not in (owner, "all"):
            problems.append(f"{element.where}<{element.tag}> names {id[:60]!r}, which is not declared for a {owner}")
        elif declared[id].title in said:
            problems.append(f"{element.where}attribute {declared[id].title!r} occurs twice")
        else:
            said[declared[id].title] = _decode(text, declared[id], table, element.where, problems, ours)
    for says in declared.values():
        if says.default is not None and says.owner in (owner, "all") and says.title not in said:
            said[says.title] = _decode(says.default, says, table, "", problems, ours)
    return said


def _decode(
    text: str, declared: Declared, table: dict[str, Attribute], where: str, problems: list[str], ours: bool
) -> Any:
    try:
        return decode_typed(text, declared, table.get(declared.title), ours=ours)
    except ValueError as error:
        problems.append(f"{where}{error}")
        return None
