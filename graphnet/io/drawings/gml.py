"""Drawings as GML, which Cytoscape, Gephi, igraph, yEd and networkx read and write.

GML knows whole numbers of 32 bits, real numbers, text in ASCII, and records; names of attributes are letters and
digits.  The graph's own attribute ``graphnet`` marks our own files: in them a node's label is its name, spelt, so is
every value that GML has no word for, and a letter that no name may have is its number, ``cellu_20_type``.  In files of
others a node is called its label, if every node has one of its own, and otherwise its id.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from html.entities import name2codepoint
from typing import Any, NamedTuple

import networkx as nx

from ...errors import DataError
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from ..atomic import existing_file, unreadable, written_whole
from ..values import encode_name, encode_value
from .draft import Draft, refuse
from .encoded import Words, encode_graph
from .kinds import MARK, kind_of, mark_of, read_mark
from .spelling import MOST_DIGITS, MOST_LEVELS, read_as, read_name, read_value, spell, spell_name

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+ | \#[^\n]*)
    | (?P<name>[A-Za-z_][0-9A-Za-z_]*)
    | (?P<real>[+-]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|INF))
    | (?P<whole>[+-]?[0-9]+)
    | "(?P<text>[^"]*)"
    | (?P<bracket>[\[\]])""",
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][0-9A-Za-z]*));")
_ESCAPE = re.compile(r"u_([0-9A-F]{0,6})_")
_LARGEST = 2**31
_OF_GRAPH = ("directed", "multigraph", "node", "edge", MARK)
_OF_NODES = ("id", "label")
_OF_EDGES = ("source", "target", "key")


class Field(NamedTuple):
    """A name and its value, which is a str, a number or a list of fields, and the line that it stands on."""

    name: str
    value: Any
    line: int


def read_gml(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GML.

    A record is a dict, and what is said several times is a list.  Text is taken as what an attribute of the language
    takes: ``"0.5"`` as a weight is a number.

    Raises
    ------
    DataError
        If it is no such file, holds more than one graph, or its graph is undirected.
    """
    graphs = [field.value for field in _parse(path) if field.name == "graph" and isinstance(field.value, list)]
    if len(graphs) != 1:
        refuse(path, [f"not GML: it holds {len(graphs)} graphs, and one record 'graph' is a drawing"])
    graph = graphs[0]
    problems: list[str] = []
    if _all(graph, "directed") != [1]:
        problems.append("the graph is undirected: it does not say 'directed 1'; a synapse has a direction")
    mark = read_mark((text for text in _all(graph, MARK) if isinstance(text, str)), problems)
    refuse(path, problems)
    ours = mark is not None
    nodes = [field for field in graph if field.name == "node" and isinstance(field.value, list)]
    edges = [field for field in graph if field.name == "edge" and isinstance(field.value, list)]
    ids = [_one(node, "id", problems) for node in nodes]
    ends = [(_one(edge, "source", problems), _one(edge, "target", problems)) for edge in edges]
    refuse(path, problems)
    kind = nx.MultiDiGraph if _all(graph, "multigraph") == [1] else kind_of(mark, ends)
    draft = Draft(kind(), f"{MARK} 'MultiDiGraph'" if ours else "'multigraph 1'")
    draft.graph.graph.update(_attributes(graph, _OF_GRAPH, {}, ours))
    names: dict[Any, Hashable] = {}
    labelled = _labels(nodes, ours)
    for node, id, label in zip(nodes, ids, labelled or ids, strict=True):
        where = f"line {node.line}: "
        if id in names:
            draft.problems.append(f"{where}the node id {id!r} occurs twice")
            continue
        names[id] = label
        reserved = _OF_NODES if labelled else _OF_NODES[:1]
        draft.add_node(names[id], _attributes(node.value, reserved, NODE_ATTRIBUTES, ours), where)
    for edge, pair in zip(edges, ends, strict=True):
        where = f"line {edge.line}: "
        unknown = [id for id in dict.fromkeys(pair) if id not in names]
        if unknown:
            draft.problems.append(f"{where}edge {pair!r}: {' and '.join(map(repr, unknown))} is no node's id")
            continue
        parallel = draft.graph.is_multigraph()
        key = _one(edge, "key", draft.problems, needed=False) if parallel else None
        attributes = _attributes(edge.value, _OF_EDGES[: 2 + parallel], EDGE_ATTRIBUTES, ours)
        key = read_name(key) if ours and isinstance(key, str) else key
        draft.add_edge((names[pair[0]], names[pair[1]]), key, attributes, where)
    refuse(path, draft.problems)
    return draft.graph


def _labels(nodes: list[Field], ours: bool) -> list[Hashable] | None:
    """What the nodes are called; None where their labels do not tell them apart."""
    said = [_all(node.value, "label") for node in nodes]
    labels = [label[0] for label in said if len(label) == 1 and not isinstance(label[0], list)]
    if len(labels) < len(nodes) or (not ours and len(set(labels)) < len(labels)):
        return None
    return [read_name(label) if ours and isinstance(label, str) else label for label in labels]


def _all(record: list[Field], name: str) -> list[Any]:
    return [field.value for field in record if field.name == name]


def _one(owner: Field, name: str, problems: list[str], *, needed: bool = True) -> Any:
    """What a node or an edge says once, a number or text; None, and a problem, where it does not."""
    said = _all(owner.value, name)
    if len(said) == 1 and not isinstance(said[0], list):
        return said[0]
    if said or needed:
        found = f"{len(said)} of them" if len(said) != 1 else "a record"
        problems.append(
            f"line {owner.line}: a{'n' * (owner.name == 'edge')} {owner.name} has one {name!r}, not {found}"
        )
    return None


def _attributes(
    record: list[Field], reserved: tuple[str, ...], table: Mapping[str, Attribute], ours: bool
) -> dict[str, Any]:
    said: dict[str, list[Any]] = {}
    for field in record:
        if field.name not in reserved:
            name = _ESCAPE.sub(lambda found: _letter(found[1], 16, found[0]), field.name) if ours else field.name
            said.setdefault(name, []).append(_value(field.value, table.get(name), ours))
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def _value(value: Any, attribute: Attribute | None, ours: bool) -> Any:
    if isinstance(value, list):
        return _attributes(value, (), {}, ours)
    if not ours and attribute is not None and attribute.kind == "boolean" and isinstance(value, int):
        value = str(value)  # GML has no booleans: others write 0 and 1
    if not isinstance(value, str):
        return value
    if not ours:
        return read_as(value, attribute)
    return read_name(value) if attribute is not None and attribute.kind == "name" else read_value(value)


def _parse(path: str | os.PathLike[str]) -> list[Field]:
    """The fields of a file; records that lie within each other are no recursion here."""
    try:
        data = existing_file(path).read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what the format was made for
    if not text.strip():
        raise DataError(f"{os.fspath(path)}: the file is empty")
    line, name = 1, None
    records: list[list[Field]] = [[]]
    for kind, word in _tokens(text):
        if kind == "space":
            pass
        elif kind == "name" and name is None:
            name = Field(word, None, line)
        elif kind == "bracket" and word == "[" and name is not None and len(records) <= MOST_LEVELS:
            records[-1].append(name._replace(value=[]))
            records.append(records[-1][-1].value)
            name = None
        elif kind == "bracket" and word == "]" and name is None and len(records) > 1:
            records.pop()
        elif name is not None and (kind == "text" or (kind in _READ and len(word) <= MOST_DIGITS)):
            records[-1].append(name._replace(value=_READ[kind](word)))
            name = None
        else:
            deep = f"nested more than {MOST_LEVELS} levels deep" if word == "[" and name is not None else None
            shown = word if len(word) <= 40 else word[:37] + "..."
            wanted = "a value" if name is not None else "a name"
            raise DataError(
                f"{os.fspath(path)}: not GML: line {line}: {deep or f'{wanted} and not {shown!r} comes here'}"
            )
        line += word.count("\n")
    if name is not None or len(records) > 1:
        raise DataError(f"{os.fspath(path)}: not GML: line {line}: the file ends within a record; was it cut short?")
    return records[0]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            yield "nothing", text[position : position + 40]
            return
        yield str(token.lastgroup), token[str(token.lastgroup)]
        position = token.end()


def _decode_text(text: str) -> str:
    def letter(entity: re.Match[str]) -> str:
        decimal, hexadecimal, name = entity.groups()
        if name is not None:
            return chr(name2codepoint[name]) if name in name2codepoint else entity[0]
        return _letter(decimal or hexadecimal, 10 if decimal else 16, entity[0])

    return _ENTITY.sub(letter, text)


def _letter(number: str, base: int, otherwise: str) -> str:
    if not number:
        return ""
    code = int(number, base)
    return chr(code) if code < 0x110000 else otherwise


_READ: dict[str, Callable[[str], Any]] = {"whole": int, "real": float, "text": _decode_text}


def write_gml(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GML, a node or an edge a line.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """
    encoded = encode_graph(graph, _WORDS)
    ids = {name: id for id, (name, _) in enumerate(encoded.nodes)}
    with written_whole(path) as temporary, temporary.open("x", encoding="ascii", newline="\n") as file:
        file.write(f'graph [\ndirected 1\nmultigraph {int(graph.is_multigraph())}\n{MARK} "{mark_of(graph)}"\n')
        file.writelines(f"{_field(name, word, _OF_GRAPH)}\n" for name, word in encoded.attributes.items())
        for name, said in encoded.nodes:
            words = [f"id {ids[name]}", f"label {_text(name)}", *_fields(said, _OF_NODES)]
            file.write(f"node [ {' '.join(words)} ]\n")
        for source, target, key, said in encoded.edges:
            words = [f"source {ids[source]}", f"target {ids[target]}"]
            words += [] if key is None else [f"key {_text(key)}"]
            file.write(f"edge [ {' '.join([*words, *_fields(said, _OF_EDGES)])} ]\n")
        file.write("]\n")


def _encode(value: Any, attribute: Attribute | None) -> str:
    """A value as a word of GML."""
    is_name = attribute is not None and attribute.kind == "name"
    data = encode_name(value) if is_name else encode_value(value)
    if isinstance(data, int) and not isinstance(data, bool) and -_LARGEST <= data < _LARGEST:
        return str(int(data))
    if isinstance(data, float) and math.isfinite(data):
        mantissa, e, exponent = repr(float(data)).partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}{e}{exponent}"
    return _text(spell(data))


_WORDS = Words("GML", spell_name, _encode)


def _text(text: str) -> str:
    kept = (c if " " <= c <= "~" and c not in '&"' else f"&#{ord(c)};" for c in text)
    return f'"{"".join(kept)}"'


def _fields(said: dict[str, str], reserved: tuple[str, ...]) -> Iterator[str]:
    return (_field(name, word, reserved) for name, word in said.items())


def _field(name: str, word: str, reserved: tuple[str, ...]) -> str:
    """A name and a word; a letter that GML does not allow, or that would be read as ours, is its number."""
    kept = _ESCAPE.sub(lambda found: f"u_75_{found[0][1:]}", name)
    spelt = re.sub(r"[^0-9A-Za-z_]", lambda found: f"u_{ord(found[0]):X}_", kept)
    if name in reserved or not spelt[:1].isalpha():
        spelt = f"u_{ord(spelt[0]):X}_{spelt[1:]}" if spelt else "u__"
    return f"{spelt} {word}"
