"""What a network gave, as arrays or as a table, by the suffix of the file."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import graphnet as gn

WRITTEN = (".npz", ".csv")


def check_suffix(output: str) -> None:
    """Raise a usage error for a file that results are not written to."""
    if Path(output).suffix.lower() not in WRITTEN:
        raise click.BadParameter(f"{output}: results are written to {' or '.join(WRITTEN)}", param_hint="'-o'")


def output_nodes(net: gn.Network) -> list[Hashable]:
    """The nodes that outputs are columns of, in that order."""
    import numpy as np

    table = net.to_table()
    return [table.nodes[i] for i in np.flatnonzero(table.has_role("output")).tolist()]


def write_arrays(path: str, arrays: Mapping[str, Any], lengths: Any) -> None:
    """Write arrays, and lengths where there are some."""
    from graphnet import io

    io.write_arrays(path, {**arrays} if lengths is None else {**arrays, "lengths": lengths})


def write_rows(path: str, values: Mapping[Hashable, Any], lengths: Any) -> None:
    """Write a row for each step that a sequence has, and a column for each of the values (n_samples, n_steps)."""
    import numpy as np

    from graphnet import io

    n_samples, n_steps = next(iter(values.values())).shape
    ends = np.full(n_samples, n_steps) if lengths is None else lengths
    sequence, step = np.nonzero(np.arange(n_steps) < ends[:, np.newaxis])
    names = name_columns(list(values), taken=("sequence", "step"))
    columns = {name: array[sequence, step] for name, array in zip(names, values.values(), strict=True)}
    io.write_table(path, {"sequence": sequence, "step": step, **columns})


def name_columns(nodes: Sequence[Hashable], taken: Sequence[str]) -> list[str]:
    """A name for each node that no other has: as it is printed, as Python writes it where that is taken, or numbered.

    >>> name_columns(["a", 1, "1", "step"], taken=["step"])
    ['a', '1', "'1'", "'step'"]
    """
    names = list(taken)
    for node in nodes:
        tries = chain((str(node), repr(node)), (f"{node} ({number})" for number in count(2)))
        names.append(next(name for name in tries if name not in names))
    return names[len(taken) :]
