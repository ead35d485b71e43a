"""Networks from tables of synapses and neurons, as connectomes are published."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import GraphError, GraphWarning, quoted
from ..frames.cells import Cells
from ..frames.table import Table, open_table
from ..language.keywords import suggests_keywords
from ..language.schema import NODE_ATTRIBUTES
from ..language.table import Column, GraphTable
from .rows.attributes import as_column, with_wide_codes
from .rows.gaps import read_gaps, with_gaps
from .rows.neurons import Ids, Neurons, find_neurons
from .rows.roles import Roles, find_roles
from .rows.signs import read_signs, signs_of_rows
from .rows.synapses import Rows, choose_rows, draw_synapses, read_counts, read_keys
from .rows.ties import tied_by_type


@suggests_keywords
def from_tables(
    edges: Any,
    nodes: Any = None,
    *,
    source: str | None = None,
    target: str | None = None,
    node: str | None = None,
    key: str | None = None,
    count: str | None = None,
    min_count: float = 1,
    gap: str | None = None,
    sign: str | None = None,
    signs: Mapping[Any, int] | None = None,
    per: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    unlisted: str = "error",
) -> GraphTable:
    """Draw a network from a table of synapses and, optionally, one of neurons, such as those of a connectome.

    A column named like an attribute of its side (`weight` or `delay` of edges, `tau` or `layer` of nodes) is that
    attribute, unless it is the count or sign column; all others are custom attributes, but for those that name
    neurons, keys and gap junctions.  Missing cells leave an attribute out.  Self-loops stay.

    Parameters
    ----------
    edges : frame or path
        A row for each synapse, or for several.  A frame of pandas or another that narwhals reads, or a file: .csv or
        .tsv (also .gz; separated by commas, semicolons, tabs or bars), .parquet, .feather, .xlsx (its first sheet),
        .h5 (edges of SONATA).
    nodes : frame or path, optional
        A row for each neuron, in node order.  If not given, neurons are those of ``edges``, in the order of their first
        appearance, also those whose synapses are all dropped.
    source, target : str, optional
        Columns of edges.  If not given, source/target, pre/post, pre_root_id/post_root_id, body_pre/body_post,
        bodyId_pre/bodyId_post or SONATA's source_node_id/target_node_id.
    node : str, optional
        Column of nodes with their names.  If not given, node, id, name, root_id or bodyId.
    key : str, optional
        Column of edges that tells parallel synapses apart; the drawing then has edge keys, as a MultiDiGraph.
    count : str, optional
        Column of edges with the number of synapses, which becomes `scale`.  Rows of one pair, and of one key, add up.
    min_count : float
        Synapses whose counts add up to less are dropped.
    gap : str, optional
        Column of edges with the number of gap junctions, see Notes.  Without ``count``, a row with gap junctions is no
        chemical synapse.
    sign : str, optional
        Column of edges or, if edges do not have it, of nodes (the sign of sources): -1, 0, 1, or words of ``signs``.
        -1 and 1 multiply `scale` and become `sign` of the synapse, so that its weight stays >= 0.  Other rows are free
        of signs.
    signs : dict, optional
        Signs of words, such as ``{"gaba": -1, "ach": 1}``, compared without regard to case.
    per : str, optional
        Column of nodes with their types.  One weight is learnt for each pair of types, and one bias, initial, tau and
        leak for each type: edges and nodes get ties.
    columns : dict, optional
        Other names of columns: ``{"tau_ms": "tau"}`` makes one an attribute, ``{"weight": "w_em"}`` makes it custom,
        and None leaves it out.
    unlisted : "error" or "drop"
        Edges of neurons that ``nodes`` lacks are an error, or are dropped with a warning.

    Returns
    -------
    GraphTable
        Its ``attributes["from_tables"]`` says where it came from: files, columns, thresholds and numbers of rows.

    Raises
    ------
    GraphError
        If columns are missing or several fit; ids are missing, repeated in ``nodes``, rounded (floats above 2^53), or
        numbers in one column and text in another; a count is negative; a pair is repeated without ``count`` and
        ``key``; or rows that add up disagree on an attribute of the language.
    DataError
        If a file is missing or broken, or the package that reads it is not installed.

    Warns
    -----
    GraphWarning
        If rows are dropped because their count is 0 or missing, or their neurons are unlisted, and for words that
        ``signs`` does not know.

    Notes
    -----
    Rows that add up take the sign that the largest total count has; if two totals are equal, none.  Other attributes of
    the language must agree where rows give them; custom ones are kept where they agree.

    Gap junctions carry the current w * count * (y_other - y_own) into both neurons.  Each is four synapses of delay 1
    and key ``("gap", partner)``: one from the other neuron with scale count and a self-loop with scale -count into each
    neuron.  They share one weight >= 0 by the tie ``("gap", first, second)``, of the pair of neurons in node order or,
    with ``per``, of the sorted pair of types.  Gap junctions of a neuron with itself carry no current and are dropped.

    References
    ----------
    Dorkenwald, S. et al. (2024). Neuronal wiring diagram of an adult brain. Nature 634, whose tables have such columns.

    Examples
    --------
    >>> import pandas
    >>> synapses = pandas.DataFrame({"pre": ["a", "a", "b"], "post": ["b", "b", "a"], "n": [2, 3, 4]})
    >>> synapses["nt"] = ["GABA", "GABA", "ACh"]
    >>> table = from_tables(synapses, count="n", sign="nt", signs={"gaba": -1, "ach": 1})
    >>> table.edge_frame()
      source target  scale  sign
    0      a      b   -5.0    -1
    1      b      a    4.0     1
    """
    words = _checked_settings(count, min_count, sign, signs, unlisted)
    columns = {} if columns is None else columns
    edge_table = open_table(edges, "edges")
    node_table = None if nodes is None else open_table(nodes, "nodes")
    named = {"source": source, "target": target, "node": node, "key": key, "count": count, "gap": gap}
    roles = find_roles(edge_table, node_table, {**named, "sign": sign, "per": per}, columns)
    notes: list[str] = []
    of_nodes = {} if node_table is None else _read(node_table, roles.of_nodes())
    read = edge_table.read(roles.of_edges())
    neurons = _neurons(edge_table, node_table, roles, read, of_nodes, unlisted, notes)
    held = {name: read(name) for name in roles.more_of_edges()}
    n_synapses = None if count is None else read_counts(edge_table, count, held[count])
    n_gaps = None if gap is None else read_counts(edge_table, gap, held[gap])
    dropped = {"unlisted": 0 if neurons.unlisted is None else int(neurons.unlisted.sum())}
    chosen = choose_rows(neurons, n_synapses, n_gaps, dropped, notes)
    of_rows, unknown = signs_of_rows(roles, words, (edge_table, held), (node_table, of_nodes), neurons, chosen, notes)
    keys = None if key is None else read_keys(edge_table, key, held[key])
    rows = Rows(edge_table, neurons, chosen, n_synapses, of_rows, keys)
    del held
    synapses = draw_synapses(rows, roles.edge_attributes, read, min_count)
    dropped["min_count"] = synapses.too_few
    columns_of_nodes = _node_columns(of_nodes, roles)
    junctions = None if n_gaps is None else read_gaps(edge_table, neurons, n_gaps, dropped, notes)
    table = GraphTable(
        neurons.names, synapses.source, synapses.target, columns_of_nodes, synapses.columns, synapses.keys
    )
    kinds = None if per is None else of_nodes[per].factorized()
    if kinds is not None:
        table = tied_by_type(table, kinds)
    if junctions is not None:
        table = with_gaps(table, junctions, kinds)
    table.attributes["from_tables"] = {
        "edges": os.fspath(edges) if edge_table.is_file else None,
        "nodes": os.fspath(nodes) if node_table is not None and node_table.is_file else None,
        **{name: getattr(roles, name) for name in ("source", "target", "node", "key", "count", "gap", "sign", "per")},
        "min_count": float(min_count),
        "signs": {str(word): each for word, each in words.items()},
        "columns": dict(columns),
        "rows": len(neurons.source),
        "dropped": dropped,
        "unknown_words": unknown,
    }
    for note in notes:
        warnings.warn(note, GraphWarning, stacklevel=3)
    return table


def _checked_settings(count: Any, min_count: Any, sign: Any, signs: Any, unlisted: Any) -> dict[Any, int]:
    """Return the signs of words; raise a GraphError for settings that are not valid or need others."""
    problems = []
    if isinstance(min_count, bool) or not isinstance(min_count, int | float | np.number) or not 0 <= min_count < np.inf:
        problems.append(f"min_count={quoted(min_count)} is not a number >= 0")
    elif min_count != 1 and count is None:
        problems.append(f"min_count={min_count} needs count=, the column that it is about")
    if signs is not None and sign is None:
        problems.append("signs= needs sign=, the column that has the words")
    if unlisted not in ("error", "drop"):
        problems.append(f"unlisted={quoted(unlisted)} is neither 'error' nor 'drop'")
    if problems:
        raise GraphError(problems)
    return read_signs(signs)


def _read(table: Table, names: Sequence[str]) -> dict[str, Cells]:
    read = table.read(names)
    return {name: read(name) for name in names}


def _neurons(
    edges: Table,
    nodes: Table | None,
    roles: Roles,
    read: Callable[[str], Cells],
    of_nodes: Mapping[str, Cells],
    unlisted: str,
    notes: list[str],
) -> Neurons:
    ends = [Ids(edges, name, read(name), "an edge has two ends") for name in (roles.source, roles.target)]
    listed = None
    if nodes is not None and roles.node is not None:
        listed = Ids(nodes, roles.node, of_nodes[roles.node], "a neuron has a name")
    return find_neurons(ends[0], ends[1], listed, unlisted, notes)


def _node_columns(of_nodes: Mapping[str, Cells], roles: Roles) -> dict[str, Column]:
    return {
        name: with_wide_codes(as_column(of_nodes[column], NODE_ATTRIBUTES.get(name)))
        for name, column in roles.node_attributes.items()
    }
