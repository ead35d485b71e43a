"""Files of results, as arrays or as a table, depending on the suffix."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io

WRITTEN = (".npz", ".csv")


def check_suffix(output: str) -> None:
    """Raise a usage error if results cannot be written to a file with this suffix."""
    if Path(output).suffix.lower() not in WRITTEN:
        raise click.BadParameter(f"{output}: results are written to {' or '.join(WRITTEN)}", param_hint="'-o'")


def output_nodes(net: gn.Network) -> list[Hashable]:
    """Return the output nodes, in the order of the columns of outputs."""
    import numpy as np

    table = net.to_table()
    return [table.nodes[i] for i in np.flatnonzero(table.has_role("output")).tolist()]


def write_arrays(path: str, arrays: Mapping[str, Any], lengths: Any) -> None:
    """Write arrays, and lengths if given."""
    from graphnet import io

    io.write_arrays(path, {**arrays} if lengths is None else {**arrays, "lengths": lengths})


def write_rows(path: str, values: Mapping[Hashable, Any], lengths: Any, series: io.Series | None = None) -> None:
    """Write a row for each step of each sequence, and a column for each of the values (n_samples, n_steps).

    With ``series``, of which the samples are windows or the whole, sequences and steps are theirs, and a column has
    their times.
    """
    import numpy as np

    from graphnet import io

    n_samples, n_steps = next(iter(values.values())).shape
    ends = np.full(n_samples, n_steps) if lengths is None else lengths
    sequence, step = np.nonzero(np.arange(n_steps) < ends[:, np.newaxis])
    columns = [(name, array[sequence, step]) for name, array in values.items()]
    if series is not None:
        row = series.steps(n_steps)[sequence, step]
        sequence = np.searchsorted(series.starts, row, side="right") - 1
        step = row - series.starts[sequence]
        if series.times is not None:
            columns.insert(0, (series.time, series.times[row]))
    names = name_columns([name for name, _ in columns], taken=("sequence", "step"))
    named = {name: array for name, (_, array) in zip(names, columns, strict=True)}
    io.write_table(path, {"sequence": sequence, "step": step, **named})


def name_columns(nodes: Sequence[Hashable], taken: Sequence[str]) -> list[str]:
    """Return a unique name for each node: its ``str``, or if that is taken its ``repr``, or its ``str`` with a number.

    >>> name_columns(["a", 1, "1", "step"], taken=["step"])
    ['a', '1', "'1'", "'step'"]
    """
    names = list(taken)
    for node in nodes:
        tries = chain((str(node), repr(node)), (f"{node} ({number})" for number in count(2)))
        names.append(next(name for name in tries if name not in names))
    return names[len(taken) :]
