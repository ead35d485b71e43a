"""Inputs and readouts that are added to a drawing.

Both functions return a new drawing and leave their argument unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

import networkx as nx
import numpy as np

from ..errors import GraphError, first_of, quoted
from ..language.arrays import Array
from ..language.checks import read_names
from ..language.keywords import check_keywords
from ..language.missing import find_missing
from ..language.schema import EDGE_ATTRIBUTES
from ..language.table import GraphTable, check_directed
from .choices import Choice, choose_nodes
from .feedforward import check_size
from .values import Values, as_hashable, hint_of_values, node_values, said

Graph = TypeVar("Graph", bound=nx.DiGraph | GraphTable)
Function = TypeVar("Function", bound=Callable[..., Any])


def _takes_edge_attributes(old: str, new: str) -> Callable[[Function], Function]:
    """Let a function take the attributes of edges as keywords, no others, and one keyword by its name of version 0.1.

    An unknown keyword is refused with the nearest, as by ``suggests_keywords``, which leaves ``**edge`` alone.
    """

    def decorate(function: Function) -> Function:
        parameters = signature(function).parameters.values()
        own = [each.name for each in parameters if each.kind is not Parameter.VAR_KEYWORD]

        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            if old in named and new not in named:
                named[new] = named.pop(old)
            check_keywords(function.__name__, named, [*own, *EDGE_ATTRIBUTES])
            return function(*args, **named)

        return call  # type: ignore[return-value]

    return decorate


@_takes_edge_attributes("n_inputs", "inputs")
def with_inputs(graph: Graph, inputs: Any, to_nodes: Choice | None = None, *, by: Any = None, **edge: Any) -> Graph:
    """Add inputs to a drawing, each of which feeds all of ``to_nodes``, or those of its own with ``by``.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing, for example a connectome.
    inputs : int, list of names, or dict of value to name
        Number of inputs to add, ``("input", k)``, counted on from those that exist; or their names; or, with ``by``,
        the name of the input that joins each value.
    to_nodes : list, dict or function, optional
        Nodes to feed: a list; ``{attribute: value or list of values}``; or a function of (node, attributes) that is
        true for those chosen.  By default all that are not inputs.
    by : attribute or list of attributes, optional
        Input k feeds only the chosen nodes whose attribute is the k-th of the names, or of the values of a dict, or
        with a number of inputs of the sorted distinct values of the chosen nodes.  Of a list of attributes, values are
        tuples.  Nodes without the attribute are left out.
    **edge
        Attributes of the new synapses, of the language.  Their delay is 0 unless it is given.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is, with the new inputs after all other nodes.

    Raises
    ------
    GraphError
        If ``inputs`` is a number below 1 or not that of the distinct values, a name is already taken, an input joins
        nobody, or a node, an attribute or a value does not exist.
    TypeError
        For a keyword that is no attribute of edges.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "a")])
    >>> list(with_inputs(ring, 1, ["a"]).successors(("input", 0)))
    ['a']
    >>> ring.nodes["a"]["side"], ring.nodes["b"]["side"] = "left", "right"
    >>> drawn = with_inputs(ring, {"left": "left eye", "right": "right eye"}, by="side", weight=2.0)
    >>> drawn.edges["right eye", "b"]
    {'delay': 0, 'weight': 2.0}
    """
    check_directed_or_table(graph)
    names, neurons = _plan(graph, "input", ("inputs", inputs), ("to_nodes", to_nodes), by)
    return _joined(graph, "input", names, neurons, {"delay": 0, **edge})


@_takes_edge_attributes("n_outputs", "outputs")
def with_readout(graph: Graph, outputs: Any, from_nodes: Choice | None = None, *, by: Any = None, **edge: Any) -> Graph:
    """Add linear outputs to a drawing, each of which reads all of ``from_nodes``, or those of its own with ``by``.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        The drawing, for example a connectome.
    outputs : int, list of names, or dict of value to name
        Number of outputs to add, ``("output", k)``, counted on from those that exist; or their names; or, with ``by``,
        the name of the output that reads each value.
    from_nodes : list, dict or function, optional
        Nodes to read: a list; ``{attribute: value or list of values}``; or a function of (node, attributes) that is
        true for those chosen.  By default all that are not inputs.
    by : attribute or list of attributes, optional
        Output k reads only the chosen nodes whose attribute is the k-th of the names, or of the values of a dict, or
        with a number of outputs of the sorted distinct values of the chosen nodes.  Of a list of attributes, values are
        tuples.  Nodes without the attribute are left out.
    **edge
        Attributes of the new synapses, of the language.  Their delay is 0 unless it is given.

    Returns
    -------
    networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        As ``graph`` is, with the new outputs after all other nodes.

    Raises
    ------
    GraphError
        If ``outputs`` is a number below 1 or not that of the distinct values, a name is already taken, an output reads
        nobody, or a node, an attribute or a value does not exist.
    TypeError
        For a keyword that is no attribute of edges.

    Examples
    --------
    >>> ring = nx.DiGraph([("a", "b"), ("b", "a")])
    >>> sorted(with_readout(ring, ["turn"], ["b"]).predecessors("turn"))
    ['b']
    """
    check_directed_or_table(graph)
    names, neurons = _plan(graph, "output", ("outputs", outputs), ("from_nodes", from_nodes), by)
    return _joined(graph, "output", names, neurons, {"delay": 0, **edge})


def check_directed_or_table(graph: Any) -> None:
    """Raise a GraphError if it is neither a directed networkx graph nor a GraphTable."""
    if not isinstance(graph, GraphTable):
        check_directed(graph)


def _plan(
    graph: Any, role: str, new: tuple[str, Any], chosen: tuple[str, Any], by: Any
) -> tuple[list[Hashable], list[Array]]:
    """Return the names of the new nodes, and for each the positions of the neurons that it joins."""
    index: Any = graph.index if isinstance(graph, GraphTable) else graph
    neurons = _neurons(graph, role, *chosen)
    parameter, given = new
    values: list[Hashable] | None = None
    if isinstance(given, Mapping):
        if by is None:
            raise GraphError(f"{parameter}={quoted(given)} is a dict of values, of which by= names the attribute")
        values, names = list(given), list(given.values())
    elif _is_number(given):
        check_size(parameter, given, 1)
        first = _first_free(index, role)
        names = [(role, first + i) for i in range(given)]
    else:
        names = read_names(given, parameter, error=GraphError)
        values = names
    _check_new_names(names, index, parameter)
    if by is None:
        if not len(neurons):
            raise GraphError(f"{chosen[0]} chooses no node, so that {quoted(names[0])} would join nobody")
        return names, [neurons] * len(names)
    found = node_values(graph, by, "by")
    of_neurons = found.codes[neurons]
    if values is None:
        values = Values(of_neurons, [found.distinct[i] for i in np.unique(of_neurons[of_neurons >= 0])]).sorted()
        if len(values) != len(names):
            listed = ", ".join(map(quoted, values[:20])) + (f" and {len(values) - 20} more" if len(values) > 20 else "")
            raise GraphError(
                f"{parameter}={given}, but the nodes chosen have {len(values)} distinct values of {quoted(by)}: "
                f"{listed or 'none'}"
            )
    return names, _by_values(neurons, of_neurons, found, values, names, (parameter, by))


def _is_number(given: Any) -> bool:
    """Return True for what is meant as a number of nodes, also if it is not one that is allowed."""
    return isinstance(given, bool | float | np.number) or hasattr(given, "__index__")


def _first_free(index: Any, role: str) -> int:
    """Return the number after the largest k of the nodes (role, k)."""
    taken = [
        node[1]
        for node in index
        if isinstance(node, tuple) and len(node) == 2 and node[0] == role and isinstance(node[1], int | np.integer)
    ]
    return int(max(taken, default=-1)) + 1


def _check_new_names(names: list[Any], index: Any, parameter: str) -> None:
    """Raise a GraphError if there are no names, or some are none, taken already or given twice."""
    if not names:
        raise GraphError(f"{parameter} is empty: give at least one")
    odd = [f"{parameter}: {quoted(each)} is no name of a node" for each in names if not isinstance(each, Hashable)]
    odd += [f"{parameter}: {quoted(names[i])} is a missing value, and no name of a node" for i in find_missing(names)]
    if odd:
        raise GraphError(first_of(odd, others="such names"))
    repeated = [name for name, times in Counter(names).items() if times > 1]
    taken = [name for name in dict.fromkeys(names) if name in index]
    problems = first_of(
        repeated, lambda name: f"{parameter}: {quoted(name)} is given more than once", "that are repeated"
    )
    problems += first_of(
        taken,
        lambda name: f"{parameter}: {quoted(name)} is a node of the graph already; give another name",
        "that are nodes of the graph already",
    )
    if problems:
        raise GraphError(problems)


def _neurons(graph: Any, role: str, parameter: str, choice: Choice | None) -> Array:
    """Return the positions of the nodes chosen; by default of all that are not inputs."""
    if isinstance(graph, GraphTable):
        nodes, is_input = graph.nodes, graph.has_role("input")
    else:
        nodes = list(graph)
        is_input = np.array([said == "input" for _, said in graph.nodes(data="role")], bool)
    if choice is None:
        return np.flatnonzero(~is_input)
    chosen = choose_nodes(graph, choice, parameter)
    wrong = chosen[is_input[chosen]].tolist() if role == "input" else []
    if wrong:
        raise GraphError(
            first_of(
                wrong,
                lambda i: f"{parameter}: {quoted(nodes[i])} is an input, and no synapse may enter an input",
                "that are inputs",
            )
        )
    return chosen


def _by_values(
    neurons: Array,
    codes: Array,
    found: Values,
    values: list[Hashable],
    names: list[Hashable],
    words: tuple[str, Any],
) -> list[Array]:
    """Return the neurons of each value; a value that nobody has is an error."""
    code = {value: i for i, value in enumerate(found.distinct)}
    wanted = np.array([code.get(as_hashable(value), -2) for value in values])
    order = np.argsort(codes, kind="stable")
    first, last = (np.searchsorted(codes[order], wanted, side) for side in ("left", "right"))
    alone = np.flatnonzero(first == last).tolist()
    if alone:
        parameter, by = words
        raise GraphError(
            first_of(
                alone,
                lambda i: (
                    f"{parameter}: {quoted(names[i])} joins nobody: no node chosen has "
                    f"{said(by, values[i])}; {hint_of_values(values[i], found)}"
                ),
                "that join nobody",
            )
        )
    return [neurons[order[i:j]] for i, j in zip(first.tolist(), last.tolist(), strict=True)]


def _joined(graph: Any, role: str, names: list[Hashable], neurons: list[Array], edge: dict[str, Any]) -> Any:
    """Return the drawing with new nodes of a role, each joined to or from its neurons."""
    sizes = [len(each) for each in neurons]
    if isinstance(graph, GraphTable):
        new = np.repeat(graph.n_nodes + np.arange(len(names)), sizes)
        old = np.concatenate(neurons)
        if role == "output" and len(set(sizes)) == 1:  # in the order of the neurons, as all of them are read
            shape = (len(names), sizes[0])
            new, old = (each.reshape(shape).T.ravel() for each in (new, old))
        source, target = (new, old) if role == "input" else (old, new)
        return graph.extended(names, {"role": role}, source, target, edge)
    nodes = list(graph)
    drawn = graph.copy()
    drawn.add_nodes_from(names, role=role)
    for name, positions in zip(names, neurons, strict=True):
        joined = [nodes[i] for i in positions.tolist()]
        pairs = [(name, node) for node in joined] if role == "input" else [(node, name) for node in joined]
        drawn.add_edges_from(pairs, **edge)
    return drawn
