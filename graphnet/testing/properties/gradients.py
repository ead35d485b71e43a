"""Gradients, held to the complex step and to each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...execute.contract import State
from ...language.table import Array
from ...losses import LOSSES
from ...network.network import Network
from ..comparison import Comparison, with_errors
from ..property_cases import Case, Compile, assert_close, lives_backwards, named, outcome, random_state

FEW = 20
"""A network of fewer parameters is compared one by one, a larger one along directions, unless those disagree."""


def gradient_of_all_steps(case: Case, compile: Compile) -> None:
    """Every parameter and input from the start that is drawn, all outputs weighted.

    Catches terms that the backward pass lacks, gradients of gates, leaks, time constants and groups that are wrong.
    """
    net = compile(case.graph)
    grad_outputs = case.rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    _compare(case, net, grad_outputs, [None])


def gradient_of_the_last_step(case: Case, compile: Compile) -> None:
    """Every parameter, input and initial state, where only each sequence's own last step is weighted.

    Catches gradients that start at the batch's last step, not the sequence's, and ones that die on the way back.
    """
    net, rng = compile(case.graph), case.rng
    n_samples = len(case.inputs)
    grad_outputs = np.zeros((*case.inputs.shape[:2], net.n_outputs))
    grad_outputs[np.arange(n_samples), case.whole_lengths - 1] = rng.uniform(-1, 1, (n_samples, net.n_outputs))
    starts = [None if lives_backwards(case.graph) else random_state(net, n_samples, rng)]
    _compare(case, net, grad_outputs, starts)


def gradient_of_the_final_state(case: Case, compile: Compile) -> None:
    """Every parameter, input and nonzero initial state, where only the state after each sequence is weighted.

    Catches state gradients that are dropped, and histories that are off by a step.
    """
    if lives_backwards(case.graph):
        return
    net, rng = compile(case.graph), case.rng
    n_samples = len(case.inputs)
    grad_state = random_state(net, n_samples, rng)
    starts = [None, random_state(net, n_samples, rng)]
    _compare(case, net, np.zeros((*case.inputs.shape[:2], net.n_outputs)), starts, grad_state)


def backward_is_the_transpose_of_forward(case: Case, compile: Compile) -> None:
    """<v, J u> = <J' v, u> to 1e-12, for a random change u of everything and random weights v.

    Catches a backward pass that is the transpose of something else than the forward pass.
    """
    net, rng = compile(case.graph), case.rng
    grad_outputs = rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    start = grad_state = None
    if not lives_backwards(case.graph):
        start, grad_state = (random_state(net, len(case.inputs), rng) for _ in range(2))
    comparison = Comparison(net, case.inputs, grad_outputs, lengths=case.lengths, starts=[start], grad_state=grad_state)
    size = max(comparison.size, np.abs(comparison.backward.parameters).max(initial=0))
    for pair in comparison.along_directions(1, rng):
        error = abs(pair.backward - pair.complex_step)
        assert error <= 1e-12 * size, f"<J'v, u> = {pair.backward}, <v, Ju> = {pair.complex_step}"


def backward_twice_gives_the_same_bits(case: Case, compile: Compile) -> None:
    """Two calls give the same bits, whatever is done to what the first one gave; two networks share nothing.

    Catches results that are views of a workspace, tapes that the backward pass spoils, state kept between calls.
    """
    net = compile(case.graph)
    first = outcome(net, case)
    kept = {node: values.copy() for node, values in first.outputs.items()}
    gradient = dict(first.parameters)
    for values in (*first.outputs.values(), *first.inputs.values()):
        values[...] = np.nan
    other = compile(case.graph)
    other.parameters = np.clip(0.0, *other.bounds.T)
    other.run(case.inputs, lengths=case.lengths)
    again = outcome(net, case)
    assert gradient == again.parameters
    assert all(np.array_equal(values, again.outputs[node]) for node, values in kept.items())


def float32_agrees_within_its_rounding(case: Case, compile: Compile) -> None:
    """The network of single precision is that of double precision, rounded, in everything it gives.

    Catches arrays made in another precision than the network's, and sums that lose it.
    """
    net, single = compile(case.graph), compile(case.graph, dtype="float32")
    grad_outputs = case.rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    outputs = single.run(case.inputs, lengths=case.lengths)
    ours = single.vjp(case.inputs, grad_outputs, lengths=case.lengths)
    exact = net.vjp(case.inputs, grad_outputs, lengths=case.lengths)
    assert outputs.dtype == ours.parameters.dtype == ours.inputs.dtype == np.float32
    # standardize multiplies rounding by up to 316 where the members of a group are nearly equal
    is_steep = any(name == "standardize" for _, name in case.graph.nodes(data="activation"))
    tolerance = 3e-2 if is_steep else 1e-3
    assert_close(outputs, net.run(case.inputs, lengths=case.lengths), tolerance, "outputs", 1e-4)
    # a saturated softmax cancels all but the rounding of float32
    assert_close(ours.parameters, exact.parameters, tolerance, "parameters", tolerance / 10)


def executor_agrees_with_the_reference(case: Case, compile: Compile) -> None:
    """Outputs, final state and gradients are the reference executor's, to rounding.

    Catches an executor that reads the program differently.
    """
    net, reference = compile(case.graph), compile(case.graph, backend="reference")
    start = grad_state = None
    rng, carries = case.rng, not lives_backwards(case.graph)
    if carries:
        start, grad_state = (random_state(reference, len(case.inputs), rng) for _ in range(2))
    grad_outputs = rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    runs, backs = [], []
    for each in (net, reference):
        runs.append(
            each.run(case.inputs, lengths=case.lengths, state=start, record=list(case.graph), return_state=carries)
        )
        backs.append(each.vjp(case.inputs, grad_outputs, lengths=case.lengths, state=start, grad_state=grad_state))
    for node in case.graph:
        assert_close(runs[0].recorded[node], runs[1].recorded[node], 1e-12, f"values of {node!r}")
    assert_close(backs[0].parameters, backs[1].parameters, 1e-12, "parameters")
    assert_close(backs[0].inputs, backs[1].inputs, 1e-12, "inputs")
    if carries:
        assert_close(runs[0].state.history, runs[1].state.history, 1e-12, "final state")
        assert backs[0].state is not None
        assert backs[1].state is not None
        assert_close(backs[0].state.history, backs[1].state.history, 1e-12, "gradient of the state")


def accumulated_gradients_are_those_of_the_batch(case: Case, compile: Compile) -> None:
    """The gradient of each sequence alone, weighed by what its loss counts, adds up to that of the batch.

    Catches a mean that is taken over padding, and means of means.
    """
    net, rng = compile(case.graph), case.rng
    mask = case.mask
    shape = (*mask.shape, net.n_outputs)
    targets = {
        "mse": rng.uniform(-1, 1, shape),
        "binary_cross_entropy": rng.integers(0, 2, shape),
        "cross_entropy": rng.integers(0, net.n_outputs, mask.shape),
    }
    for name, wanted in targets.items():
        value, gradient = net.value_and_grad(case.inputs, wanted, loss=name, lengths=case.lengths)
        total = LOSSES[name].count(shape, wanted, mask)
        values, gradients = 0.0, np.zeros(len(gradient))
        for sample, length in enumerate(case.whole_lengths):
            alone = wanted[[sample], :length]
            count = LOSSES[name].count((1, int(length), net.n_outputs), alone, mask[[sample], :length])
            one, of_one = net.value_and_grad(case.inputs[[sample], :length], alone, loss=name)
            values, gradients = values + one * count / total, gradients + of_one * count / total
        assert_close(np.array(values), np.array(value), 1e-12, name)
        assert_close(gradients, gradient, 1e-12, f"gradient of {name}")


def _compare(
    case: Case, net: Network, grad_outputs: Array, starts: Iterable[State | None], grad_state: State | None = None
) -> None:
    """Backward against complex step, and structural zeros, with NaN for the weights of padding."""
    grad_outputs = np.where(case.mask[:, :, None], grad_outputs, np.nan)
    rng = case.rng
    comparison = Comparison(net, case.inputs, grad_outputs, lengths=case.lengths, starts=starts, grad_state=grad_state)
    pairs = list(comparison.along_directions(2, rng))
    if len(net.parameters) < FEW:
        pairs += comparison.parameters(FEW, rng)
    noise = [name for name, is_noise in named(net, comparison.noise()).items() if is_noise]
    assert not noise, f"nothing depends on {noise}, but the gradient is not 0"
    if with_errors(pairs, comparison.size)[0].error > 1e-10:
        entries = with_errors([*pairs, *comparison.each(1000, rng)], comparison.size)
        raise AssertionError("\n".join(str(entry) for entry in entries if not entry.error <= 1e-10))
