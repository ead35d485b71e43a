"""Drawings by kind and options, with the numbers of inputs and outputs that data ask for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import networkx as nx

from ..errors import DataError, quoted
from ..graphs.kinds import FROM_DATA, kinds, parameters_of
from ..language.nearest import did_you_mean
from ..language.table import GraphTable

SIZE = 32
"""Number of neurons, channels or taps of a kind whose options do not say it."""


def draw(graph: Any, options: Any, n_inputs: int, n_outputs: int, seed: int) -> Any:
    """Return the drawing that a kind and its options, or a drawing, stand for.

    Parameters
    ----------
    graph : str or drawing
        A name of `kinds`, or a drawing, which is returned as it is.
    options : dict or None
        Options of the kind.
    n_inputs, n_outputs : int
        Numbers of inputs and outputs.
    seed : int
        Seed of a kind that takes one, unless the options have it.

    Raises
    ------
    DataError
        If no such kind or option exists, or a drawing has options.

    Examples
    --------
    >>> draw("elman", {"n_hidden": 4}, 2, 1, seed=0).number_of_nodes()
    7
    """
    if isinstance(graph, nx.Graph | GraphTable):
        if options:
            raise DataError(f"options: {quoted(options)}; a drawing has none, they are of a kind such as graph='gru'")
        return graph
    known = kinds()
    if not isinstance(graph, str) or graph not in known:
        hint = did_you_mean(graph, known) if isinstance(graph, str) else ""
        raise DataError(
            f"graph: {quoted(graph)}{hint or '; must be'} {'There are' if hint else 'a drawing, or one of'} "
            f"{', '.join(map(repr, known))}"
        )
    draw_kind = known[graph]
    parameters = parameters_of(draw_kind)
    allowed = [name for name in parameters if name not in FROM_DATA]
    given = read_options(options)
    problems = []
    for name in given:
        if name in FROM_DATA:
            problems.append(f"options: {name} comes from the data; leave it out")
        elif name not in allowed:
            problems.append(
                f"options: {graph} has no option {name!r}"
                + (did_you_mean(name, allowed) or f"; it has {', '.join(allowed)}")
            )
    if problems:
        raise DataError("; ".join(problems))
    if "seed" in allowed:
        given.setdefault("seed", seed)
    for name in allowed:
        if parameters[name].default is inspect.Parameter.empty:
            given.setdefault(name, SIZE)
    return draw_kind(n_inputs=n_inputs, n_outputs=n_outputs, **given)


def count_role(graph: Any, role: str) -> int:
    """Return the number of nodes of a drawing with a role.

    >>> count_role(kinds()["elman"](2, 4, 1), "input")
    2
    """
    if isinstance(graph, GraphTable):
        return int(graph.has_role(role).sum())
    return sum(said == role for _, said in graph.nodes(data="role"))


def read_options(options: Any) -> dict[str, Any]:
    """Return options as a dict; raise a DataError for anything else than a mapping of names, or None."""
    if options is None:
        return {}
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        raise DataError(f"options: {quoted(options)}; must be a dict of options by name, such as {{'n_hidden': 32}}")
    return dict(options)
