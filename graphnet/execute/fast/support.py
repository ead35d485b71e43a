"""Support of a program by compiled kernels; asked before the compiler is imported, which is slow."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Sequence
from importlib.util import find_spec
from pathlib import Path

from ...compiler.program import Program
from ...language.activations import OVER_GROUPS, POINTWISE


def unsupported(program: Program, nodes: Sequence[Hashable]) -> str | None:
    """Return what the kernels lack for a program, with a node's name, or None if they can run it.

    They know all activations that are built in, and compute in real numbers.
    """
    for segment in program.segments:
        name = program.activations[segment["activation"]]
        if name not in (OVER_GROUPS if segment["group"] else POINTWISE):
            node = nodes[program.order[segment["row"][0]]]
            return f"node {node!r} has the registered activation {name!r}, for which there is no compiled kernel"
    if find_spec("numba") is None:
        return "numba, which compiles kernels, is not installed"
    if _is_switched_off():
        return "numba compiles nothing, since NUMBA_DISABLE_JIT is set"
    return None


def _is_switched_off() -> bool:
    """Return True if numba is told to leave functions as they are, where it looks for that."""
    if "numba" in sys.modules or Path(".numba_config.yaml").exists():
        from numba import config

        return bool(config.DISABLE_JIT)
    try:
        return bool(int(os.environ.get("NUMBA_DISABLE_JIT", "0")))
    except ValueError:
        return False
