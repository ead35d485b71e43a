"""The parameters of a network in a notebook: counts by kind, the first and the last rows."""

from __future__ import annotations

from collections.abc import Hashable

from ..network.parameters import ParameterTable
from .html import Html, card, element, name_of, never_fails, note, number, table

MOST_ROWS = 12
"""Number of rows that are shown; of more, the first and the last."""


def describe_parameters(parameters: ParameterTable) -> str:
    """Return the number of parameters, of more than one kind with the number of each."""
    counts = parameters.counts()
    kinds = f" ({', '.join(f'{kind} {n:,}' for kind, n in counts.items())})" if len(counts) > 1 else ""
    return f"{len(parameters):,}{kinds}"


@never_fails
def parameters_html(parameters: ParameterTable) -> Html:
    """Return the first and the last rows as a table, below the number of parameters of each kind."""
    n, few = len(parameters), MOST_ROWS // 2
    shown = [*range(n)] if n <= MOST_ROWS else [*range(few), *range(n - few, n)]
    rows = [
        [
            number(i),
            row.kind,
            _key(row.key, row.kind == "weight" and not row.tied),
            "tied" * row.tied,
            number(row.value),
        ]
        for i, row in ((i, parameters[i]) for i in shown)
    ]
    if n > MOST_ROWS:
        rows.insert(few, ["…"] * 3 + ["", "…"])
    columns = ["", "kind", "of", "", "value"]
    body = table(rows, columns, left=4) if n else note("no parameters: all numbers are fixed")
    return card("graphnet.ParameterTable", note(describe_parameters(parameters)), body)


def _key(key: Hashable, is_edge: bool) -> Html:
    """Return the name of a neuron or a tie, or the ends of a synapse and the key of a parallel one."""
    if not is_edge or not isinstance(key, tuple) or len(key) < 2:
        return name_of(key)
    parallel = [" (", name_of(key[2]), ")"] if len(key) > 2 else []
    return element("span", name_of(key[0]), " → ", name_of(key[1]), *parallel)
