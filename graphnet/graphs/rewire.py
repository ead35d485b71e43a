"""Rewired drawings: null models of a wiring that keep exactly what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar
from warnings import warn

import networkx as nx
import numpy as np

from ..errors import GraphError, GraphWarning, quoted
from ..language.arrays import Array
from ..language.checks import whole_number
from ..language.keywords import nearest_name, suggests_keywords
from ..language.schema import NODE_ATTRIBUTES
from ..language.table import Column, GraphTable
from ..language.validation import check_attributes
from .choices import node_values, read_drawing
from .exchange import draw_targets, exchange_targets, shuffle_places

Graph = TypeVar("Graph", bound=nx.DiGraph | GraphTable)

KEEPS = ("degree", "count", "scale")
"""Null models, each named for what it keeps the most of."""


@suggests_keywords
def rewired(graph: Graph, *, keep: str = "degree", within: Any = None, seed: int | None = 0) -> Graph:
    """Rewire a drawing at random, as a null model of its wiring.

    Only the target end of a synapse moves, and never into an input, or into an output that feeds nothing: attributes,
    sign, tie and key stay with the source.  No self-loop is added, and no synapse parallel to another.  Left in place
    are synapses from inputs, those into outputs that feed nothing, self-loops, gated ones, and those with a declared
    delay 0.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
    keep : "degree", "count" or "scale"
        "degree": synapses exchange their targets, so that the in- and out-degree of every neuron stay.  "count": the
        target of each synapse is drawn anew, so that out-degrees stay.  "scale": the wiring stays, and ``|scale|`` and
        ``|weight|`` are shuffled together; of tied synapses, which share their weight, ``|scale|`` alone.
    within : attribute of nodes or list of attributes, optional
        Rewire only among synapses of the same pair of values, from source to target, so that the numbers of synapses
        between any two types stay: with "degree" each neuron's in-degree from, and out-degree to, neurons of each
        value, with "count" its out-degree to each.  Neurons without the attribute are a value of their own.
    seed : int, optional
        Seed of the draws: the same seed gives the same drawing.  None is a new one each time.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is, with the same nodes, and as many synapses in the same order.  Its attribute ``"rewired"`` (in
        ``graph.graph``, or ``attributes`` of a table) is a dict of ``keep``, ``within`` and ``seed``, and of the
        numbers of synapses ``moved``, whose target or numbers are others than before, and ``kept``, all others.

    Raises
    ------
    GraphError
        If ``keep`` is none of these, or no node has the attribute ``within``.
    DataError
        If ``seed`` is not a whole number >= 0.

    Warns
    -----
    GraphWarning
        If ties name the types of both ends, as ``per=`` of `from_tables` makes them, and synapses end at another type:
        ``within=`` that attribute keeps what ties say.

    Notes
    -----
    "degree" is a Markov chain of exchanges a -> b, c -> d to a -> d, c -> b, all of a sweep at once.  An exchange is as
    probable as its reverse, so that in the long run every wiring that exchanges lead to is equally probable; it stops
    once every synapse that can move has exchanged its target 10 times on average, or after 200 sweeps, which matters
    where nearly all pairs of neurons are connected.  Two wirings that differ only in the direction of cycles of three
    neurons may be out of each other's reach, as for any chain of such exchanges (Rao et al. 1996).  Of parallel
    synapses those that part are never parallel again.

    "count" draws the targets of a source uniformly, without repeats.  Where parallel synapses are more than the
    neurons that they could go to, they stay.  "scale" leaves synapses with a scale, or a weight, of 0 in place, whose
    sign is not known, and shuffles weights that are declared, and synapses that leave theirs open, apart.

    A delay that is not declared follows from the layers of the new target; ``within="layer"`` keeps the layer of both
    ends, and with it every delay.

    References
    ----------
    Maslov, S. & Sneppen, K. (2002). Specificity and stability in topology of protein networks. Science 296.

    Rao, A. R., Jana, R. & Bandyopadhyay, S. (1996). A Markov chain Monte Carlo method for generating random (0,
    1)-matrices with given marginals. Sankhya A 58(2).

    Examples
    --------
    >>> worm = nx.gnp_random_graph(20, 0.2, seed=0, directed=True)
    >>> null = rewired(worm)
    >>> dict(null.in_degree()) == dict(worm.in_degree()), dict(null.out_degree()) == dict(worm.out_degree())
    (True, True)
    >>> null.graph["rewired"]
    {'keep': 'degree', 'within': None, 'seed': 0, 'moved': 71, 'kept': 2}
    """
    if keep not in KEEPS:
        near = nearest_name(keep, KEEPS)
        hint = "" if near is None else f"; was {near!r} meant?"
        raise GraphError(f"keep={quoted(keep)} is not one of {', '.join(map(repr, KEEPS))}{hint}")
    number = None if seed is None else whole_number(seed, "seed", 0)
    table = read_drawing(graph)
    check_attributes(table, nodes=("role",), edges=("gate", "delay", "scale", "weight"))
    rng = np.random.default_rng(number)
    movable, takes = _movable(table)
    value = np.zeros(table.n_nodes, np.int64) if within is None else node_values(table, within, "within").codes + 1
    group = value[table.source] * (value.max(initial=0) + 1) + value[table.target]
    target, columns = table.target, table.edge_columns
    if keep == "degree":
        target = exchange_targets(table.source, target, movable, group, table.n_nodes, rng)
    elif keep == "count":
        target = draw_targets(table.source, target, movable, np.where(takes, value, -1), table.n_nodes, rng)
    else:
        columns = _shuffled(table, movable, group, rng)
    differs = (target != table.target) | _differs(table, columns)
    moved = int(np.count_nonzero(differs))
    record = {"keep": keep, "within": within, "seed": number, "moved": moved, "kept": table.n_edges - moved}
    if moved and keep != "scale":
        _warn_of_ties(table, target)
    drawn = replace(table, target=target, edge_columns=columns, attributes={**table.attributes, "rewired": record})
    return drawn if isinstance(graph, GraphTable) else _as_drawing(graph, drawn, differs)  # type: ignore[return-value]


def _movable(table: GraphTable) -> tuple[Array, Array]:
    """Masks of the synapses that may move, and of the nodes that they may move to."""
    feeds = np.bincount(table.source, minlength=table.n_nodes) > 0
    is_input = table.has_role("input")
    takes = ~is_input & (feeds | ~table.has_role("output"))
    stays = table.edge_gives("gate") | (table.edge_gives("delay") & (table.edge("delay") == 0))
    return ~stays & ~is_input[table.source] & takes[table.target] & (table.source != table.target), takes


def _shuffled(table: GraphTable, movable: Array, group: Array, rng: np.random.Generator) -> dict[str, Column]:
    """Return the columns of edges with sizes of scale and weight shuffled; each keeps its sign."""
    scale, weight, has_weight = table.edge("scale"), table.edge("weight"), table.edge_gives("weight")
    is_tied = table.edge_gives("tie")
    kind = np.where(is_tied, 0, np.where(has_weight, 1, 2))  # numbers are shuffled among synapses of one kind
    movable = movable & (scale != 0) & ((kind != 1) | (weight != 0))
    taken = shuffle_places(movable, group * 3 + kind, rng)
    columns = dict(table.edge_columns)
    sizes = np.sign(scale) * np.abs(scale)[taken]
    if (sizes != scale).any():
        columns["scale"] = Column(sizes, table.edge_gives("scale") | (sizes != scale))
    moves = kind == 1
    if moves.any():
        values = np.where(moves, np.sign(weight) * np.abs(weight)[taken], weight)
        columns["weight"] = Column(values, table.edge_columns["weight"].declared)
    return columns


def _differs(table: GraphTable, columns: dict[str, Column]) -> Array:
    """Mask of the synapses whose scale or weight is another than before."""
    differs = np.zeros(table.n_edges, bool)
    for name in ("scale", "weight"):
        if columns.get(name) is not table.edge_columns.get(name):
            differs |= columns[name].given() & (columns[name].values != table.edge(name))
    return differs


def _warn_of_ties(table: GraphTable, target: Array) -> None:
    """Warn of ties that name the types of both ends, if synapses end at another type now."""
    ties = table.edge_columns.get("tie")
    pairs = [name if isinstance(name, tuple) and len(name) == 2 else None for name in (ties and ties.names) or ()]
    if ties is None or not any(pairs):
        return
    tied = np.flatnonzero(ties.given())
    tied = tied[np.array([pair is not None for pair in pairs])[ties.values[tied]]]
    own = [name for name in table.node_columns if name not in NODE_ATTRIBUTES]
    for attribute in (*own, *[name for name in ("tie",) if name in table.node_columns]):
        try:
            values = node_values(table, attribute, "within")
        except GraphError:  # it has no values, or some that cannot be compared
            continue
        code = {value: i for i, value in enumerate(values.distinct)}
        ends = np.array([[-2 if pair is None else code.get(each, -2) for each in pair or (0, 0)] for pair in pairs])
        first, second = ends[ties.values[tied]].T
        said = tied[(values.codes[table.source[tied]] == first) & (values.codes[table.target[tied]] == second)]
        lost = int(np.count_nonzero(values.codes[target[said]] != values.codes[table.target[said]]))
        if lost:
            warn(
                f"{lost} synapses keep a tie that names {quoted(attribute)} of both ends, such as "
                f"{quoted(ties.value(int(said[0])))}, and end at another now: within={attribute!r} keeps the pairs",
                GraphWarning,
                stacklevel=4,
            )
            return


def _as_drawing(graph: nx.DiGraph, table: GraphTable, differs: Array) -> nx.DiGraph:
    """Return a networkx graph with the targets, scales and weights of a table, and all else as it was."""
    drawn: nx.DiGraph = type(graph)()
    drawn.graph.update(table.attributes)
    drawn.add_nodes_from((node, dict(said)) for node, said in graph.nodes(data=True))
    data = [dict(said) for *_, said in graph.edges(data=True)]
    for name in ("scale", "weight"):
        column = table.edge_columns.get(name)
        if column is not None:
            for i in np.flatnonzero(differs & column.given()).tolist():
                data[i][name] = column.value(i)
    drawn.add_edges_from((*key, said) for key, said in zip(table.edge_keys(), data, strict=True))
    return drawn
