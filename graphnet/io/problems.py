"""Problems of a file, all in one error."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..errors import DataError, first_of

MOST_ALIKE = 3
"""Number of problems that are listed where they differ in the cell alone."""


def refuse(path: str | os.PathLike[str], problems: Sequence[str], *, most: int | None = None) -> None:
    """Raise a DataError that lists the problems of a file, if it has any, or the first ``most`` and their number."""
    if len(problems) == 1:
        raise DataError(f"{os.fspath(path)}: {problems[0]}")
    if problems:
        left = 0 if most is None else len(problems) - most
        listed = [*problems[:most], f"and {left} more like these"] if left > 0 else first_of(problems)
        lines = "\n".join(f"  - {problem}" for problem in listed)
        raise DataError(f"{os.fspath(path)}: {len(problems)} problems in the file:\n{lines}")
