"""Networks from the files that the command line names: drawings, run folders and saved networks."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options.pairs import Pair, chosen_by

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io


def compile_drawing(
    path: str,
    *,
    seed: int,
    data: io.Data | None = None,
    standardize: bool = False,
    loss: Any = None,
    only_nodes: Sequence[str] | None = None,
    only_edges: Sequence[str] | None = None,
    **options: Any,
) -> gn.Network:
    """Compile the drawing in a file; errors name the file, and ``options`` are those of ``compile``.

    With ``data`` of a table, the drawing has as many inputs and outputs as these have columns.  With ``standardize``,
    inputs are standardised by their mean and deviation, and outputs too if they have the unit of the targets, as with
    the mean squared error.  With ``only_nodes`` or ``only_edges``, texts such as
    "kind=motor", nothing else is learnt.
    """
    import graphnet as gn

    graph = gn.read_graph(path)
    with problems_of(path):
        if only_nodes or only_edges:
            graph = _train_only(graph, only_nodes or (), only_edges or ())
        if data is not None:
            of = gn.losses.resolve_loss(loss)
            targets = None
            if data.y is not None and isinstance(of, gn.losses.CountedLoss) and of.has_unit:
                targets = of.by_output(data.y)
            _check_columns(graph, data, targets)
            if standardize:
                graph = gn.graphs.standardized(graph, data.x, targets, lengths=data.lengths, weights=data.weights)
        return gn.compile(graph, seed=seed, **options)


def _check_columns(graph: Any, data: io.Data, targets: Any) -> None:
    """Raise a DataError that names the columns of a table where a drawing has another number of inputs or outputs."""
    import graphnet as gn

    if data.series is None or not data.series.inputs:
        return
    roles = graph.has_role if isinstance(graph, gn.GraphTable) else None
    problems = []
    given = {"input": (data.series.inputs, len(data.series.inputs))}
    if targets is not None and targets.ndim > 1:
        given["output"] = (tuple(data.series.outputs), targets.shape[-1])
    for role, (names, n) in given.items():
        there = int(roles(role).sum()) if roles else sum(of == role for _, of in graph.nodes(data="role"))
        if there != n:
            listed = ", ".join(names[:20]) + ", ..." * (len(names) > 20)
            problems.append(f"{there} {role}{'s' * (there != 1)}, and the table asks for {n}: {listed}")
    if problems:
        raise gn.DataError(f"the drawing has {'; it has '.join(problems)}")


def _train_only(graph: Any, nodes: Sequence[str], edges: Sequence[str]) -> Any:
    """Return the drawing with all frozen but some nodes and edges, chosen by NAME=VALUE or by a kind of feedback."""
    import graphnet as gn

    table = graph if isinstance(graph, gn.GraphTable) else gn.GraphTable.from_networkx(graph)
    kinds = [text for text in edges if "=" not in text]
    if kinds and len(edges) > 1:
        raise click.BadParameter("a kind of feedback or NAME=VALUE, not both", param_hint="'--only-edges'")
    of_nodes = chosen_by(table.node_frame(), _pairs(nodes, "--only-nodes"))
    of_edges = kinds[0] if kinds else chosen_by(table.edge_frame(), _pairs(edges, "--only-edges"))
    try:
        return gn.graphs.train_only(graph, nodes=of_nodes, edges=of_edges)
    except gn.GraphError as error:
        raise gn.GraphError([re.sub("^(?=(nodes|edges)[:=])", "--only-", each) for each in error.problems]) from error


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    try:
        return [Pair().convert(text, None, None) for text in texts]
    except click.BadParameter as error:
        raise click.BadParameter(error.message, param_hint=f"'{option}'") from error


def open_network(path: str, *, seed: int, **options: Any) -> gn.Network:
    """Return the network of a run folder, a saved network or a drawing.

    With ``options`` of ``compile``, a trained network is compiled again with its learnt parameters; those that are None
    are its own.
    """
    import graphnet as gn
    from graphnet import io

    told = {name: value for name, value in options.items() if value is not None}
    known = io.compile_settings(path)
    if known is None or told:
        return compile_drawing(path, **{"seed": seed, **(known or {}), **told})
    return gn.open_run(path).network() if Path(path).is_dir() else gn.load(path)


def count(graph: Any) -> tuple[int, int]:
    """Return the numbers of nodes and of synapses of a drawing."""
    import graphnet as gn

    if isinstance(graph, gn.GraphTable):
        return graph.n_nodes, graph.n_edges
    return graph.number_of_nodes(), graph.number_of_edges()


def resolve_node(name: str, nodes: Sequence[Hashable], option: str = "--record") -> Hashable:
    """Return the node that is the name, its Python literal, or printed so; otherwise raise a usage error with hints."""
    index = dict.fromkeys(nodes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            literal = ast.literal_eval(name.strip())
        hash(literal)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        literal = name
    for candidate in (name, literal):
        if candidate in index:
            return candidate
    printed = {str(node): node for node in nodes}
    if name in printed:
        return printed[name]
    near = get_close_matches(name, list(printed), n=3, cutoff=0.5)
    hint = (
        f"; similar nodes are {', '.join(near)}"
        if near
        else f"; its nodes are {', '.join([*printed][:5])}" + ", ..." * (len(printed) > 5)
    )
    raise click.BadParameter(f"{name!r} is not a node of the graph{hint}", param_hint=f"'{option}'")


@contextmanager
def problems_of(*files: str) -> Iterator[None]:
    """Add the names of the files to errors about graphs, data and training."""
    import graphnet as gn

    where = " on ".join(files)
    try:
        yield
    except gn.GraphError as error:
        raise gn.GraphError([f"{where}: {problem}" for problem in error.problems]) from error
    except gn.DataError as error:
        raise gn.DataError(f"{where}: {error}") from error
    except gn.DivergedError as error:
        raise error.with_message(f"{where}: {error}") from error
