"""Sequences with their targets, from arrays (npz, npy) and from tables (CSV, TSV, Parquet)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...language.arrays import Array, advice_on_dtype
from ...language.checks import valid_steps
from ..problems import refuse
from .arrays import read_array, read_arrays
from .cells import read_choice
from .samples import Data, Series
from .sequences import Choice, read_rows
from .tables import SUFFIXES as TABLES
from .tables import open_table
from .windows import Cut, Rows, cut

_ARRAYS = (".npz", ".npy")


def read_data(
    path: str | os.PathLike[str],
    *,
    targets: bool = True,
    x: Sequence[str] | str | None = None,
    y: Sequence[str] | str | None = None,
    lengths: str | None = None,
    sequence: str | None = None,
    where: Sequence[str] | str = (),
    count: Sequence[str] | str = (),
    ahead: int | Sequence[int] = 0,
    window: int | None = None,
    stride: int | None = None,
    time: str | None = None,
    missing: str | None = None,
) -> Data:
    r"""Read sequences and their targets in the format that the suffix says.

    ``.npz`` has the arrays ``x``, ``y`` and perhaps ``lengths`` and ``weights``, as ``numpy.savez`` writes them, or
    others that are named; the rest is left alone, but for names that are nearly one of these, which are refused.
    ``x`` of whole numbers (n_samples, n_steps) is one-hot.
    ``.npy`` is ``x`` alone: (n_samples, n_steps, n_inputs), or one sequence (n_steps, n_inputs) or (n_steps,).
    ``.csv``, ``.tsv`` and, with pyarrow, ``.parquet`` are tables, in which each row is a step.  In their columns of
    numbers, empty cells, NA, nan and None are missing, and booleans are 1 and 0.

    Parameters
    ----------
    path : str or path-like
    targets : bool
        True if targets are required; otherwise they are not read.
    x, y : names of columns, or of an array, optional
        Inputs and targets: of ``.npz`` the name of one array each, of a table columns.  Without them, columns called
        ``x`` or ``y``, alone or before a digit or a sign: ``x1``, ``x_temp``.  One column of whole numbers from 0 that
        is no input is a class at each step.  Targets that only the last row of each sequence has are targets of the
        sequence.
    lengths : str, optional
        The array of ``.npz`` that has the lengths of sequences; by default ``lengths``, if there is one.
    sequence : str, optional
        The column that names sequences, whose rows are consecutive; every row has a name.  Without it, the column
        ``sequence``; a table without one is a single sequence.
    where : str or several, optional
        Conditions on rows of a table, all of which hold for those that are read: ``"year<=1920"``, or in a column of
        ISO dates ``"date>=2001-05-01"``, which is midnight.  Whole numbers of any size compare exactly.
    count : str or several, optional
        Conditions on rows of a table: targets in rows for which they do not all hold weigh 0.
    ahead : int or several
        Targets are the values so many steps later, of y or, without it, of x; the last steps, which have none, are cut.
        Several are outputs beside each other, all targets of the first horizon first.  Without ``targets`` nothing is
        cut.
    window, stride : int, optional
        Cut each series into windows of that many steps, one sample each, whose targets are those of their last step.
        They begin ``stride`` steps apart, by default 1, counted from the end, so that the last step is in one.
        Windows whose targets do not count are left out.
    time : str, optional
        The column of times: numbers or ISO dates.  Without it, the first called datetime, timestamp, date, time or
        year; with ``"none"``, no column.  With ``time``, ``window``, ``missing`` or several horizons, times in a series
        that repeat or go back are an error; otherwise a column of such is no column of times.
    missing : {"mask", "forward", "drop"}, optional
        What is made of missing cells of a table, which are an error without.  ``"mask"``: inputs are the last value of
        their column in the series, 0 before the first, and behind them are as many inputs more, 1 where a cell is
        missing and 0 elsewhere; n_inputs is always twice the number of columns.  ``"forward"``: the same without these,
        and a missing cell before the first value is an error.  With both, rows with a missing target weigh 0.
        ``"drop"``: rows with a missing cell are left out, and the others close up.

    Raises
    ------
    DataError
        If the file is missing, broken or of another kind, an array or column is missing, or does not hold numbers
        that fit.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/data.npz", x=np.zeros((8, 5, 2)), y=np.ones((8, 5, 1)))
    ...     read_data(f"{folder}/data.npz").x.shape
    (8, 5, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "sunspots.csv").write_text("year,spots\n1700,5\n1701,11\n1702,16\n1703,23\n")
    ...     data = read_data(f"{folder}/sunspots.csv", x="spots", ahead=1, where="year<1703", count="year>1701")
    >>> data.x.ravel().tolist(), data.y.ravel().tolist(), data.weights.ravel().tolist()
    ([5.0, 11.0], [11.0, 16.0], [0.0, 1.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "sunspots.csv").write_text("year,spots\n1700,5\n1701,11\n1702,16\n1703,23\n")
    ...     data = read_data(f"{folder}/sunspots.csv", x="spots", window=2, ahead=[1, 2])
    >>> data.x[:, :, 0].tolist(), data.y.tolist(), data.series.outputs
    ([[5.0, 11.0]], [[16.0, 23.0]], ['spots+1', 'spots+2'])
    """
    where_it_is = os.fspath(path)
    how, missing = Cut.read(ahead, window, stride), read_choice(missing)
    suffix, choice = Path(path).suffix.lower(), Choice(x, y, sequence, where, count, time, missing)
    needs_y = targets and 0 in how.ahead
    if suffix in TABLES:
        if lengths is not None:
            raise DataError(
                f"{where_it_is}: lengths= (--lengths) names an array of .npz; of a table, sequence= (--sequence) names "
                "the column that tells sequences apart"
            )
        strict = len(how.ahead) > 1 or any(each is not None for each in (window, time, missing))
        order = {"in_order": strict or how.looks_ahead, "strict": strict}
        rows = read_rows(open_table(path), choice, targets=targets, needs_y=needs_y, **order)
        return cut(where_it_is, rows, how, targets=targets)
    if suffix not in _ARRAYS:
        raise DataError(f"{where_it_is}: data are read from files named {', '.join((*_ARRAYS, *TABLES))}")
    if any(choice[2:]):
        raise DataError(
            f"{where_it_is}: sequences and rows are chosen of tables ({', '.join(TABLES)}), not of arrays, and times "
            "and missing cells are theirs; of .npz, x, y and lengths name arrays"
        )
    names = {"x": "x", "y": "y", "lengths": "lengths"}
    if suffix == ".npz":
        chosen = _array_names(where_it_is, {"x": x, "y": y, "lengths": lengths})
        names |= chosen
        found = _read_npz(path, targets, needs_y or "y" in chosen, names, {*chosen.values()})
    elif not (x is None or x == ()) or not (y is None or y == ()) or lengths is not None:
        raise DataError(f"{where_it_is}: .npy is a single array, without a name; x, y and lengths name arrays of .npz")
    else:
        found = Data(_sequences(read_array(path)))
    problem = _find_problem(found.x, found.y, found.lengths, found.weights, names)
    if problem is None and targets and not how.looks_ahead and found.y is None:
        problem = "a single array has no targets: ahead= (--ahead) makes them of later steps, and .npz holds x and y"
    if problem:
        raise DataError(f"{where_it_is}: {problem}")
    found = replace(found, lengths=None if found.lengths is None else found.lengths.astype(np.int64))
    if how.window is not None or (targets and how.looks_ahead):
        return cut(where_it_is, _rows_of(where_it_is, found, how), how, targets=targets)
    return replace(found, y=None if how.looks_ahead else found.y)


def _array_names(where: str, given: Mapping[str, Sequence[str] | str | None]) -> dict[str, str]:
    """Return the names of arrays that are chosen, by what they are for."""
    chosen: dict[str, str] = {}
    problems = []
    for role, names in given.items():
        several = [names] if isinstance(names, str) else list(names or ())
        if len(several) > 1:
            problems.append(f"{role} names {len(several)} arrays, {', '.join(map(repr, several))}; of .npz it is one")
        if several:
            chosen[role] = several[0]
    refuse(where, problems)
    return chosen


def _read_npz(
    path: str | os.PathLike[str], targets: bool, needs_y: bool, names: Mapping[str, str], chosen: Collection[str]
) -> Data:
    others = {"indptr": "a sparse matrix, which graphnet.read_graph reads as a drawing"}
    wanted = [names["x"], names["y"], names["lengths"], "weights"] if targets else [names["x"], names["lengths"]]
    needed = [names["x"]] + [names["y"]] * (targets and needs_y)
    needed += [names["lengths"]] * (names["lengths"] in chosen and names["lengths"] not in needed)
    arrays = read_arrays(path, wanted, needed, others, chosen)
    y, weights = (arrays.get(name) if targets else None for name in (names["y"], "weights"))
    return Data(arrays[names["x"]], y, arrays.get(names["lengths"]), weights)


def _sequences(array: Array) -> Array:
    """Return a single array as sequences; one of another number of axes unchanged, for `_find_problem` to refuse."""
    if array.ndim == 1:
        return array[np.newaxis, :, np.newaxis]
    return array[np.newaxis] if array.ndim == 2 else array


def _rows_of(where: str, data: Data, how: Cut) -> Rows:
    """Return arrays as rows."""
    n_samples, n_steps = data.x.shape[:2]
    lengths = np.full(n_samples, n_steps) if data.lengths is None else data.lengths
    valid = valid_steps(lengths, n_steps)
    y = data.x if data.y is None and how.looks_ahead else data.y
    if y is not None and (y.ndim == 1 or (y.ndim == 2 and y.dtype.kind == "f")):
        option = f"ahead={list(how.ahead) if len(how.ahead) > 1 else how.ahead[0]}"
        option = option if how.looks_ahead else f"window={how.window}"
        raise DataError(f"{where}: y has shape {y.shape}, one target a sequence: nothing is {option} steps of it")
    weights = None
    if data.weights is not None:
        weights = data.weights if data.weights.ndim == 2 else data.weights[:, np.newaxis]
        weights = np.broadcast_to(weights, (n_samples, n_steps))[valid].astype(np.float64)
    values = y[valid].astype(np.float64) if y is not None and y.ndim == 3 else None
    series = Series(lengths, values=values)
    return Rows(data.x[valid], None if y is None else y[valid], weights, series, "sequence {}".format)


def _find_problem(
    x: Array, y: Array | None, lengths: Array | None, weights: Array | None, names: Mapping[str, str]
) -> str | None:
    of_x, of_y, of_lengths = names["x"], names["y"], names["lengths"]
    for name, array in ((of_x, x), (of_y, y), ("weights", weights)):
        if array is not None and array.dtype.kind not in "biuf":
            return f"array {name!r} is {array.dtype}, not real numbers{advice_on_dtype(array, array)}"
    if 0 in x.shape[:2] or not (x.ndim == 3 or (x.ndim == 2 and x.dtype.kind in "iu")):
        return (
            f"array {of_x!r} has shape {x.shape}, not (n_samples, n_steps, n_inputs) with a sample and a step at "
            "least, or (n_samples, n_steps) of whole numbers, which are one-hot"
        )
    n_samples, n_steps = x.shape[:2]
    if y is not None and not _fits(y, n_samples, n_steps):
        return (
            f"array {of_y!r} has shape {y.shape} ({y.dtype}), and {of_x!r} {x.shape}: it is "
            f"({n_samples}, {n_steps}, n_outputs), classes ({n_samples}, {n_steps}) or ({n_samples},), "
            f"or real numbers ({n_samples}, n_outputs)"
        )
    if weights is not None and weights.shape not in ((n_samples,), (n_samples, n_steps)):
        return f"array 'weights' has shape {weights.shape}, not ({n_samples},) or ({n_samples}, {n_steps})"
    if lengths is None:
        return None
    if lengths.dtype.kind not in "iu" or lengths.shape != (n_samples,):
        return (
            f"array {of_lengths!r} is {lengths.dtype} of shape {lengths.shape}, "
            f"not one whole number for each of {n_samples} samples"
        )
    wrong = np.flatnonzero((lengths < 1) | (lengths > n_steps))
    if len(wrong):
        return f"{of_lengths}[{wrong[0]}] is {lengths[wrong[0]]}: a length is 1 to {n_steps}, the steps of {of_x!r}"
    return None


def _fits(y: Array, n_samples: int, n_steps: int) -> bool:
    """Return True if targets have the shape of the samples, at every step or one a sequence."""
    if not 1 <= y.ndim <= 3 or len(y) != n_samples:
        return False
    return y.ndim == 1 or y.shape[1] == n_steps or (y.ndim == 2 and y.dtype.kind == "f")
