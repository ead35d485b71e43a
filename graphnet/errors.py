"""Errors raised by graphnet for invalid drawings and invalid data, and the warning about drawings.

Both errors are ValueErrors.  Each message says where the problem is, what was found, what is allowed and what to try,
with the names of the user's nodes, edges and columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")

MOST_NAMED = 20
"""Number of problems of one cause that an error names; the others are counted."""
_OTHERS = re.compile(r"and (\d+) more\b")
LONGEST = 500
"""Number of characters of one value in a message."""


def first_of(items: Sequence[Item], sentence: Callable[[Item], str] = str, others: str = "") -> list[str]:
    """Return a sentence for each of the first items that share a cause, and one that counts the others.

    >>> first_of(range(22), lambda i: f"edge {i}: weight=nan", "edges with such a weight")[-2:]
    ['edge 19: weight=nan', 'and 2 more edges with such a weight']
    """
    more = len(items) - MOST_NAMED
    return [*map(sentence, items[:MOST_NAMED]), *[f"and {more} more {others}".rstrip()] * (more > 0)]


def quoted(value: Any, write: Callable[[Any], str] = repr) -> str:
    """Return the repr of a value for a message: on one line, and without its middle where it is long.

    >>> quoted("a"), len(quoted(list(range(1000))))
    ("'a'", 500)
    """
    try:
        text = write(value)
    except Exception:  # of a custom class, or of an int that Python refuses to print
        return f"a {type(value).__name__} that cannot be printed"
    if "\n" in text:
        text = " ".join(text.split())
    end = LONGEST // 4
    return text if len(text) <= LONGEST else f"{text[: LONGEST - end - 5]} ... {text[-end:]}"


class GraphError(ValueError):
    """Raised for a drawing that is not a valid network.

    Parameters
    ----------
    problems : str or iterable of str
        One problem, or all of them.

    Attributes
    ----------
    problems : list of str
        One sentence for each problem of the drawing; of one cause the first 20, and a sentence that counts the others.
        The message lists them.

    Examples
    --------
    >>> import graphnet as gn
    >>> try:
    ...     gn.compile(gn.graphs.feedforward(1, 1, 1).subgraph([("input", 0)]))
    ... except gn.GraphError as error:
    ...     len(error.problems)
    1
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: list[str] = [problems] if isinstance(problems, str) else list(problems)
        if len(self.problems) == 1:
            message = self.problems[0]
        else:
            counted = [_OTHERS.match(problem) for problem in self.problems]
            total = sum(1 if others is None else int(others[1]) for others in counted)
            message = f"{total} problems in the graph:\n" + "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(message)

    def __reduce__(self) -> tuple[type[GraphError], tuple[list[str]]]:
        return type(self), (self.problems,)


class DataError(ValueError):
    """Raised for inputs, targets, lengths, settings or files that are not valid; the message names which and where."""


class GraphWarning(UserWarning):
    """Warning about a drawing that was made, but probably not quite as meant; the message counts what was left out."""
