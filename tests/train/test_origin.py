"""A number that is not finite is met before the update, and its origin is named."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn

from .runs import data, draw, same

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")


def diverge(net: gn.Network, inputs: Any, targets: Any, **options: Any) -> gn.DivergedError:
    """Train until it diverges; the parameters stay as they were before the update that would have been wrong."""
    seen: list[np.ndarray] = []
    with pytest.raises(gn.DivergedError) as caught:
        gn.fit(net, inputs, targets, **{"epochs": 3, "batch_size": 8, "seed": 0, **options},
               callback=lambda row: seen.append(net.parameters))  # fmt: skip
    assert np.isfinite(net.parameters).all()
    return caught.value


def chain(**weights: float) -> nx.DiGraph:
    """x -> a -> b -> y, all linear, a and b feeding themselves; weights by name, such as bb."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for node in "ab":
        graph.add_node(node, activation="identity")
    graph.add_node("y", role="output")
    for edge in ("xa", "aa", "ab", "bb", "by"):
        graph.add_edge(*edge, weight=weights.get(edge, 0.5))
    return graph


def test_the_first_neuron_and_step_whose_value_overflows() -> None:
    """b doubles its size by 1e100 a step, from step 1 past 1e308 at step 5; a stays small."""
    net = gn.compile(chain(bb=1e100, ab=1.0, xa=1.0))
    before = net.parameters
    inputs = np.ones((2, 9, 1))
    error = diverge(net, inputs, np.zeros((2, 9, 1)), batch_size=2)
    assert error.origin == "the value of 'b' is inf from step 5 of sample 0 of the batch on"
    assert error.origin in str(error)
    assert same(net.parameters, before)
    assert (error.epoch, error.batch, error.update) == (1, 1, 0)


def test_in_reversed_time_the_first_step_is_a_late_one() -> None:
    graph = chain(bb=1e100, ab=1.0, xa=1.0)
    for node in "ab":
        graph.nodes[node]["reverse"] = True
    error = diverge(gn.compile(graph), np.ones((1, 9, 1)), np.zeros((1, 9, 1)))
    assert error.origin == "the value of 'b' is inf from step 3 of sample 0 of the batch on, back in time"


def test_only_one_sample_is_wrong() -> None:
    net = gn.compile(chain(bb=1e100, ab=1.0, xa=1.0))
    inputs = np.zeros((4, 9, 1))
    inputs[:, :, 0] = np.where(np.arange(4) == 2, 1.0, 0.0)[:, np.newaxis]
    error = diverge(net, inputs, np.zeros((4, 9, 1)), batch_size=4)
    order = np.random.default_rng([0, 1, 1]).permutation(4).tolist()
    assert f"sample {order.index(2)} of the batch" in str(error.origin)


def test_a_loss_that_overflows_while_every_value_is_finite() -> None:
    net = gn.compile(chain(by=1e200, xa=1.0))
    error = diverge(net, np.ones((1, 3, 1)), np.zeros((1, 3, 1)))
    assert str(error.origin).startswith("every value is finite; the largest output is ")
    assert "batch 1: the loss is inf: every value is finite; the largest" in str(error)


def test_a_gradient_that_overflows_on_its_way_back() -> None:
    """Values stay 0, while what comes back through b's own synapse grows by 1e100 a step."""
    net = gn.compile(chain(bb=1e100, xa=1.0))
    inputs = np.zeros((1, 9, 1))
    error = diverge(net, inputs, np.ones((1, 9, 1)))
    assert "'b'" in str(error.origin)
    assert "on its way back at step" in str(error.origin)


def test_a_parameter_that_is_not_finite() -> None:
    """Injected behind the setter's back: nothing is updated, and the synapse is named."""
    net = gn.compile(draw(), seed=0)
    inputs, targets, lengths = data()
    broken = net.parameters.copy()
    broken[4] = np.nan
    net._parameters = broken
    row = net.parameter_table()[4]
    with pytest.raises(gn.DivergedError) as caught:
        gn.fit(net, inputs, targets, lengths=lengths, epochs=1, seed=0)
    assert caught.value.origin == f"the {row.kind} of {row.key!r} is nan"
    assert same(net.parameters, broken)


@pytest.mark.parametrize("where", ["inputs", "forward", "gradient", "loss"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("update", [0, 3])
def test_injected_anywhere_it_is_met_before_the_update(
    where: str, bad: float, update: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results of a network are made wrong at one update: the parameters are those of the update before."""
    inputs, targets, lengths = data()
    net, whole = (gn.compile(draw(), seed=0) for _ in range(2))
    options: dict[str, Any] = {"lengths": lengths, "epochs": 2, "batch_size": 5, "seed": 0, "optimizer": "momentum"}
    if where == "inputs":
        inputs = inputs.copy()
        inputs[3, 1, 1] = bad
        before = net.parameters
        with pytest.raises(gn.DataError, match="inputs at sample 3, step 1, column 1"):
            gn.fit(net, inputs, targets, **options)
        assert same(net.parameters, before)
        return
    calls = {"n": 0}
    kept: list[np.ndarray] = []
    original = gn.Network.value_and_grad

    def wrong(self: Any, x: Any, y: Any, **more: Any) -> Any:
        if self is not net:
            return original(self, x, y, **more)
        kept.append(self.parameters)
        calls["n"] += 1
        if calls["n"] <= update:
            return original(self, x, y, **more)
        if where == "forward":  # an output that is not a number reaches the loss
            loss = more["loss"]

            def spoilt(outputs: Any, targets: Any, mask: Any, weights: Any = None) -> Any:
                outputs = outputs.copy()
                outputs[0, 0, 0] = bad
                return loss(outputs, targets, mask, weights)

            return original(self, x, y, **more | {"loss": _Spoilt(loss, spoilt)})
        value, gradient = original(self, x, y, **more)
        if where == "loss":
            return bad, gradient
        gradient = gradient.copy()
        gradient[2] = bad
        return value, gradient

    monkeypatch.setattr(gn.Network, "value_and_grad", wrong)
    with pytest.raises(gn.DivergedError) as caught, np.errstate(invalid="ignore"):
        gn.fit(net, inputs, targets, **options)
    assert caught.value.update == update
    assert same(net.parameters, kept[-1])
    assert len(kept) == update + 1
    assert whole.parameters.shape == net.parameters.shape


class _Spoilt:
    """A loss with another call."""

    def __init__(self, loss: Any, call: Any) -> None:
        self._loss, self._call = loss, call

    def __call__(self, *args: Any) -> Any:
        return self._call(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loss, name)


def test_a_run_keeps_its_last_good_state(tmp_path: Any) -> None:
    inputs, targets, lengths = data()
    net = gn.compile(draw(), seed=0)
    with pytest.raises(gn.DivergedError) as caught:
        gn.fit(
            net, inputs, targets, lengths=lengths, optimizer="sgd", learning_rate=1e200, run=tmp_path / "run", seed=0
        )
    state = gn.open_run(tmp_path / "run").state()
    assert state.update == caught.value.update >= 1
    assert same(state.parameters, net.parameters)
    assert np.isfinite(state.parameters).all()


def test_an_optimizer_that_overflows_names_the_largest_gradient() -> None:
    net = gn.compile(chain(xa=1e80, aa=0.0, bb=0.0))
    x, y = np.ones((1, 3, 1)), np.zeros((1, 3, 1))
    error = diverge(net, x, y, optimizer="adam")
    _, gradient = net.value_and_grad(x, y)
    largest = int(np.argmax(np.abs(gradient)))
    key = net.parameter_table()[largest].key
    assert "the optimizer met overflow" in str(error)
    assert f"; the gradient of the weight of {key!r} is {gradient[largest]:.3g}, the largest;" in str(error)
