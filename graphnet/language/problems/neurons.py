"""Checks of roles, gates, time constants, leaks and groups: attributes that need or exclude each other."""

from __future__ import annotations

import numpy as np

from ...errors import quoted
from ..activations import OVER_GROUPS
from ..arrays import Array
from ..delays import resolve_gates
from ..schema import LEAST_LEAK, NODE_ATTRIBUTES
from ..table import GraphTable
from ..ties import lead_ties
from .wording import edge_at, listed, node_at, value_at


def check_roles(table: GraphTable, problems: list[str]) -> None:
    is_input = table.has_role("input")
    if not table.has_role("output").any():
        problems.append("no output: give at least one node role='output'")
    for name, column in table.node_columns.items():
        attribute = NODE_ATTRIBUTES.get(name)
        if attribute is not None and not attribute.on_inputs:
            why = f"an input cannot have {name}: its value is the data's; remove the attribute"
            given = column.given() & is_input
            problems.extend(listed(given, lambda i, why=why: f"{node_at(table, i)}: {why}", f"inputs with {name}"))  # type: ignore[misc]
    problems.extend(
        listed(
            is_input[table.target],
            lambda i: (
                f"{edge_at(table, i)}: no edge may enter an input, and {quoted(table.nodes[table.target[i]])} is one"
            ),
            "edges that enter an input",
        )
    )


def check_gates(table: GraphTable, problems: list[str]) -> None:
    gated = table.edge_gives("gate")
    problems.extend(
        listed(
            gated & (resolve_gates(table) < 0),
            lambda i: f"{edge_at(table, i)}: gate {value_at(table.edge_columns, 'gate', i)} is not a node of the graph",
            "edges whose gate is not a node",
        )
    )
    problems.extend(
        listed(
            table.edge_gives("gate_delay") & ~gated,
            lambda i: f"{edge_at(table, i)}: gate_delay without a gate: name the gate or remove it",
            "edges with gate_delay and no gate",
        )
    )


def check_tau(table: GraphTable, dt: float | None, problems: list[str]) -> None:
    """Check the attributes that ``tau`` excludes, and those that need it."""
    column, has_tau = table.node_columns.get("tau"), table.node_gives("tau")
    without = table.node_gives("train_tau") & ~has_tau
    problems.extend(
        listed(
            without,
            lambda i: f"{node_at(table, i)}: train_tau without tau: give tau or remove it",
            "nodes with train_tau and no tau",
        )
    )
    for name, beside in (
        ("leak", table.node("leak") != 1),
        ("train_leak", table.node("train_leak")),
        ("onset", table.node("onset") != 0),
        ("group", table.node("group") >= 0),
    ):
        why = f"a neuron with tau cannot have {name}; remove one of them"
        found = has_tau & beside
        problems.extend(listed(found, lambda i, why=why: f"{node_at(table, i)}: {why}", f"nodes with tau and {name}"))  # type: ignore[misc]
    if dt is not None and column is not None:
        problems.extend(
            listed(
                has_tau & (column.values < dt),
                lambda i: (
                    f"{node_at(table, i)}: tau={column.value(i)!r} is less than dt={dt!r}: "
                    "an Euler step needs tau >= dt; compile with a smaller dt"
                ),
                "nodes with tau less than dt",
            )
        )


def check_leak(table: GraphTable, problems: list[str]) -> None:
    """Check that a leak that is learnt is within its bounds."""
    leak = table.node("leak")
    problems.extend(
        listed(
            table.node("train_leak") & (leak < LEAST_LEAK),
            lambda i: (
                f"{node_at(table, i)}: leak={leak[i]:g} is learnt, and less than {LEAST_LEAK:g}, the least that is: "
                "give a larger leak, or train_leak=False"
            ),
            f"nodes with a learnt leak less than {LEAST_LEAK:g}",
        )
    )


def check_groups(table: GraphTable, problems: list[str]) -> None:
    """A group and a group's activation need each other; its members share activation and direction of time."""
    activations = table.node_columns.get("activation")
    over_group = np.zeros(table.n_nodes, bool)
    if activations is not None:
        is_over = np.array([name in OVER_GROUPS for name in activations.names or ()] + [False])
        over_group = activations.given() & is_over[activations.values]
    group = table.node("group")
    problems.extend(
        listed(
            over_group & (group < 0),
            lambda i: (
                f"{node_at(table, i)}: activation {value_at(table.node_columns, 'activation', i)} acts over a group: "
                "name it with group="
            ),
            "nodes without a group that their activation needs",
        )
    )
    problems.extend(
        listed(
            ~over_group & (group >= 0),
            lambda i: (
                f"{node_at(table, i)}: group {value_at(table.node_columns, 'group', i)} without a group's activation: "
                f"one of {', '.join(map(repr, OVER_GROUPS))}"
            ),
            "nodes with a group and no activation of groups",
        )
    )
    leader = lead_ties(group)
    differs: dict[str, Array] = {"direction of time (reverse)": table.node("reverse")}
    if activations is not None:
        differs["activation"] = np.where(over_group, activations.values, -1)
    for what, values in differs.items():
        problems.extend(
            listed(
                (values != values[leader]) & (over_group & over_group[leader]),
                lambda i, what=what: (  # type: ignore[misc]
                    f"group {value_at(table.node_columns, 'group', i)}: {node_at(table, i)} and "
                    f"{node_at(table, int(leader[i]))} differ in {what}: they cannot run together"
                ),
                f"nodes that differ from their group in {what}",
            )
        )
