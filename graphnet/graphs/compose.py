"""Compositions of drawings: stacked, and bidirectional.

Every function returns a new drawing and leaves its arguments unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import wraps
from typing import Any

import networkx as nx

from ..errors import GraphError
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable, check_directed


def tables_through_networkx(function: Callable[..., nx.DiGraph]) -> Callable[..., Any]:
    """Return a function of networkx graphs as one that takes a `GraphTable` too, and gives one back for it."""

    @wraps(function)
    def draw(*graphs: Any, **keywords: Any) -> Any:
        drawn = function(*map(_as_networkx, graphs), **{name: _as_networkx(each) for name, each in keywords.items()})
        has_table = any(isinstance(each, GraphTable) for each in (*graphs, *keywords.values()))
        return GraphTable.from_networkx(drawn) if has_table else drawn

    return draw


@suggests_keywords
@tables_through_networkx
def stack(*graphs: nx.DiGraph) -> nx.DiGraph:
    """Stack drawings: the outputs of each replace the inputs of the next, in node order.

    Names get the index of their drawing as a prefix: ``("hidden", 3)`` of the second drawing becomes ``(1, "hidden",
    3)``.  Layers are renumbered so that each drawing comes after the previous one; the order of layers within a
    drawing, and with it every default delay, is kept.

    Parameters
    ----------
    *graphs : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawings, from the inputs to the outputs of the stack.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        A GraphTable if one of the drawings is; otherwise a MultiDiGraph if one of them is.

    Raises
    ------
    GraphError
        If no drawing is given, or a drawing does not have as many inputs as the previous one has outputs.

    Examples
    --------
    >>> import graphnet as gn
    >>> two = stack(gn.graphs.elman(2, 4, 3), gn.graphs.elman(3, 4, 1))
    >>> two.has_edge((0, "output", 2), (1, "hidden", 0))
    True
    """
    if not graphs:
        raise GraphError("stack: at least one drawing is needed")
    for graph in graphs:
        check_directed(graph)
    drawn: nx.DiGraph = nx.MultiDiGraph() if any(graph.is_multigraph() for graph in graphs) else nx.DiGraph()
    before: list[Hashable] = []
    offset = 0.0
    for place, graph in enumerate(graphs):
        last = place == len(graphs) - 1
        inputs = [node for node, role in graph.nodes(data="role") if role == "input"]
        if place and len(inputs) != len(before):
            raise GraphError(
                f"stack: drawing {place - 1} has {len(before)} outputs, drawing {place} has {len(inputs)} inputs"
            )
        name: dict[Hashable, Hashable] = {
            node: (place, *node) if isinstance(node, tuple) else (place, node) for node in graph
        }
        if place:
            name.update(zip(inputs, before, strict=True))
        layers = {node: _layer(said) for node, said in graph.nodes(data=True) if said.get("role") != "input"}
        known = [layer for layer in layers.values() if layer is not None]
        lowest, highest = min(known, default=0.0), max(known, default=0.0)
        for node, said in graph.nodes(data=True):
            if said.get("role") == "input":
                if not place:
                    drawn.add_node(name[node], **said)
                continue
            own = dict(said)
            layer = layers[node]
            if layer is not None:
                own["layer"] = layer - lowest + offset
            if said.get("role") == "output" and not last:
                del own["role"]
                own.setdefault("activation", "identity")
                own.setdefault("layer", highest - lowest + offset + 1)
            drawn.add_node(name[node], **_renamed(own, ("group", "tie"), place))
        for source, target, *key, said in _edges(graph):
            own = _renamed(said, ("tie",), place)
            if own.get("gate") is not None:
                own["gate"] = name[own["gate"]]
            drawn.add_edges_from([(name[source], name[target], *key, own)])
        before = [name[node] for node, role in graph.nodes(data="role") if role == "output"]
        offset += highest - lowest + 2
    return drawn


@suggests_keywords
@tables_through_networkx
def bidirectional(graph: nx.DiGraph) -> nx.DiGraph:
    """Draw a network together with its mirror image in reversed time, which reads every sequence from its end.

    Inputs are shared, and so are outputs that feed no neuron and gate no synapse: these read both directions.  Every
    other neuron n gets a mirror ``("reverse", n)`` with mirrored synapses, whose parameters are separate; the mirror of
    an output is an output.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing of one direction of time.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    References
    ----------
    Schuster, M. & Paliwal, K. K. (1997). Bidirectional recurrent neural networks. IEEE Transactions on Signal
    Processing 45(11).

    Examples
    --------
    >>> import graphnet as gn
    >>> both = bidirectional(gn.graphs.elman(1, 2, 1))
    >>> both.nodes["reverse", ("hidden", 1)]["reverse"], both.has_edge(("reverse", ("hidden", 1)), ("output", 0))
    (True, True)
    """
    check_directed(graph)
    gating = {gate for *_, gate in graph.edges(data="gate") if gate is not None}
    shared = {
        node
        for node, role in graph.nodes(data="role")
        if role == "input" or (role == "output" and not graph.out_degree(node) and node not in gating)
    }
    mirror = {node: node if node in shared else ("reverse", node) for node in graph}
    drawn = graph.copy()
    for node, said in graph.nodes(data=True):
        if node not in shared:
            own = _renamed(said, ("group", "tie"), "reverse")
            drawn.add_node(mirror[node], **own | {"reverse": not said.get("reverse", False)})
    mirrored = []
    for source, target, *key, said in _edges(graph):
        own = _renamed(said, ("tie",), "reverse")
        if own.get("gate") is not None:
            own["gate"] = mirror[own["gate"]]
        if source not in shared or target not in shared or own.get("gate") != said.get("gate"):
            # an edge and its mirror between shared nodes are parallel, so that the mirror needs a new key
            mirrored.append((mirror[source], mirror[target], *(key if mirror[source] != source else ()), own))
    drawn.add_edges_from(mirrored)
    return drawn


def _edges(graph: nx.DiGraph) -> Iterable[tuple[Any, ...]]:
    """Return (u, v, attributes) of each edge, or (u, v, key, attributes) for a MultiDiGraph."""
    return graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True)


def _as_networkx(graph: Any) -> Any:
    return graph.to_networkx() if isinstance(graph, GraphTable) else graph


def _layer(said: dict[str, Any]) -> float | None:
    """Return the layer of a neuron; None for an output without one, which comes after every layer."""
    layer = said.get("layer", None if said.get("role") == "output" else 0)
    return None if layer is None else float(layer)


def _renamed(said: dict[str, Any], names: tuple[str, ...], prefix: Hashable) -> dict[str, Any]:
    """Return the attributes with a prefix added to the names of groups or ties, which belong to one drawing only."""
    return {key: (prefix, value) if key in names and value is not None else value for key, value in said.items()}
