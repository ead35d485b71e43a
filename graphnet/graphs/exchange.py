"""Random wirings: targets of synapses that are exchanged or drawn anew, and numbers that are shuffled, in columns.

None of these functions knows of a drawing: they take the positions of sources and targets, and a group of each synapse.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from ..language.arrays import Array

EXCHANGES = 10
"""Number of times that a synapse exchanges its target, on average over those with others in their group."""
FIRST_SWEEPS, MOST_SWEEPS = 10, 200
"""Number of sweeps that say how many are needed, and the largest number, for wirings where few exchanges are possible.

Sweeps do not end with the exchange that is enough, since an odd and an even number of them lead to different wirings.
"""
SHARE = 0.75
"""Probability that a pair tries to exchange; below 1, so that a pair alone does not only swing back and forth."""


def exchange_targets(
    source: Array, target: Array, movable: Array, group: Array, n_nodes: int, rng: np.random.Generator
) -> Array:
    """Return targets (n_edges,) after random exchanges among the movable synapses of each group.

    In a sweep every synapse is paired at random with another of its group.  A pair a -> b, c -> d becomes a -> d,
    c -> b, unless one of these is a self-loop, exists already, or is one of the old or new synapses of another pair.
    This is asked of the old and new synapses of all pairs together, so that an exchange is as probable as its reverse,
    and the uniform distribution is stationary.  (Only parallel synapses never become parallel again.)

    Parameters
    ----------
    source, target : (n_edges,) int64
    movable : (n_edges,) bool
    group : (n_edges,) int64
    n_nodes : int
    rng : numpy.random.Generator
    """
    order, start, size = _in_random_order(np.flatnonzero(movable), group, rng)
    n = len(order)
    result = target.copy()
    if n < 2:
        return result
    codes = source * n_nodes + target
    is_parallel = _is_repeated(codes)[order]
    fixed = codes[_without(len(codes), order)]
    begin, of_source, of_target = source[order] * n_nodes, source[order], target[order]
    of_group = np.repeat(np.arange(len(size)), size)
    first_place, n_places = start[of_group], size[of_group]
    place = np.arange(n)
    n_exchanges, n_sweeps, sweep = 0, FIRST_SWEEPS, 0
    while sweep < n_sweeps:
        sweep += 1
        # place i of a group is paired with r - i, modulo its size: the order is random, and so are the pairs
        turn = (start + start + rng.integers(0, size))[of_group]
        partner = turn - place
        partner += np.where(partner < first_place, n_places, 0)
        one = np.flatnonzero((place < partner) & (rng.random(n) < SHARE))
        other = partner[one]
        a, b, c, d = of_source[one], of_target[one], of_source[other], of_target[other]
        tried = np.flatnonzero((a != c) & (b != d) & (a != d) & (c != b))
        in_pairs = np.concatenate([one[tried], other[tried]])
        old = begin[in_pairs] + of_target[in_pairs]
        new = begin[in_pairs] + of_target[np.roll(in_pairs, len(tried))]
        outside = _without(n, in_pairs)
        occupied = np.concatenate([begin[outside] + of_target[outside], fixed])
        free = _are_free(old, new, is_parallel[in_pairs], occupied, n_nodes)
        # of one source only attributes change places, so that all may; of parallel synapses two could then have one key
        at_once = np.flatnonzero((a == c) & (b != d) & ~is_parallel[one] & ~is_parallel[other])
        exchanged = np.concatenate([at_once, tried[free]])
        of_target[one[exchanged]], of_target[other[exchanged]] = d[exchanged], b[exchanged]
        n_exchanges += len(exchanged)
        if sweep == FIRST_SWEEPS:
            n_sweeps = _sweeps_needed(int(size[size > 1].sum()), n_exchanges)
    result[order] = of_target
    return result


def draw_targets(
    source: Array,
    target: Array,
    movable: Array,
    pool: Array,
    n_nodes: int,
    rng: np.random.Generator,
) -> Array:
    """Return targets (n_edges,), those of movable synapses drawn anew from the pool of nodes of the old target.

    The targets of one source in one pool are a uniform draw without repeats, without the source, and without targets of
    its synapses that do not move.  Where there are not as many, which parallel synapses lead to, these all stay.

    Parameters
    ----------
    source, target : (n_edges,) int64
    movable : (n_edges,) bool
    pool : (n_nodes,) int64
        Pool of each node; -1 for nodes that are no targets.
    n_nodes : int
    rng : numpy.random.Generator
    """
    members = np.argsort(pool, kind="stable")
    n_pools = int(pool.max(initial=-1)) + 1
    start = np.searchsorted(pool[members], np.arange(n_pools))
    size = np.bincount(pool[pool >= 0], minlength=n_pools)
    edges = np.flatnonzero(movable)
    result = target.copy()
    if not len(edges):
        return result
    # one draw for each source and pool
    draws, of_edge, wanted = np.unique(
        source[edges] * n_pools + pool[target[edges]], return_inverse=True, return_counts=True
    )
    drawer, of_pool = draws // n_pools, draws % n_pools
    # synapses that stay, and self-loops, which are never drawn
    stays = np.flatnonzero(~movable & (pool[target] >= 0))
    nodes = np.flatnonzero(pool >= 0)
    barred = np.unique(np.concatenate([source[stays] * n_nodes + target[stays], nodes * n_nodes + nodes]))
    barred_draw = (barred // n_nodes) * n_pools + pool[barred % n_nodes]
    place = np.minimum(np.searchsorted(draws, barred_draw), len(draws) - 1)
    n_barred = np.bincount(place[draws[place] == barred_draw], minlength=len(draws))
    left = size[of_pool] - n_barred
    enough = wanted <= left
    # where most of a pool is drawn, or barred, its members are put in random order; elsewhere repeats are drawn again
    in_order = enough & ((2 * wanted > left) | (2 * left < size[of_pool]))
    by_draw = np.argsort(of_edge, kind="stable")
    chosen = _drawn_in_order(
        np.flatnonzero(in_order), wanted, drawer, of_pool, (members, start, size), barred, n_nodes, rng
    )
    result[edges[by_draw[in_order[of_edge[by_draw]]]]] = chosen
    rest = edges[(enough & ~in_order)[of_edge]]
    pool_of = pool[target[rest]]
    taken = barred
    while len(rest):
        drawn = members[start[pool_of] + rng.integers(0, size[pool_of])]
        codes = source[rest] * n_nodes + drawn
        fits = np.zeros(len(rest), bool)
        fits[np.unique(codes, return_index=True)[1]] = True
        at = np.minimum(np.searchsorted(taken, codes), len(taken) - 1)
        fits &= taken[at] != codes
        result[rest[fits]] = drawn[fits]
        taken = np.sort(np.concatenate([taken, codes[fits]]), kind="stable")
        rest, pool_of = rest[~fits], pool_of[~fits]
    return result


def shuffle_places(movable: Array, group: Array, rng: np.random.Generator) -> Array:
    """Return for each synapse the one whose numbers it takes, (n_edges,): a random order within each group."""
    places = np.arange(len(movable))
    moving = np.flatnonzero(movable)
    into = moving[np.argsort(group[moving], kind="stable")]
    places[into] = _in_random_order(moving, group, rng)[0]
    return places


def _sweeps_needed(n: int, n_exchanges: int) -> int:
    """Return the number of sweeps until n synapses have exchanged often enough, from the exchanges of the first."""
    if n_exchanges == 0:
        return FIRST_SWEEPS if n > 1000 else MOST_SWEEPS  # some of a thousand would have
    return min(ceil(FIRST_SWEEPS * EXCHANGES * n / (2 * n_exchanges)), MOST_SWEEPS)


def _in_random_order(positions: Array, group: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return positions group by group, each in random order, and the start and size of each group."""
    shuffled = rng.permutation(positions)
    of_each = group[shuffled]
    order = np.argsort(of_each, kind="stable") if len(positions) and np.ptp(of_each) else np.arange(len(positions))
    _, start, size = np.unique(of_each[order], return_index=True, return_counts=True)
    return shuffled[order], start, size


def _are_free(old: Array, new: Array, is_parallel: Array, occupied: Array, n_nodes: int) -> Array:
    """Mask of the pairs (n_pairs,) whose synapses are those of no other pair, and not occupied.

    ``old`` and ``new`` (2 n_pairs,) are source * n_nodes + target of the first synapses of pairs, then of the second.
    """
    n_pairs = len(old) // 2
    bits = n_pairs.bit_length()
    owner = np.tile(np.arange(n_pairs), 2)
    # a synapse next to a parallel one is occupied by that one, and may leave
    owners = [np.where(is_parallel, n_pairs, owner), owner, np.full(len(occupied), n_pairs)]
    codes = np.concatenate([old, new, occupied])
    if n_nodes**2 >> (63 - bits):  # a hash, where a synapse and its owner are no number of 63 bits: a few more clash
        codes = ((codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(1 + bits)).astype(np.int64)
    # one sort brings equal synapses together
    keys = codes << bits | np.concatenate(owners)
    keys.sort()
    clash = np.flatnonzero((keys[1:] ^ keys[:-1]) < 1 << bits)
    free = np.ones(n_pairs + 1, bool)
    free[keys[clash] & (1 << bits) - 1] = False
    free[keys[clash + 1] & (1 << bits) - 1] = False
    return free[:n_pairs]


def _drawn_in_order(
    draws: Array,
    wanted: Array,
    drawer: Array,
    of_pool: Array,
    pools: tuple[Array, Array, Array],
    barred: Array,
    n_nodes: int,
    rng: np.random.Generator,
) -> Array:
    """Return the first nodes of each draw's pool in random order, without barred ones, draw by draw."""
    members, start, size = pools
    sizes = size[of_pool[draws]]
    of_draw = np.repeat(np.arange(len(draws)), sizes)
    within = np.arange(len(of_draw)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    nodes = members[start[of_pool[draws]][of_draw] + within]
    allowed = ~np.isin(drawer[draws][of_draw] * n_nodes + nodes, barred)
    of_draw, nodes = of_draw[allowed], nodes[allowed]
    order = np.lexsort((rng.random(len(nodes)), of_draw))
    of_draw, nodes = of_draw[order], nodes[order]
    first = np.searchsorted(of_draw, np.arange(len(draws)))
    rank = np.arange(len(of_draw)) - first[of_draw]
    return np.asarray(nodes[rank < wanted[draws][of_draw]])


def _is_repeated(codes: Array) -> Array:
    """Mask of the codes that occur more than once."""
    in_order = np.sort(codes)
    repeated = in_order[1:][in_order[1:] == in_order[:-1]]
    return np.isin(codes, repeated) if len(repeated) else np.zeros(len(codes), bool)


def _without(n: int, positions: Array) -> Array:
    """Mask of all but some of n positions."""
    mask = np.ones(n, bool)
    mask[positions] = False
    return mask
