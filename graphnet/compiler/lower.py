"""Pass 5: synapses to blocks.

Synapses of one level and one delay make a block.  Rows of a block whose sources are the same set become a dense block
of their own (complete feedback, the gates of an LSTM), the others a sparse one.  So do rows that share most of their
sources, whose other synapses are left to the sparse block (peepholes).  A gated synapse reads a product of
two values; the distinct products are the columns of its block, in bounded numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language.arrays import Array
from ..language.brief import one_line
from ..language.delays import Delays, has_gates
from ..language.order import LARGE, distinct, dtype_of, is_one_number, narrow, stable_order, taken
from .initial.draws import mix_bits
from .paths import ranges
from .program import BLOCK
from .schedule import Schedule

MOST_PRODUCTS = 1 << 16
"""The most columns of a gated block, which bounds the memory that products of a step take."""
SMALLEST_DENSE = 8
"""Fewer rows or columns than this gain nothing from BLAS."""
MOST_DENSE = 16
"""The most dense blocks that one block is divided into."""
SAMPLES = 32
"""The most pairs of neighbouring rows of a block whose common sources are tried."""


@dataclass(frozen=True, eq=False, slots=True)
class Blocks:
    """The table of blocks with its pools, and for each stage and level the range of blocks that belong to it."""

    blocks: Array
    targets: Array
    sources: Array
    gates: Array
    pointers: Array
    indices: Array
    edges: Array
    early: Array
    late: Array

    __repr__ = one_line


def lower_synapses(source: Array, target: Array, delays: Delays, schedule: Schedule) -> Blocks:
    """Blocks of all synapses; ``source`` and ``target`` (n_edges,) are rows."""
    n = len(schedule.row)
    gate = np.broadcast_to(np.int32(-1), len(source))
    if has_gates(delays.gate):
        gate = np.where(delays.gate < 0, -1, schedule.row[delays.gate])
    code, unit = _divide(source, target, gate, delays, schedule)
    order, code, source, target, gate = _in_blocks(code, source, target, gate, n)
    refined = _separate_dense(code, target, source, gate)
    if refined.any():
        code = code.astype(np.int64) * (MOST_DENSE + 1) + refined
        again = np.argsort(code, kind="stable")
        order, code, refined = order[again], code[again], refined[again]
        source, target, gate = source[again], target[again], taken(gate, again)

    first = _changes(code)
    count = np.diff(np.append(first, len(code)))
    block = np.repeat(np.arange(len(first), dtype=np.int32), count)
    blocks = np.zeros(len(first), BLOCK)
    blocks["dense"] = refined[first] > 0
    blocks["delay"] = delays.delay[order[first]]
    blocks["gate_delay"] = np.where(gate[first] < 0, -1, delays.gate_delay[order[first]])
    blocks["entry"] = _ranges_of(first, len(code))

    row_first = _changes(block, target)
    blocks["target"] = _ranges_of(np.searchsorted(row_first, first), len(row_first))
    columns, column = _columns(block, len(first), gate, source, n)
    column_block = columns // (n * (n + 1))
    column_first = np.searchsorted(column_block, np.arange(len(first)))
    column -= column_first.astype(np.int32)[block]
    blocks["source"] = _ranges_of(column_first, len(columns))

    sparse = ~blocks["dense"]
    row_block = block[row_first]
    row_count = np.diff(np.append(row_first, len(code)))
    n_rows = np.diff(blocks["target"])[:, 0]
    pointer_count = np.where(sparse, n_rows + 1, 0)
    blocks["pointer"] = _ranges_of(np.cumsum(pointer_count) - pointer_count, int(pointer_count.sum()))
    pointers = np.zeros(int(pointer_count.sum()), np.int64)
    ends = np.cumsum(row_count) - first[row_block]
    sparse_rows = np.flatnonzero(sparse[row_block])
    pointers[1 + ranges(blocks["pointer"][sparse, 0], n_rows[sparse])] = ends[sparse_rows]

    unit_of_block = unit[order[first]]
    stage_units = 2 * schedule.stages["level"]
    late_units = 2 * np.arange(len(schedule.levels)) + 1
    return Blocks(
        blocks,
        target[row_first].astype(np.int64),
        columns % n,
        columns // n % (n + 1) - 1,
        pointers,
        column,
        order,
        np.stack(
            [np.searchsorted(unit_of_block, stage_units[:, 0]), np.searchsorted(unit_of_block, stage_units[:, 0] + 1)],
            axis=1,
        ),
        np.stack([np.searchsorted(unit_of_block, late_units), np.searchsorted(unit_of_block, late_units + 1)], axis=1),
    )


def _in_blocks(code: Array, source: Array, target: Array, gate: Array, n: int) -> tuple[Array, ...]:
    """Return the order of synapses by code, target, gate and source, and these columns in it."""
    by_code = code, int(code.max(initial=0)) + 1
    if is_one_number(gate):
        order = stable_order(by_code)
        some = order[: LARGE // 2]
        if _are_sorted(code[some], source[some], target[some]):
            columns = code[order], source[order], target[order]
            if _are_sorted(*columns):
                # of a matrix, the synapses of a block are in order already
                return order, *columns, gate
        order = stable_order(by_code, (target, n), (source, n))
        return order, code[order], source[order], target[order], gate
    order = stable_order(by_code, (target, n), (gate + 1, n + 1), (source, n))
    return order, code[order], source[order], target[order], gate[order]


def _are_sorted(code: Array, source: Array, target: Array) -> bool:
    """Return True if synapses are in order of code, target and source, of which code is in order."""
    later = (target[1:] > target[:-1]) | ((target[1:] == target[:-1]) & (source[1:] >= source[:-1]))
    return bool((later | (code[1:] > code[:-1])).all())


def _columns(block: Array, n_blocks: int, gate: Array, source: Array, n: int) -> tuple[Array, Array]:
    """Return the distinct columns of all blocks, as numbers of block, gate and source, and the one of each entry."""
    if is_one_number(gate):
        key = source if n_blocks == 1 else source + block.astype(dtype_of(n_blocks * n)) * n
        found, column = distinct(key, n_blocks * n)
        columns = found.astype(np.int64)
        columns = columns // n * (n * (n + 1)) + columns % n
    else:
        key = (block.astype(np.int64) * (n + 1) + gate + 1) * n + source
        columns, column = np.unique(key, return_inverse=True)
    return columns, column.astype(np.int32, copy=False)


def _divide(source: Array, target: Array, gate: Array, delays: Delays, schedule: Schedule) -> tuple[Array, Array]:
    """A code for the block of each synapse, in the order in which blocks run, and the unit that runs it.

    Unit 2 l runs the early blocks of the stage whose first level is l, unit 2 l + 1 the late ones of level l.
    """
    stage_of_level = np.repeat(np.arange(len(schedule.stages)), np.diff(schedule.stages["level"])[:, 0])
    stage_of_row = narrow(np.append(stage_of_level, -1)[schedule.level])
    unit_of_early = narrow(2 * schedule.stages["level"][:, 0])[stage_of_row]
    stage = stage_of_row[target]
    late = stage_of_row[source] == stage
    del stage
    is_gated = has_gates(gate)
    if is_gated:
        late |= (gate >= 0) & (stage_of_row[gate] == stage_of_row[target])
    unit = np.where(late, narrow(2 * schedule.level + 1)[target], unit_of_early[target])
    del late
    gated = gate >= 0
    code = unit
    parts = [delays.delay, np.where(gated, delays.gate_delay + 1, 0)] if is_gated else [delays.delay]
    for part in parts:
        small, size = _compact(part)
        if size > 1:
            code = code.astype(dtype_of((int(code.max(initial=0)) + 1) * size))
            code *= size
            np.add(code, small, out=code, casting="same_kind")
    if is_gated:
        code = code.astype(np.int64)
        n = len(schedule.row)
        products = np.flatnonzero(gated)
        codes, dense_code = np.unique(code[products], return_inverse=True)
        pairs, product = np.unique((dense_code * n + gate[products]) * n + source[products], return_inverse=True)
        first = np.searchsorted(pairs // (n * n), np.arange(len(codes)))
        chunk = np.zeros(len(code), np.int64)
        chunk[products] = (product - first[dense_code]) // MOST_PRODUCTS
        code = code * (int(chunk.max()) + 1) + chunk
    return code, unit


def _separate_dense(code: Array, target: Array, source: Array, gate: Array) -> Array:
    """The number, in its code, of the dense block of each entry (sorted by code, target, gate, source); 0: sparse."""
    dense = np.zeros(len(code), np.int8)
    row_first = _changes(code, target)
    count = np.diff(np.append(row_first, len(code)))
    if count.max(initial=0) < SMALLEST_DENSE:
        return dense
    repeated = np.zeros(len(code), bool)
    repeated[1:] = source[1:] == source[:-1]
    if not is_one_number(gate):
        repeated[1:] &= gate[1:] == gate[:-1]
    repeated[row_first] = False
    eligible = (count >= SMALLEST_DENSE) & ~np.logical_or.reduceat(repeated, row_first)
    del repeated
    every = np.flatnonzero(eligible)
    # rows of a dense block are as long as others, from the same source to the same one: of no others are all compared
    ends = source[row_first], source[row_first + count - 1]
    rows = every[_alike(*(column[every] for column in (code[row_first], count, *ends)))]
    # a row's signature is a sum of hashes: equal for equal sets of sources, whichever rows they belong to
    entries = ranges(row_first[rows], count[rows])
    hashes = mix_bits(source[entries].astype(np.uint64) ^ mix_bits(gate[entries].astype(np.uint64)))
    starts = np.cumsum(count[rows]) - count[rows]
    signature = np.add.reduceat(hashes, starts) if len(rows) else hashes
    signature = signature ^ mix_bits(code[row_first[rows]].astype(np.uint64))
    del entries, hashes
    _, group, size = np.unique(signature, return_inverse=True, return_counts=True)
    code_first = _changes(code)
    of_code = np.diff(np.append(code_first, len(code)))
    in_code = np.repeat(of_code, of_code)[row_first[rows]]
    worth = (size[group] >= SMALLEST_DENSE) & (size[group] * count[rows] * MOST_DENSE >= in_code)
    found: dict[int, list[Array]] = {}
    for g in dict.fromkeys(group[worth].tolist()):
        members = rows[group == g]
        entries = ranges(row_first[members], count[members]).reshape(len(members), -1)
        if (source[entries] == source[entries[0]]).all() and (gate[entries] == gate[entries[0]]).all():
            of_code_found = found.setdefault(int(code[entries[0, 0]]), [])
            of_code_found.append(source[entries[0]])
            dense[entries] = len(of_code_found)
    left = every[(dense[row_first[every]] == 0) & (gate[row_first[every]] < 0)]
    cuts = np.append(_changes(code[row_first[left]]), len(left))
    for number in np.flatnonzero(np.diff(cuts) >= max(SMALLEST_DENSE, 2)):  # a pair of rows
        some = left[cuts[number] : cuts[number + 1]]
        own = int(code[row_first[some[0]]])
        least = of_code[np.searchsorted(code_first, row_first[some[0]], side="right") - 1] / MOST_DENSE
        _separate_nearly_equal(dense, source, row_first[some], count[some], least, found.setdefault(own, []))
    return dense


def _separate_nearly_equal(
    dense: Array, source: Array, row_first: Array, count: Array, least: float, found: list[Array]
) -> None:
    """Number the entries of dense blocks of at least ``least`` entries in rows of one code that have few other sources.

    ``found`` are the sources of the dense blocks that the code has already.  Rows that a block would consist of are
    neighbours, mostly, so its sources are those that a pair of neighbours has in common.
    """
    entries = sources = is_common = np.zeros(0, np.int64)
    starts = np.cumsum(count) - count
    is_left = np.ones(len(count), bool)
    n_samples = min(SAMPLES, len(count) // SMALLEST_DENSE)
    for sample in np.linspace(0, len(count) - 2, n_samples).astype(np.int64).tolist():
        one, other = (source[row_first[row] : row_first[row] + count[row]] for row in (sample, sample + 1))
        common = np.intersect1d(one, other, assume_unique=True)
        if not is_left[sample] or len(common) < max(SMALLEST_DENSE, len(one) / 2):
            continue
        if not len(entries):  # until now no row is like its neighbour
            entries = ranges(row_first, count)
            sources = source[entries]
            is_common = np.zeros(int(sources.max()) + 1, bool)
        is_common[:] = False
        is_common[common] = True
        hit = is_common[sources]
        chosen = is_left & (np.add.reduceat(hit, starts, dtype=np.int64) == len(common))
        n_chosen = int(chosen.sum())
        if n_chosen < SMALLEST_DENSE or n_chosen * len(common) < least:
            continue
        same = [number for number, each in enumerate(found, 1) if np.array_equal(each, common)]
        if not same:
            found.append(common)
        dense[entries[hit & np.repeat(chosen, count)]] = same[0] if same else len(found)
        is_left &= ~chosen


def _alike(*columns: Array) -> Array:
    """Return True for rows of which so many agree that they may be a dense block, by a hash of their columns."""
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        key = mix_bits(key ^ column.astype(np.uint64))
    _, group, size = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray(size[group] >= SMALLEST_DENSE)


def _compact(values: Array) -> tuple[Array, int]:
    """The values as small codes in the same order, and how many codes there may be."""
    if values.max(initial=0) < 256:
        return values, int(values.max(initial=0)) + 1
    distinct, codes = np.unique(values, return_inverse=True)
    return codes, len(distinct)


def _changes(*columns: Array) -> Array:
    """Positions at which a new combination of the (sorted) columns begins."""
    n = len(columns[0])
    changed = np.zeros(n, bool)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def _ranges_of(first: Array, end: int) -> Array:
    return np.stack([first, np.append(first[1:], end)[: len(first)]], axis=1)
