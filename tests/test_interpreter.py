"""The interpreter compared with numbers that were found by hand."""

from __future__ import annotations

import cmath
import math
import time

import networkx as nx
import numpy as np
import pytest

from .interpreter import ACTIVATIONS, interpret, nudge, read

H = 1e-30


def drawing(*edges, multi=False, **nodes):
    """Return a graph of nodes, given as keyword arguments, and edges (source, target, attributes)."""
    graph = nx.MultiDiGraph() if multi else nx.DiGraph()
    for node, said in nodes.items():
        graph.add_node(node, **said)
    for source, target, said in edges:
        graph.add_edge(source, target, **said)
    return graph


X = {"role": "input"}
Y = {"role": "output"}
LINE = {"activation": "identity"}


def outputs(graph, xs, **options):
    """Return the only output, for one sample of one input."""
    return interpret(graph, np.reshape(xs, (1, -1, 1)), **options).outputs[0, :, 0].tolist()


# --- delays ----------------------------------------------------------------------------------------------------------


def test_forward_takes_no_step_and_scale_multiplies():
    graph = drawing(("x", "y", {"weight": 2.0, "scale": -3.0}), x=X, y={**Y, "bias": 0.5})
    assert outputs(graph, [1.0, 2.0]) == [-5.5, -11.5]


def test_hidden_tanh_and_output_identity_by_default():
    graph = drawing(("x", "h", {"weight": 1.0}), ("h", "y", {"weight": 2.0}), x=X, h={}, y=Y)
    assert outputs(graph, [0.5]) == pytest.approx([2 * math.tanh(0.5)], rel=1e-15)


def test_self_loop_takes_one_step_from_initial():
    # y = x + 0.5 y(t-1), y(-1) = 4
    graph = drawing(("x", "y", {"weight": 1.0}), ("y", "y", {"weight": 0.5}), x=X, y={**Y, "initial": 4.0})
    assert outputs(graph, [1.0, 1.0, 1.0]) == [3.0, 2.5, 2.25]


def test_lateral_and_backward_take_one_step():
    # a and b share layer 0; y comes after them
    graph = drawing(
        ("x", "a", {"weight": 1.0}),
        ("a", "b", {"weight": 1.0}),
        ("y", "a", {"weight": 10.0}),
        ("b", "y", {"weight": 1.0}),
        x=X,
        a=LINE,
        b=LINE,
        y=Y,
    )
    # a: 1, 0 + 10*0, 10*1 ; b = a one step before; y = b
    assert outputs(graph, [1.0, 0.0, 0.0, 0.0]) == [0.0, 1.0, 0.0, 10.0]


def test_layers_order():
    # b (layer -1) comes before a (no layer: 0); y in layer 0 too, so a -> y takes a step
    graph = drawing(
        ("x", "b", {"weight": 1.0}),
        ("b", "a", {"weight": 1.0}),
        ("a", "y", {"weight": 1.0}),
        x={**X, "layer": 7},
        a=LINE,
        b={**LINE, "layer": -1},
        y={**Y, "layer": 0},
    )
    assert outputs(graph, [1.0, 2.0, 3.0]) == [0.0, 1.0, 2.0]


def test_declared_delays_and_inputs_that_are_zero_before():
    graph = drawing(("x", "y", {"weight": 1.0, "delay": 2}), x=X, y=Y)
    assert outputs(graph, [1.0, 2.0, 3.0, 4.0]) == [0.0, 0.0, 1.0, 2.0]


def test_initial_is_the_value_of_every_step_before():
    graph = drawing(("h", "y", {"weight": 1.0, "delay": 2}), x=X, h={"bias": 100.0, **LINE, "initial": 7.0}, y=Y)
    assert outputs(graph, [0.0] * 3) == [7.0, 7.0, 100.0]


def test_parallel_synapses_add_up():
    graph = drawing(("x", "y", {"weight": 1.0}), ("x", "y", {"weight": 10.0, "delay": 1}), multi=True, x=X, y=Y)
    assert outputs(graph, [1.0, 2.0, 3.0]) == [1.0, 12.0, 23.0]


def test_columns_follow_the_order_of_the_nodes():
    graph = drawing(("b", "p", {"weight": 1.0}), ("a", "q", {"weight": 1.0}), q=Y, b=X, p=Y, a=X)
    trace = interpret(graph, [[[1.0, 2.0]]])
    assert trace.outputs.tolist() == [[[2.0, 1.0]]]
    assert trace.values["b"].tolist() == [[1.0]]


def test_a_zero_delay_cycle_is_noticed():
    graph = drawing(("a", "y", {"weight": 1.0, "delay": 0}), ("y", "a", {"weight": 1.0, "delay": 0}), x=X, a={}, y=Y)
    with pytest.raises(ValueError, match="zero-delay cycle"):
        outputs(graph, [0.0])


# --- gates -----------------------------------------------------------------------------------------------------------


def test_a_gate_multiplies_and_an_input_gates_at_once():
    graph = drawing(("a", "y", {"weight": 2.0, "gate": "b"}), a=X, b=X, y={**Y, "bias": 1.0})
    assert interpret(graph, [[[3.0, 5.0], [1.0, -1.0]]]).outputs[0, :, 0].tolist() == [31.0, -1.0]


def test_gate_delay_by_default_follows_the_layers():
    # h -> y forward (0 steps); y gates itself (1 step)
    graph = drawing(("x", "y", {"weight": 1.0, "gate": "y"}), x=X, y={**Y, "initial": 2.0})
    assert outputs(graph, [1.0, 3.0, 1.0]) == [2.0, 6.0, 6.0]


def test_declared_gate_delay():
    graph = drawing(("x", "y", {"weight": 1.0, "gate": "x", "gate_delay": 1}), x=X, y=Y)
    assert outputs(graph, [2.0, 3.0, 4.0]) == [0.0, 6.0, 12.0]


# --- leak, tau, onset ------------------------------------------------------------------------------------------------


def test_leak():
    # y(t) = 3/4 y(t-1) + 1/4 x, y(-1) = 8
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "leak": 0.25, "initial": 8.0})
    assert outputs(graph, [0.0, 4.0]) == [6.0, 5.5]


def test_leak_comes_after_the_activation():
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "leak": 0.5, "activation": "relu", "initial": 8.0})
    assert outputs(graph, [-100.0, 2.0]) == [4.0, 3.0]


def test_a_leak_of_1_goes_on_from_its_past_only_where_it_is_learnt():
    """A history without a value is enough for the one, and not for the other."""
    for said, needs_its_past in (({}, False), ({"train_leak": False}, False), ({"train_leak": True}, True)):
        graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "leak": 1.0, **said})
        assert outputs(graph, [3.0, 4.0]) == [3.0, 4.0]
        without = {"x": np.zeros((1, 0)), "y": np.zeros((1, 0))}
        if needs_its_past:
            with pytest.raises(ValueError, match="the history of 'y' has 0 values"):
                interpret(graph, [[[3.0]]], history=without)
        else:
            assert interpret(graph, [[[3.0]]], history=without).outputs.item() == 3.0


def test_derivative_with_respect_to_a_leak():
    # y(1) = (1 - a) y(0) + a x(1), y(0) = (1 - a) y(-1) + a x(0); at a = 1: dy(1)/da = x(1) - x(0)
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "train_leak": True, "initial": 8.0})
    found = interpret(nudge(graph, "leak", "y", 1e-30j), [[[3.0], [5.0]]]).outputs.imag / 1e-30
    assert found.ravel().tolist() == [3.0 - 8.0, 5.0 - 3.0]


def test_ties_share_whether_a_leak_is_learnt():
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "tie": "t"}, h={"tie": "t", "train_leak": True})
    assert read(graph)["y"].train_leak


def test_tau():
    # s(t) = s + dt/tau (x - s): from 1, half way to x each step; y = relu(s)
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "tau": 4.0, "activation": "relu", "initial": 1.0})
    assert outputs(graph, [3.0, -6.0, 4.0], dt=2.0) == [2.0, 0.0, 1.0]


def test_initial_of_a_tau_neuron_is_of_its_state():
    graph = drawing(
        ("h", "y", {"weight": 1.0, "delay": 1}), x=X, h={"tau": 2.0, "activation": "relu", "initial": -3.0}, y=Y
    )
    assert outputs(graph, [0.0]) == [0.0]


def test_onset():
    graph = drawing(("x", "y", {"weight": 1.0}), ("y", "y", {"weight": 1.0}), x=X, y={**Y, "onset": 2, "initial": 5.0})
    assert outputs(graph, [1.0, 1.0, 1.0, 1.0]) == [5.0, 5.0, 6.0, 7.0]
    assert outputs(graph, [1.0, 1.0], steps=1) == [5.0, 6.0]


def test_leak_goes_on_from_initial_at_onset():
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "onset": 1, "initial": 5.0, "leak": 0.5})
    assert outputs(graph, [1.0, 1.0]) == [5.0, 3.0]


# --- reversed time ---------------------------------------------------------------------------------------------------


def test_reverse_starts_at_the_end():
    # y(t) = x(t) + y(t+1), y(3) = 100
    graph = drawing(
        ("x", "y", {"weight": 1.0}), ("y", "y", {"weight": 1.0}), x=X, y={**Y, "reverse": True, "initial": 100.0}
    )
    assert outputs(graph, [1.0, 2.0, 3.0]) == [106.0, 105.0, 103.0]


def test_reverse_reads_inputs_later_and_zero_after_the_end():
    graph = drawing(("x", "y", {"weight": 1.0, "delay": 1}), x=X, y={**Y, "reverse": True})
    assert outputs(graph, [1.0, 2.0, 3.0]) == [2.0, 3.0, 0.0]


def test_time_belongs_to_the_target():
    # h reverse; y forward reads h two steps before, where h = initial
    graph = drawing(
        ("x", "h", {"weight": 1.0}),
        ("h", "y", {"weight": 1.0, "delay": 2}),
        x=X,
        h={**LINE, "reverse": True, "initial": 9.0},
        y=Y,
    )
    assert outputs(graph, [1.0, 2.0, 3.0]) == [9.0, 9.0, 1.0]
    # and a reverse target reads a forward source later, initial after the end
    graph.nodes["h"]["reverse"] = False
    graph.nodes["y"]["reverse"] = True
    assert outputs(graph, [1.0, 2.0, 3.0]) == [3.0, 9.0, 9.0]


def test_gates_onset_leak_and_tau_of_reverse_neurons():
    graph = drawing(("x", "y", {"weight": 1.0, "gate": "x", "gate_delay": 1}), x=X, y={**Y, "reverse": True})
    assert outputs(graph, [2.0, 3.0, 4.0]) == [6.0, 12.0, 0.0]
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "reverse": True, "onset": 1, "initial": 7.0})
    assert outputs(graph, [2.0, 3.0, 4.0]) == [2.0, 3.0, 7.0]
    graph.nodes["y"].update(onset=0, leak=0.5)
    assert outputs(graph, [2.0, 3.0]) == [3.5, 5.0]
    graph.nodes["y"].update(leak=1.0, tau=2.0)
    assert outputs(graph, [2.0, 3.0]) == [3.5, 5.0]


# --- groups ----------------------------------------------------------------------------------------------------------


def group_of_three(activation, **third):
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for name, bias in (("p", 0.0), ("q", math.log(2)), ("r", math.log(5))):
        graph.add_node(name, role="output", activation=activation, group="G", bias=bias)
    graph.nodes["r"].update(third)
    return graph


def test_softmax():
    assert interpret(group_of_three("softmax"), [[[0.0]]]).outputs[0, 0] == pytest.approx([1 / 8, 2 / 8, 5 / 8])


def test_softmax_leaves_out_who_has_not_begun():
    found = interpret(group_of_three("softmax", onset=1, initial=-4.0), [[[0.0], [0.0]]]).outputs[0]
    assert found[0] == pytest.approx([1 / 3, 2 / 3, -4.0])
    assert found[1] == pytest.approx([1 / 8, 2 / 8, 5 / 8])


def test_leak_comes_after_the_group():
    found = interpret(group_of_three("softmax", leak=0.5, initial=1.0), [[[0.0]]]).outputs[0, 0]
    assert found == pytest.approx([1 / 8, 2 / 8, 0.5 + 5 / 16])


def test_softmax_of_large_numbers():
    graph = group_of_three("softmax", bias=1000.0)
    assert interpret(graph, [[[0.0]]]).outputs[0, 0].tolist() == [0.0, 0.0, 1.0]


def test_standardize():
    # 1, 3, 5: mean 3, population variance 8/3
    graph = group_of_three("standardize")
    for name, bias in (("p", 1.0), ("q", 3.0), ("r", 5.0)):
        graph.nodes[name]["bias"] = bias
    expected = 2 / math.sqrt(8 / 3 + 1e-5)
    assert interpret(graph, [[[0.0]]]).outputs[0, 0] == pytest.approx([-expected, 0.0, expected], rel=1e-14)


# --- batches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
def test_a_padded_batch_means_what_each_sequence_means(reverse):
    graph = drawing(
        ("x", "y", {"weight": 1.0}),
        ("y", "y", {"weight": 1.0}),
        x=X,
        y={**Y, "reverse": reverse, "initial": 10.0, "onset": 1},
    )
    inputs = np.array([[[1.0], [2.0], [4.0]], [[3.0], [5.0], [math.nan]]])
    trace = interpret(graph, inputs, lengths=[3, 2])
    assert trace.outputs[1, :2, 0].tolist() == outputs(graph, [3.0, 5.0])
    assert trace.outputs[1, 2, 0] == 0.0
    assert trace.values["x"].tolist() == [[1.0, 2.0, 4.0], [3.0, 5.0, 0.0]]
    assert trace.outputs[1, :2, 0].tolist() == ([13.0, 10.0] if reverse else [10.0, 15.0])


def test_history_continues_a_run():
    graph = drawing(
        ("x", "h", {"weight": 0.7, "delay": 2}),
        ("h", "h", {"weight": -0.6, "delay": 3}),
        ("h", "y", {"weight": 1.1, "gate": "c", "gate_delay": 2}),
        ("y", "c", {"weight": 0.3}),
        x=X,
        h={"initial": 0.4, "leak": 0.8, "onset": 3},
        c={"tau": 3.0, "initial": -0.2},
        y=Y,
    )
    inputs = np.array([[[0.3], [-0.7], [0.9], [0.2], [0.5], [-0.4]]])
    whole = interpret(graph, inputs).outputs
    first = interpret(graph, inputs[:, :2])
    history = {node: first.history(node, 3) for node in graph}
    second = interpret(graph, inputs[:, 2:], history=history, steps=2)
    np.testing.assert_array_equal(np.concatenate([first.outputs, second.outputs], axis=1), whole)
    np.testing.assert_array_equal(first.history("h", 3), [[0.4, 0.4, 0.4]])


def test_history_is_at_each_samples_own_end():
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y={**Y, "initial": 9.0})
    trace = interpret(graph, [[[1.0], [2.0], [3.0]], [[4.0], [math.nan], [math.nan]]], lengths=[3, 1])
    assert trace.history("y", 2).tolist() == [[2.0, 3.0], [9.0, 4.0]]
    assert trace.history("x", 2).tolist() == [[2.0, 3.0], [0.0, 4.0]]


def test_a_history_that_is_not_deep_enough():
    graph = drawing(("y", "y", {"weight": 1.0, "delay": 2}), x=X, y=Y)
    assert outputs(graph, [0.0, 0.0], history={"y": [[3.0, 4.0]]}) == [3.0, 4.0]
    with pytest.raises(ValueError, match="history of 'y' has 1 values"):
        outputs(graph, [0.0, 0.0], history={"y": [[4.0]]})


# --- ties, parameters, complex steps ---------------------------------------------------------------------------------


def test_a_tie_hands_down_what_one_member_declares():
    graph = drawing(("x", "y", {"weight": 3.0, "tie": "w"}), ("y", "y", {"tie": "w", "scale": -1.0}), x=X, y=Y)
    assert outputs(graph, [1.0, 1.0]) == [3.0, -6.0]
    nudged = nudge(graph, "weight", "w", H * 1j, tied=True)
    # y(0) = w x, y(1) = w x - w y(0) = w - w^2: 1 - 2w
    assert interpret(nudged, [[[1.0], [1.0]]]).outputs[0, :, 0].imag / H == pytest.approx([1.0, -5.0])


def test_nudging_each_kind():
    graph = drawing(("x", "y", {"weight": 3.0}), ("y", "y", {"weight": 0.5}), multi=True, x=X, y={**Y, "initial": 2.0})

    def slope(kind, key):
        return interpret(nudge(graph, kind, key, H * 1j), [[[1.0], [1.0]]]).outputs[0, :, 0].imag / H

    assert slope("weight", ("x", "y", 0)).tolist() == [1.0, 1.5]
    # y(0) = 3 + 2v, y(1) = 3 + v(3 + 2v): 2, 3 + 4v
    assert slope("weight", ("y", "y", 0)).tolist() == pytest.approx([2.0, 5.0])
    assert slope("bias", "y").tolist() == [1.0, 1.5]
    assert slope("initial", "y").tolist() == [0.5, 0.25]
    assert graph.nodes["y"] == {"role": "output", "initial": 2.0}

    graph.nodes["y"]["tau"] = 2.0
    # s(0) = s + (z - s)/tau with z = 3 + 0.5 * 2 = 4, s = 2: -(z - s)/tau^2
    assert slope("tau", "y")[0] == pytest.approx(-0.5)


def test_results_are_real_unless_something_is_complex():
    graph = drawing(("x", "y", {"weight": 1.0}), x=X, y=Y)
    assert interpret(graph, [[[1.0]]]).outputs.dtype == np.float64
    assert interpret(graph, [[[1.0 + 0j]]]).outputs.dtype == np.complex128
    assert interpret(graph, [[[1.0]]], history={"y": [[1j]]}).values["y"].dtype == np.complex128


def reference(name, z):
    """Return the textbook's formula and its derivative."""
    e = math.exp
    return {
        "identity": lambda: (z, 1.0),
        "tanh": lambda: (math.tanh(z), 1 / math.cosh(z) ** 2),
        "sigmoid": lambda: (1 / (1 + e(-z)), e(-z) / (1 + e(-z)) ** 2),
        "relu": lambda: (max(z, 0.0), float(z > 0)),
        "leaky_relu": lambda: (z if z > 0 else 0.01 * z, 1.0 if z > 0 else 0.01),
        "elu": lambda: (z if z > 0 else e(z) - 1, 1.0 if z > 0 else e(z)),
        "softplus": lambda: (math.log(1 + e(z)), 1 / (1 + e(-z))),
        "gelu": lambda: (
            z * (1 + math.erf(z / math.sqrt(2))) / 2,
            (1 + math.erf(z / math.sqrt(2))) / 2 + z * e(-z * z / 2) / math.sqrt(2 * math.pi),
        ),
        "sin": lambda: (math.sin(z), math.cos(z)),
        "gaussian": lambda: (e(-z * z), -2 * z * e(-z * z)),
        "hard_tanh": lambda: (min(max(z, -1.0), 1.0), float(-1 < z < 1)),
    }[name]()


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("z", [-3.0, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5])
def test_activations_and_their_slopes(name, z):
    found = ACTIVATIONS[name](complex(z, H))
    value, slope = reference(name, z)
    assert found.real == pytest.approx(value, rel=1e-14, abs=1e-15)
    assert found.imag / H == pytest.approx(slope, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"relu", "leaky_relu", "hard_tanh"}))
def test_activations_are_holomorphic(name):
    # f' along the imaginary axis is f' along the real one, at points well off the real axis too
    f, z, h = ACTIVATIONS[name], complex(-0.7, 0.4), 1e-5
    along_real = (f(z + h) - f(z - h)) / (2 * h)
    along_imaginary = (f(z + h * 1j) - f(z - h * 1j)) / (2j * h)
    assert along_real == pytest.approx(along_imaginary, rel=1e-8)


def test_far_from_zero():
    sigmoid, softplus, gelu = ACTIVATIONS["sigmoid"], ACTIVATIONS["softplus"], ACTIVATIONS["gelu"]
    assert [sigmoid(-1000 + 0j), sigmoid(1000 + 0j)] == [0.0, 1.0]
    assert [softplus(-1000 + 0j), softplus(1000 + 0j)] == [0.0, 1000.0]
    assert [softplus(complex(z, H)).imag for z in (-1000, 1000)] == [0.0, H]
    assert [sigmoid(complex(z, H)).imag for z in (-1000, 1000)] == [0.0, 0.0]
    assert [gelu(complex(z, H)) for z in (-1000, 1000)] == [0.0, complex(1000, H)]
    assert softplus(-50 + 0j).real == pytest.approx(math.exp(-50), rel=1e-14)
    for f in ACTIVATIONS.values():
        assert all(cmath.isfinite(f(complex(z, H))) for z in (-1000, 1000))


def test_it_is_fast_enough_and_deep_enough():
    graph = nx.DiGraph()
    names = [*"abcdef"]
    graph.add_node("a", role="input")
    for name in names[1:]:
        graph.add_node(name, role="output", reverse=True, leak=0.5)
    graph.add_edges_from(((u, v) for u in names for v in names[3:]), weight=0.3)
    start = time.perf_counter()
    interpret(graph, np.ones((3, 6, 1)))
    assert time.perf_counter() - start < 0.1
    assert interpret(graph, np.ones((1, 3000, 1))).outputs.shape == (1, 3000, 5)
