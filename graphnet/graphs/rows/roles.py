"""Columns of the two tables: which one is what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import GraphError, quoted
from ...frames.table import Table
from ...language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, NOT_ON_EDGES, NOT_ON_NODES, Attribute, meant

ENDS = (
    ("source", "target"),
    ("pre", "post"),
    ("pre_root_id", "post_root_id"),
    ("body_pre", "body_post"),
    ("bodyId_pre", "bodyId_post"),
    ("source_node_id", "target_node_id"),
)
"""Names of the columns of sources and targets that are found without being named."""
NODES = ("node", "id", "name", "root_id", "bodyId")


@dataclass(frozen=True)
class Roles:
    """Columns by what they are; ``edge_attributes`` and ``node_attributes`` are {attribute: column}."""

    source: str
    target: str
    node: str | None
    key: str | None
    count: str | None
    gap: str | None
    sign: str | None
    sign_of_nodes: bool
    per: str | None
    edge_attributes: dict[str, str]
    node_attributes: dict[str, str]

    def more_of_edges(self) -> list[str]:
        """Return the columns of edges that say more than attributes, but for the ends."""
        named = (self.key, self.count, self.gap, None if self.sign_of_nodes else self.sign)
        return list(dict.fromkeys(name for name in named if name is not None))

    def of_edges(self) -> list[str]:
        """Return the columns of edges to read."""
        return [self.source, self.target, *self.more_of_edges(), *self.edge_attributes.values()]

    def of_nodes(self) -> list[str]:
        """Return the columns of nodes to read."""
        named = (self.node, self.per, self.sign if self.sign_of_nodes else None)
        return list(dict.fromkeys([name for name in named if name is not None] + [*self.node_attributes.values()]))


def find_roles(
    edges: Table,
    nodes: Table | None,
    named: Mapping[str, str | None],
    columns: Mapping[str, str | None],
) -> Roles:
    """Return which column is what; ``named`` are the columns that keywords name.

    Raises
    ------
    GraphError
        If a column does not exist, none or several can be what is needed, or two are the same attribute.
    """
    problems: list[str] = []
    # all of what follows needs names
    for name, given in named.items():
        if given is not None and not isinstance(given, str):
            problems.append(f"{name}={quoted(given)} is not the name of a column")
    problems += _columns_problems(edges, nodes, columns)
    if problems:
        raise GraphError(problems)
    source, target = _ends(edges, named["source"], named["target"], problems)
    node = _node(nodes, named["node"], problems)
    for name in ("key", "count", "gap"):
        if named[name] is not None and named[name] not in edges.names:
            problems.append(_lacks(edges, f"{name}={named[name]!r}"))
    sign, of_nodes = named["sign"], False
    if sign is not None and sign not in edges.names:
        of_nodes = nodes is not None and sign in nodes.names
        if not of_nodes:
            also = "" if nodes is None else f", nor has {nodes.what}, which has {nodes.listed()}"
            problems.append(_lacks(edges, f"sign={sign!r}") + also)
    per = named["per"]
    if per is not None and nodes is None:
        problems.append(f"per={per!r} names a column of nodes, and no nodes are given")
    elif per is not None and nodes is not None and per not in nodes.names:
        problems.append(_lacks(nodes, f"per={per!r}"))
    if source == target:
        problems.append(f"source and target are both {source!r}: an edge has two ends")
    if problems:
        raise GraphError(problems)
    used: set[str | None] = {source, target, named["key"], named["count"], named["gap"], None if of_nodes else sign}
    of_edges = _attributes(edges, used, columns, EDGE_ATTRIBUTES, NOT_ON_EDGES, ("edges", "nodes"), problems)
    used = {node, sign if of_nodes else None}
    found: dict[str, str] = {}
    if nodes is not None:
        found = _attributes(nodes, used, columns, NODE_ATTRIBUTES, NOT_ON_NODES, ("nodes", "edges"), problems)
    taken = {"scale": named["count"] and f"count={named['count']!r}", "sign": sign and f"sign={sign!r}"}
    taken["tie"] = per and f"per={per!r}"
    for attribute, by in taken.items():
        if by and attribute in of_edges:
            problems.append(_twice(edges, attribute, of_edges[attribute], by))
    if per is not None and nodes is not None and found.get("tie", per) != per:
        problems.append(_twice(nodes, "tie", found["tie"], str(taken["tie"])))
    for role, column, other in (("count", named["count"], nodes), ("sign", sign, edges if of_nodes else nodes)):
        # a column of that name on the other side may be renamed
        if column is not None and column in columns and not (other is not None and column in other.names):
            problems.append(f"columns: {column!r} is the {role} column, which is nothing else")
    if problems:
        raise GraphError(problems)
    kept = {key: named[key] for key in ("key", "count", "gap")}
    return Roles(source, target, node, **kept, sign=sign, sign_of_nodes=of_nodes, per=per,
                  edge_attributes=of_edges, node_attributes=found)  # fmt: skip


def _columns_problems(edges: Table, nodes: Table | None, columns: Mapping[str, str | None]) -> list[str]:
    if not isinstance(columns, Mapping):
        return [f"columns={quoted(columns)} is not a dict such as {{'tau_ms': 'tau', 'x': None}}"]
    found = []
    known = [*edges.names, *(nodes.names if nodes is not None else ())]
    for name, new in columns.items():
        if name not in known:
            found.append(_lacks(edges, f"columns: {quoted(name)}") + _and_nodes(nodes))
        if new is not None and (not isinstance(new, str) or not new.strip()):
            found.append(f"columns: {quoted(name)}: {quoted(new)} is neither the name of an attribute nor None")
    return found


def _ends(edges: Table, source: Any, target: Any, problems: list[str]) -> tuple[str, str]:
    wanted = [(s, t) for s, t in ENDS if s in edges.names and t in edges.names]
    if source is None and target is None:
        if len(wanted) == 1:
            return wanted[0]
        few = "no columns of sources and targets are found" if not wanted else (
            "several columns may be sources and targets: " + ", ".join(f"{s!r}/{t!r}" for s, t in wanted)
        )  # fmt: skip
        problems.append(f"{edges.what}: {few}; name them with source= and target=; columns: {edges.listed()}")
        return "source", "target"
    found = []
    for side, given in enumerate((source, target)):
        other = (target, source)[side]
        name = ("source", "target")[side]
        if given is not None:
            if given not in edges.names:
                problems.append(_lacks(edges, f"{name}={given!r}"))
            found.append(given)
            continue
        # the partner of the column that is named, or else the only one that can be it
        partners = [pair[side] for pair in ENDS if pair[1 - side] == other and pair[side] in edges.names]
        partners = partners or [pair[side] for pair in ENDS if pair[side] in edges.names and pair[side] != other]
        if len(partners) != 1:
            many = f"several columns may be it: {', '.join(map(repr, partners))}" if partners else "none is found"
            problems.append(f"{edges.what}: {name}: {many}; name it with {name}=; columns: {edges.listed()}")
        found.append(partners[0] if partners else name)
    return found[0], found[1]


def _node(nodes: Table | None, node: Any, problems: list[str]) -> str | None:
    if nodes is None:
        if node is not None:
            problems.append(f"node={node!r} names a column of nodes, and no nodes are given")
        return None
    if node is not None:
        if node not in nodes.names:
            problems.append(_lacks(nodes, f"node={node!r}"))
        return str(node)
    wanted = [name for name in NODES if name in nodes.names]
    if len(wanted) != 1:
        few = f"several columns may be it: {', '.join(map(repr, wanted))}" if wanted else "none is found"
        problems.append(f"{nodes.what}: the column of names: {few}; name it with node=; columns: {nodes.listed()}")
    return wanted[0] if wanted else None


def _attributes(
    table: Table,
    used: set[str | None],
    columns: Mapping[str, str | None],
    known: dict[str, Attribute],
    misplaced: frozenset[str],
    sides: tuple[str, str],
    problems: list[str],
) -> dict[str, str]:
    """Return {attribute: column} of the columns that are attributes; names that no drawing can have are problems."""
    found: dict[str, str] = {}
    for column in table.names:
        if column in used:
            continue
        name = columns.get(column, column)
        if name is None:
            continue
        name = name.strip()
        ways = f"columns={{{column!r}: '...'}} gives it another name, columns={{{column!r}: None}} leaves it out"
        if name in found:
            problems.append(f"{table.what}: columns {found[name]!r} and {column!r} are both {name!r}; {ways}")
        elif name in misplaced:
            problems.append(f"{table.what}: column {column!r}: {name} is an attribute of {sides[1]}; {ways}")
        elif (intended := meant(name, known)) is not None:
            problems.append(
                f"{table.what}: column {column!r}: {sides[0]} have no attribute {name!r}: was {intended!r} meant? "
                f"columns={{{column!r}: {intended!r}}} says so, columns={{{column!r}: '...'}} makes it custom"
            )
        found[name] = column
    return found


def _lacks(table: Table, what: str) -> str:
    return f"{what}: {table.what} has no such column; it has {table.listed()}"


def _and_nodes(nodes: Table | None) -> str:
    return "" if nodes is None else f"; nor has {nodes.what}, which has {nodes.listed()}"


def _twice(table: Table, attribute: str, column: str, by: str) -> str:
    return (
        f"{table.what}: column {column!r} is the attribute {attribute!r}, which {by} makes as well: "
        f"columns={{{column!r}: None}} leaves the column out"
    )
