"""Checks of ties and signs: members of a tie agree, and no sign conflicts with another or with a weight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import first_of, quoted
from ..arrays import Array
from ..table import Column, GraphTable
from ..ties import asked_signs, has_signs, resolve_signs, strength_signs
from .wording import edge_at, listed, node_at, value_at


def check_ties(
    columns: dict[str, Column], name: str, where: Callable[[int], str], members_are: str, problems: list[str]
) -> None:
    """Check that the values declared by members of one tie agree."""
    ties, column = columns.get("tie"), columns.get(name)
    if ties is None or column is None or ties.names is None:
        return
    members = np.flatnonzero(ties.given() & column.given())
    codes, values = ties.values[members], column.values[members]
    lowest = np.full(len(ties.names), np.inf)
    highest = np.full(len(ties.names), -np.inf)
    np.minimum.at(lowest, codes, values)
    np.maximum.at(highest, codes, values)
    tie_names = ties.names

    def disagreement(code: int) -> str:
        one = members[(codes == code) & (values == lowest[code])][0]
        other = members[(codes == code) & (values == highest[code])][0]
        return (
            f"tie {quoted(tie_names[code])}: its members disagree on {name}, which {members_are} of one tie share: "
            + " and ".join(f"{column.value(i)!r} on {where(int(i))}" for i in (one, other))
        )

    disagreeing = np.flatnonzero(lowest < highest).tolist()
    problems.extend(first_of(disagreeing, disagreement, f"ties whose members disagree on {name}"))


def check_signs(table: GraphTable, problems: list[str]) -> None:
    """A synapse's own sign, its source's and its tie's must not conflict, nor a declared weight with them."""
    if not has_signs(table):
        return
    own, source = table.edge("sign"), table.node("sign")[table.source]
    conflict = own * source < 0
    problems.extend(
        listed(
            conflict,
            lambda i: (
                f"{edge_at(table, i)}: sign={own[i]:+d} conflicts with sign={source[i]:+d} of "
                f"{node_at(table, int(table.source[i]))}; remove one of them, or give the edge sign=0"
            ),
            "edges whose sign conflicts with that of their source",
        )
    )
    strength, scale, tie = strength_signs(table), table.edge("scale"), table.edge("tie")
    asked = np.where(conflict, 0, asked_signs(table))
    first = {sign: _first_of_ties(tie, asked == sign) for sign in (1, -1)}
    contradicted = (first[1] < len(tie)) & (first[-1] < len(tie))

    def contradiction(code: int) -> str:
        members = sorted((int(first[1][code]), int(first[-1][code])))
        asks = (
            f"{edge_at(table, i)} asks for w {'>=' if asked[i] > 0 else '<='} 0 "
            f"(sign {strength[i]:+d}, scale {scale[i]:g})"
            for i in members
        )
        tied = value_at(table.edge_columns, "tie", members[0])
        return f"tie {tied}: its synapses share w, but {' and '.join(asks)}; give one of them sign=0"

    problems.extend(listed(contradicted, contradiction, "ties whose synapses ask for opposite signs"))
    column = table.edge_columns.get("weight")
    if column is not None:
        sign = np.where(np.append(contradicted, False)[tie] | conflict, 0, resolve_signs(table))
        problems.extend(
            listed(
                column.given() & (column.values * sign < 0),
                lambda i: (
                    f"{edge_at(table, i)}: weight={column.value(i)!r} is against its sign: with "
                    + (f"sign {strength[i]:+d} and scale {scale[i]:g}" if asked[i] else "the signs of its tie")
                    + f", w keeps the sign {sign[i]:+d} or is 0"
                ),
                "edges whose weight is against their sign",
            )
        )


def _first_of_ties(tie: Array, asks: Array) -> Array:
    """The first synapse of each tie that asks, (n_ties,); the number of synapses where none does."""
    first = np.full(tie.max(initial=-1) + 1, len(tie))
    some = np.flatnonzero(asks & (tie >= 0))
    np.minimum.at(first, tie[some], some)
    return first
