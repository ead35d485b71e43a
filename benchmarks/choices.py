"""Names on a command line that may be left out, and then stand for some default."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any


def check_choices(parser: argparse.ArgumentParser, given: Iterable[Any], known: Iterable[Any]) -> None:
    """Leave with an error where one is unknown; argparse's own ``choices`` would refuse that all are left out."""
    known = list(known)
    for each in given:
        if each not in known:
            parser.error(f"{each!r} is not one of {', '.join(map(str, known))}")
