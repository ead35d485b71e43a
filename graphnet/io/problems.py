"""Problems of a file, all in one error."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..errors import DataError, first_of


def refuse(path: str | os.PathLike[str], problems: Sequence[str]) -> None:
    """Raise a DataError that lists the problems of a file, if it has any."""
    if len(problems) == 1:
        raise DataError(f"{os.fspath(path)}: {problems[0]}")
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in first_of(problems))
        raise DataError(f"{os.fspath(path)}: {len(problems)} problems in the file:\n{lines}")
