"""Errors raised by graphnet for invalid drawings and invalid data.

Both are ValueErrors.  Each message says where the problem is, what was found, what is allowed and what to try, with the
names of the user's nodes, edges and columns.
"""

from __future__ import annotations

from collections.abc import Iterable


class GraphError(ValueError):
    """Raised for a drawing that is not a valid network.

    Parameters
    ----------
    problems : str or iterable of str
        One problem, or all of them.

    Attributes
    ----------
    problems : list of str
        All problems of the drawing, one sentence each; the message lists them.

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
            message = f"{len(self.problems)} problems in the graph:\n" + "\n".join(
                f"  - {problem}" for problem in self.problems
            )
        super().__init__(message)

    def __reduce__(self) -> tuple[type[GraphError], tuple[list[str]]]:
        return type(self), (self.problems,)


class DataError(ValueError):
    """Raised for inputs, targets, lengths, settings or files that are not valid; the message names which and where."""
