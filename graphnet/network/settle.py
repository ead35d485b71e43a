"""Steady states: a network is run under constant inputs until nothing moves any more."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..execute.batch import read_batch
from ..execute.contract import State
from ..execute.engine import Engine
from ..language.arrays import Array
from ..language.checks import NOT_NEGATIVE, as_array, whole_number

MOST_BYTES = 1 << 26
"""Bytes of constant inputs that are made at a time, if a step takes less."""


class Move(NamedTuple):
    """Largest change of a value from one step to the next, its node and its sample; inf if a value is not finite."""

    size: float
    node: Hashable
    sample: int


def settle(engine: Engine, parameters: Array, inputs: Any, tolerance: Any, most_steps: Any) -> State:
    """Return the steady state under constant inputs; see ``Network.settle``.

    Two neighbouring steps are compared at a time, and the steps between such pairs, more and more of them, run at once.
    A step depends on the past that a state holds, and on which neurons have reached their onset: once neither changes,
    nothing will.
    """
    program, dtype = engine.program, parameters.dtype
    engine.refuse_reverse("settle")
    try:
        tolerance = NOT_NEGATIVE.read(tolerance)
    except ValueError:
        raise DataError(f"settle: tolerance={tolerance!r} is not {NOT_NEGATIVE.takes}") from None
    most_steps = whole_number(most_steps, "most_steps", 2)
    held = as_array(inputs, "inputs", dtype)
    if held.ndim != 2 or held.shape[1] != program.n_inputs:
        raise DataError(f"inputs to settle under have shape {held.shape}, not (n_samples, {program.n_inputs})")
    read_batch(held[:, None], None, program.n_inputs, dtype)  # finite at this one step or at none
    at_once = max(1, MOST_BYTES // max(1, held.nbytes))

    def advance(state: State | None, n_steps: int, rows: Array) -> tuple[Array, State]:
        repeated = np.broadcast_to(held[:, None], (len(held), n_steps, program.n_inputs))
        return engine.run(parameters, read_batch(repeated, None, program.n_inputs, dtype), state, rows)

    every_row, no_row = np.arange(program.n_nodes), np.zeros(0, np.int64)
    onset = int(program.onset.max(initial=0))
    state, done = None, 0
    while True:
        # a quarter more than so far, and never a single step before the last
        aim = done + max(2, program.longest_delay, done // 4)
        aim = aim if aim + 2 <= most_steps else most_steps
        while done < aim - 2:
            n_steps = min(aim - 2 - done, at_once)
            state, done = advance(state, n_steps, no_row)[1], done + n_steps
        earlier, before = advance(state, 1, every_row)
        later, state = advance(before, 1, every_row)
        done = aim
        move = _largest_move(engine, (earlier[0], before), (later[0], state))
        where = f"{move.node!r}, in sample {move.sample},"
        if move.size == np.inf:
            raise DataError(f"settle: {where} is not finite after {done} steps: the network diverges on these inputs")
        if move.size <= tolerance and done > onset:
            return state
        if done == most_steps:
            break
    if done <= onset:
        late = engine.layout.nodes[program.order[np.argmax(program.onset)]]
        raise DataError(f"settle: the onset of {late!r} is step {onset}, which most_steps={most_steps} do not reach")
    raise DataError(
        f"settle: {where} still moves by {move.size:.3g} from one step to the next after most_steps={most_steps}, and "
        f"tolerance={tolerance:g}; give more of either, if the network comes to rest on these inputs at all"
    )


def _largest_move(engine: Engine, one: tuple[Array, State], other: tuple[Array, State]) -> Move:
    """Return the largest change from one step to the next, of a value or of the past that a state holds.

    Each step has its values (n_nodes, n_samples) by row, and the state after it.  Its past reaches back as far as
    delays, and has the s of continuous-time neurons, which may move while y rests.
    """
    program, (earlier, before), (later, after) = engine.program, one, other
    with np.errstate(all="ignore"):
        moves = np.abs(np.concatenate([later - earlier, after.history - before.history]))
    moves = np.where(np.isfinite(moves), moves, np.inf)
    place, sample = np.unravel_index(np.argmax(moves), moves.shape)
    row = np.append(np.arange(program.n_nodes), program.history()[0])[place]
    return Move(float(moves[place, sample]), engine.layout.nodes[program.order[row]], int(sample))
