"""Numbers drawn for synapses whose weight is open, each from a key of its own.

A draw depends on the seed and on the names of the synapse alone, so adding or reordering synapses changes no other
draw. Keys are hashed (BLAKE2b) and mixed by the finaliser of SplitMix64 (Steele, Lea & Flood 2014); the 53 high bits
become a uniform number, and the inverse of the normal distribution function makes it a normal one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from hashlib import blake2b
from types import NoneType
from typing import Any

import numpy as np
from scipy.special import ndtri

from ...errors import first_of
from ...language.arrays import Array

_LONGEST_DECIMAL = 14284
"""Bits of the largest whole numbers that Python writes in decimal digits by default."""


def spell_name(name: Hashable) -> str:
    """Return the text by which a name enters a draw; names that are equal in Python have the same one.

    It is the ``repr`` of None, str, bytes, int, float and tuples of these.  What equals one of these is spelt like it.
    Classes are spelt without their module, which differs between a script and the processes that it starts.

    Raises
    ------
    TypeError
        For a name of any other type, with the name of the type.

    Examples
    --------
    >>> spell_name(("soma", 1)), spell_name(("soma", True)), spell_name(np.float32(2.0)), spell_name(Fraction(1, 2))
    ("('soma', 1)", "('soma', 1)", '2', '0.5')
    >>> spell_name(frozenset("ab"))
    "frozenset({'a', 'b'})"
    """
    if type(name) is str:
        return repr(name)
    if isinstance(name, int):
        return int.__repr__(name) if name.bit_length() <= _LONGEST_DECIMAL else hex(name)
    if isinstance(name, np.generic):
        return spell_name(_plain(name))
    if isinstance(name, str):
        return str.__repr__(name)
    if isinstance(name, tuple):
        parts = list(map(spell_name, name))
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    if isinstance(name, float):
        return spell_name(int(name)) if name.is_integer() else float.__repr__(name)
    if isinstance(name, bytes):
        return bytes.__repr__(name)
    if isinstance(name, Fraction):
        return _spell_fraction(name)
    if isinstance(name, Enum):
        return f"{type(name).__qualname__}.{name.name}"
    if isinstance(name, frozenset):
        return f"frozenset({{{', '.join(sorted(map(spell_name, name)))}}})"
    if is_dataclass(name) and not isinstance(name, type) and type(name).__dataclass_params__.frozen:
        said = (f"{each.name}={spell_name(getattr(name, each.name))}" for each in fields(name) if each.compare)
        return f"{type(name).__qualname__}({', '.join(said)})"
    if name is None:
        return "None"
    raise TypeError(type(name).__name__)


def _plain(name: np.generic) -> Any:
    plain = name.item()
    if not isinstance(plain, np.generic):
        return plain
    # a longdouble is its own item
    if isinstance(plain, np.floating) and float(plain) == plain:
        return float(plain)
    raise TypeError(type(name).__name__)


def _spell_fraction(name: Fraction) -> str:
    if name.denominator == 1:
        return spell_name(name.numerator)
    try:
        number = float(name)
    except OverflowError:
        number = 0.0
    return float.__repr__(number) if number == name else f"{spell_name(name.numerator)}/{spell_name(name.denominator)}"


def hash_names(
    names: Sequence[Hashable], where: Callable[[int], str] = repr, problems: list[str] | None = None
) -> Array:
    """Return one 64-bit number for each name, (n,) uint64.

    Names of a type that has no spelling get 0; ``problems`` get a sentence for each of the first of them, which says
    ``where`` it is.
    """
    if set(map(type, names)) <= {str, bytes, int, NoneType}:
        # equal names of these types are spelt alike, so that each is hashed once, as most edge keys are the same
        distinct = dict.fromkeys(names)
        hashes = _hash_texts(map(spell_name, distinct))
        if len(distinct) == len(names):
            return hashes
        place = {name: position for position, name in enumerate(distinct)}
        return hashes[np.fromiter(map(place.__getitem__, names), np.int64, len(names))]
    spelt: list[str | None] = []
    unspelt: list[tuple[int, str]] = []
    for position, name in enumerate(names):
        try:
            spelt.append(spell_name(name))
        except TypeError as error:
            spelt.append(None)
            unspelt.append((position, str(error)))
    if problems is not None:
        problems.extend(first_of(unspelt, lambda each: _unspelt(where(each[0]), each[1]), "names without such a value"))
    return _hash_texts(spelt)


def _hash_texts(texts: Iterable[str | None]) -> Array:
    none = bytes(8)
    digests = [none if text is None else blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), "<u8")


def _unspelt(where: str, kind: str) -> str:
    return (
        f"{where}: an open weight is drawn by its names, and {kind} has no value that is the same in every process; "
        "rename it with nx.relabel_nodes (an edge key or a tie where it is declared), to a str, a number or a tuple of "
        "them, or declare the weight"
    )


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
