"""Searches: the same trials for any course of events, pruning, what a study keeps, and bad input."""

from __future__ import annotations

import logging
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

import graphnet as gn
from graphnet.search.quiet import require_optuna
from graphnet.search.space import random_point, read_space

from .problems import FIT, GRID, SPACE, X, Y, broken, count_threads, die_always, die_once, draw, results, search, states


@pytest.fixture(autouse=True)
def this(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHNET_TESTS", str(os.getpid()))


def test_a_trial_is_a_fit() -> None:
    study = search(trials=3, seeds=[4, 7])
    for each in study.trials:
        losses = []
        for seed in (4, 7):
            net = gn.compile(gn.graphs.elman(1, each.params["n_hidden"], 1), seed=seed, backend="reference")
            settings = {"epochs": 2, "batch_size": 8, "learning_rate": each.params["learning_rate"]}
            history = gn.fit(net, X, Y, validation=0.2, seed=seed, **settings)
            losses.append(history.kept["validation_loss"])
        assert each.user_attrs["scores"] == losses
        assert each.value == np.mean(losses)
        assert each.user_attrs["epochs"] == [2, 2]
        assert {"host", "process", "start"} <= set(each.user_attrs)


def test_the_trials_of_each_sampler() -> None:
    space = read_space(SPACE)
    assert [each.params for each in search(seed=3).trials] == [random_point(space, 3, k) for k in range(6)]
    grid = search(space=GRID, sampler="grid", trials=1)
    assert [tuple(each.params.values()) for each in grid.trials] == [(a, b) for a in (0.001, 0.01, 0.1) for b in (1, 2)]
    tpe = search(sampler="tpe", trials=14)
    assert results(tpe) == results(search(sampler="tpe", trials=14))
    late = [each.params["learning_rate"] for each in tpe.trials[10:]]
    assert np.mean(late) > np.mean([each.params["learning_rate"] for each in tpe.trials[:10]])


def test_the_score_of_patience_is_that_of_the_best_epoch() -> None:
    study = search(space={"n_hidden": [2]}, trials=1, epochs=5, learning_rate=1.0, restore_best=True)
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0, backend="reference")
    history = gn.fit(net, X, Y, validation=0.2, seed=0, epochs=5, batch_size=8, learning_rate=1.0)
    losses = [row["validation_loss"] for row in history.epochs]
    assert study.best_value == min(losses) < losses[-1]


def test_classes_have_an_accuracy() -> None:
    y = (X.sum((1, 2)) > 0).astype(int)
    study = gn.sweep("elman", {"n_hidden": [2]}, X, y, loss="cross_entropy", sampler="grid", **FIT)
    assert 0 <= study.trials[0].user_attrs["validation_accuracy"] <= 1
    assert "validation_accuracy" in gn.search.table(study)


@pytest.mark.parametrize("sampler", ["random", "grid", "tpe"])
def test_more_trials_of_a_study(tmp_path: Path, sampler: str) -> None:
    given: dict[str, Any] = {"sampler": sampler, "storage": tmp_path / "s.journal"}
    space = GRID if sampler == "grid" else SPACE
    whole = search(space=space, sampler=sampler, trials=13)
    search(space=space, **given, trials=5)
    resumed = search(space=space, **given, trials=13)
    assert results(resumed) == results(whole)
    assert len(resumed.trials) == len(whole.trials)
    begun = [each.datetime_start for each in resumed.trials]
    assert [each.datetime_start for each in search(space=space, **given, trials=13).trials] == begun


def test_a_file_by_the_name_of_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = search(trials=2, name="mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.journal.lock", "mine.journal"]
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend("mine.journal"))
    assert results(optuna.load_study(study_name="mine", storage=storage)) == results(study)


@pytest.mark.costly
def test_storages_of_optuna(tmp_path: Path) -> None:
    whole = results(search())
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    search(trials=2, storage=url, name="a")
    assert results(search(storage=url, name="a")) == whole
    assert results(search(storage=url, name="b")) == whole
    memory = optuna.storages.InMemoryStorage()
    search(trials=2, storage=memory)
    assert results(search(storage=memory)) == whole


def test_threads_give_the_same() -> None:
    with ThreadPoolExecutor(3) as pool:
        assert results(search(executor=pool)) == results(search())


@pytest.mark.slow
def test_processes_give_the_same(tmp_path: Path) -> None:
    assert results(search(executor=2)) == results(search())
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        found = search(space=GRID, sampler="grid", executor=pool, storage=tmp_path / "s.journal", prune=True)
    assert [row[0] for row in results(found)] == list(range(6))


@pytest.mark.slow
def test_processes_share_the_threads_of_this_one() -> None:
    said = rf"all failed; 1 of them: threads: {max(1, gn.get_num_threads() // 2)}$"
    with pytest.raises(gn.DataError, match=said):
        search(count_threads, {"n_hidden": [1]}, sampler="grid", executor=2)


@pytest.mark.parametrize("executor", [2, ProcessPoolExecutor(1)])
def test_a_function_that_cannot_be_sent(tmp_path: Path, executor: Any) -> None:
    with pytest.raises(gn.DataError, match="sweep: what is sent to other processes does not pickle"):
        search(lambda n_hidden: draw(n_hidden), executor=executor, storage=tmp_path / "s.journal")
    assert not list(tmp_path.iterdir())


@pytest.mark.costly
def test_a_worker_that_dies_costs_one_trial(tmp_path: Path) -> None:
    make = partial(die_once, folder=str(tmp_path))
    given: dict[str, Any] = {"space": GRID, "sampler": "grid"}
    study = search(make, **given, executor=2)
    assert results(study) == results(search(**given))
    assert sorted(states(study)) == ["COMPLETE"] * 6 + ["FAIL"]
    (lost,) = (each for each in study.trials if each.state.name == "FAIL")
    assert lost.user_attrs["lost"] == "its worker ended"


@pytest.mark.slow
def test_a_trial_at_which_three_workers_die_has_failed() -> None:
    study = search(die_always, {"n_hidden": [1, 2]}, sampler="grid", executor=1)
    assert states(study) == ["COMPLETE", "FAIL", "FAIL", "FAIL"]
    assert study.trials[-1].user_attrs["reason"] == "3 workers ended before it did, the last: its worker ended"
    assert [row["state"] for _, row in gn.search.table(study).iterrows()] == ["complete", "failed"]


@pytest.mark.slow
def test_an_executor_that_breaks(tmp_path: Path) -> None:
    given: dict[str, Any] = {"sampler": "grid", "space": {"n_hidden": [1, 2]}, "storage": tmp_path / "s.journal"}
    make = partial(die_once, folder=str(tmp_path))
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
        pytest.raises(ChildProcessError, match=r"sweep: a worker of the executor ended during trial 1 \(n_hidden=2\)"),
    ):
        search(make, **given, executor=pool)
    assert states(search(make, **given)) == ["COMPLETE", "FAIL", "COMPLETE"]


@pytest.mark.filterwarnings("ignore:PatientPruner is experimental")
def test_pruning_by_epoch() -> None:
    space = {"learning_rate": [0.1, 0.09, 0.08, 0.07, 0.06, 1e-5]}
    study = search(space=space, sampler="grid", n_hidden=2, epochs=6, prune=True, seeds=2)
    assert states(study)[:5] == ["COMPLETE"] * 5
    pruned = study.trials[5]
    assert pruned.state.name == "PRUNED"
    assert sorted(pruned.intermediate_values) == [1]
    assert sorted(study.trials[0].intermediate_values) == list(range(1, 13))
    assert study.trials[0].value == np.mean([study.trials[0].intermediate_values[step] for step in (6, 12)])
    patient = optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(), patience=3)
    later = search(space=space, sampler="grid", n_hidden=2, epochs=6, prune=patient)
    assert later.trials[5].state.name == "COMPLETE"


def test_after_its_last_epoch_a_trial_is_not_pruned() -> None:
    space = {"learning_rate": [0.1, 0.09, 0.08, 0.07, 0.06, 1e-5]}
    study = search(space=space, sampler="grid", n_hidden=2, epochs=1, prune=True)
    assert states(study) == ["COMPLETE"] * 6


def test_trials_that_fail() -> None:
    study = search(draw, {"n_hidden": [1, 3, 2]}, sampler="grid")
    assert states(study) == ["COMPLETE", "FAIL", "COMPLETE"]
    assert study.trials[1].user_attrs["reason"] == "no network has three neurons"
    far = search(space={"learning_rate": [0.01, 1e200]}, n_hidden=1, sampler="grid", optimizer="sgd")
    assert states(far) == ["COMPLETE", "FAIL"]
    assert far.trials[1].user_attrs["reason"].startswith("epoch 1, batch")
    frame = gn.search.table(far)
    assert frame["state"].tolist() == ["complete", "failed"]


def test_no_trial_has_a_score() -> None:
    with pytest.raises(gn.DataError, match="no trial has a score, all failed; 1 of them: epoch 1, batch"):
        search(space={"learning_rate": [1e200]}, n_hidden=1, sampler="grid", optimizer="sgd")


def test_a_loss_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphnet.search import worker

    class History:
        kept = {"validation_loss": math.nan}  # noqa: RUF012
        epochs = [kept]  # noqa: RUF012

    monkeypatch.setattr(worker.Problem, "fit", lambda *args, **more: (None, None, History()))
    with pytest.raises(gn.DataError, match=r"all failed; 2 of them: the validation loss is nan \(seed 0\)"):
        search(space={"n_hidden": [1, 2]}, sampler="grid")


def test_an_error_of_make_ends_the_search_and_costs_nothing(tmp_path: Path) -> None:
    given: dict[str, Any] = {"space": {"n_hidden": [1, 2]}, "sampler": "grid", "storage": tmp_path / "s.journal"}
    with pytest.raises(KeyError, match="a bug") as caught:
        search(broken, **given)
    assert caught.value.__notes__ == ["sweep: trial 1 (n_hidden=2)"]
    with pytest.raises(KeyError, match="a bug"), ThreadPoolExecutor(1) as pool:
        search(broken, **given, executor=pool)
    study = optuna.load_study(study_name="sweep", storage=_storage(tmp_path / "s.journal"))
    assert states(study) == ["COMPLETE", "FAIL", "FAIL"]
    assert study.trials[1].user_attrs["lost"] == "KeyError: 'a bug'"


def test_an_interrupt_costs_nothing(tmp_path: Path) -> None:
    class Interrupted(optuna.pruners.BasePruner):
        def prune(self, study: Any, trial: Any) -> bool:
            if trial.number == 2:
                raise KeyboardInterrupt
            return False

    given: dict[str, Any] = {"trials": 4, "storage": tmp_path / "s.journal"}
    with pytest.raises(KeyboardInterrupt):
        search(**given, prune=Interrupted())
    study = optuna.load_study(study_name="sweep", storage=_storage(tmp_path / "s.journal"))
    assert states(study) == ["COMPLETE", "COMPLETE", "FAIL"]


def test_it_logs_a_line_a_trial_and_optuna_nothing(caplog: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = optuna.logging.get_verbosity()
    monkeypatch.setattr(logging.getLogger("graphnet"), "handlers", [])  # those of commands in this process
    with caplog.at_level(logging.INFO, "graphnet"):
        study = search(trials=2)
    said = [record.getMessage() for record in caplog.records if record.name == "graphnet"]
    assert said[0].startswith("trial 0 of 2 (learning_rate=")
    assert said[0].endswith(f": {study.trials[0].value:.6g}")
    assert len(said) == 2
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


def _storage(path: Path) -> Any:
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"space": {"n_hidden": [1, 2, 4], "learning_rate": (1e-3, 1e-1, "log")}},
            r"space: n_hidden: \[1, 2, 3\], now \[",
        ),
        (
            {"space": {"n_hidden": [1, 2, 3]}, "learning_rate": 0.1},
            "space: learning_rate: .*0.001, 0.1, log.*, now not given",
        ),
        ({"seed": 1}, "seed: 0, now 1; give another name= or storage=, or the first one's settings"),
        ({"seeds": 2}, r"seeds: \[0\], now \[0, 1\]"),
        ({"sampler": "tpe"}, "sampler: 'random', now 'tpe'"),
        ({"prune": True}, "prune: False, now True"),
        ({"make": "direct"}, "make: 'elman', now 'direct'"),
        ({"epochs": 3}, "options: epochs: 2, now 3"),
        ({"optimizer": "sgd"}, "options: optimizer: not given, now"),
        ({"validation": 0.3}, "validation: 0.2, now 0.3"),
    ],
)
def test_a_study_of_something_else(tmp_path: Path, changes: Any, message: str) -> None:
    path = tmp_path / "s.journal"
    search(trials=1, storage=path)
    before = path.read_bytes()
    with pytest.raises(gn.DataError, match=f"s.journal: the study 'sweep' was begun otherwise: {message}"):
        search(**{"trials": 2, "storage": path, **changes})
    assert path.read_bytes() == before


def test_a_study_of_other_data_or_another_drawing(tmp_path: Path) -> None:
    given: dict[str, Any] = {"sampler": "random", "trials": 1, **FIT}
    path = tmp_path / "s.journal"
    gn.sweep("elman", SPACE, X, Y, storage=path, **given)
    with pytest.raises(gn.DataError, match="was begun otherwise: the data are others; give another name="):
        gn.sweep("elman", SPACE, X, -Y, storage=path, **given)
    space = {"learning_rate": [0.1]}
    graph = gn.graphs.elman(1, 3, 1)
    gn.sweep(graph, space, X, Y, storage=path, name="drawing", **given)
    gn.sweep(gn.GraphTable.from_networkx(graph), space, X, Y, storage=path, name="drawing", **given)
    graph.nodes["hidden", 0]["activation"] = "relu"
    with pytest.raises(gn.DataError, match=r"make: 'drawing \w+', now 'drawing \w+'"):
        gn.sweep(graph, space, X, Y, storage=path, name="drawing", **given)


def test_a_study_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(study_name="sweep", storage=_storage(path))
    study.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(gn.DataError, match="the study 'sweep' has trials of another program; give another name="):
        search(storage=path)
    optuna.create_study(study_name="up", storage=_storage(path), direction="maximize")
    with pytest.raises(gn.DataError, match="the study 'up' does not minimize one value; give another name="):
        search(storage=path, name="up")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampler": "gird"}, "sampler: 'gird'; must be one of 'tpe', 'random', 'grid'; did you mean 'grid'"),
        ({"sampler": "grid"}, "space: learning_rate: .* is a range, and a grid takes values"),
        ({"trials": 0}, "trials: 0; must be a whole number >= 1"),
        ({"seeds": 0}, "seeds: 0; must be a whole number >= 1, or a list of whole numbers"),
        ({"seeds": []}, r"seeds: .*; there are none"),
        ({"seeds": [1, 1]}, r"seeds: \[1, 1\]; one of them is there twice"),
        ({"seeds": [1.5]}, r"seeds\[0\]=1.5 is not a whole number >= 0"),
        ({"seed": -1}, "seed=-1 is not a whole number >= 0"),
        ({"prune": "median"}, "prune: 'median'; must be True, False or a pruner of optuna.pruners"),
        ({"prune": True, "executor": 2}, "prune: workers compare their epochs through the study's storage"),
        ({"executor": "two"}, "executor: 'two'; must be None, a number of processes"),
        ({"storage": "no/such/s.journal"}, "storage: no/such/s.journal: there is no folder no/such"),
        (
            {"storage": 5},
            "storage: 5; must be the path of a journal, a URL such as sqlite:///studies.db, or a storage of",
        ),
        (
            {"storage": "sqlite:////no/such/s.db"},
            "storage: sqlite:////no/such/s.db: cannot be opened: .*unable to open",
        ),
        ({"storage": "nosql://me:secret@host/x"}, r"storage: nosql://me:\*\*\*@host/x: cannot be opened"),
        ({"name": ""}, "name: ''; must be the name of a study"),
        ({"validation": None}, "validation: None; trials are compared on data that they were not trained on"),
        ({"validation": 0.001}, "validation: 0.001 of 24 samples holds out 0"),
        ({"validation": 2}, "validation: 2; must be a fraction"),
        ({"lengths": [1]}, "lengths"),
    ],
)
def test_what_is_refused_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: Any, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if "storage" not in changes and "executor" not in changes:
        changes = {"storage": "s.journal", **changes}
    with pytest.raises(gn.DataError, match=message):
        search(**changes)
    assert not list(tmp_path.iterdir())


def test_options_of_which_the_first_fail_are_searched_but_not_if_all_do() -> None:
    assert states(search(draw, {"n_hidden": [3, 1]}, sampler="grid")) == ["FAIL", "COMPLETE"]
    with pytest.raises(gn.GraphError, match="no network has three neurons"):
        search(draw, {"n_hidden": [3]}, sampler="grid")


def test_a_keyword_that_is_nearly_one() -> None:
    with pytest.raises(
        TypeError, match=r"sweep\(\) got an unexpected keyword argument 'sampelr'; did you mean 'sampler'"
    ):
        search(sampelr="grid")


def named(names: int) -> Any:
    return gn.graphs.elman(1, names, 1)


def test_a_keyword_of_make_is_no_misspelt_one() -> None:
    assert states(search(named, {"learning_rate": [0.1]}, sampler="grid", names=2)) == ["COMPLETE"]


def test_a_storage_that_fails_during_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from graphnet.search.trials import Trials

    def fail(*args: Any) -> None:
        raise optuna.exceptions.StorageInternalError("the connection is lost")

    monkeypatch.setattr(Trials, "end", fail)
    monkeypatch.setattr(Trials, "lose", fail)
    with pytest.raises(
        gn.DataError, match="storage: a InMemoryStorage: it failed; the same search goes on with it: the"
    ):
        search()


def test_optuna_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"a sweep needs Optuna: pip install 'graphnet-engine\[search\]'"):
        require_optuna()
