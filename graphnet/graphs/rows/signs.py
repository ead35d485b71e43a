"""Signs of synapses: numbers, or words that say a transmitter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import GraphError, quoted
from ...frames.cells import Cells
from ...frames.table import Table
from ...language.arrays import Array
from .neurons import Neurons
from .parallel import Parallel
from .roles import Roles

MOST_WORDS = 10
"""Number of unknown words that a warning names."""


def read_signs(signs: Any) -> dict[Any, int]:
    """Return {word, case folded: sign}.

    Raises
    ------
    GraphError
        If it is no dict, a sign is not -1, 0 or 1, or two words differ in case only, and in their signs.
    """
    if signs is None:
        return {}
    if not isinstance(signs, Mapping):
        raise GraphError(f"signs={quoted(signs)} is not a dict such as {{'gaba': -1, 'ach': 1}}")
    problems: list[str] = []
    found: dict[Any, int] = {}
    for word, sign in signs.items():
        if isinstance(sign, bool) or not isinstance(sign, int | float | np.number) or sign not in (-1, 0, 1):
            problems.append(f"signs: {quoted(word)}: {quoted(sign)} is not -1, 0 or 1")
        elif found.setdefault(_folded(word), int(sign)) != sign:
            problems.append(f"signs: {quoted(word)} has two signs: words are compared without regard to case")
    if problems:
        raise GraphError(problems)
    return found


def signs_of_rows(
    roles: Roles,
    words: dict[Any, int],
    of_edges: tuple[Table, Mapping[str, Cells]],
    of_nodes: tuple[Table | None, Mapping[str, Cells]],
    neurons: Neurons,
    chosen: Array | None,
    notes: list[str],
) -> tuple[Array | None, dict[str, int]]:
    """Return the sign of each row of edges, and {unknown word: number of rows or neurons}."""
    if roles.sign is None:
        return None, {}
    nodes, cells = of_nodes
    if roles.sign_of_nodes and nodes is not None:
        sign, unknown, coded = _signs_of_cells(cells[roles.sign], words, nodes, roles.sign)
        return sign[neurons.source], _count_unknown(coded, unknown, roles.sign, "neurons", notes)
    edges, held = of_edges
    sign, unknown, coded = _signs_of_cells(held[roles.sign], words, edges, roles.sign)
    if chosen is not None:  # words on rows that are dropped do not count
        used = np.zeros(len(unknown), bool)
        used[chosen] = True
        unknown &= used
    return sign, _count_unknown(coded, unknown, roles.sign, "rows", notes)


def _signs_of_cells(cells: Cells, signs: Mapping[Any, int], table: Table, column: str) -> tuple[Array, Array, Cells]:
    """Return the sign of each row, int8, a mask of those with unknown words, and the column as codes into words.

    Raises
    ------
    GraphError
        If a number that ``signs`` does not know is not -1, 0 or 1.
    """
    try:
        coded = cells.factorized()
    except TypeError:
        raise GraphError(f"{table.what}: column {column!r} holds lists or others, which are no signs") from None
    known = [_sign_of(word, signs) for word in coded.words or ()]
    is_number = [isinstance(word, int | float | np.number) for word in coded.words or ()]
    wrong = [sign is None and number for sign, number in zip(known, is_number, strict=True)]
    rows = np.flatnonzero(np.array([*wrong, False])[coded.values])
    if len(rows):
        raise GraphError(
            table.refused(
                rows,
                lambda row: f"column {column!r}: {cells.value(row)!r} is no sign: -1, 0 or 1, or a word of signs=",
                "rows with no sign",
            )
        )
    of_words = np.array([*(sign or 0 for sign in known), 0], np.int8)
    is_unknown = np.array([*(sign is None for sign in known), False])
    return of_words[coded.values], is_unknown[coded.values], coded


def _count_unknown(coded: Cells, unknown: Array, column: str, of: str, notes: list[str]) -> dict[str, int]:
    """Return {word without a sign: number of rows}, and add a note that says so."""
    words, rows = coded.words or (), np.flatnonzero(unknown)
    if not len(rows):
        return {}
    numbers = np.bincount(coded.values[rows], minlength=len(words))
    counted = Counter({str(words[code]): int(numbers[code]) for code in np.flatnonzero(numbers).tolist()})
    few = ", ".join(f"{quoted(word)} ({n:,})" for word, n in counted.most_common(MOST_WORDS))
    more = f" and {len(counted) - MOST_WORDS} more" if len(counted) > MOST_WORDS else ""
    notes.append(
        f"column {column!r}: {len(counted)} word{'s' * (len(counted) > 1)} without a sign in signs=, on {len(rows):,} "
        f"{of}: {few}{more}; they are free of signs"
    )
    return dict(counted.most_common())


def signs_of_groups(sign: Array, count: Array, parallel: Parallel) -> Array:
    """Return the sign that the largest total count of each group has, int8; 0 if two totals are the largest."""
    of_rows, counts = sign[parallel.rows], count[parallel.rows]
    totals = np.stack([np.add.reduceat(np.where(of_rows == each, counts, 0.0), parallel.starts) for each in (-1, 0, 1)])
    alone = (totals == totals.max(axis=0)).sum(axis=0) == 1
    signs = sign[parallel.first]
    signs[parallel.place] = np.where(alone, totals.argmax(axis=0) - 1, 0)
    return signs


def _sign_of(word: Any, signs: Mapping[Any, int]) -> int | None:
    found = signs.get(_folded(word))
    if found is not None:
        return found
    if isinstance(word, str):
        return {"-1": -1, "0": 0, "+0": 0, "1": 1, "+1": 1}.get(word.replace("−", "-"))
    if isinstance(word, int | float | np.number) and not isinstance(word, bool) and word in (-1, 0, 1):
        return int(word)
    return None


def _folded(word: Any) -> Any:
    return word.strip().casefold() if isinstance(word, str) else word
