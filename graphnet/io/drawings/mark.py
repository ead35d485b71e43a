"""Which kind of graph a file holds, and the mark by which we know our own files."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

MARK = "graphnet"
"""The attribute of a graph that says that we wrote the file, and that names in it are spelt."""
GRAPH_KINDS: dict[str, type[nx.DiGraph]] = {"DiGraph": nx.DiGraph, "MultiDiGraph": nx.MultiDiGraph}


def mark_of(graph: nx.DiGraph) -> str:
    """What the mark says in a file of this graph."""
    return "MultiDiGraph" if graph.is_multigraph() else "DiGraph"


def read_mark(said: Iterable[str], problems: list[str]) -> str | None:
    """The mark of a file; None where another program wrote it."""
    mark = next(iter(said), None)
    if mark is not None and mark not in GRAPH_KINDS:
        problems.append(f"its mark {MARK!r} is {mark[:60]!r}, and this graphnet reads {' and '.join(GRAPH_KINDS)}")
        return None
    return mark
