"""From z to y and back, for a run of neurons that are alike: functions, groups, leak, time constants and onset.

y = f(z)                                                 y(t) = (1 - leak) y(t-1) + leak f(z(t))
s(t) = s(t-1) + dt/tau (z(t) - s(t-1)),  y = f(s)        before onset, y = initial
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...compiler.neurons import FEATURES
from ...compiler.program import Program
from ...language.activations import ACTIVATIONS, GROUP_ACTIVATIONS, Activation, GroupActivation
from ...language.arrays import Array
from ..contract import State
from .past import Operand, Past

SegmentValues = dict[int, Array]


@dataclass(frozen=True, eq=False, slots=True)
class Segment:
    """A segment of the program with its numbers in it; arrays are (n_rows, 1).

    ``tau``, ``leak`` and ``onset`` are None without that feature; ``learns_leak`` says that some leaks are parameters.
    ``ends`` (n_rows,) is the end of each row's past in a history, ``keeps_inner`` True if the backward pass needs z,
    or s, beside y.
    """

    number: int
    rows: slice
    activation: Activation | None
    over_group: GroupActivation | None
    group_size: int
    dt: float
    tau: Array | None
    leak: Array | None
    learns_leak: bool
    onset: Array | None
    initial: Array
    ends: Array
    depth: Array
    keeps_inner: bool

    @property
    def rate(self) -> Array:
        """dt/tau of continuous-time neurons."""
        assert self.tau is not None
        return np.asarray(np.asarray(self.dt, self.tau.dtype) / self.tau)

    @property
    def own_past(self) -> Operand:
        """Its own values one step ago."""
        return Operand(self.rows, 1, self.rows, None)

    def keeps(self, backward: bool) -> bool:
        """True if z, or s, is kept beside y."""
        return self.tau is not None or (backward and self.keeps_inner)

    def function(self, z: Array, active: Array | None) -> Array:
        """f(z), (n_steps, n_rows, n_samples)."""
        if self.activation is not None:
            return self.activation.function(z)
        assert self.over_group is not None
        return self.over_group.function(self._grouped(z), self._members(active)).reshape(z.shape)

    def adjoint(self, z: Array | None, y: Array, grad: Array, active: Array | None) -> Array:
        """The gradient of z from that of f(z); ``z`` is None if it was not kept, and then ``y`` is f(z)."""
        if self.activation is not None:
            if not self.activation.from_output:
                return grad * self.activation.derivative(z)  # type: ignore[arg-type]
            return grad * self.activation.derivative(y if z is None else self.activation.function(z))
        assert self.over_group is not None
        members, grouped = self._members(active), None if z is None else self._grouped(z)
        value = self._grouped(y) if grouped is None else self.over_group.function(grouped, members)
        return self.over_group.adjoint(grouped, value, self._grouped(grad), members).reshape(grad.shape)

    def active(self, steps: Array, first: int, last: int) -> Array | None:
        """Mask of the rows past their onset, (n_steps, n_rows, n_samples), or None if all are."""
        if self.onset is None:
            return None
        return np.asarray(steps + np.arange(first, last)[:, None, None] >= self.onset)

    def _grouped(self, z: Array) -> Array:
        return z.reshape(len(z), -1, self.group_size, z.shape[2])

    def _members(self, active: Array | None) -> Array | None:
        return None if active is None else self._grouped(active)


def keeps_inner(program: Program, record: Array) -> bool:
    """True if the backward pass through a segment needs z, or s, beside y."""
    functions = GROUP_ACTIVATIONS if record["group"] else ACTIVATIONS
    from_output = functions[program.activations[record["activation"]]].from_output
    return bool(not from_output or any(record[name] for name in FEATURES))


def make_segments(program: Program, of_neurons: dict[str, Array]) -> list[Segment]:
    """Return the segments of a program; ``of_neurons`` are its `Program.neuron_values`."""
    columns = {name: column[:, None] for name, column in of_neurons.items()}
    columns["onset"] = program.onset[:, None]
    learns_leak = program.learns("leak")
    found = []
    for number, record in enumerate(program.segments):
        rows, name = slice(*record["row"]), program.activations[record["activation"]]
        found.append(
            Segment(
                number,
                rows,
                None if record["group"] else ACTIVATIONS[name],
                GROUP_ACTIVATIONS[name] if record["group"] else None,
                int(record["group"]),
                program.dt,
                initial=columns["initial"][rows],
                ends=program.history_end[rows],
                depth=program.depth[rows],
                keeps_inner=keeps_inner(program, record),
                learns_leak=bool(learns_leak[rows].any()),
                **{name: columns[name][rows] if record[name] else None for name in FEATURES},
            )
        )
    return found


def output_history(segments: list[Segment], program: Program, history: Array) -> Array:
    """The history of outputs: of continuous-time neurons a state holds s, and y = f(s)."""
    for segment in segments:
        if segment.tau is not None:
            positions, _ = own_positions(segment)
            history = history.copy()
            history[positions] = segment.function(history[positions][None], None)[0]
    return history


def own_positions(segment: Segment) -> tuple[Array, Array]:
    """Positions of the pasts of a segment's rows in a history, and the row of each within the segment."""
    row = np.repeat(np.arange(len(segment.depth)), segment.depth)
    first = np.cumsum(segment.depth) - segment.depth
    return segment.ends[row] - segment.depth[row] + np.arange(len(row)) - first[row], row


def activate(
    segment: Segment, past: Past, state: State, inner: SegmentValues, first: int, last: int, n_live: int
) -> None:
    """Replace z by y in place; ``inner`` keeps z or s of the segments that it holds."""
    z = past.values[first:last, segment.rows, :n_live]
    if segment.tau is not None:
        before = inner[segment.number][first - 1] if first else state.history[segment.ends - 1]
        z[0] = before[:, :n_live] + segment.rate * (z[0] - before[:, :n_live])
    if segment.number in inner:
        inner[segment.number][first:last, :, :n_live] = z
    active = segment.active(state.steps[:n_live], first, last)
    y = segment.function(z, active)
    if segment.leak is not None:
        y = (1 - segment.leak) * past.read(segment.own_past, first, last, n_live) + segment.leak * y
    z[...] = y if active is None else np.where(active, y, segment.initial)


@dataclass(frozen=True, eq=False, slots=True)
class Adjoint:
    """Arrays that the backward pass through neurons reads and adds to.

    ``numbers`` {name: (n_nodes,)} are gradients of the numbers of neurons by row; ``carried`` {segment: (n_rows,
    n_samples)} that of s from the step after, ``states`` (n_history, n_samples) that of the s a continuous-time neuron
    started from.
    """

    past: Past
    state: State
    inner: SegmentValues
    lengths: Array
    grad_final: Array
    numbers: dict[str, Array]
    carried: SegmentValues
    states: Array


def differentiate(segment: Segment, adjoint: Adjoint, grad_past: Past, first: int, last: int, n_live: int) -> None:
    """Replace the gradient of y by that of z in place."""
    grad = grad_past.values[first:last, segment.rows, :n_live]
    result: Array = grad
    kept = adjoint.inner.get(segment.number)
    z = None if kept is None else kept[first:last, :, :n_live]
    active = segment.active(adjoint.state.steps[:n_live], first, last)
    if active is not None:
        adjoint.numbers["initial"][segment.rows] += np.where(active, 0, grad).sum(axis=(0, 2))
        result = np.where(active, grad, 0)
    if segment.leak is not None:
        if segment.learns_leak:
            assert z is not None
            change = segment.function(z, active) - adjoint.past.read(segment.own_past, first, last, n_live)
            # before onset f(z) may be anything, infinity included
            change = change if active is None else np.where(active, change, 0)
            adjoint.numbers["leak"][segment.rows] += (result * change).sum(axis=(0, 2))
        grad_past.add(segment.own_past, first, last, n_live, ((1 - segment.leak) * result)[0])
        result = segment.leak * result
    result = segment.adjoint(z, adjoint.past.values[first:last, segment.rows, :n_live], result, active)
    if segment.tau is not None:
        result = _through_time_constant(segment, adjoint, result[0], first, n_live)[None]
    grad[...] = result


def _through_time_constant(segment: Segment, adjoint: Adjoint, grad_s: Array, step: int, n_live: int) -> Array:
    """The gradient of z from that of s through y alone; that through later steps is carried."""
    assert segment.tau is not None
    rate, kept = segment.rate, adjoint.inner[segment.number]
    if segment.number not in adjoint.carried:
        adjoint.carried[segment.number] = np.zeros(kept.shape[1:], grad_s.dtype)
    carried = adjoint.carried[segment.number]
    lag = adjoint.lengths[:n_live] - step
    inside = lag <= segment.depth[:, None]
    place = segment.ends[:, None] - np.where(inside, lag, 1)
    grad_s = grad_s + carried[:, :n_live] + np.where(inside, adjoint.grad_final[place, np.arange(n_live)], 0)
    before = (kept[step - 1] if step else adjoint.state.history[segment.ends - 1])[:, :n_live]
    change = kept[step][:, :n_live] - before
    adjoint.numbers["tau"][segment.rows] -= (grad_s * change / segment.tau).sum(axis=1)
    carried[:, :n_live] = (1 - rate) * grad_s
    if step == 0:
        adjoint.states[segment.ends - 1, :n_live] += carried[:, :n_live]
    return np.asarray(rate * grad_s)
