"""The compiler: a drawing in columns becomes a Program, pass by pass.

Read the passes in this order: ``delays``, ``condense``, ``schedule``, ``parameters``, ``lower``.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from ..program import Program
from ..table import Array, GraphTable
from .condense import condense_components
from .delays import Delays, dependencies, order_layers, resolve_delays
from .lower import lower_synapses
from .parameters import KINDS, Parameters, resolve_parameters
from .schedule import Schedule, schedule_levels

__all__ = ["KINDS", "Parameters", "compile_program", "order_layers", "resolve_delays"]


def compile_program(table: GraphTable, seed: Hashable) -> tuple[Program, Parameters]:
    """Lower a drawing without problems to a Program and the numbers that it computes with."""
    delays = resolve_delays(table)
    waits = dependencies(table, delays)
    stages = condense_components(table.has_role("input"), *waits)
    activations, activation = _resolve_activations(table)
    schedule = schedule_levels(stages, activation, *waits)
    parameters = resolve_parameters(table, seed)
    row = schedule.row
    lowered = lower_synapses(row[table.source], row[table.target], delays, schedule)
    schedule.stages["early"] = lowered.early
    schedule.levels["late"] = lowered.late
    depth, history_end = _resolve_history(table, delays, schedule)
    return Program(
        n_inputs=int(table.has_role("input").sum()),
        n_parameters=parameters.n_parameters,
        order=schedule.order,
        row=row,
        outputs=row[table.has_role("output")],
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
        scales=table.edge("scale")[lowered.edges],
        edges=lowered.edges,
        bias_slots=parameters.bias[schedule.order],
        initial_slots=parameters.initial[schedule.order],
        fixed=parameters.numbers[parameters.n_parameters :],
        depth=depth,
        history_end=history_end,
    ), parameters


def _resolve_activations(table: GraphTable) -> tuple[tuple[str, ...], Array]:
    """The names in use and the code of each node's."""
    column = table.node_columns.get("activation")
    given = [str(name) for name in column.names or ()] if column is not None else []
    names = tuple(dict.fromkeys([*given, "tanh", "identity"]))
    default = np.where(table.has_role("output"), names.index("identity"), names.index("tanh"))
    return names, default if column is None else np.where(column.given(), column.values, default)


def _resolve_history(table: GraphTable, delays: Delays, schedule: Schedule) -> tuple[Array, Array]:
    """How far back each row is read, and where its past ends in a state, which is laid out in node order."""
    depth = np.zeros(table.n_nodes, np.int64)
    np.maximum.at(depth, table.source, delays.delay)
    gated = np.flatnonzero(delays.gate >= 0)
    np.maximum.at(depth, delays.gate[gated], delays.gate_delay[gated])
    return depth[schedule.order], np.cumsum(depth)[schedule.order]
