"""Optional names on a command line, with a default where none is given."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any


def check_choices(parser: argparse.ArgumentParser, given: Iterable[Any], known: Iterable[Any]) -> None:
    """Exit with an error where a name is unknown; argparse's own ``choices`` would refuse an empty list."""
    known = list(known)
    for each in given:
        if each not in known:
            parser.error(f"{each!r} is not one of {', '.join(map(str, known))}")
