"""Shards: the same bits wherever they are computed, the gradient of the whole batch to rounding."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute import crew
from graphnet.execute.versions import versions
from graphnet.execute.workers import map_in_order
from graphnet.train.shards import Part, add_up, branch
from tests.profiles import scaled

from .elsewhere import Elsewhere
from .linear import Linear
from .runs import data, draw, go_on, same, train

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "truncation": {"truncation": 3},
    "stateful": {"stateful": True, "validation": None},
    "noise": {"noise": 0.1, "truncation": 5},
    "dropout": {"dropout": 0.2, "neuron_dropout": 0.2},
    "memory": {"checkpoint_memory": "auto"},
    "float32": {"dtype": "float32"},
    "lbfgs": {"optimizer": "lbfgs", "learning_rate": None, "epochs": 3},
}


def fit(net: Any = None, **options: Any) -> np.ndarray:
    """Parameters after a few updates; the last batch has fewer samples than shards."""
    inputs, targets, lengths = data(n_samples=18)
    net = gn.compile(draw(), seed=3, dtype=options.pop("dtype", "float64")) if net is None else net
    options = {"epochs": 2, "batch_size": 5, "seed": 7, "learning_rate": 0.01, "validation": 0.1, **options}
    gn.fit(net, inputs, targets, lengths=lengths, **options)
    return net.parameters


@pytest.mark.parametrize("name", SETTINGS)
def test_the_bits_are_those_of_one_process(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = SETTINGS[name]
    here = fit(shards=4, **options)
    for n_workers in (1, 2, 3, 4):
        workers = Elsewhere(n_workers, monkeypatch)
        assert same(fit(executor=workers, **options), here), n_workers
    assert same(fit(executor=Elsewhere(2, monkeypatch, says=False), **options), here)
    with ThreadPoolExecutor(3) as threads:
        assert same(fit(executor=threads, **options), here)
    assert not same(fit(**options), here)  # it is another order of sums
    tolerance = 1e-4 if name == "float32" else 1e-9
    np.testing.assert_allclose(fit(**options), here, rtol=tolerance, atol=tolerance)


def test_one_shard_is_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert same(fit(shards=1, noise=0.1, executor=Elsewhere(2, monkeypatch)), fit(noise=0.1))


def classes(n_samples: int) -> tuple[np.ndarray, ...]:
    """Classes of whole sequences, and weights, some of which leave a whole shard out."""
    rng = np.random.default_rng(3)
    weights = rng.random(n_samples)
    weights[: n_samples // 2] = 0
    return rng.integers(0, 2, n_samples), weights


@pytest.mark.parametrize("truncation", [None, 3])
def test_losses_count_over_all_shards(truncation: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard weighs by what counts in it: classes have weights, samples have, and some shards have nothing."""
    inputs, _, lengths = data(n_samples=12)
    targets, weights = classes(12)
    found = []
    for more in ({}, {"shards": 5}, {"shards": 5, "executor": Elsewhere(2, monkeypatch)}):
        net = gn.compile(draw(), seed=1)
        history = gn.fit(
            net, inputs, targets, lengths=lengths, weights=weights, epochs=2, batch_size=6, seed=1,
            truncation=truncation, loss={"name": "cross_entropy", "class_weights": [1, 3]}, optimizer="sgd", **more,
        )  # fmt: skip
        found.append((net.parameters, history.epochs))
    (whole, rows), (here, ours), (there, theirs) = found
    assert same(here, there)
    np.testing.assert_allclose(whole, here, rtol=1e-10, atol=1e-12)
    for name in ("loss", "accuracy", "gradient_norm"):
        assert [row[name] for row in ours] == [row[name] for row in theirs]
        np.testing.assert_allclose([row[name] for row in ours], [row[name] for row in rows])


@settings(max_examples=scaled(100), deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.one_of(st.none(), st.integers(1, 50)))
def test_branches_add_up_to_the_same_tree(numbers: list[float], n_workers: int | None) -> None:
    parts = [Part(value=x) for x in numbers]
    size = branch(len(parts), n_workers)
    sums = [add_up(parts[k : k + size]) for k in range(0, len(parts), size)]
    assert add_up(sums).value == add_up(parts).value
    assert len(sums) >= min(n_workers or len(parts), len(parts))


def test_only_parameters_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Network and data are sent once to each worker, and once more to one that has lost them."""
    workers = Elsewhere(2, monkeypatch)
    inputs, targets, _ = data(n_samples=64, n_steps=50)
    net = gn.compile(draw(), seed=1)
    large = inputs.nbytes
    n_sent = []

    def look(row: dict[str, Any]) -> None:
        n_sent.append(sum(size > large for size in workers.sent))
        assert all(size > large or size < net.parameters.nbytes + 3000 for size in workers.sent)
        if row["epoch"] == 2:
            workers.restart(0)

    gn.fit(net, inputs, targets, epochs=4, seed=1, executor=workers, callback=look)
    assert n_sent[:2] == [2, 2]
    assert 2 < n_sent[2] == n_sent[3] <= 4
    assert min(map(len, workers.kept)) == 1


def test_a_worker_keeps_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Elsewhere(1, monkeypatch)
    for seed in range(4):
        fit(executor=workers, seed=seed, epochs=1)
    assert len(workers.kept[0]) == crew.KEPT


def test_a_custom_network_takes_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, targets, _ = data()
    nets = [Linear(2, 2), Linear(2, 2)]
    for net, more in zip(nets, ({"shards": 4}, {"executor": Elsewhere(3, monkeypatch)}), strict=True):
        gn.fit(net, inputs, targets, epochs=2, seed=1, **more)
    assert same(nets[0].parameters, nets[1].parameters)


def test_a_divergence_is_reported_as_without_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, targets, _ = data()
    said = []
    for more in ({}, {"shards": 4}, {"executor": Elsewhere(2, monkeypatch)}):
        with pytest.raises(gn.DivergedError, match=r"^epoch 1, batch 1: the loss is inf") as caught:
            gn.fit(gn.compile(draw(), seed=1), inputs, targets * 1e200, epochs=2, seed=1, **more)
        said.append(str(caught.value))
    assert said[0] == said[1] == said[2]


def test_a_run_stores_the_shards_and_not_the_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(tmp_path / "whole", epochs=4, executor=Elsewhere(2, monkeypatch))
    train(tmp_path / "run", epochs=2, executor=Elsewhere(3, monkeypatch))
    stored = gn.open_run(tmp_path / "run").settings["settings"]
    assert (stored["shards"], "executor" in stored) == (4, False)
    assert same(go_on(tmp_path / "run", epochs=3).parameters, train(None, epochs=3, shards=4).parameters)
    assert same(go_on(tmp_path / "run", epochs=4, executor=Elsewhere(2, monkeypatch)).parameters, whole.parameters)


def test_a_run_of_one_shard_is_not_for_an_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(tmp_path / "run", epochs=1)
    with pytest.raises(gn.DataError, match=r"run: executor: a batch of this run is one shard, .* give shards=4"):
        go_on(tmp_path / "run", epochs=2, executor=2)
    go_on(tmp_path / "run", epochs=2, shards=4, executor=Elsewhere(2, monkeypatch))


def test_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(gn.DataError, match=r"^shards: 6; a batch has 5 samples, so that some were always empty; give"):
        fit(shards=6)
    with pytest.raises(gn.DataError, match=r"^shards: 20; there are 16 samples; give at most that$"):
        fit(shards=20, optimizer="lbfgs", learning_rate=None)
    with pytest.raises(gn.DataError, match=r"^executor: 'two'; must be None, a number of processes, or a concurrent"):
        fit(executor="two")
    with pytest.raises(gn.DataError, match=r"^fit: what is sent to other processes does not pickle"):
        fit(executor=2, loss=lambda outputs, targets, mask: (0.0, outputs), run=tmp_path / "run")
    assert not list(tmp_path.iterdir())  # nothing half written
    fit(batch_size=2, executor=None, shards=2)


def test_workers_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Elsewhere(2, monkeypatch)
    monkeypatch.setattr(crew, "versions", lambda: {**versions(), "numpy": "1.0"})
    with pytest.raises(gn.DataError, match=r"^fit: executor: a worker on .* has numpy .* instead of 1\.0; results"):
        fit(executor=workers)
    monkeypatch.setattr("graphnet.execute.workers.versions", lambda: {**versions(), "graphnet": "0.1"})
    with pytest.raises(gn.DataError, match=r"^it: executor: a worker on .* has graphnet .* instead of 0\.1; results"):
        map_in_order(abs, [("the first", 1)], workers, caller="it")


class Broken(Elsewhere):
    """Workers that are gone."""

    def submit(self, function: Any, /, *given: Any, **named: Any) -> Any:
        raise self.error

    error: Exception = RuntimeError("the scheduler is gone")


def test_workers_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChildProcessError, match=r"^fit: a worker process ended before its task did \(the sched"):
        fit(executor=Broken(2, monkeypatch))
    monkeypatch.setattr(Broken, "error", ModuleNotFoundError("No module named 'graphnet'"))
    with pytest.raises(gn.DataError, match=r"^fit: the workers of the executor cannot import what they need \(No"):
        fit(executor=Broken(2, monkeypatch))


def children() -> list[Any]:
    """Return the processes of pools that graphnet starts, not those that joblib keeps after other tests."""
    return [each for each in multiprocessing.active_children() if not each.name.startswith("Loky")]


@pytest.mark.slow
@pytest.mark.parametrize("n_workers", [1, 2, 3, 4])
def test_processes(n_workers: int) -> None:
    assert same(fit(executor=n_workers, noise=0.1), fit(shards=4, noise=0.1))
    assert not children()


@pytest.mark.costly
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.slow
def test_a_killed_process_is_replaced() -> None:
    killed = []

    def kill(row: dict[str, Any]) -> None:
        if row["epoch"] in (1, 3):
            child = children()[0]
            os.kill(child.pid or 0, signal.SIGKILL)
            killed.append(child.pid)

    there = fit(executor=2, epochs=4, callback=kill)
    assert len(set(killed)) == 2
    assert same(there, fit(shards=4, epochs=4))
    assert not children()


def die(outputs: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> Any:
    """Loss that ends the process that computes it."""
    os._exit(1)


@pytest.mark.costly
def test_processes_that_die_of_the_task_end_the_fit() -> None:
    with pytest.raises(ChildProcessError, match=r"^fit: a worker process ended before its task did: it was killed"):
        fit(executor=1, loss=die)
    assert not children()
