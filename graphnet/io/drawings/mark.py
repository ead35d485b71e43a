"""The mark of files that graphnet wrote, which says the kind of graph."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

MARK = "graphnet"
"""The attribute of a graph that says that we wrote the file, and that names in it are spelt."""
GRAPH_KINDS: dict[str, type[nx.DiGraph]] = {"DiGraph": nx.DiGraph, "MultiDiGraph": nx.MultiDiGraph}


def mark_of(graph: nx.DiGraph) -> str:
    """Return the mark of a file of this graph."""
    return "MultiDiGraph" if graph.is_multigraph() else "DiGraph"


def read_mark(said: Iterable[str], problems: list[str]) -> str | None:
    """Return the mark of a file, None if another program wrote it."""
    mark = next(iter(said), None)
    if mark is not None and mark not in GRAPH_KINDS:
        problems.append(f"its mark {MARK!r} is {mark[:60]!r}, and this graphnet reads {' and '.join(GRAPH_KINDS)}")
        return None
    return mark
