"""Sequences from a table: columns of inputs and targets, rows that count, and where sequences begin."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ..problems import refuse
from .names import near_names
from .tables import NumberColumn, Table, parse_number

SEQUENCE = "sequence"
"""The column that names sequences, where none is chosen."""
MOST_PADDED = 10**8
"""Most numbers of a padded array that is far larger than the file."""
_BY_NAME = {role: re.compile(rf"{role}(?![^\W\d_])", re.IGNORECASE) for role in ("x", "y")}
_CONDITION = re.compile(r"([^<>=!]+)(<=|>=|==|!=|<|>|=)([^<>=!]+)")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


class Choice(NamedTuple):
    """Columns of inputs and targets, the column of sequences, and conditions on rows.

    ``where`` chooses the rows that are read, ``counted`` those of them that count.
    """

    x: Sequence[str] | str | None = None
    y: Sequence[str] | str | None = None
    sequence: str | None = None
    where: Sequence[str] | str = ()
    counted: Sequence[str] | str = ()


def read_sequences(
    table: Table, choice: Choice, *, targets: bool, needs_y: bool
) -> tuple[Array, Array | None, Array | None, Array | None]:
    """Return inputs (n_samples, n_steps, n_inputs), targets, lengths and weights (n_samples, n_steps), padded with 0.

    Without ``targets`` their columns may be missing, and are no inputs; with ``needs_y`` they are not made of inputs.
    Lengths are None if all are equal, weights if every row counts.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers, a condition is none, or no row is left.
    """
    x_names, y_names, sequence = _choose(table, choice, targets, needs_y)
    if not targets:
        y_names = []
    columns = {name: table.numbers(name) for name in dict.fromkeys((*x_names, *y_names))}
    rows = _select(table, "where", choice.where)
    starts = _find_starts(table, sequence, rows)
    lengths = np.diff([*starts, len(rows)])
    _check_given(table, {name: columns[name] for name in x_names}, rows)
    x = _padded(table.path, _stacked(columns, x_names, rows), lengths)
    y = None
    if y_names:
        y = _targets(table, columns, x_names, y_names, rows, lengths)
    weights = None
    if choice.counted:
        counted = np.isin(rows, _select(table, "count", choice.counted))
        weights = _padded(table.path, counted[:, np.newaxis].astype(np.float64), lengths)[:, :, 0]
    return x, y, None if (lengths == lengths[0]).all() else lengths, weights


def _choose(table: Table, choice: Choice, targets: bool, needs_y: bool) -> tuple[list[str], list[str], str | None]:
    """Return the names of the columns, with the defaults."""
    names = table.names
    chosen = {
        role: [given] if isinstance(given, str) else list(given or [])
        for role, given in (("x", choice.x), ("y", choice.y))
    }
    wanted = [*chosen["x"], *(chosen["y"] if targets else []), *([] if choice.sequence is None else [choice.sequence])]
    problems = []
    for name in dict.fromkeys(wanted):
        if name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.6)
            hint = f"near it are {_listed(near)}" if near else f"it has {_listed(names)}"
            problems.append(f"there is no column {name!r}; {hint}")
    for role, given in chosen.items():
        problems += [f"{role} names column {name!r} twice" for name in dict.fromkeys(given) if given.count(name) > 1]
    refuse(table.path, problems)
    sequence = choice.sequence or _find_sequence(table, [*chosen["x"], *chosen["y"]])
    for role, what, needed in (("x", "inputs", True), ("y", "targets", needs_y)):
        if not chosen[role]:
            taken = {*chosen["x"], *chosen["y"], sequence}
            found = [name for name in names if _BY_NAME[role].match(name) and name not in taken]
            chosen[role] = [name for name in found if name.startswith(role)]
            other = [name for name in found if name not in chosen[role]]
            if other and (role == "x" or targets):
                problems.append(
                    f"are {_listed(other)} {what}? Columns called {role} are, in small letters: "
                    f"choose with {role}=[...] or --{role}; it has {_listed(names)}"
                )
                continue
        if needed and not chosen[role]:
            problems.append(
                f"which columns are the {what}? None is called {role}, {role}1, {role}_...: "
                f"choose with {role}=[...] or --{role}; it has {_listed(names)}"
            )
    refuse(table.path, problems)
    return chosen["x"], chosen["y"], sequence


def _find_sequence(table: Table, taken: Sequence[str]) -> str | None:
    """Return the column ``sequence``; raise a DataError where the name of another is nearly that."""
    near = [name for name in near_names(table.names, SEQUENCE) if name not in taken]
    if near in ([], [SEQUENCE]):
        return SEQUENCE if near else None
    raise DataError(
        f"{table.path}: does {' or '.join(map(repr, near))} name the sequences? "
        f"Choose with sequence=... or --sequence, or call one {SEQUENCE!r} and no other nearly so"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:20])) + ", ..." * (len(names) > 20)


def _select(table: Table, option: str, given: Sequence[str] | str) -> Array:
    """Return the rows for which all conditions hold, in order."""
    conditions = [given] if isinstance(given, str) else list(given)
    kept: Array | None = None
    for condition in conditions:
        name, compare, number = _read_condition(table, option, condition)
        column = table.numbers(name)
        _check_given(table, {name: column}, np.arange(len(column.values)))
        # as Python compares, exactly: a float has not the digits of the ids of neurons
        holds = np.array([compare(value, number) for value in column.values.tolist()], bool)
        kept = holds if kept is None else kept & holds
        if not kept.any():
            values = column.values
            there = f"it goes from {values.min()} to {values.max()}" if len(values) else "there are no rows"
            raise DataError(f"{table.path}: no row is left where {condition!r}; {name!r}: {there}")
    rows = np.arange(len(table.places)) if kept is None else np.flatnonzero(kept)
    if not len(rows):
        raise DataError(f"{table.path}: a header, and no rows")
    return rows


def _read_condition(table: Table, option: str, condition: str) -> tuple[str, Callable[[Any, Any], Any], int | float]:
    found = _CONDITION.fullmatch(condition)
    try:
        number = parse_number(found[3].strip()) if found else None
    except ValueError:
        number = None
    if found is None or number is None:
        raise DataError(
            f"{option}={condition!r} is not a column, one of {' '.join(_COMPARISONS)}, and a number: 'year<=1920' is"
        )
    name = found[1].strip()
    if name not in table.names:
        near = _listed(get_close_matches(name, table.names, n=3, cutoff=0.6) or table.names)
        raise DataError(f"{table.path}: {option}={condition!r}: there is no column {name!r}; it has {near}")
    return name, _COMPARISONS[found[2]], number


def _find_starts(table: Table, sequence: str | None, rows: Array) -> list[int]:
    """Return the positions among ``rows`` where sequences begin."""
    if sequence is None:
        return [0]
    labels = table.labels(sequence)
    refuse(
        table.path,
        [
            f"{table.place(row)}, column {sequence!r}: nothing is there, and each row names its sequence"
            for row in rows.tolist()
            if labels[row] is None
        ],
    )
    starts, seen, last = [], set(), object()
    for position, row in enumerate(rows.tolist()):
        label = labels[row]
        if position and label == last:
            continue
        if label in seen:
            raise DataError(
                f"{table.path}: {table.place(row)}: sequence {label!r} goes on after another began; "
                "the rows of a sequence are consecutive: sort the table"
            )
        seen.add(label)
        starts.append(position)
        last = label
    return starts


def _check_given(table: Table, columns: dict[str, NumberColumn], rows: Array) -> None:
    refuse(
        table.path,
        [
            f"{table.place(int(row))}, column {name!r}: nothing is there, and there has to be a number"
            for name, column in columns.items()
            for row in rows[~column.given[rows]]
        ],
    )


def _stacked(columns: dict[str, NumberColumn], names: list[str], rows: Array) -> Array:
    """Return columns side by side, (n_rows, n_names) float64."""
    return np.stack([columns[name].values[rows].astype(np.float64) for name in names], axis=1)


def _padded(path: str, rows: Array, lengths: Array) -> Array:
    """Return rows (n_rows, ...) as sequences (n_samples, n_steps, ...), 0 after their ends."""
    n_samples, n_steps = len(lengths), int(lengths.max())
    if n_samples * n_steps * rows[0].size > max(MOST_PADDED, 100 * rows.size):
        raise DataError(
            f"{path}: {n_samples} sequences padded to the {n_steps} steps of the longest are far more than "
            f"its {len(rows)} rows; split the file by length"
        )
    padded = np.zeros((n_samples, n_steps, *rows.shape[1:]), rows.dtype)
    padded[np.arange(n_steps) < lengths[:, np.newaxis]] = rows
    return padded


def _targets(
    table: Table,
    columns: dict[str, NumberColumn],
    x_names: list[str],
    y_names: list[str],
    rows: Array,
    lengths: Array,
) -> Array:
    """Return targets at every step, or one for each sequence if only its last row has one."""
    ends = np.cumsum(lengths) - 1
    given = np.stack([columns[name].given[rows] for name in y_names])
    only_at_ends = given[:, ends].all() and given.sum() == given[:, ends].size
    if not only_at_ends and not given.all():
        column, position = np.argwhere(~given)[0].tolist()
        raise DataError(
            f"{table.path}: {table.place(int(rows[position]))}, column {y_names[column]!r}: nothing is there; "
            "targets stand on every row, or on the last row of each sequence and no other"
        )
    values = columns[y_names[0]].values[rows]
    # a column that is also an input is a series of numbers, whole or not
    is_class = len(y_names) == 1 and y_names[0] not in x_names and values.dtype == np.int64 and values.min() >= 0
    stacked = values if is_class else _stacked(columns, y_names, rows)
    return stacked[ends] if only_at_ends and len(ends) < len(rows) else _padded(table.path, stacked, lengths)
