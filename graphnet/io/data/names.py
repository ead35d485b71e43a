"""Names of columns and arrays: one rule for every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def repeated_names(names: Iterable[str], what: str) -> list[str]:
    """Return a problem for each name that occurs more than once; ``what`` has them.

    >>> repeated_names(["x", "y", "x"], "the header names column")
    ["the header names column 'x' twice"]
    """
    times = ("", "once", "twice")
    return [
        f"{what} {name!r} {times[count] if count < len(times) else f'{count} times'}"
        for name, count in Counter(names).items()
        if count > 1 and name
    ]


def near_names(names: Sequence[str], known: str) -> list[str]:
    """Return the names that are ``known``, or differ from it only in case, blanks around them or an s at the end.

    >>> near_names(["Length", "long", "lengths"], "lengths")
    ['Length', 'lengths']
    """
    wanted = known.casefold().removesuffix("s")
    return [name for name in names if name.strip().casefold().removesuffix("s") == wanted]
