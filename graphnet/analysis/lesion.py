"""Lesions: the loss of a network without some of its neurons, or without a kind of feedback."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, quoted
from ..execute.workers import map_in_order, read_workers
from ..language.arrays import Array
from ..language.checks import read_names
from ..language.delays import order_layers, resolve_gates
from ..language.feedback import KINDS, kinds_of
from ..language.keywords import suggests_keywords
from ..language.missing import is_missing
from ..language.nearest import did_you_mean
from ..language.table import GraphTable
from ..losses import Loss, LossFunction, resolve_loss
from ..network.network import Network
from ..train.data import Sequences, check_sequences
from ..train.evaluate import evaluate_sequences

AT_ONCE = 256
"""Number of samples that are run at once."""


@suggests_keywords
def lesions(
    net: Network,
    inputs: Any,
    targets: Any,
    *,
    of: str | Mapping[Hashable, Any] = "feedback",
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    lengths: Any = None,
    executor: Any = None,
) -> pd.DataFrame:
    """Measure the loss of a network without some of its neurons, each lesion by itself.

    A lesion sets the ``scale`` of all synapses that the neurons feed or gate to 0.  The network keeps its shape,
    inputs, outputs, groups and learnt numbers; nothing is trained again.  Neurons without their outgoing synapses still
    compute, so that an output neuron is still reported.

    Parameters
    ----------
    net : Network
        It is not changed.
    inputs, targets, loss, lengths
        As for ``gn.evaluate``.
    of : "feedback", "neurons", attribute of nodes, or {name: nodes}
        "feedback" removes the synapses of each kind (see ``gn.feedback``): rows ``direct``, ``lateral``, ``indirect``
        and ``all`` three, where a gate does not count as a synapse.  "neurons" removes each neuron, inputs not.  An
        attribute removes all nodes that share a value of it, one row a value, in the order in which nodes have them;
        those without a value stay.  A mapping names groups of nodes; these may overlap.
    executor : None, int or concurrent.futures.Executor
        None measures in this process, a number starts so many processes.  The numbers are the same for any.

    Returns
    -------
    pandas.DataFrame
        Columns ``removed``, ``loss`` and ``change``, the difference to the loss of the whole network.  The first row,
        with ``removed`` None, is the whole network.

    Raises
    ------
    DataError
        If the data do not fit, or ``of`` is neither known nor an attribute, or names nodes that do not exist.

    Notes
    -----
    A change is that of this network on these data: others trained from other seeds may use other neurons, so that a
    claim about a wiring needs several seeds (``compare``).  A lesion without effect does not show that the neurons do
    nothing, since others may do the same.

    References
    ----------
    Meyes, R., Lu, M., Waubert de Puiseux, C. & Meisen, T. (2019). Ablation studies in artificial neural networks.
    arXiv 1901.08644.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
    >>> frame = lesions(net, np.ones((4, 5, 1)), np.zeros((4, 5, 1)))
    >>> frame["removed"].tolist(), bool((frame["change"] == frame["loss"] - frame["loss"][0]).all())
    ([None, 'direct', 'lateral', 'indirect', 'all'], True)
    >>> frame["change"].tolist()[2:4]  # it has no such synapses
    [0.0, 0.0]
    """
    if not isinstance(net, Network):
        raise DataError(f"lesions: net is a {type(net).__name__}, not a Network")
    workers, resolved = read_workers(executor), resolve_loss(loss)
    data = check_sequences(net, resolved, inputs, targets, lengths)
    removed = _removed_edges(net.to_table(), of)
    # what removes no synapse is the whole network
    tasks = [("the whole network", np.zeros(0, np.int64))]
    tasks += [(f"lesion of {quoted(name)}", edges) for name, edges in removed if len(edges)]
    found = iter(map_in_order(partial(_loss_without, net, data, resolved), tasks, workers, caller="lesions"))
    whole = next(found)
    losses = np.array([whole, *[next(found) if len(edges) else whole for _, edges in removed]])
    names = pd.Series([None, *[name for name, _ in removed]], dtype=object)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame({"removed": names, "loss": losses, "change": losses - whole})


def _loss_without(net: Network, data: Sequences, loss: Loss, edges: Array) -> float:
    """Return the loss without some synapses."""
    if len(edges):
        factors = np.ones(net.n_edges)
        factors[edges] = 0
        net = net.scaled(factors)
    with np.errstate(over="ignore", invalid="ignore"):
        return evaluate_sequences(net, data, loss, AT_ONCE, {})["loss"]


def _removed_edges(table: GraphTable, of: Any) -> list[tuple[Hashable, Array]]:
    """Return the name of each lesion, and the positions of the synapses that it removes."""
    if isinstance(of, Mapping):
        if not of:
            raise DataError("of: an empty mapping; give {name: nodes} for each lesion")
        outgoing = _outgoing(table)
        groups = [(name, read_names(nodes, f"of[{quoted(name)}]", table.index)) for name, nodes in of.items()]
        return [(name, _union(outgoing, [table.index[node] for node in nodes])) for name, nodes in groups]
    if of == "feedback":
        kind = kinds_of(order_layers(table), table.source, table.target)
        rows: list[tuple[Hashable, Array]] = [(KINDS[code], np.flatnonzero(kind == code)) for code in (1, 2, 3)]
        return [*rows, ("all", np.flatnonzero(kind > 0))]
    if of == "neurons":
        outgoing = _outgoing(table)
        return [(table.nodes[i], outgoing[i]) for i in np.flatnonzero(~table.has_role("input")).tolist()]
    outgoing, groups_of_value = _outgoing(table), _nodes_by_value(table, of)
    return [(value, _union(outgoing, nodes)) for value, nodes in groups_of_value.items()]


def _nodes_by_value(table: GraphTable, of: Any) -> dict[Hashable, list[int]]:
    """Return {value: positions of the nodes that have it} of an attribute."""
    column = table.node_columns.get(of) if isinstance(of, str) else None
    if column is None or not column.given().any():
        known = [str(name) for name, each in table.node_columns.items() if each.given().any()]
        hint = did_you_mean(of, ["feedback", "neurons", *known])
        raise DataError(
            f"of: {quoted(of)}; must be 'feedback', 'neurons', an attribute that nodes have "
            f"({', '.join(known) or 'none'}), or {{name: nodes}}{hint}"
        )
    found: dict[Hashable, list[int]] = {}
    values = column.objects()
    for i in np.flatnonzero(column.given()).tolist():
        if is_missing(values[i]):
            continue
        if not isinstance(values[i], Hashable):
            raise DataError(f"of: {quoted(of)} of node {table.nodes[i]!r} is {quoted(values[i])}, which is no name")
        found.setdefault(values[i], []).append(i)
    return found


def _outgoing(table: GraphTable) -> list[Array]:
    """Return the positions of the synapses that each node feeds or gates, ascending."""
    gate = resolve_gates(table)
    gated = np.flatnonzero(gate >= 0)
    node = np.concatenate([table.source, gate[gated]])
    edge = np.concatenate([np.arange(table.n_edges), gated])
    order = np.lexsort([edge, node])
    ends = np.cumsum(np.bincount(node, minlength=table.n_nodes))[:-1]
    return np.split(edge[order], ends) if table.n_nodes else []


def _union(outgoing: list[Array], nodes: list[int]) -> Array:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *[outgoing[i] for i in nodes]]))
