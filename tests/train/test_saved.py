"""Settings of a fit are either saved in its run or refused before the first epoch; errors leave a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.losses import MeanSquaredError

from .runs import data, go_on, same, states, train

# --- callbacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("yes", [True, np.True_])
def test_a_callback_that_returns_true_stops_after_that_epoch(tmp_path: Path, optimizer: str, yes: Any) -> None:
    rate = {"learning_rate": None} if optimizer == "lbfgs" else {}
    settings = {"optimizer": optimizer, "epochs": 5, **rate}
    whole = train(tmp_path / "whole", **settings)
    seen: list[int] = []

    def callback(row: dict[str, Any]) -> Any:
        seen.append(row["epoch"])
        return yes if row["epoch"] == 2 else None

    inputs, targets, lengths = data()
    history = gn.fit(
        net := gn.compile(gn.graphs.elman(2, 3, 2), seed=0),
        inputs,
        targets,
        lengths=lengths,
        epochs=5,
        seed=0,
        callback=callback,
    )
    assert seen == [1, 2]
    assert len(history.epochs) == history.kept_epoch == 2
    assert (history.stopped_by_callback, history.stopped_early, history.timed_out) == (True, False, False)
    assert "stopped by the callback" in repr(history)
    assert str(history).endswith(", stopped by the callback")
    assert history.to_dict()["stopped_by_callback"] is True
    assert net.parameters.all()
    stopped = train(tmp_path / "run", callback=callback, **settings)
    assert same(gn.open_run(tmp_path / "run").network().parameters, stopped.parameters)
    assert same(gn.load(tmp_path / "run" / "network.safetensors").parameters, stopped.parameters)
    assert same(go_on(tmp_path / "run").parameters, whole.parameters)


def test_at_the_last_epoch_it_stops_nothing_and_other_answers_mean_nothing() -> None:
    inputs, targets, lengths = data()
    for answer in (lambda row: row["epoch"] == 3, lambda row: 1, lambda row: row, lambda row: "yes"):
        net = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)
        history = gn.fit(net, inputs, targets, lengths=lengths, epochs=3, seed=0, callback=answer)
        assert (len(history.epochs), history.stopped_by_callback) == (3, False)


def test_with_patience_a_stopped_fit_has_the_best_epoch(tmp_path: Path) -> None:
    settings = {"epochs": 30, "patience": 9, "learning_rate": 1.0}
    inputs, targets, lengths = data()
    net = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)

    def callback(row: dict[str, Any]) -> bool:
        rows.append(row)
        losses = [each["validation_loss"] for each in rows]
        return losses[-1] > min(losses)

    rows: list[dict[str, Any]] = []
    given = {"lengths": lengths, "validation": 0.2, "seed": 0, **settings}
    history = gn.fit(net, inputs, targets, callback=callback, run=tmp_path / "run", **given)
    assert history.stopped_by_callback
    assert history.kept_epoch == history.best_epoch == len(history.epochs) - 1
    assert same(gn.open_run(tmp_path / "run").network().parameters, net.parameters)


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_a_callback_that_raises_leaves_a_run_to_go_on_from(tmp_path: Path, error: type[BaseException]) -> None:
    whole = train(tmp_path / "whole", epochs=4)

    def callback(row: dict[str, Any]) -> None:
        if row["epoch"] == 2:
            raise error("mine")

    with pytest.raises(error, match="mine") as caught:
        train(tmp_path / "run", epochs=4, callback=callback)
    assert "graphnet.resume goes on from there" in caught.value.__notes__[0]
    assert states(tmp_path / "run")[-1].epoch == 3
    assert len(gn.open_run(tmp_path / "run").rows()) == 2
    assert same(go_on(tmp_path / "run").parameters, whole.parameters)


# --- custom objects --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Descent:
    """A custom optimizer: ``start`` and ``after`` are its memory at first and after a step."""

    start_with: Any = None
    after: Any = None
    learning_rate: Any = 0.1
    returns: Callable[[Any], Any] = np.asarray
    name: str = "mine"

    def start(self, parameters: Any) -> Any:
        return {} if self.start_with is None else self.start_with

    def step(self, parameters: Any, gradient: Any, state: Any, learning_rate: float | None = None) -> Any:
        if self.after is not None:
            state["after"] = self.after
        return self.returns(parameters - learning_rate * gradient)


class Falling:
    """A custom schedule that remembers."""

    def __init__(self, start_with: Any = None, after: Any = None, factor: Any = 1.0) -> None:
        self.start_with, self.after, self.factor = start_with, after, factor

    def start(self) -> Any:
        return {} if self.start_with is None else self.start_with

    def observe(self, loss: float, state: Any) -> None:
        if self.after is not None:
            state["after"] = self.after

    def current(self, state: Any) -> Any:
        return self.factor


class MyAdam(gn.optimizers.Adam):
    """An optimizer that has inherited the name of another."""

    def _step(self, parameters: Any, gradient: Any, state: Any, rate: float) -> Any:
        return super()._step(parameters, gradient, state, rate / 2)


class MyMeanSquaredError(MeanSquaredError):
    """A custom loss."""


def plain_loss(outputs: Any, targets: Any, mask: Any) -> Any:
    """A function as a loss, whose value is of NumPy."""
    gradient = np.where(mask[..., np.newaxis], outputs - targets, 0.0)
    return np.float32((gradient**2).sum() / 2), gradient


SAVED: dict[str, dict[str, Any]] = {
    "numbers of an optimizer": {"optimizer": Descent({"a": np.float32(0.5), "b": np.inf, "c": [1, 2], "d": "text"})},
    "numbers later": {"optimizer": Descent(after=np.int64(3))},
    "array": {"optimizer": Descent({"a.b": np.arange(3), "parameters": np.ones(2, np.float16)})},
    "rate": {"optimizer": Descent(learning_rate=np.float32(0.125)), "learning_rate": None},
    "rate of Fraction": {"optimizer": Descent(learning_rate=Fraction(1, 8)), "learning_rate": None},
    "list of parameters": {"optimizer": Descent(returns=list)},
    "inherited name": {"optimizer": MyAdam()},
    "taken name": {"optimizer": Descent(name="adam")},
    "best of infinity": {"schedule": Falling({"best": float("inf")}, np.float64(1.0), np.float32(0.5))},
    "function of schedule": {"schedule": lambda step, total: np.float32(1.0)},
    "function of loss": {"loss": plain_loss},
    "class of loss": {"loss": MyMeanSquaredError()},
    "notes": {"about": {"a": np.float32(1), "b": np.arange(3), "c": [1, {"d": None}], "e": float("nan")}},
    "path": {"about": {}},
}


@pytest.mark.parametrize("what", SAVED)
def test_it_is_saved_and_resumed_to_the_same_bits(what: str, tmp_path: Path) -> None:
    given = {"learning_rate": 0.01, **SAVED[what]}
    whole = train(tmp_path / "whole", epochs=3, **given)
    train(tmp_path / "run", epochs=1, **given)
    custom = {name: value for name, value in given.items() if name in ("loss", "optimizer", "schedule")}
    for name in custom:
        with pytest.raises(gn.DataError, match=f"{name}: the run was begun with .* give it again"):
            go_on(tmp_path / "run", epochs=3)
    assert same(go_on(tmp_path / "run", epochs=3, **custom).parameters, whole.parameters)
    assert same(gn.open_run(tmp_path / "run").network().parameters, whole.parameters)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    **{
        f"{kind} {what} {type(value).__name__}": ({kind: custom}, rf"^{kind}: its memory ")
        for kind, make in (("optimizer", Descent), ("schedule", Falling))
        for value in (object(), {1}, 1j, np.ones((2, 2)), np.array(1.0), ("a",), np.ones(2, complex), [object()])
        for what, custom in (("first", make({"x": value})), ("later", make(after=value)))
    },
    "memory that is no dict": ({"optimizer": Descent([1])}, "optimizer: its memory is "),
    "names that are no text": ({"optimizer": Descent({1: 2})}, "optimizer: its memory 1 is 2"),
    "rate": ({"optimizer": Descent(learning_rate=object())}, "optimizer.learning_rate: <object"),
    "shape": ({"optimizer": Descent(returns=lambda p: p[:2])}, r"optimizer: step returned shape \(2,\)"),
    **{
        f"factor {value!r}": ({"schedule": schedule}, "schedule: its factor .*; must be a finite number")
        for value in ("x", None, float("nan"), 1j, np.inf)
        for schedule in (Falling(factor=value), lambda step, total, value=value: value)
    },
    **{
        f"about {number}": ({"about": value}, "^about: ")
        for number, value in enumerate(
            ([1], "text", 3, {1: 2}, {"a": {1: 2}}, {"a": object()}, {"a": {1}}, {"a": b"x"}, {"a": 10**5000})
        )
    },
    **{f"run {value!r:.20}": ({"run": value}, "^run: ") for value in (3, object(), [1], "")},
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_before_the_first_epoch(what: str, tmp_path: Path) -> None:
    given, says = REFUSED[what]
    seen: list[Any] = []
    rate = {"learning_rate": None} if "optimizer" in given else {}
    with pytest.raises(gn.DataError, match=says):
        train(**{"run": tmp_path / "run", **rate, **given}, callback=seen.append)
    assert not seen


def test_without_a_run_memory_may_be_anything() -> None:
    train(None, optimizer=Descent({"x": np.ones((2, 2)), "y": object()}), epochs=1)


def test_what_fails_later_leaves_the_last_update(tmp_path: Path) -> None:
    with pytest.raises(gn.DataError, match=r"schedule: its factor at step 7 of 25: 'x'"):
        train(tmp_path / "run", epochs=5, schedule=lambda step, total: 1.0 if step < 7 else "x")
    assert states(tmp_path / "run")[-1].update == 7
    whole = train(tmp_path / "whole", epochs=5)
    assert same(go_on(tmp_path / "run", schedule="constant").parameters, whole.parameters)


@pytest.mark.parametrize("name", [b"x", frozenset([1]), object(), 1j, Fraction(1, 2)])
def test_names_that_no_file_holds_are_refused_before_the_first_epoch(name: Any, tmp_path: Path) -> None:
    graph = gn.graphs.elman(1, 1, 1)
    weights = dict.fromkeys(graph.edges, 0.5)
    for edge, weight in weights.items():
        graph.edges[edge]["weight"] = weight
    net = gn.compile(nx.relabel_nodes(graph, {("hidden", 0): name}), seed=0)
    seen: list[Any] = []
    with pytest.raises(gn.GraphError, match="cannot be written to a file as a name"):
        gn.fit(net, np.ones((2, 2, 1)), np.ones((2, 2, 1)), run=tmp_path / "run", callback=seen.append)
    assert not seen
    assert not list(tmp_path.iterdir())
