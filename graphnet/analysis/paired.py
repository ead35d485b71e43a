"""Statistics of paired differences: interval, exact test, correction for several tests, and power."""

from __future__ import annotations

import math

import numpy as np

from ..language.arrays import Array

LEVEL = 0.05
POWER = 0.8
N_RESAMPLES = 10_000
N_EXACT = 20
"""Up to so many differences all signs are tried."""
N_FLIPS = 100_000
EQUAL = 1e-12
"""Sums that differ by less than this of the sum of absolute differences are equal."""
_AT_ONCE = 1 << 22
"""Number of random signs or seeds that are held at a time."""
_MOST_SEEDS = 10_000_000


def bootstrap_interval(differences: Array, n_resamples: int) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean, from seed 0; nan for fewer than two differences.

    >>> bootstrap_interval(np.array([1.0, 1.0, 1.0]), 100)
    (1.0, 1.0)
    """
    n = len(differences)
    if n < 2:
        return math.nan, math.nan
    rng, means, part = np.random.default_rng(0), np.empty(n_resamples), max(1, _AT_ONCE // n)
    for first in range(0, n_resamples, part):
        drawn = rng.integers(n, size=(min(part, n_resamples - first), n))
        means[first : first + part] = differences[drawn].mean(axis=1)
    low, high = np.quantile(means, [LEVEL / 2, 1 - LEVEL / 2]).tolist()
    return low, high


def sign_flip_p(differences: Array) -> float:
    """Return the two-sided p of the sign-flip test of a mean of 0.

    It is the share of all signs for which the absolute sum of the differences is at least that which was found.  All
    sums are those of a half of the differences plus those of the other half: these are sorted, and counted by
    bisection, so that 2^20 sums take 2^10 numbers twice.

    >>> sign_flip_p(np.array([1.0, 2.0, 3.0])), sign_flip_p(np.array([1.0, -1.0]))
    (0.25, 1.0)
    """
    n, size = len(differences), float(np.abs(differences).sum())
    if not size:
        return 1.0
    least = abs(float(differences.sum())) - EQUAL * size
    if least <= 0:
        return 1.0
    if n <= N_EXACT:
        one, other = _sums(differences[: n // 2]), np.sort(_sums(differences[n // 2 :]))
        above = len(other) - np.searchsorted(other, least - one, side="left")
        below = np.searchsorted(other, -least - one, side="right")
        return float((above + below).sum() / 2.0**n)
    rng, count, part = np.random.default_rng(0), 0, max(1, _AT_ONCE // n)
    for first in range(0, N_FLIPS, part):
        signs = 2.0 * rng.integers(2, size=(min(part, N_FLIPS - first), n)) - 1
        count += int(np.count_nonzero(np.abs(signs @ differences) >= least))
    return (count + 1) / (N_FLIPS + 1)


def _sums(differences: Array) -> Array:
    """Return the sums of all signs, (2^n,)."""
    sums = np.zeros(1)
    for each in differences.tolist():
        sums = np.concatenate([sums - each, sums + each])
    return sums


def adjust_holm(p: Array) -> Array:
    """Return p corrected for their number, in the same order.

    >>> adjust_holm(np.array([0.04, 0.01, 0.03])).round(6).tolist()
    [0.06, 0.03, 0.06]
    """
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors)) if len(p) else p
    return adjusted


def fewest_seeds(level: float) -> int:
    """Return the least number of differences for which the sign-flip test can be below a level.

    >>> fewest_seeds(0.05)
    6
    """
    n = 1
    while 2.0 ** (1 - n) >= level:
        n += 1
    return n


def seeds_for_power(difference: float, deviation: float, level: float) -> int:
    """Return the least number of pairs with which a t-test tells a difference with power 0.8.

    It is at least `fewest_seeds`.  A difference so small that it takes more than 10,000,000 has this number.

    >>> seeds_for_power(0.5, 1.0, 0.05), seeds_for_power(0.5, 0.0, 0.05)
    (34, 6)
    """
    least = fewest_seeds(level)
    if _power(least, difference, deviation, level) >= POWER:
        return least
    most = least
    while most < _MOST_SEEDS and _power(most, difference, deviation, level) < POWER:
        most = min(2 * most, _MOST_SEEDS)
    while most - least > 1:  # least is too few
        middle = (least + most) // 2
        least, most = (least, middle) if _power(middle, difference, deviation, level) >= POWER else (middle, most)
    return most


def _power(n: int, difference: float, deviation: float, level: float) -> float:
    """Return the power of a two-sided paired t-test."""
    from scipy.special import nctdtr, stdtrit

    if deviation <= 0:
        return 1.0
    freedom, shift = n - 1, min(math.sqrt(n) * difference / deviation, 30.0)
    beyond = stdtrit(freedom, 1 - level / 2)
    return float(1 - nctdtr(freedom, shift, beyond) + nctdtr(freedom, shift, -beyond))
