"""Compositions of drawings: with inputs, with a readout, stacked, and bidirectional.

Every function returns a new drawing and leaves its arguments unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import wraps
from itertools import product
from typing import Any, TypeVar

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..language.checks import read_names
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable, check_directed
from .feedforward import check_size

Graph = TypeVar("Graph", bound=nx.DiGraph | GraphTable)


def tables_through_networkx(function: Callable[..., nx.DiGraph]) -> Callable[..., Any]:
    """Return a function of networkx graphs as one that takes a `GraphTable` too, and gives one back for it."""

    @wraps(function)
    def draw(*graphs: Any, **keywords: Any) -> Any:
        drawn = function(*map(_as_networkx, graphs), **{name: _as_networkx(each) for name, each in keywords.items()})
        has_table = any(isinstance(each, GraphTable) for each in (*graphs, *keywords.values()))
        return GraphTable.from_networkx(drawn) if has_table else drawn

    return draw


@suggests_keywords
def with_inputs(graph: Graph, n_inputs: int, *, to_nodes: Iterable[Hashable] | None = None) -> Graph:
    """Add inputs ``("input", i)`` to a drawing, each of which feeds all of ``to_nodes`` without delay.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing, for example a connectome.
    n_inputs : int
        Number of inputs to add.
    to_nodes : iterable of nodes, optional
        Nodes to feed; by default all that are not inputs.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    Raises
    ------
    GraphError
        If ``n_inputs`` is not a whole number >= 1, a node to feed is not in the graph, or a new name is already taken.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "a")])
    >>> list(with_inputs(ring, 1, to_nodes=["a"]).successors(("input", 0)))
    ['a']
    """
    check_size("n_inputs", n_inputs, 1)
    return _joined(graph, "input", n_inputs, "to_nodes", to_nodes)


@suggests_keywords
def with_readout(graph: Graph, n_outputs: int, *, from_nodes: Iterable[Hashable] | None = None) -> Graph:
    """Add linear outputs ``("output", i)`` to a drawing, each of which reads all of ``from_nodes`` without delay.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing, for example a connectome.
    n_outputs : int
        Number of outputs to add.
    from_nodes : iterable of nodes, optional
        Nodes to read; by default all that are not inputs.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is.

    Raises
    ------
    GraphError
        If ``n_outputs`` is not a whole number >= 1, a node to read is not in the graph, or a new name is already taken.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "a")])
    >>> sorted(with_readout(ring, 1, from_nodes=["b"]).predecessors(("output", 0)))
    ['b']
    """
    check_size("n_outputs", n_outputs, 1)
    return _joined(graph, "output", n_outputs, "from_nodes", from_nodes)


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


def _joined(graph: Any, role: str, n: int, parameter: str, nodes: Iterable[Hashable] | None) -> Any:
    """Return the drawing with n new nodes of a role, each joined to or from all of some nodes without delay."""
    is_table = isinstance(graph, GraphTable)
    if not is_table:
        check_directed(graph)
    index = graph.index if is_table else graph
    names: list[Hashable] = [(role, i) for i in range(n)]
    for name in names:
        if name in index:
            raise GraphError(f"{name!r} is a node of the graph already; networkx.relabel_nodes gives it another name")
    joined = None if nodes is None else read_names(nodes, parameter, index, GraphError)
    if is_table:
        others = np.flatnonzero(~graph.has_role("input")) if joined is None else [index[node] for node in joined]
        new = graph.n_nodes + np.arange(n)
        first, second = (new, others) if role == "input" else (others, new)
        source, target = np.repeat(first, len(second)), np.tile(second, len(first))
        return graph.extended(names, {"role": role}, source, target, {"delay": 0})
    if joined is None:
        joined = [node for node, said in graph.nodes(data="role") if said != "input"]
    drawn = graph.copy()
    drawn.add_nodes_from(names, role=role)
    pairs = product(names, joined) if role == "input" else product(joined, names)
    drawn.add_edges_from(pairs, delay=0)
    return drawn


def _layer(said: dict[str, Any]) -> float | None:
    """Return the layer of a neuron; None for an output without one, which comes after every layer."""
    layer = said.get("layer", None if said.get("role") == "output" else 0)
    return None if layer is None else float(layer)


def _renamed(said: dict[str, Any], names: tuple[str, ...], prefix: Hashable) -> dict[str, Any]:
    """Return the attributes with a prefix added to the names of groups or ties, which belong to one drawing only."""
    return {key: (prefix, value) if key in names and value is not None else value for key, value in said.items()}
