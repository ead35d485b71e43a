"""The warning of what a file does not hold."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection

from ...errors import GraphWarning


class LossWarning(GraphWarning):
    """A file does not hold all of a drawing, or not all of a file is a drawing; the message says what was left out.

    ``warnings.simplefilter("error", LossWarning)`` turns it into an error; then nothing is written.

    Attributes
    ----------
    file : str
    dropped : list of str
        Each thing that was left out.
    """

    def __init__(self, file: str, why: str, dropped: Collection[str]) -> None:
        super().__init__(f"{file}: {why}: {'; '.join(dropped)}")
        self.file, self.dropped = file, list(dropped)


def warn_of_loss(path: str | os.PathLike[str], why: str, dropped: Collection[str]) -> None:
    """Warn that ``dropped`` is left out, if it is not empty."""
    if dropped:
        # past this function, the format's own that calls it, and `read_graph` or `write_graph`
        warnings.warn(LossWarning(os.fspath(path), why, dropped), stacklevel=4)
