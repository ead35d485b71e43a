"""Drawings as GML, which Cytoscape, Gephi, igraph, yEd and networkx read and write.

GML knows whole numbers of 32 bits, real numbers, text in ASCII, and records; names of attributes are letters and
digits.  The graph's own attribute ``graphnet`` marks our own files: in them a node's label is its name, spelt, so is
every value that GML does not have, and a letter that no name may have is its number, ``cellu_20_type``.  In files of
others a node is called its label, if every node has one of its own, and otherwise its id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable
from typing import Any

import networkx as nx

from ..atomic import read_bytes, written_whole
from ..problems import refuse
from .mark import MARK, mark_of, read_mark
from .spelling import MOST_LEVELS
from .through_networkx import MOST_BYTES, assemble, broken, flatten, kind_of, not_in

_TOKEN = re.compile(
    r"""(?P<text>"[^"]*")
    | (?P<comment>\#[^\n]*)
    | (?P<name>[A-Za-z_][0-9A-Za-z_]*)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<bracket>[\[\]])
    | (?P<quote>")""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"u_([0-9A-F]{0,6})_")
_ALIAS = "graphnet_name_"
"""Before names of attributes that networkx does not take, and before those that begin so."""
_NAMES_OF_NETWORKX = ("self", "node_for_adding", "u_for_edge", "v_for_edge", "key", "multigraph")
_STRUCTURE = {
    "graph": ("directed", "multigraph", "node", "edge", MARK),
    "node": ("id", "label"),
    "edge": ("source", "target", "key"),
}


def read_gml(path: str | os.PathLike[str]) -> nx.DiGraph:
    """Read GML.

    A record is a dict, and the values of a name that occurs several times are a list.

    Raises
    ------
    DataError
        If it is no such file, holds more than one graph, or its graph is undirected.
    """
    data = read_bytes(path, MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what the format was made for
    with broken(lambda why: not_in(path, "GML")(re.sub(r"(.*) at \((\d+), \d+\)", r"line \2: \1", why))):
        # a letter before each text keeps networkx from reading "[]" as a list
        found = nx.parse_gml(_for_networkx(text).split("\n"), label=None, destringizer="t{}".format)
    problems: list[str] = []
    if not found.is_directed():
        problems.append("the graph is undirected: it does not say 'directed 1'; a synapse has a direction")
    said = found.graph.get(MARK)
    mark = read_mark([found.graph.pop(MARK)[1:]] if isinstance(said, str) else [], problems)
    refuse(path, problems)
    says_parallel = found.graph.pop(f"{_ALIAS}multigraph", 0) == 1
    kind = mark or kind_of(found, says_parallel=says_parallel)
    ours = mark is not None
    labels = [said.get("label") for _, said in found.nodes(data=True)]
    labelled = all(isinstance(label, Hashable) and label is not None for label in labels)
    if labelled and not ours:
        labelled = len(set(labels)) == len(labels)
    names, nodes, edges = {}, [], []
    for id, said in found.nodes(data=True):
        names[id] = _plain(said.pop("label") if labelled else id, ours=ours)
        nodes.append((names[id], _plain(said, ours=ours), ""))
    for source, target, said in found.edges(data=True):
        key = said.pop(f"{_ALIAS}key", None) if kind == "MultiDiGraph" else None
        if not isinstance(key, Hashable):
            problems.append(f"edge {(names[source], names[target])!r}: a key that is not one text or number")
        edges.append((names[source], names[target], _plain(key, ours=ours), _plain(said, ours=ours), ""))
    refuse(path, problems)
    builder = assemble(
        kind,
        f"{MARK} 'MultiDiGraph'" if ours else "'multigraph 1'",
        _plain(found.graph, ours=ours),
        nodes,
        edges,
        ours=ours,
    )
    refuse(path, builder.problems)
    return builder.graph


def _for_networkx(text: str) -> str:
    """Return GML of the same meaning and lines that networkx reads correctly.

    Each text is on one line, numbers with an exponent have a point, comments are gone, and all edges may be parallel.

    Raises
    ------
    ValueError
        If records lie too deep within each other, or a text does not end.
    """
    depth = 0

    def adapt(token: re.Match[str]) -> str:
        nonlocal depth
        kind, word = token.lastgroup, token[0]
        if kind == "text":
            return word.replace("\n", "&#10;")
        if kind == "name":
            return _ALIAS + word if word in _NAMES_OF_NETWORKX or word.startswith(("_", _ALIAS)) else word
        if kind == "number":
            return word if "." in word else re.sub("(?=[eE])", ".", word)
        if kind == "bracket":
            depth += 1 if word == "[" else -1
            if depth <= MOST_LEVELS:
                return "[ multigraph 1 " if word == "[" and depth == 1 else word
        elif kind == "comment":
            return ""
        line = text.count("\n", 0, token.start()) + 1
        raise ValueError(
            f"line {line}: " + (f"nested more than {MOST_LEVELS} levels deep" if word == "[" else "a text does not end")
        )

    return _TOKEN.sub(adapt, text)


def _plain(value: Any, *, ours: bool) -> Any:
    """Return names and values without the marks that `_for_networkx` and `read_gml` add; our names are decoded."""
    if isinstance(value, dict):
        return {_read_title(name, ours=ours): _plain(part, ours=ours) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, ours=ours) for part in value]
    return value[1:] if isinstance(value, str) else value


def _read_title(name: str, *, ours: bool) -> str:
    name = name.removeprefix(_ALIAS)
    return _ESCAPE.sub(lambda found: _letter(found[1], found[0]), name) if ours else name


def _letter(code: str, otherwise: str) -> str:
    if not code:
        return ""
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else otherwise


def write_gml(graph: nx.DiGraph, path: str | os.PathLike[str]) -> None:
    """Write GML.

    Raises
    ------
    GraphError
        With every name and attribute that it cannot hold.
    """
    flat = flatten(graph, "GML", _spell_title, 32, has_booleans=False, of_graph=(MARK,))
    flat.graph[MARK] = mark_of(graph)
    with written_whole(path) as temporary, temporary.open("x", encoding="ascii", newline="\n") as file:
        file.writelines(f"{line}\n" for line in nx.generate_gml(flat))


def _spell_title(kind: str, name: str) -> str:
    """Return a name in letters and digits: a letter that GML does not allow is its number."""
    kept = _ESCAPE.sub(lambda found: f"u_75_{found[0][1:]}", name)
    spelt = re.sub(r"[^0-9A-Za-z_]", lambda found: f"u_{ord(found[0]):X}_", kept)
    if name in _STRUCTURE[kind] or not spelt[:1].isalpha():
        return f"u_{ord(spelt[0]):X}_{spelt[1:]}" if spelt else "u__"
    return spelt
