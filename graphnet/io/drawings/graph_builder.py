"""A drawing that a reader of files builds, with every problem that it finds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import networkx as nx


class GraphBuilder:
    """A drawing that is built node by node and edge by edge; ``problems`` has a sentence for each that does not fit.

    ``parallel`` says what this format requires of parallel synapses, and ``nodes`` where nodes are listed.

    Examples
    --------
    >>> builder = GraphBuilder(nx.DiGraph(), "a column 'key'")
    >>> builder.add_node("a", {}, "line 2: ")
    >>> builder.add_edge(("a", "b"), None, {"weight": 0.5}, "line 3: ")
    >>> builder.problems
    ["line 3: edge ('a', 'b'): 'b' not among the nodes"]
    """

    def __init__(self, graph: nx.DiGraph, parallel: str, nodes: str = "") -> None:
        self.graph = graph
        self.problems: list[str] = []
        self._parallel = parallel
        self._nodes = nodes
        self._next_key: dict[tuple[Hashable, Hashable], int] = {}

    def add_node(self, node: Hashable, attributes: Mapping[str, Any], where: str = "") -> None:
        """Add a node that does not exist yet."""
        if node is None:
            self.problems.append(f"{where}None cannot be a node")
        elif node in self.graph:
            self.problems.append(f"{where}node {node!r} occurs twice")
        else:
            self.graph.add_node(node)
            self.graph.nodes[node].update(attributes)

    def add_edge(
        self, ends: tuple[Hashable, Hashable], key: Hashable, attributes: Mapping[str, Any], where: str = ""
    ) -> None:
        """Add an edge between nodes that exist; in a MultiDiGraph, one without a key gets the next key of networkx."""
        graph = self.graph
        unknown = [node for node in dict.fromkeys(ends) if node not in graph]
        if unknown:
            self.problems.append(
                f"{where}edge {ends!r}: {' and '.join(map(repr, unknown))} not among the nodes{self._nodes}"
            )
        elif not graph.is_multigraph():
            if graph.has_edge(*ends):
                self.problems.append(f"{where}edge {ends!r} occurs twice: parallel synapses need {self._parallel}")
            else:
                graph.add_edge(*ends)
                graph.edges[ends].update(attributes)
        elif key is not None and graph.has_edge(*ends, key=key):
            self.problems.append(f"{where}edge {(*ends, key)!r} occurs twice: parallel synapses need keys of their own")
        else:
            key = graph.add_edge(*ends, key=self._new_key(ends) if key is None else key)
            graph.edges[*ends, key].update(attributes)

    def _new_key(self, ends: tuple[Hashable, Hashable]) -> int:
        """Return the key that ``new_edge_key`` of networkx gives, without its search from the beginning."""
        taken = self.graph.get_edge_data(*ends, default={})
        key = max(len(taken), self._next_key.get(ends, 0))
        while key in taken:
            key += 1
        self._next_key[ends] = key + 1
        return key
