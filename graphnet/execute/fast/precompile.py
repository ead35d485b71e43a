"""Compile the backward kernel for a dtype and a width of tiles, and leave it on disk.

    python -m graphnet.execute.fast.precompile float32 16

``background`` starts this in a second process.
"""

from __future__ import annotations

import sys

import networkx as nx
import numpy as np

from ...compiler import compile_program
from ...compiler.initial.initializers import resolve_initializer
from ...language.table import GraphTable
from ..contract import Layout, State
from . import run
from .background import mark
from .kernels import scan


def compile_backward(dtype: str, width: int) -> None:
    """Compile the backward kernel by one call of it, with the forward kernel left out."""
    drawing = nx.DiGraph([("input", "hidden"), ("hidden", "hidden"), ("hidden", "output")])
    drawing.nodes["input"]["role"], drawing.nodes["output"]["role"] = "input", "output"
    table = GraphTable.from_networkx(drawing)
    program, parameters = compile_program(table, 0, 1.0, resolve_initializer("fan_in"))
    bound = run.bind(program, parameters.numbers[: program.n_parameters].astype(dtype))
    # the values that the forward kernel would compute do not matter
    scan.forward = lambda *arguments: None
    layout = Layout(table.nodes, program.depth[program.row])
    state = State(layout, run.start(bound, width), np.zeros(width, np.int64))
    inputs, lengths = np.zeros((1, 1, width), dtype), np.ones(width, np.int64)
    _, _, tape = run.advance(bound, state, inputs, lengths, True)
    assert tape is not None
    run.pull_back(bound, tape, np.zeros((1, 1, width), dtype), np.zeros_like(state.history), False)
    done = mark(dtype, width)
    if done is not None:
        done.touch()


if __name__ == "__main__":
    compile_backward(sys.argv[1], int(sys.argv[2]))
