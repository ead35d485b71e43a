"""The functions of neurons: values against their formulas, slopes against the complex step, and your own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.language.activations import (
    ACTIVATION_NAMES,
    ACTIVATIONS,
    GROUP_ACTIVATIONS,
    OVER_GROUPS,
    POINTWISE,
    register,
)

STEP = 1e-30

FORMULAS = {
    "identity": lambda z: z,
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z)),
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
    "gelu": lambda z: z * 0.5 * (1 + math.erf(z / math.sqrt(2))),
    "sin": math.sin,
    "gaussian": lambda z: math.exp(-z * z),
    "hard_tanh": lambda z: min(max(z, -1.0), 1.0),
}
GRID = np.concatenate([np.linspace(-6, 6, 97) + 0.003, [-40.0, -1e-9, 1e-9, 40.0]])

each_activation = pytest.mark.parametrize("name", POINTWISE)


def slope(name: str, z: np.ndarray) -> np.ndarray:
    activation = ACTIVATIONS[name]
    return activation.derivative(activation.function(z) if activation.from_output else z)


def test_every_name_of_the_language_has_a_function_and_a_formula_here() -> None:
    assert set(POINTWISE) == set(FORMULAS)
    assert set(POINTWISE) <= set(ACTIVATIONS)


@each_activation
def test_values_follow_the_formula(name: str) -> None:
    expected = np.array([FORMULAS[name](z) for z in GRID.tolist()])
    np.testing.assert_allclose(ACTIVATIONS[name].function(GRID), expected, rtol=1e-14, atol=1e-15)


@each_activation
def test_the_derivative_is_that_of_the_function(name: str) -> None:
    expected = ACTIVATIONS[name].function(GRID + STEP * 1j).imag / STEP
    np.testing.assert_allclose(slope(name, GRID), expected, rtol=1e-12, atol=1e-14)


@each_activation
def test_the_derivative_is_analytic_too(name: str) -> None:
    """Catches a derivative that drops the imaginary part, which Hessian products need."""
    inside = GRID[(np.abs(GRID) < 7) & (np.abs(GRID) > 1e-3)]
    h = 1e-6
    second = slope(name, inside + STEP * 1j).imag / STEP
    expected = (slope(name, inside + h) - slope(name, inside - h)) / (2 * h)
    np.testing.assert_allclose(second, expected, rtol=1e-6, atol=1e-8)


@each_activation
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_the_dtype_stays(name: str, dtype: str) -> None:
    z = np.array([[-1.5, 0.0, 0.25]], dtype)
    for array in (ACTIVATIONS[name].function(z), slope(name, z)):
        assert array.dtype == dtype
        assert array.shape == z.shape


@each_activation
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_nothing_overflows_far_out(name: str, dtype: str) -> None:
    """No warning, and the limit itself, at |z| = 1000."""
    z = np.array([-1000.0, 1000.0], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        values, slopes = ACTIVATIONS[name].function(z), slope(name, z)
    assert np.isfinite(values).all()
    assert np.isfinite(slopes).all()
    np.testing.assert_allclose(values.real, [FORMULAS[name](-1000.0), FORMULAS[name](1000.0)], rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize(
    ("name", "kink", "expected"),
    [("relu", 0.0, 0.0), ("leaky_relu", 0.0, 0.01), ("hard_tanh", 1.0, 0.0), ("hard_tanh", -1.0, 0.0)],
)
def test_the_derivative_at_a_kink(name: str, kink: float, expected: float) -> None:
    z = np.array([kink])
    assert slope(name, z) == expected
    assert slope(name, z.astype(complex)) == expected


@each_activation
def test_in_complex_the_real_part_decides(name: str) -> None:
    """Catches numpy's own order of complex numbers, which looks at the imaginary part where real parts are equal."""
    z = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    for tiny in (STEP, -STEP):
        nudged = ACTIVATIONS[name].function(z + tiny * 1j)
        np.testing.assert_allclose(nudged.real, ACTIVATIONS[name].function(z), rtol=1e-14, atol=1e-29)
        np.testing.assert_allclose(slope(name, z + tiny * 1j).real, slope(name, z), rtol=1e-14, atol=1e-16)


def one_neuron(activation: str) -> nx.DiGraph:
    graph = nx.DiGraph([("x", "y", {"weight": 0.7})])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"].update(role="output", activation=activation, bias=0.2)
    return graph


@pytest.mark.usefixtures("own_activations")
def test_a_registered_activation_runs_and_learns() -> None:
    register("cube", lambda z: z**3, lambda z: 3 * z**2)
    net = gn.compile(one_neuron("cube"))
    z = 0.7 * 2.0 + 0.2
    assert net.run([[[2.0]]]).item() == pytest.approx(z**3, rel=1e-14)
    _, gradient = net.value_and_grad([[[2.0]]], [[[0.0]]])
    dz = 2 * z**3 * 3 * z**2
    np.testing.assert_allclose(gradient, [dz * 2.0, dz], rtol=1e-13)
    # (z^6)'' = 30 z^4
    np.testing.assert_allclose(net.hvp([[[2.0]]], [[[0.0]]], [0.0, 1.0]), [60 * z**4, 30 * z**4], rtol=1e-12)


@pytest.mark.usefixtures("own_activations")
def test_a_registered_activation_is_listed_as_allowed() -> None:
    register("cube", lambda z: z**3, lambda z: 3 * z**2)
    with pytest.raises(gn.GraphError, match="'cube'"):
        gn.compile(one_neuron("cubed"))


@pytest.mark.usefixtures("own_activations")
def test_registering_a_name_again_replaces_it() -> None:
    register("mine", lambda z: z, np.ones_like)
    register("mine", lambda z: 2 * z, lambda z: np.full_like(z, 2))
    assert list(ACTIVATION_NAMES).count("mine") == 1
    assert gn.compile(one_neuron("mine")).run([[[1.0]]]).item() == pytest.approx(1.8)


@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize("name", [*POINTWISE, "softmax", "standardize"])
def test_the_languages_own_names_cannot_be_registered(name: str) -> None:
    with pytest.raises(gn.DataError, match=f"'{name}'"):
        register(name, np.tanh, np.cos)


@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize("name", ["", None, 3, ("a",)])
def test_a_name_is_a_string(name: object) -> None:
    with pytest.raises(gn.DataError, match="name"):
        register(name, np.tanh, np.cos)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kink", "expected"), [("relu", 0, 0), ("leaky_relu", 0, 0.01), ("hard_tanh", 1, 0), ("hard_tanh", -1, 0)]
)
def test_a_complex_step_at_a_kink_goes_the_way_of_the_convention(name: str, kink: float, expected: float) -> None:
    value = ACTIVATIONS[name].function(np.array([kink + 1e-200j]))
    assert value.imag / 1e-200 == pytest.approx([expected])


@each_activation
def test_kinks_are_where_the_slope_jumps(name: str) -> None:
    """And nowhere else, on a grid of tenths."""
    jumps = []
    for z in np.arange(-30, 31) / 10:
        before, after = slope(name, np.array([z - 1e-9, z + 1e-9]))
        if abs(after - before) > 1e-3:
            jumps.append(z)
    assert tuple(jumps) == ACTIVATIONS[name].kinks


def some_active(rng: np.random.Generator) -> np.ndarray:
    """Members of groups (n_steps, n_groups, n_members, n_samples): some, all, one, and none of them."""
    active = rng.random((4, 2, 3, 2)) < 0.6
    active[0, 0], active[1, 1], active[2] = True, False, False
    active[2, :, 1] = True
    return active


@pytest.mark.parametrize("name", OVER_GROUPS)
def test_only_active_members_take_part_in_a_group(name: str) -> None:
    """Values of inactive members have no effect."""
    rng = np.random.default_rng(0)
    active, z = some_active(rng), rng.uniform(-2, 2, (4, 2, 3, 2))
    function = GROUP_ACTIVATIONS[name].function
    found = function(z, active)
    assert np.array_equal(function(np.where(active, z, 100.0), active), found)
    assert not found[~active].any()
    for step, group, sample in np.ndindex(4, 2, 2):
        members = active[step, group, :, sample]
        if members.any():
            alone = function(z[step, group, members, sample][None, None, :, None], None)
            np.testing.assert_allclose(found[step, group, members, sample], alone.ravel(), rtol=1e-14, atol=1e-15)
    assert np.array_equal(function(z, np.ones_like(active)), function(z, None))


@pytest.mark.parametrize("name", OVER_GROUPS)
@pytest.mark.parametrize("partly", [False, True])
def test_the_adjoint_of_a_group_is_its_derivative_transposed(name: str, partly: bool) -> None:
    rng = np.random.default_rng(1)
    shape = (4, 2, 3, 2)
    active = some_active(rng) if partly else None
    z, grad, direction = (rng.uniform(-2, 2, shape) for _ in range(3))
    if active is not None:
        grad[~active] = 0
    function = GROUP_ACTIVATIONS[name].function
    forward = (grad * function(z + 1e-200j * direction, active).imag / 1e-200).sum()
    back = GROUP_ACTIVATIONS[name].adjoint(z, function(z, active), grad, active)
    assert (back * direction).sum() == pytest.approx(forward, rel=1e-12)
    assert partly is False or not back[~active].any()


@pytest.mark.parametrize("name", OVER_GROUPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_the_dtype_of_a_group_stays(name: str, dtype: type) -> None:
    z = np.random.default_rng(2).uniform(-2, 2, (4, 2, 3, 2)).astype(dtype)
    for active in (None, some_active(np.random.default_rng(3))):
        y = GROUP_ACTIVATIONS[name].function(z, active)
        back = GROUP_ACTIVATIONS[name].adjoint(z, y, np.ones_like(z), active)
        assert y.dtype == back.dtype == dtype


def test_what_is_standardized_has_mean_0_and_nearly_variance_1() -> None:
    z = np.array([1.0, 3.0, 5.0])[None, None, :, None]
    y = GROUP_ACTIVATIONS["standardize"].function(z, None).ravel()
    np.testing.assert_allclose(y, np.array([-2.0, 0.0, 2.0]) / math.sqrt(8 / 3 + 1e-5), rtol=1e-15)


def test_softmax_does_not_overflow() -> None:
    z = np.array([1e4, 1e4 - 1.0, -1e4, -2e4])[None, None, :, None]
    expected = [1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0]
    y = GROUP_ACTIVATIONS["softmax"].function(z[:, :, :3], None).ravel()
    np.testing.assert_allclose(y, expected, rtol=1e-14)
    y = GROUP_ACTIVATIONS["softmax"].function(z, z > -2e4).ravel()
    np.testing.assert_allclose(y, [*expected, 0], rtol=1e-14)


def test_the_second_derivative_at_a_kink_of_the_first_is_that_from_below() -> None:
    for z in (0.0, -0.0):
        assert slope("elu", np.array([z + 1e-200j])).imag / 1e-200 == pytest.approx([1])


def test_softmax_does_not_overflow_where_some_are_not_active_yet() -> None:
    z, active = (np.array(each)[None, None, :, None] for each in ([1e4, 1e4 - 1.0, 0.0], [True, True, False]))
    y = GROUP_ACTIVATIONS["softmax"].function(z, active).ravel()
    np.testing.assert_allclose(y, [1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0], rtol=1e-14)


def test_only_what_the_output_does_not_say_keeps_z() -> None:
    """The backward pass of all others needs no second array beside the values."""
    functions = {**{name: ACTIVATIONS[name] for name in POINTWISE}, **GROUP_ACTIVATIONS}
    assert {name for name, each in functions.items() if not each.from_output} == {
        "gelu",
        "sin",
        "gaussian",
        "standardize",
    }


WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (lambda z: None, "returns None"),
    (lambda z: z > 0, "returns bool of shape (2, 3)"),
    (lambda z: np.sign(z).astype(int), "returns int64 of shape (2, 3)"),
    (lambda z: z + 0j, "returns complex128 of shape (2, 3)"),
    (lambda z: z.sum(), "returns float64 of shape ()"),
    (lambda z: z[..., :1], "returns float64 of shape (2, 1)"),
    (lambda z: z.ravel(), "returns float64 of shape (6,)"),
    (lambda z: z.astype(object), "returns object of shape (2, 3)"),
    (lambda z: 1.0, "returns float64 of shape ()"),
]


@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize("what", ["function", "derivative"])
@pytest.mark.parametrize(("wrong", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_a_registered_activation_returns_is_checked_when_it_is_registered(
    what: str, wrong: Callable[[Any], Any], says: str
) -> None:
    functions = {"function": np.tanh, "derivative": np.cos, what: wrong}
    with pytest.raises(gn.DataError, match=re.escape(f"activation 'mine': its {what} {says}")):
        register("mine", **functions)
    assert "mine" not in ACTIVATION_NAMES


@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize("what", ["function", "derivative"])
def test_what_it_returns_is_checked_at_every_use(what: str) -> None:
    """Catches a function that is right for the sample of the registration only."""
    functions = {"function": np.tanh, "derivative": lambda z: 1 - np.tanh(z) ** 2}
    right = functions[what]
    functions[what] = lambda z: right(z) if z.shape == (2, 3) else None
    register("mine", **functions)
    net = gn.compile(one_neuron("mine"))
    with pytest.raises(gn.DataError, match=f"activation 'mine': its {what} returns None"):
        net.value_and_grad([[[2.0]]], [[[0.0]]])


@pytest.mark.usefixtures("own_activations")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_of_more_digits_are_rounded_to_those_of_the_network(dtype: str) -> None:
    register("double", lambda z: z * np.float64(2), lambda z: np.full(z.shape, 2.0))
    net = gn.compile(one_neuron("double"), dtype=dtype)
    value, gradient = net.value_and_grad([[[2.0]]], [[[0.0]]])
    assert gradient.dtype == net.run([[[2.0]]]).dtype == dtype
    assert value == pytest.approx((2 * (0.7 * 2 + 0.2)) ** 2)
    assert net.hvp([[[2.0]]], [[[0.0]]], [0.0, 1.0])[1] == pytest.approx(8)


@pytest.mark.usefixtures("own_activations")
def test_a_network_with_a_registered_activation_says_its_backend_and_why() -> None:
    register("cube", lambda z: z**3, lambda z: 3 * z**2)
    net = gn.compile(one_neuron("cube"))
    reason = "node 'y' has the registered activation 'cube', for which there is no compiled kernel"
    assert net.backend == "reference"
    assert net.summary().splitlines()[-1] == f"backend reference: {reason}"
    with pytest.raises(gn.DataError, match=f"backend 'fast': {reason}; use 'auto' or 'reference'"):
        gn.compile(one_neuron("cube"), backend="fast")
    for backend in ("auto", "reference"):
        assert "backend" not in gn.compile(one_neuron("tanh"), backend=backend).summary()
