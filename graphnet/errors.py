"""The two errors that a user of graphnet can meet: one for drawings, one for data.

Both are ValueErrors.  Each message says where, what was found, what is allowed and what to try, in the user's own
names.
"""

from __future__ import annotations

from collections.abc import Iterable


class GraphError(ValueError):
    """A drawing is not a network.

    Attributes
    ----------
    problems : list of str
        Every problem of the drawing, one sentence each; the message lists them all.
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
    """Inputs, targets, lengths, a setting or a file do not fit; the message names which and where."""
