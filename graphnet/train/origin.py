"""Origin of a number that is not finite: the first neuron and step forward, the last step and parameter backward.

It is looked for only after training has met one.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..language.arrays import Array
from ..losses import Loss
from ..network.network import Network
from .data import MiniBatch


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def find_origin(net: Network, batch: MiniBatch, loss: Loss, state: State | None = None) -> str | None:
    """Say where in a batch, for the parameters as they are, a value or a gradient is first not finite; None if none is.

    Parameters
    ----------
    net : Network
    batch : MiniBatch
    loss : loss object
    state : State, optional
        State that the batch started from.
    """
    bad = np.flatnonzero(~np.isfinite(net.parameters))
    if len(bad):
        return f"the {named_parameter(net, int(bad[0]))} is {net.parameters[bad[0]]}"
    bad_inputs = np.argwhere(~np.isfinite(batch.inputs) & batch.mask[:, :, np.newaxis])
    if len(bad_inputs):
        sample, step, column = bad_inputs[0].tolist()
        return f"the inputs of sample {sample} of the batch at step {step}, column {column}, are not finite"
    return _forward(net, batch, state) or _loss(net, batch, loss, state) or _backward(net, batch, loss, state)


def _forward(net: Network, batch: MiniBatch, state: State | None) -> str | None:
    """Name the first value that is not finite, in the first stage that has one; stages run one after another."""
    nodes = net.to_table().nodes
    for sample in range(len(batch.inputs)):
        one = _Sample(batch, state, sample)
        values = net.run(one.inputs, state=one.state, record=nodes).recorded
        for stage in net.program.stages:
            inside = [nodes[node] for node in net.program.order[slice(*stage["row"])]]
            found = np.array([values[node][0] for node in inside])
            steps = np.flatnonzero(~np.isfinite(found).all(axis=0))
            if len(steps):
                step = int(steps[-1] if stage["reverse"] else steps[0])
                row = int(np.flatnonzero(~np.isfinite(found[:, step]))[0])
                return (
                    f"the value of {inside[row]!r} is {found[row, step]} from step {step} of sample {sample} of the "
                    f"batch on{', back in time' if stage['reverse'] else ''}"
                )
    return None


def _loss(net: Network, batch: MiniBatch, loss: Loss, state: State | None) -> str | None:
    outputs = net.run(batch.inputs, lengths=batch.lengths, state=state)
    value, gradient = loss(outputs, batch.targets, batch.mask)
    if np.isfinite(value) and np.isfinite(gradient).all():
        return None
    place = np.unravel_index(int(np.argmax(np.abs(outputs))), outputs.shape)
    sample, step, column = map(int, place)
    what = "" if not np.isfinite(value) else "the gradient of the loss is not finite, while "
    return (
        f"{what}every value is finite; the largest output is {outputs[place]:.3g}, of sample {sample} of the "
        f"batch at step {step}, column {column}"
    )


def _backward(net: Network, batch: MiniBatch, loss: Loss, state: State | None) -> str | None:
    """Name the gradient that is first not finite on the way back."""
    outputs = net.run(batch.inputs, lengths=batch.lengths, state=state)
    _, grad_outputs = loss(outputs, batch.targets, batch.mask)
    whole = net.vjp(batch.inputs, grad_outputs, lengths=batch.lengths, state=state).parameters
    bad = np.flatnonzero(~np.isfinite(whole))
    if not len(bad):
        return None
    named = f"the gradient of the {named_parameter(net, int(bad[0]))} is {whole[bad[0]]}"
    if net.program.stages["reverse"].any():
        return named
    for sample in range(len(batch.inputs)):
        one = _Sample(batch, state, sample)
        grads = grad_outputs[sample : sample + 1, : one.inputs.shape[1]]
        if np.isfinite(net.vjp(one.inputs, grads, state=one.state).parameters).all():
            continue
        found = _step_back(net, one, grads)
        if found is not None:
            step, what = found
            return f"the gradient of the {what}, on its way back at step {step} of sample {sample} of the batch"
    return f"{named}, as a sum over the samples of the batch"


def _step_back(net: Network, one: _Sample, grad_outputs: Array) -> tuple[int, str] | None:
    """Return the last step with a gradient that is not finite, and the name of that gradient."""
    n_steps = one.inputs.shape[1]
    states = [net.state(1) if one.state is None else one.state]
    for step in range(n_steps):
        run = net.run(one.inputs[:, step : step + 1], state=states[-1], return_state=True)
        states.append(run.state)
    behind: State | None = None
    for step in reversed(range(n_steps)):
        now = slice(step, step + 1)
        try:
            back = net.vjp(one.inputs[:, now], grad_outputs[:, now], state=states[step], grad_state=behind)
        except DataError:
            return None
        bad = np.flatnonzero(~np.isfinite(back.parameters))
        if len(bad):
            return step, f"{named_parameter(net, int(bad[0]))} is {back.parameters[bad[0]]}"
        behind = back.state
        assert behind is not None
        wrong = np.flatnonzero(~np.isfinite(behind.history[:, 0]))
        if len(wrong):
            return step, f"value of {_node_at(behind, int(wrong[0]))!r} is {behind.history[wrong[0], 0]}"
    return None


class _Sample:
    """One sample of a batch, without padding."""

    def __init__(self, batch: MiniBatch, state: State | None, sample: int) -> None:
        self.inputs = batch.inputs[sample : sample + 1, : int(batch.lengths[sample])]
        self.state = None if state is None else state.take(np.array([sample]))


def _node_at(state: State, position: int) -> Hashable:
    """Return the node whose past is at a position of a state."""
    return state.layout.nodes[int(np.searchsorted(state.layout.ends, position, side="right"))]


def named_parameter(net: Network, position: int) -> str:
    """Name one of ``net.parameters`` by its kind and key."""
    row: Any = net.parameter_table()[position]
    return f"{row.kind} of {row.key!r}"
