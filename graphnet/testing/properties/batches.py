"""Properties of batches, padding, states and time: a sequence gives the same results however it is presented."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..property_cases import (
    Case,
    Compile,
    Outcome,
    assert_close,
    assert_same,
    assert_same_state,
    lives_backwards,
    outcome,
    random_state,
    random_weights,
)
from ..strategies import Graph


def order_of_samples_does_not_matter(case: Case, compile: Compile) -> None:
    """Reordering the samples reorders the results, and changes nothing else.

    Catches results that are returned in the order in which samples were computed.
    """
    order = case.rng.permutation(len(case.inputs))
    net, weights = compile(case.graph), random_weights(case)
    permuted = replace(case, inputs=case.inputs[order], lengths=case.whole_lengths[order])
    ours = outcome(net, permuted, {node: values[order] for node, values in weights.items()})
    theirs = outcome(net, case, weights)
    in_order = Outcome(
        {node: values[order] for node, values in theirs.outputs.items()},
        theirs.parameters,
        {node: values[order] for node, values in theirs.inputs.items()},
    )
    assert_same(ours, in_order, 1e-12)


def sample_alone_is_the_sample_in_its_batch(case: Case, compile: Compile) -> None:
    """Each sequence of a padded batch gives the same results as alone, and 0 past its end; gradients are summed.

    Catches padding that affects results, and samples that read each other.
    """
    net, weights, carries = compile(case.graph), random_weights(case), not lives_backwards(case.graph)
    together = outcome(net, case, weights)
    run = net.run(case.inputs, lengths=case.whole_lengths, record=[], return_state=carries)
    total = dict.fromkeys(together.parameters, 0.0)
    for sample, length in enumerate(case.whole_lengths):
        alone = replace(case, inputs=case.inputs[[sample], :length], lengths=None)
        found = outcome(net, alone, {node: values[[sample], :length] for node, values in weights.items()})
        for what in ("outputs", "inputs"):
            for node, values in getattr(together, what).items():
                assert_close(values[sample, :length], getattr(found, what)[node][0], 1e-12, f"{what} of {node!r}")
                assert not values[sample, length:].any(), f"{what} of {node!r} past the end: {values[sample]}"
        total = {name: value + found.parameters[name] for name, value in total.items()}
        if carries:
            state = net.run(alone.inputs, return_state=True).state
            own = run.state.take(np.array([sample]))
            assert_close(own.history, state.history, 1e-12, "final state")
            assert own.steps == state.steps
    assert_same(Outcome({}, total, {}), together, 1e-12)


def padding_changes_no_bit(case: Case, compile: Compile) -> None:
    """Outputs and gradients do not depend on the values past a sequence's end, NaN included, nor on their number.

    Catches products of 0 and NaN, and sums that run over padding.
    """
    net, weights, rng = compile(case.graph), random_weights(case), case.rng
    inside, lengths = case.mask[:, :, None], case.whole_lengths
    zero = replace(case, inputs=np.where(inside, case.inputs, 0.0), lengths=lengths)
    expected = outcome(net, zero, weights)
    for filling in (np.nan, np.inf, float(rng.uniform(-1e300, 1e300))):
        filled = replace(case, inputs=np.where(inside, case.inputs, filling), lengths=lengths)
        spoilt = {node: np.where(case.mask, values, filling) for node, values in weights.items()}
        assert_same(outcome(net, filled, spoilt), expected, 0)
    more = int(rng.integers(1, 4))
    longer = replace(
        case, inputs=np.pad(case.inputs, ((0, 0), (0, more), (0, 0)), constant_values=np.nan), lengths=lengths
    )
    found = outcome(net, longer, {node: np.pad(v, ((0, 0), (0, more))) for node, v in weights.items()})
    for values in (*found.outputs.values(), *found.inputs.values()):
        assert not values[:, -more:].any()
    cut = [{node: v[:, :-more] for node, v in each.items()} for each in (found.outputs, found.inputs)]
    assert_same(Outcome(cut[0], found.parameters, cut[1]), expected, 1e-12)


def reversed_time_is_time_turned_round(case: Case, compile: Compile) -> None:
    """Reversing every sequence about its own end and the direction of time of every neuron reverses the results.

    Catches reverse neurons that start at the end of the batch, and delays or onsets counted from the wrong side.
    """
    graph, lengths = case.graph.copy(), case.whole_lengths
    for _, said in graph.nodes(data=True):
        if said.get("role") != "input":
            said["reverse"] = not said.get("reverse", False)

    def turned(values: np.ndarray) -> np.ndarray:
        round_its_end = values.copy()
        for sample, length in enumerate(lengths):
            round_its_end[sample, :length] = values[sample, :length][::-1]
        return round_its_end

    weights = random_weights(case)
    mirrored = replace(case, graph=graph, inputs=turned(case.inputs), lengths=lengths)
    ours = outcome(compile(graph), mirrored, {node: turned(values) for node, values in weights.items()})
    theirs = outcome(compile(case.graph), case, weights)
    back = [{node: turned(values) for node, values in each.items()} for each in (ours.outputs, ours.inputs)]
    assert_same(Outcome(back[0], ours.parameters, back[1]), theirs, 1e-12)


def pieces_are_the_whole(case: Case, compile: Compile) -> None:
    """A sequence cut at any step, with the state carried over, gives the same bits.

    Catches delays that read wrong values across a cut, and pieces that start from the initial values.
    """
    if lives_backwards(case.graph):
        return
    net, lengths = compile(case.graph), case.whole_lengths
    start = random_state(net, len(lengths), case.rng) if case.rng.random() < 0.5 else None
    whole = net.run(case.inputs, lengths=lengths, state=start, return_state=True)
    for cut in range(1, int(lengths.min())):
        first = net.run(case.inputs[:, :cut], state=start, return_state=True)
        second = net.run(case.inputs[:, cut:], lengths=lengths - cut, state=first.state, return_state=True)
        joined = np.concatenate([first.outputs, second.outputs], axis=1)
        assert np.array_equal(joined, whole.outputs), f"cut at {cut}: {joined} {whole.outputs}"
        assert_same_state(second.state, whole.state)


def gradient_goes_through_a_carried_state(case: Case, compile: Compile) -> None:
    """The gradient of a sequence is that of its two pieces, chained through the gradient of the state between them.

    Catches state gradients that are dropped or belong to another step.
    """
    if case.inputs.shape[1] < 2 or lives_backwards(case.graph):
        return
    net, rng, inputs = compile(case.graph), case.rng, np.nan_to_num(case.inputs)
    start = random_state(net, len(inputs), rng)
    grad_outputs = rng.uniform(-1, 1, (*inputs.shape[:2], net.n_outputs))
    whole = net.vjp(inputs, grad_outputs, state=start)
    cut = int(rng.integers(1, inputs.shape[1]))
    middle = net.run(inputs[:, :cut], state=start, return_state=True).state
    second = net.vjp(inputs[:, cut:], grad_outputs[:, cut:], state=middle)
    first = net.vjp(inputs[:, :cut], grad_outputs[:, :cut], state=start, grad_state=second.state)
    assert first.state is not None
    assert whole.state is not None
    assert_close(first.parameters + second.parameters, whole.parameters, 1e-12, "parameters")
    assert_close(np.concatenate([first.inputs, second.inputs], axis=1), whole.inputs, 1e-12, "inputs")
    assert_close(first.state.history, whole.state.history, 1e-12, "state")


def streaming_is_running(case: Case, compile: Compile) -> None:
    """A simulator gives the same bits step by step as ``run`` for the whole sequence.

    Catches a simulator that computes something else than the network.
    """
    if lives_backwards(case.graph):
        return
    net, steps = compile(case.graph), int(case.whole_lengths.min())
    start = random_state(net, len(case.inputs), case.rng)
    simulator = net.simulator(len(case.inputs), state=start)
    outputs = net.run(case.inputs[:, :steps], state=start)
    for step in range(steps):
        found = simulator.step(case.inputs[:, step])
        assert np.array_equal(found, outputs[:, step]), f"step {step}: {found} {outputs[:, step]}"


def later_is_the_same(case: Case, compile: Compile) -> None:
    """Without biases and initial values, zeros before a sequence shift its results in time, and change nothing else.

    Catches results that depend on the absolute step, and initial values at the wrong step.
    """
    graph = _silent_at_rest(case.graph)
    shift = int(case.rng.integers(1, 4))
    net, weights = compile(graph), random_weights(case)
    later = replace(
        case,
        graph=graph,
        inputs=np.pad(case.inputs, ((0, 0), (shift, 0), (0, 0))),
        lengths=case.whole_lengths + shift,
    )
    ours = outcome(net, later, {node: np.pad(values, ((0, 0), (shift, 0))) for node, values in weights.items()})
    assert not any(values[:, :shift].any() for values in ours.outputs.values())
    cut = [{node: v[:, shift:] for node, v in each.items()} for each in (ours.outputs, ours.inputs)]
    # gradients of biases differ, since a bias acts during the leading zeros too
    weights_only = {name: value for name, value in ours.parameters.items() if name[0] == "weight"}
    assert_same(Outcome(cut[0], weights_only, cut[1]), outcome(net, case.on(graph), weights), 1e-12)


def _silent_at_rest(graph: Graph) -> Graph:
    """Return the drawing without anything that makes it active without inputs: bias, initial, f(0), reversed time."""
    silent = graph.copy()
    for _, said in silent.nodes(data=True):
        for name in ("bias", "initial", "onset", "group", "reverse"):
            said.pop(name, None)
        if said.get("activation") in ("sigmoid", "softplus", "gaussian", "softmax", "standardize"):
            said["activation"] = "tanh"
    return silent
