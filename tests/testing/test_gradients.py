"""``check_gradients``: its comparisons, its findings and its report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.special import erf, erfcx

import graphnet as gn
from graphnet.execute.contract import Executor, Gradients
from graphnet.testing import GradientReport, assert_gradients, check_gradients, redraw_parameters

from .executors import Wrong, add_to_number

REGISTERS = pytest.mark.usefixtures("own_activations")


def everything() -> nx.MultiDiGraph:
    """Return a drawing with every kind of parameter: parallel synapses, ties of synapses and neurons, initial, tau."""
    drawing = nx.MultiDiGraph()
    drawing.add_node("x", role="input")
    drawing.add_node("h", bias=0.1, initial=0.3, train_initial=True)
    drawing.add_node("s", bias=0.2, tau=3.0, train_tau=True, activation="sigmoid")
    drawing.add_node("t", bias=0.3, tie="twins")
    drawing.add_node("u", bias=0.3, tie="twins")
    drawing.add_node("y", role="output", bias=0.0, activation="identity")
    drawing.add_edge("x", "h", "fast", weight=0.5)
    drawing.add_edge("x", "h", "slow", weight=-0.8, delay=3)
    for source, target in (("h", "h"), ("s", "s")):
        drawing.add_edge(source, target, weight=0.7, delay=1, tie="own past")
    for source, target in (("h", "s"), ("s", "t"), ("h", "u"), ("t", "y"), ("u", "y")):
        drawing.add_edge(source, target, weight=0.9, delay=0)
    return drawing


def one_neuron(activation: str, **said: Any) -> nx.DiGraph:
    """Return x -> h -> y, where the neuron h has an activation."""
    drawing = nx.DiGraph()
    drawing.add_node("x", role="input")
    drawing.add_node("h", activation=activation, **{"bias": 0.0, **said})
    drawing.add_node("y", role="output", activation="identity", bias=0.0)
    drawing.add_edge("x", "h", weight=1.0)
    drawing.add_edge("h", "y", weight=1.0)
    return drawing


def compiled(drawing: nx.DiGraph, backend: Executor, seed: int = 0) -> gn.Network:
    return gn.compile(drawing, seed=seed, backend=backend)


def keys(report: GradientReport, kind: str) -> set[Any]:
    return {entry.key for entry in report.entries if entry.kind == kind}


# --- what is compared -------------------------------------------------------------------------------------------------


def test_every_number_is_compared_and_has_its_name() -> None:
    report = check_gradients(everything(), n_samples=2, n_steps=4)
    assert report.ok, report
    assert keys(report, "weight") == {
        ("x", "h", "fast"),
        ("x", "h", "slow"),
        "own past",
        *((*edge, 0) for edge in (("h", "s"), ("s", "t"), ("h", "u"), ("t", "y"), ("u", "y"))),
    }
    assert keys(report, "bias") == {"h", "s", "twins", "y"}
    assert keys(report, "initial") == {"h"}
    assert keys(report, "tau") == {"s"}
    assert {(entry.kind, entry.key) for entry in report.entries if entry.tied} == {
        ("weight", "own past"),
        ("bias", "twins"),
    }
    assert keys(report, "input") == {("x", sample, step) for sample in range(2) for step in range(4)}
    past = [("x", lag) for lag in (1, 2, 3)] + [("h", 1), ("s", 1)]
    assert keys(report, "state") == {(node, sample, lag) for sample in range(2) for node, lag in past}
    assert keys(report, "direction") == set(range(5))
    counted = Counter(entry.kind for entry in report.entries)
    there = {"weight": 8, "bias": 4, "initial": 1, "tau": 1, "input": 8, "state": 10, "direction": 5}
    assert counted == there
    assert report.totals == {**{kind: (n, n) for kind, n in there.items()}, "output": (0, 0)}
    assert report.largest_error < 1e-12
    # no gradient is 0, except where no sequence is long enough
    assert all(entry.complex_step for entry in report.entries if entry.kind not in ("input", "state"))


def test_entries_have_their_own_numbers() -> None:
    """Each number has the right name, in the backward pass and in the complex step."""
    net = gn.compile(everything(), seed=0)
    inputs, targets = np.random.default_rng(0).standard_normal((2, 2, 4, 1))
    report = check_gradients(net, inputs, targets, loss="mse", lengths=[3, 4])
    _, gradient = net.value_and_grad(inputs, targets, lengths=[3, 4])
    expected = {(row.kind, row.key): value for row, value in zip(net.parameter_table(), gradient, strict=True)}
    outputs = net.run(inputs, lengths=[3, 4])
    for sample, step in np.ndindex(2, 4):
        is_there = step < (3, 4)[sample]
        difference = outputs[sample, step, 0] - targets[sample, step, 0]
        expected["output", ("y", sample, step)] = 2 * difference / 7 * is_there
        grad_outputs = 2 * (outputs - targets) / 7
        expected["input", ("x", sample, step)] = net.vjp(inputs, grad_outputs, lengths=[3, 4]).inputs[sample, step, 0]
    found = {(entry.kind, entry.key): entry for entry in report.entries if entry.kind != "direction"}
    assert found.keys() == expected.keys()
    for name, entry in found.items():
        assert entry.backward == pytest.approx(expected[name], rel=1e-12, abs=1e-15)
        assert entry.complex_step == pytest.approx(expected[name], rel=1e-9, abs=1e-14)
    assert report.totals["output"] == (8, 8)
    assert report.totals["state"] == (0, 0)


def test_states_are_named_by_how_long_ago() -> None:
    drawing = nx.DiGraph([("x", "y", {"weight": 2.0, "delay": 2})])
    drawing.nodes["x"]["role"], drawing.nodes["y"]["role"] = "input", "output"
    report = check_gradients(drawing, np.zeros((1, 1, 1)), n_directions=0)
    found = {entry.key: entry.complex_step for entry in report.entries if entry.kind == "state"}
    # at the second step, the value of two steps before the start is read, that of one step before is kept
    assert set(found) == {("x", 0, 1), ("x", 0, 2)}
    net = gn.compile(drawing)
    state = net.state(1)
    state.history[:, 0] = 2.0, 3.0
    assert state["x"].tolist() == [[2.0, 3.0]]
    assert net.run(np.zeros((1, 1, 1)), state=state).tolist() == [[[4.0]]]
    weighted = check_gradients(drawing, np.zeros((1, 1, 1)), [[[0.0]]], state=state, n_directions=0)
    found = {entry.key: entry.complex_step for entry in weighted.entries if entry.kind == "state"}
    assert found == {("x", 0, 1): 0.0, ("x", 0, 2): 16.0}


def test_where_there_are_many_some_are_drawn() -> None:
    drawing = gn.graphs.lateral(3, 12, 2)
    inputs, targets = np.zeros((2, 7, 3)) + 0.5, np.zeros((2, 7, 2))
    report = check_gradients(drawing, inputs, targets, max_entries=5, n_directions=3)
    n_weights = drawing.number_of_edges()
    assert report.ok
    assert report.totals == {
        "weight": (5, n_weights),
        "bias": (5, 14),
        "input": (6, 42),  # whole batches
        "state": (0, 0),
        "output": (5, 28),
        "direction": (3, 3),
    }
    assert all(len(keys(report, kind)) == compared for kind, (compared, _) in report.totals.items())
    others = check_gradients(drawing, inputs, targets, max_entries=5, seed=1)
    assert keys(others, "weight") != keys(report, "weight")
    assert keys(others, "output") != keys(report, "output")
    assert check_gradients(drawing, n_samples=2, n_steps=3, max_entries=3).totals["state"] == (4, 24)


def test_sequences_are_of_unequal_length() -> None:
    report = check_gradients(gn.graphs.elman(1, 2, 1), n_samples=6, n_steps=9)
    past_the_end = {entry.key[1] for entry in report.entries if entry.kind == "input" and entry.complex_step == 0}
    assert past_the_end
    assert len(keys(report, "input")) == 54


def test_the_same_seed_gives_the_same_report() -> None:
    one, two, other = (check_gradients(gn.graphs.gru(1, 2, 1), seed=seed, max_entries=3) for seed in (3, 3, 4))
    assert (one, str(one)) == (two, str(two))
    assert one != other


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dtypes(dtype: str) -> None:
    net = gn.compile(gn.graphs.lstm(1, 3, 2), seed=0, dtype=dtype)
    report = check_gradients(net)
    assert report.ok
    assert report.tolerance == {"float64": 1e-10, "float32": 1e-3}[dtype]
    assert 0 < report.largest_error < {"float64": 1e-13, "float32": 1e-5}[dtype]
    assert (report.largest_error > 1e-9) == (dtype == "float32")
    assert not check_gradients(net, tolerance=1e-20).ok


@pytest.mark.parametrize(
    "drawing",
    [
        gn.graphs.attention(2, 1, width=4, window=3),
        gn.graphs.continuous_time(2, 4, 1, tau=(2.0, 9.0), train_tau=True),
        gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1)),
        gn.graphs.lstm(1, 2, 1),
    ],
)
def test_drawings_of_many_kinds_agree(drawing: nx.DiGraph) -> None:
    assert assert_gradients(drawing, n_steps=4, max_entries=40).ok


def test_a_network_that_nothing_enters() -> None:
    drawing = nx.DiGraph([("a", "b"), ("b", "a")])
    nx.set_node_attributes(drawing, "output", "role")
    nx.set_node_attributes(drawing, 0.4, "initial")
    nx.set_edge_attributes(drawing, 1, "delay")
    report = check_gradients(drawing, seed=1)
    assert report.ok
    assert report.totals["input"] == (0, 0)
    assert report.totals["weight"] == (2, 2)


def test_a_network_that_learns_nothing() -> None:
    drawing = nx.DiGraph([("x", "y", {"weight": 2.0, "trainable": False})])
    drawing.nodes["x"]["role"] = "input"
    drawing.nodes["y"].update(role="output", bias=0.0, train_bias=False)
    report = check_gradients(drawing)
    assert report.ok
    assert {kind for kind, (compared, _) in report.totals.items() if compared} == {"input", "direction"}


def test_neurons_in_reversed_time() -> None:
    drawing = gn.graphs.bidirectional(gn.graphs.elman(1, 2, 1))
    report = check_gradients(drawing)
    assert report.ok
    assert report.totals["state"] == (0, 0)
    state = gn.compile(gn.graphs.elman(1, 2, 1), seed=0).state(3)
    with pytest.raises(gn.DataError, match="lives in reversed time"):
        check_gradients(drawing, state=state)


# --- custom data ----------------------------------------------------------------------------------------------------


def test_custom_inputs_lengths_and_state() -> None:
    net = gn.compile(everything(), seed=0)
    inputs = np.random.default_rng(0).standard_normal((2, 3, 1))
    state = net.run(np.ones((2, 5, 1)), return_state=True).state
    inputs[1, 2] = np.nan
    report = check_gradients(net, inputs, lengths=[3, 2], state=state)
    assert report.ok
    assert report.totals["input"] == (6, 6)
    assert report.totals["state"] == (10, 10)
    past_the_end = [entry for entry in report.entries if (entry.kind, entry.key) == ("input", ("x", 1, 2))]
    assert [(entry.backward, entry.complex_step) for entry in past_the_end] == [(0.0, 0.0)]
    # no gradient reaches initial through a given state
    assert [entry.complex_step for entry in report.entries if entry.kind == "initial"] == [0.0]


@pytest.mark.parametrize(
    ("loss", "targets"),
    [("mse", np.full((3, 4, 2), 0.3)), ("cross_entropy", [0, 1, 0]), ("binary_cross_entropy", np.ones((3, 4, 2)))],
)
def test_the_gradient_of_a_loss(loss: str, targets: Any) -> None:
    inputs = np.random.default_rng(0).standard_normal((3, 4, 2))
    report = check_gradients(gn.graphs.elman(2, 3, 2), inputs, targets, loss=loss, lengths=[2, 4, 3])
    assert report.ok, report
    assert report.totals["output"] == (24, 24)
    assert sum(entry.kind == "output" and entry.complex_step != 0 for entry in report.entries) >= 6


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss": "mse"}, "a loss needs targets"),
        ({"inputs": np.zeros((2, 3))}, r"inputs have shape \(2, 3\)"),
        ({"inputs": np.zeros((0, 3, 1))}, "at least one sample"),
        ({"inputs": np.float64(3)}, r"inputs have shape \(\)"),
        ({"inputs": np.zeros((2, 3, 1)), "lengths": [4, 1]}, r"lengths\[0\] is 4"),
        ({"inputs": np.zeros((2, 3, 1)), "targets": np.zeros((2, 3))}, r"targets: shape \(2, 3\)"),
        ({"inputs": np.zeros((2, 3, 1)), "targets": np.zeros((2, 3, 1)), "loss": "hinge"}, "loss: 'hinge'"),
        ({"state": gn.compile(gn.graphs.elman(1, 2, 1), seed=0).state(2)}, "state has 2 samples, the inputs have 3"),
        ({"state": gn.compile(gn.graphs.elman(1, 3, 1), seed=0).state(3)}, "state is of another network"),
        ({"n_samples": 0}, "n_samples=0"),
        ({"n_steps": 1.5}, "n_steps=1.5"),
        ({"max_entries": 0}, "max_entries=0"),
        ({"n_directions": -1}, "n_directions=-1"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_data_that_do_not_fit(options: dict[str, Any], says: str) -> None:
    with pytest.raises(gn.DataError, match=says):
        check_gradients(gn.compile(gn.graphs.elman(1, 2, 1), seed=0), **options)


def test_a_drawing_with_problems() -> None:
    with pytest.raises(gn.GraphError, match="zero-delay cycle"):
        check_gradients(nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0})]))


# --- gradients that are wrong -----------------------------------------------------------------------------------------


def test_a_wrong_gradient_is_found_and_named() -> None:
    drawing = everything()
    right = gn.compile(drawing, seed=0)
    for position, row in enumerate(right.parameter_table()):
        report = check_gradients(compiled(drawing, add_to_number(position, 1e-5)))
        assert not report.ok
        (named,) = [entry for entry in report.wrong if entry.kind != "direction"]
        assert (named.kind, named.key, named.tied) == (row.kind, row.key, row.tied)
        assert named.error > 1e-7
        assert report.largest_error == report.wrong[0].error >= named.error
        assert {entry.kind for entry in report.wrong} == {row.kind, "direction"}


@pytest.mark.parametrize("kind", ["input", "state"])
def test_a_wrong_gradient_of_inputs_and_states(kind: str) -> None:
    def change(gradients: Gradients) -> None:
        if kind == "input":
            gradients.inputs[2, 0, 0] += 1e-3
        else:
            gradients.history[2, 0] *= 1.001

    net = compiled(everything(), Wrong(change))
    state = net.state(1)
    state.history[:] = 0.5
    report = check_gradients(net, np.ones((1, 4, 1)), state=state)
    # history: x three steps ago, two steps ago and one
    expected = {"input": ("x", 0, 2), "state": ("x", 0, 1)}[kind]
    assert [(e.kind, e.key) for e in report.wrong if e.kind != "direction"] == [(kind, expected)]


def test_what_is_not_drawn_is_still_seen_along_directions() -> None:
    drawing = gn.graphs.lateral(1, 8, 1)
    position = 40
    key = gn.compile(drawing, seed=0).parameter_table()[position].key
    report = check_gradients(compiled(drawing, add_to_number(position, 0.5)), max_entries=1)
    assert key not in keys(report, "weight")
    assert {entry.kind for entry in report.wrong} == {"direction"}
    assert check_gradients(compiled(drawing, add_to_number(position, 0.5)), max_entries=1, n_directions=0).ok


def test_noise_where_no_output_depends_on_a_number() -> None:
    drawing = gn.graphs.elman(1, 2, 1)
    drawing.add_edge(("hidden", 0), "dead end", weight=1.0)
    right = gn.compile(drawing, seed=0)
    position = [row.key for row in right.parameter_table()].index((("hidden", 0), "dead end"))
    assert check_gradients(right).ok
    report = check_gradients(compiled(drawing, add_to_number(position, 1e-30)))
    assert [(entry.key, entry.error) for entry in report.wrong] == [((("hidden", 0), "dead end"), math.inf)]
    assert "no output depends on it, so that it has to be 0" in str(report)


def test_noise_in_the_padding() -> None:
    def change(gradients: Gradients) -> None:
        gradients.inputs[3, 0, 1] = 1e-30  # of the shorter one

    report = check_gradients(compiled(everything(), Wrong(change)), np.ones((2, 4, 1)), lengths=[4, 2])
    assert [(entry.kind, entry.key, entry.error) for entry in report.wrong] == [("input", ("x", 1, 3), math.inf)]


def test_a_small_error_beside_large_gradients_is_rounding() -> None:
    report = check_gradients(compiled(everything(), add_to_number(0, 1e-14)))
    assert report.ok


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_wrong(value: float) -> None:
    report = check_gradients(compiled(everything(), add_to_number(3, value)))
    assert not report.ok
    assert any(e.kind == "weight" and not np.isfinite(e.backward) for e in report.wrong)
    assert not report.largest_error <= 1e-10
    assert "DISAGREE" in str(report)


@pytest.mark.filterwarnings("error")
def test_a_network_that_overflows_is_wrong_and_no_warning() -> None:
    drawing = one_neuron("identity")
    drawing.add_edge("h", "h", weight=1e200)
    report = check_gradients(drawing)
    assert not report.ok


def test_assert_gradients_raises_with_the_report() -> None:
    assert assert_gradients(everything()).ok
    net = compiled(everything(), add_to_number(0, 1.0))
    with pytest.raises(AssertionError) as caught:
        assert_gradients(net, seed=4, n_directions=2)
    assert str(caught.value) == str(check_gradients(net, seed=4, n_directions=2))


# --- kinks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "z", "slope"),
    [("relu", 0.0, 0.0), ("leaky_relu", 0.0, 0.01), ("hard_tanh", 1.0, 0.0), ("hard_tanh", -1.0, 0.0)],
)
def test_a_neuron_at_its_kink(activation: str, z: float, slope: float) -> None:
    inputs = np.full((2, 3, 1), 0.25)
    inputs[0, 1:], inputs[1, 2] = z, z
    report = check_gradients(one_neuron(activation), inputs, np.ones((2, 3, 1)))
    (kink,) = report.kinks
    assert kink == ("h", activation, 0, 1, z, 3, True)
    assert report.ok
    assert not report.derivatives
    # the derivative is that of the language, neither the left nor the right one, also along directions
    found = {entry.key: entry for entry in report.entries if entry.kind == "input"}
    output = next(entry for entry in report.entries if entry.kind == "output" and entry.key == ("y", 0, 1))
    assert found["x", 0, 1].complex_step == pytest.approx(slope * output.complex_step)
    assert sum(entry.kind == "direction" for entry in report.entries) == 5


def test_what_is_near_a_kink_but_not_at_it() -> None:
    inputs = np.array([[[1e-17], [-1e-12], [0.0], [1e-6]]])
    report = check_gradients(one_neuron("relu"), inputs, np.ones((1, 4, 1)))
    assert report.ok
    assert report.kinks == [("h", "relu", 0, 0, 1e-17, 3, False)]
    assert "rounding may take it to either side" in str(report)
    assert not check_gradients(one_neuron("relu"), inputs[:, 3:], np.ones((1, 1, 1))).kinks
    single = gn.compile(one_neuron("relu"), dtype="float32")
    assert check_gradients(single, inputs, np.ones((1, 4, 1))).kinks[0].times == 4


@REGISTERS
def test_kinks_of_a_custom_activation() -> None:
    def triangle(z: np.ndarray) -> np.ndarray:
        return np.where(z.real < 0.5, z, 1 - z)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.where(z.real < 0.5, 1.0, -1.0).astype(z.dtype)

    gn.activations.register("triangle", triangle, slope, kinks=[0.5])
    report = check_gradients(one_neuron("triangle"), np.full((1, 2, 1), 0.5), np.ones((1, 2, 1)))
    assert report.ok
    assert [kink[:6] for kink in report.kinks] == [("h", "triangle", 0, 0, 0.5, 2)]


# --- custom activations ---------------------------------------------------------------------------------------------


@REGISTERS
def test_a_wrong_derivative_is_pointed_at() -> None:
    gn.activations.register("cube", lambda z: z**3, lambda z: np.where(z.real > 1, 2 * z**2, 3 * z**2))
    inputs = np.array([[[0.5], [-1.0], [0.25]], [[-2.0], [1.5], [-3.0]]])
    report = check_gradients(one_neuron("cube"), inputs, np.ones((2, 3, 1)))
    assert not report.ok
    (wrong,) = report.derivatives
    assert wrong[:6] == ("cube", "h", 1, 1, 1.5, 4.5)
    assert wrong.complex_step == pytest.approx(6.75, rel=1e-14)
    assert wrong.difference == pytest.approx(6.75, rel=1e-6)
    assert not wrong.drops_imaginary
    assert str(wrong) == (
        "activation 'cube': its derivative is not that of its function, at z = 1.5 of 'h' (sample 1, step 1): "
        "derivative 4.5, complex step 6.75, difference 6.75"
    )
    assert str(wrong) in str(report)
    assert {entry.key for entry in report.wrong if entry.kind == "input"} == {("x", 1, 1)}
    # right derivatives are not reported
    assert check_gradients(one_neuron("cube"), inputs[:1], np.ones((1, 3, 1))).ok


@REGISTERS
def test_a_derivative_that_is_slightly_wrong_is_not_said_to_drop_anything() -> None:
    gn.activations.register("cube", lambda z: z**3, lambda z: 3 * z**2 + 1e-7)
    (wrong,) = check_gradients(one_neuron("cube")).derivatives
    assert not wrong.drops_imaginary
    assert "its derivative is not that of its function" in str(wrong)


@REGISTERS
def test_a_derivative_that_is_wrong_where_no_output_looks() -> None:
    gn.activations.register("cube", lambda z: z**3, lambda z: 2 * z**2)
    drawing = one_neuron("tanh")
    drawing.add_node("dead end", activation="cube", bias=0.0)
    drawing.add_edge("x", "dead end", weight=1.0)
    report = check_gradients(drawing)
    assert not report.wrong
    assert not report.ok
    assert str(report).startswith("gradients agree, but the derivative of an activation is wrong")


@REGISTERS
def test_a_derivative_that_is_nan() -> None:
    gn.activations.register("root", lambda z: np.sqrt(z), lambda z: 0.5 / np.sqrt(z) * np.where(z > 1, np.nan, 1))
    report = check_gradients(one_neuron("root"), np.array([[[0.5], [2.0], [0.7]]]), np.ones((1, 3, 1)))
    assert [wrong[:5] for wrong in report.derivatives] == [("root", "h", 0, 1, 2.0)]
    assert not report.ok


@REGISTERS
def test_a_function_that_drops_the_imaginary_part_is_no_wrong_derivative() -> None:
    gn.activations.register("size", lambda z: np.abs(z), lambda z: np.sign(z.real).astype(z.dtype), kinks=[0.0])
    report = check_gradients(one_neuron("size"))
    (wrong,) = report.derivatives
    assert not report.ok
    assert wrong.drops_imaginary
    assert abs(wrong.derivative) == 1
    assert wrong.complex_step == 0
    assert wrong.difference == pytest.approx(wrong.derivative, rel=1e-6)
    assert "its function drops the imaginary part, which a gradient check needs" in str(wrong)
    assert "do not use abs, compare z.real" in str(wrong)


@REGISTERS
@pytest.mark.parametrize(
    ("function", "says"),
    [
        (np.vectorize(math.erf, otypes=[float]), "must be real number, not complex"),
        (erfcx, None),  # complex, and derivative in real numbers only
        (np.cbrt, "not supported for the input types"),
        (lambda z: z.astype(np.float64), "discards the imaginary part"),
    ],
)
def test_a_function_that_takes_no_complex_numbers(function: Callable[[Any], Any], says: str | None) -> None:
    slope = np.vectorize(lambda z: 2 * z * erfcx(z) - 2 / math.sqrt(math.pi), otypes=[float])
    gn.activations.register("mine", function, slope)
    if says is None:
        assert check_gradients(one_neuron("mine")).ok
        return
    with pytest.raises(gn.DataError, match="activation 'mine' cannot be computed in complex numbers") as caught:
        check_gradients(one_neuron("mine"))
    assert says in str(caught.value)


@REGISTERS
def test_a_right_custom_activation() -> None:
    gn.activations.register(
        "normal cdf", lambda z: 0.5 + 0.5 * erf(z / np.sqrt(2)), lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    )
    report = check_gradients(one_neuron("normal cdf"))
    assert report.ok
    assert report.largest_error < 1e-13


# --- custom losses --------------------------------------------------------------------------------------------------


def quartic(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return the sum of the fourth powers of the errors, and its gradient."""
    error = np.where(mask[:, :, None], outputs - targets, 0)
    return (error**4).sum(), 4 * error**3


def check_loss(loss: Callable[..., Any], **options: Any) -> GradientReport:
    inputs = np.random.default_rng(0).standard_normal((2, 3, 1))
    return check_gradients(one_neuron("tanh"), inputs, np.ones((2, 3, 1)), loss=loss, lengths=[3, 2], **options)


def test_a_custom_loss() -> None:
    assert check_loss(quartic).ok


def test_a_loss_with_a_wrong_gradient_is_found() -> None:
    def wrong(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[Any, np.ndarray]:
        value, gradient = quartic(outputs, targets, mask)
        gradient[1, 1] *= 1.1
        return value, gradient

    report = check_loss(wrong)
    # the rest is compared for the gradient that the loss returned
    assert [(entry.kind, entry.key) for entry in report.wrong] == [("output", ("y", 1, 1))]
    assert report.wrong[0].backward == pytest.approx(1.1 * report.wrong[0].complex_step)


def test_a_loss_with_a_gradient_past_the_end() -> None:
    def wrong(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[Any, np.ndarray]:
        value, gradient = quartic(outputs, targets, mask)
        gradient[1, 2] = 1e-20
        return value, gradient

    assert [(e.kind, e.key, e.error) for e in check_loss(wrong).wrong] == [("output", ("y", 1, 2), math.inf)]


def test_a_loss_whose_gradient_is_nan() -> None:
    def wrong(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[Any, np.ndarray]:
        value, gradient = quartic(outputs, targets, mask)
        gradient[0, 0] = np.nan
        return value, gradient

    report = check_loss(wrong)
    assert [(entry.kind, entry.key) for entry in report.wrong] == [("output", ("y", 0, 0))]
    assert math.isnan(report.largest_error)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (lambda error: float((error**2).sum()), "discards the imaginary part"),
        (lambda error: np.abs(error).sum(), "for complex outputs it returns a real number; do not use abs"),
        (lambda error: math.fsum(error.ravel().tolist()), "must be real number, not complex"),
    ],
)
def test_a_loss_that_cannot_be_complex(value: Callable[[np.ndarray], Any], says: str) -> None:
    with pytest.raises(gn.DataError, match="the loss cannot be computed in complex numbers") as caught:
        check_loss(lambda outputs, targets, mask: (value(outputs - targets), np.sign((outputs - targets).real)))
    assert says in str(caught.value)


def test_a_loss_whose_gradient_has_another_shape() -> None:
    with pytest.raises(gn.DataError, match=r"the gradient of the loss has shape \(2, 3\), not that of the outputs"):
        check_loss(lambda outputs, targets, mask: (outputs.sum(), outputs[..., 0]))


# --- other parameters -------------------------------------------------------------------------------------------------


def test_parameters_drawn_anew_are_like_the_networks_own() -> None:
    drawing = gn.graphs.lateral(4, 60, 4)
    nx.set_node_attributes(drawing, {node: 5.0 + i / 50 for i, node in enumerate(drawing)}, "tau")
    for _, said in drawing.nodes(data=True):
        if said.get("role") == "input":
            del said["tau"]
        else:
            said.update(train_tau=True, bias=0.0)
    net = gn.compile(drawing, seed=0)
    kinds, before, after = net.parameter_table().kind, net.parameters, redraw_parameters(net, 1)
    assert after.shape == before.shape
    assert np.array_equal(after, redraw_parameters(net, 1))
    assert not (after == before).any()
    assert not (after == redraw_parameters(net, 2)).any()
    for kind, spread in (("weight", before[kinds == "weight"].std()), ("tau", before[kinds == "tau"].std())):
        assert after[kinds == kind].std() == pytest.approx(spread, rel=0.25)
        assert after[kinds == kind].mean() == pytest.approx(before[kinds == kind].mean(), abs=spread)
    # biases are all 0
    assert after[kinds == "bias"].std() == pytest.approx(0.5, rel=0.25)
    assert (redraw_parameters(net, 1) == after).all()
    assert net.parameters is before


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_drawn_anew_keep_their_bounds(dtype: str) -> None:
    drawing = nx.DiGraph()
    drawing.add_node("x", role="input")
    for i in range(40):
        drawing.add_node(i, role="output", tau=1.0 + i % 2, train_tau=True)
        drawing.add_edge("x", i, weight=[0.5, -0.5][i % 2], sign=[1, -1][i % 2])
    net = gn.compile(drawing, dtype=dtype)
    least, greatest = net.bounds.T
    for seed in range(10):
        values = redraw_parameters(net, seed)
        assert values.dtype == dtype
        assert (values >= least).all()
        assert (values <= greatest).all()
        weights = values[net.parameter_table().kind == "weight"]
        # reflected, and not clipped to 0, where the synapse would vanish
        assert np.count_nonzero(weights) == 40
        net.parameters = values


def test_a_network_without_parameters_has_none_to_draw() -> None:
    drawing = nx.DiGraph([("x", "y", {"weight": 2.0, "trainable": False})])
    drawing.nodes["x"]["role"] = "input"
    drawing.nodes["y"].update(role="output", bias=0.0, train_bias=False)
    assert redraw_parameters(gn.compile(drawing)).shape == (0,)
    with pytest.raises(gn.DataError, match="seed=-1"):
        redraw_parameters(gn.compile(drawing), -1)
