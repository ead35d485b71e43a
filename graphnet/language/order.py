"""Orders of many rows by small whole numbers, in linear time.

A comparison sort of 25 million rows takes seconds, and a counting sort a fraction of one.  SciPy's conversion from
coordinates to compressed rows is one: compiled, stable, and in the same pass it moves two other columns along.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from .arrays import Array

LARGE = 1 << 16
"""From so many rows on, counting is faster than one comparison sort."""
MOST_KEYS = 1 << 26
"""Most distinct keys that are counted, if rows are fewer."""
_LARGEST = np.iinfo(np.int32).max


def count_sort(key: Array, n_keys: int, carried: Array, other: Array | None = None) -> tuple[Array, Array, Array]:
    """Sort one or two columns by a key, stably.

    Parameters
    ----------
    key : (n,)
        Whole numbers from 0 to ``n_keys - 1``.
    n_keys : int
    carried : (n,)
        Whole numbers from 0 to 2^31 - 2.
    other : (n,), optional
        Of any dtype.

    Returns
    -------
    first (n_keys + 1,), carried (n,), other (n,)
        Those of key k are at ``first[k]`` to ``first[k + 1]``.  Of many rows, first and carried are int32.

    Examples
    --------
    >>> first, carried, other = count_sort(np.array([2, 0, 2]), 3, np.array([5, 6, 7]), np.array([0.5, 0.6, 0.7]))
    >>> first.tolist(), carried.tolist(), other.tolist()
    ([0, 1, 1, 3], [6, 5, 7], [0.6, 0.5, 0.7])
    """
    moved = np.zeros(len(key), bool) if other is None else other
    if len(key) < LARGE or max(len(key), n_keys) >= _LARGEST:
        order = np.argsort(key, kind="stable")
        return np.append(0, np.cumsum(np.bincount(key, minlength=n_keys))), carried[order], moved[order]
    ends = key.astype(np.int32, copy=False), carried.astype(np.int32, copy=False)
    rows = coo_array((moved, ends), shape=(n_keys, _LARGEST))
    rows.has_canonical_format = True  # otherwise columns would be sorted within rows, and doubles added up
    found = rows.tocsr()
    return found.indptr, found.indices, found.data


def stable_order(*columns: tuple[Array, int]) -> Array:
    """Return the stable order of rows by their columns, the first one first; each comes with a bound on its values.

    Values are whole numbers from 0 to the bound less one.

    Examples
    --------
    >>> stable_order((np.array([1, 0, 1]), 2), (np.array([3, 4, 2]), 5)).tolist()
    [1, 2, 0]
    """
    n = len(columns[0][0])
    varying = [(values, size) for values, size in columns if values.any()]
    if n < LARGE or n >= _LARGEST:
        return _compared(n, varying)
    order: Array | None = None
    for values, size in varying[::-1]:
        key = values if order is None else values[order]
        if is_sorted(key):
            continue
        if size > max(MOST_KEYS, n):
            by_key = np.argsort(key, kind="stable")
            order = by_key.astype(np.int32) if order is None else order[by_key]
        else:
            order = count_sort(key, size, np.arange(n, dtype=np.int32) if order is None else order)[1]
    return np.arange(n, dtype=np.int32) if order is None else order


def _compared(n: int, columns: list[tuple[Array, int]]) -> Array:
    """Return the order by a comparison sort."""
    if np.prod([float(size) for _, size in columns]) >= 2**63:
        return np.lexsort([values for values, _ in columns[::-1]]).astype(dtype_of(n))
    # one sort of one number is several times faster than one of each column
    key = np.zeros(n, np.int64)
    for values, size in columns:
        key = key * size + values
    return np.argsort(key, kind="stable").astype(dtype_of(n))


def is_sorted(values: Array) -> bool:
    """Return True if no value is less than the one before it."""
    return bool((values[1:] >= values[:-1]).all())


def narrow(values: Array) -> Array:
    """Return whole numbers as int32 if they fit: half of the memory, and twice as fast to read.

    >>> narrow(np.array([1, -2])).dtype.name, narrow(np.array([1 << 40])).dtype.name
    ('int32', 'int64')
    """
    if values.dtype != np.int64 or (len(values) and max(-int(values.min()), int(values.max())) > _LARGEST):
        return values
    return values.astype(np.int32)


def is_one_number(values: Array) -> bool:
    """Return True if a column is a view of one number, and need not be looked at row by row.

    >>> is_one_number(np.broadcast_to(1.0, 3)), is_one_number(np.ones(3))
    (True, False)
    """
    return values.strides == (0,)


def taken(values: Array, rows: Array) -> Array:
    """Return the values at rows, of a view of one number another view.

    >>> taken(np.broadcast_to(1.0, 3), np.array([2, 0])).strides, taken(np.array([5, 6, 7]), np.array([2, 0])).tolist()
    ((0,), [7, 5])
    """
    return np.broadcast_to(values[:1], len(rows)) if len(rows) and is_one_number(values) else values[rows]


def dtype_of(bound: int) -> type[np.int32] | type[np.int64]:
    """Return int32 if it holds all whole numbers up to ``bound``, otherwise int64."""
    return np.int32 if bound <= _LARGEST else np.int64


def has_repeats(n: int, source: Array, target: Array) -> bool:
    """Return True if two rows have the same pair of numbers below ``n``.

    >>> has_repeats(2, np.array([0, 1, 0]), np.array([1, 0, 1])), has_repeats(2, np.array([0, 1]), np.array([1, 0]))
    (True, False)
    """
    # one sort of one number for each row, in place, is as fast as counting
    pairs = source.astype(np.int64)
    pairs *= n
    pairs += target
    pairs.sort()
    return bool((pairs[1:] == pairs[:-1]).any())


def distinct(codes: Array, bound: int) -> tuple[Array, Array]:
    """Return the distinct codes, sorted, and the position of each code among them; codes are from 0 to ``bound`` - 1.

    >>> [found.tolist() for found in distinct(np.array([7, 2, 7]), 8)]
    [[2, 7], [1, 0, 1]]
    """
    if bound > max(4 * len(codes), LARGE):
        found, position = np.unique(codes, return_inverse=True)
        return found, position
    occurs = np.zeros(bound, bool)
    occurs[codes] = True
    found = np.flatnonzero(occurs)
    place = np.zeros(bound, dtype_of(len(found)))
    place[found] = np.arange(len(found))
    return found, place[codes]


def are_distinct(codes: Array, bound: int) -> bool:
    """Return True if no code occurs twice; codes are from 0 to ``bound`` - 1.

    >>> are_distinct(np.array([3, 1]), 4), are_distinct(np.array([3, 3]), 4)
    (True, False)
    """
    if len(codes) > bound:
        return False
    occurs = np.zeros(bound, bool)
    occurs[codes] = True
    return int(np.count_nonzero(occurs)) == len(codes)
