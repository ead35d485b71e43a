"""Numbers drawn for synapses whose weight is open, each from a key of its own.

A draw depends on the seed and on the names of the synapse alone, so adding or reordering synapses changes no other
draw. Keys are hashed (BLAKE2b) and mixed by the finaliser of SplitMix64 (Steele, Lea & Flood 2014); the 53 high bits
become a uniform number, and the inverse of the normal distribution function makes it a normal one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from hashlib import blake2b

import numpy as np
from scipy.special import ndtri

from ...language.arrays import Array


def hash_names(names: Iterable[Hashable]) -> Array:
    """One 64-bit number for the ``repr`` of each name, (n,) uint64."""
    return np.frombuffer(b"".join(blake2b(repr(name).encode(), digest_size=8).digest() for name in names), "<u8")


def draw_normal(seed: Hashable, *keys: Array) -> Array:
    """A standard normal number for each row of the keys, (n,) float64.

    >>> one = draw_normal(0, hash_names("ab"), hash_names("cd"))
    >>> two = draw_normal(0, hash_names("ba"), hash_names("dc"))
    >>> bool((one == two[::-1]).all())
    True
    """
    state = np.broadcast_to(hash_names([seed]), keys[0].shape)
    for key in keys:
        state = mix_bits(state ^ key)
    uniform = ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    # the highest of all rounds to 1, where the normal number is infinite
    return np.asarray(ndtri(np.minimum(uniform, 1 - 2.0**-53)), np.float64)


def mix_bits(numbers: Array) -> Array:
    """A bijection of 64-bit numbers that leaves no pattern, (n,) uint64."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))
