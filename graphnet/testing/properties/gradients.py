"""Properties of gradients: they agree with complex steps and with each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...execute.contract import State
from ...language.arrays import Array
from ...losses import LOSSES
from ...network.network import Network
from ..gradient_comparison import Comparison, with_errors
from ..property_cases import Case, Compile, assert_close, lives_backwards, named, outcome, random_state

FEW = 20
"""Number of parameters from which a network is compared along directions only, unless these disagree."""


def gradient_of_all_steps(case: Case, compile: Compile) -> None:
    """Gradients of all parameters and inputs are right, with weights on all outputs.

    Catches terms missing from the backward pass, and wrong gradients of gates, leaks, time constants and groups.
    """
    net = compile(case.graph)
    grad_outputs = case.rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    _compare(case, net, grad_outputs, [None])


def gradient_of_the_last_step(case: Case, compile: Compile) -> None:
    """Gradients of all parameters, inputs and initial states are right, with weights on each sequence's last step only.

    Catches gradients that start at the last step of the batch, not of the sequence, and ones lost on the way back.
    """
    net, rng = compile(case.graph), case.rng
    n_samples = len(case.inputs)
    grad_outputs = np.zeros((*case.inputs.shape[:2], net.n_outputs))
    grad_outputs[np.arange(n_samples), case.whole_lengths - 1] = rng.uniform(-1, 1, (n_samples, net.n_outputs))
    starts = [None if lives_backwards(case.graph) else random_state(net, n_samples, rng)]
    _compare(case, net, grad_outputs, starts)


def gradient_of_the_final_state(case: Case, compile: Compile) -> None:
    """Gradients of all parameters, inputs and initial states are right, with weights on the final state only.

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
    """<v, J u> = <J' v, u> to 1e-12, for a random direction u in all numbers and random weights v.

    Catches a backward pass that is not the transpose of the forward pass.
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
    """Two calls give the same bits, even if the first results are overwritten and another network runs in between.

    Catches results that are views of a workspace, tapes that the backward pass overwrites, state kept between calls.
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
    """A network in single precision agrees with the one in double precision to single rounding.

    Catches arrays of another precision than the network's, and sums that lose precision.
    """
    net, single = compile(case.graph), compile(case.graph, dtype="float32")
    grad_outputs = case.rng.uniform(-1, 1, (*case.inputs.shape[:2], net.n_outputs))
    outputs = single.run(case.inputs, lengths=case.lengths)
    ours = single.vjp(case.inputs, grad_outputs, lengths=case.lengths)
    exact = net.vjp(case.inputs, grad_outputs, lengths=case.lengths)
    assert outputs.dtype == ours.parameters.dtype == ours.inputs.dtype == np.float32
    # standardize multiplies rounding errors by up to 316 if the members of a group are nearly equal
    is_steep = any(name == "standardize" for _, name in case.graph.nodes(data="activation"))
    tolerance = 3e-2 if is_steep else 1e-3
    assert_close(outputs, net.run(case.inputs, lengths=case.lengths), tolerance, "outputs", 1e-4)
    # in a saturated softmax everything cancels but the rounding errors
    assert_close(ours.parameters, exact.parameters, tolerance, "parameters", tolerance / 10)


def executor_agrees_with_the_reference(case: Case, compile: Compile) -> None:
    """Outputs, final state and gradients are those of the reference executor, to rounding.

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
    """The gradients of single sequences, weighted by what their loss counts, sum to the gradient of the batch.

    Catches means over padding, and means of means.
    """
    net, rng = compile(case.graph), case.rng
    mask = case.mask
    shape = (*mask.shape, net.n_outputs)
    numbers = rng.uniform(-1, 1, shape)
    targets = {
        "mse": numbers,
        "mae": numbers,
        "huber": numbers,
        "cosine": numbers,
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
    """Assert that gradients agree with complex steps, and structural zeros with 0; padding has weights of NaN."""
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
