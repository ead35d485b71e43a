"""The compiler: a drawing in columns becomes a Program, pass by pass.

Read the passes in this order: ``delays``, ``condense``, ``schedule``, ``parameters``, ``lower``.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from ..errors import GraphError
from ..language.arrays import Array
from ..language.delays import Delays, dependencies, has_gates, resolve_delays
from ..language.order import narrow, taken
from ..language.table import GraphTable
from ..language.ties import hand_down_ties, lead_ties
from .condense import condense_components
from .initial.initializers import Initializer
from .lower import lower_synapses
from .neurons import FEATURES, has_own_past
from .parameters import KINDS, Parameters, resolve_parameters
from .program import Program
from .schedule import Kinds, schedule_levels

MOST_HISTORY = 1 << 28
"""The longest delay, in steps; the history of a longer one would take more than 2 GiB for each sample."""

__all__ = ["KINDS", "Parameters", "compile_program"]


def compile_program(
    table: GraphTable, seed: Hashable, dt: float, initializer: Initializer
) -> tuple[Program, Parameters]:
    """Lower a valid drawing to a Program and the numbers that it computes with."""
    table = hand_down_ties(table)
    delays = resolve_delays(table)
    check_history(table, delays)
    waits = _with_own_past(table, *dependencies(table, delays))
    vertex = lead_ties(table.node("group"))
    stages = condense_components(table.has_role("input"), vertex, table.node("reverse"), *waits)
    activations, kinds = _resolve_kinds(table, vertex)
    schedule = schedule_levels(stages, vertex, kinds, *waits)
    parameters = resolve_parameters(table, delays, seed, dt, initializer)
    row = narrow(schedule.row)
    lowered = lower_synapses(row[table.source], row[table.target], delays, schedule)
    schedule.stages["early"] = lowered.early
    schedule.levels["late"] = lowered.late
    depth = _resolve_depth(table, delays, kinds)
    return Program(
        n_inputs=int(table.has_role("input").sum()),
        n_parameters=parameters.n_parameters,
        order=schedule.order,
        row=schedule.row,
        outputs=schedule.row[table.has_role("output")],
        stages=schedule.stages,
        levels=schedule.levels,
        segments=schedule.segments,
        blocks=lowered.blocks,
        activations=activations,
        targets=lowered.targets,
        sources=lowered.sources,
        gates=lowered.gates,
        pointers=lowered.pointers,
        indices=lowered.indices,
        slots=parameters.weight[lowered.edges],
        scales=taken(table.edge("scale"), lowered.edges),
        edges=lowered.edges,
        neurons={name: slots[schedule.order] for name, slots in parameters.neurons.items()},
        onset=table.node("onset")[schedule.order],
        dt=dt,
        fixed=parameters.numbers[parameters.n_parameters :],
        depth=depth[schedule.order],
        # a state is laid out in node order
        history_end=np.cumsum(depth)[schedule.order],
    ), parameters


def _with_own_past(table: GraphTable, source: Array, target: Array, delay: Array) -> tuple[Array, Array, Array]:
    """Add the dependencies of leaky and continuous-time neurons on their own value one step ago."""
    own = np.flatnonzero(has_own_past(table))
    if not len(own):
        return source, target, delay
    return np.append(source, own), np.append(target, own), np.append(delay, np.ones(len(own), np.int64))


def _resolve_kinds(table: GraphTable, vertex: Array) -> tuple[tuple[str, ...], Kinds]:
    """Return the names of activations in use, and the kinds of neurons; all members of a group are of one kind."""
    column = table.node_columns.get("activation")
    given = [str(name) for name in column.names or ()] if column is not None else []
    names = tuple(dict.fromkeys([*given, "tanh", "identity"]))
    default = np.where(table.has_role("output"), names.index("identity"), names.index("tanh"))
    activation = default if column is None else np.where(column.given(), column.values, default)
    group = table.node("group")
    size = np.where(group < 0, 0, np.bincount(vertex, minlength=table.n_nodes)[vertex])
    features = {}
    for name, has in FEATURES.items():
        of_group = np.zeros(table.n_nodes, bool)
        np.logical_or.at(of_group, vertex, has(table))
        features[name] = of_group[vertex]
    return names, Kinds(activation, features, group, size)


def check_history(table: GraphTable, delays: Delays) -> None:
    """Raise a GraphError if a delay needs more history than is compiled."""
    longest = float(max(delays.delay.max(initial=0), delays.gate_delay.max(initial=0)))
    if longest > MOST_HISTORY:
        edge = int(np.argmax(np.maximum(delays.delay, delays.gate_delay)))
        raise GraphError(
            f"edge {table.edge_key(edge)!r}: a delay of {longest:.0f} steps asks for as many past values of its source "
            f"for every sample; the longest that is compiled is {MOST_HISTORY}"
        )


def _resolve_depth(table: GraphTable, delays: Delays, kinds: Kinds) -> Array:
    """Number of past values of each node that are read, (n_nodes,)."""
    depth = (kinds.features["tau"] | kinds.features["leak"]).astype(np.int64)
    np.maximum.at(depth, table.source, delays.delay)
    if has_gates(delays.gate):
        # without a gate its delay is 0, which deepens nothing
        np.maximum.at(depth, delays.gate, delays.gate_delay)
    return depth
