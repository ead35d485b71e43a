"""Executors that are the reference but for one wrong number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.compiler.program import Program
from graphnet.execute.contract import Gradients, Memory, State, Tape
from graphnet.execute.reference import run as reference


class Wrong:
    """The reference executor, with a function that changes its gradients before they are returned."""

    def __init__(self, change: Callable[[Gradients], None]) -> None:
        self._change = change

    def memory(self, program: Program, n_samples: int, n_steps: int, itemsize: int) -> Memory:
        return reference.memory(program, n_samples, n_steps, itemsize)

    def bind(self, program: Program, parameters: np.ndarray) -> Any:
        return reference.bind(program, parameters)

    def start(self, bound: Any, n_samples: int) -> np.ndarray:
        return reference.start(bound, n_samples)

    def pull_back_start(self, bound: Any, grad_history: np.ndarray) -> np.ndarray:
        return reference.pull_back_start(bound, grad_history)

    def advance(
        self, bound: Any, state: State, inputs: np.ndarray, lengths: np.ndarray, keep: bool
    ) -> tuple[np.ndarray, State, Tape | None]:
        return reference.advance(bound, state, inputs, lengths, keep)

    def pull_back(
        self, bound: Any, tape: Tape, grad_outputs: np.ndarray, grad_history: np.ndarray, inputs_wanted: bool = True
    ) -> Gradients:
        gradients = reference.pull_back(bound, tape, grad_outputs, grad_history, inputs_wanted)
        self._change(gradients)
        return gradients


def add_to_number(position: int, change: float) -> Wrong:
    """Return an executor that adds to the gradient of one parameter."""

    def add(gradients: Gradients) -> None:
        gradients.numbers[position] += change

    return Wrong(add)
