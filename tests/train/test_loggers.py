"""Loggers: what they are told, and what the real packages make of it, offline."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

import graphnet as gn

from .runs import go_on, same, train

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")


class Told:
    """A logger that remembers, and raises where it is told to."""

    def __init__(self, raises: str = "") -> None:
        self.told: list[tuple[str, Any]] = []
        self.raises = raises

    def take(self, name: str, what: Any) -> None:
        self.told.append((name, what))
        if name == self.raises:
            raise RuntimeError(f"no {name}")

    def on_start(self, settings: dict[str, Any]) -> None:
        self.take("start", settings)

    def on_epoch(self, row: dict[str, Any]) -> None:
        self.take("epoch", row)

    def on_end(self, history: gn.History) -> None:
        self.take("end", history)


def test_what_a_logger_is_told(tmp_path: Path) -> None:
    loggers = [Told(), Told()]
    train(tmp_path / "run", epochs=2, log=loggers)
    for logger in loggers:
        assert [name for name, _ in logger.told] == ["start", "epoch", "epoch", "end"]
        (_, settings), *rows, (_, history) = logger.told
        assert json.loads(json.dumps(settings)) == gn.open_run(tmp_path / "run").settings["settings"]
        assert [row for _, row in rows] == history.epochs
    again = Told()
    go_on(tmp_path / "run", epochs=3, log=again)
    assert [what["epoch"] for name, what in again.told if name == "epoch"] == [3]


@pytest.mark.parametrize("raises", ["start", "epoch", "end"])
def test_a_logger_that_raises_does_not_lose_the_run(raises: str, tmp_path: Path) -> None:
    whole = train(None, epochs=2)
    other = Told()
    with pytest.raises(RuntimeError, match=f"^no {raises}"):
        train(tmp_path / "run", epochs=2, log=[Told(raises), other])
    assert [name for name, _ in other.told].count("end") == (raises != "start")
    assert same(go_on(tmp_path / "run").parameters, whole.parameters)


def test_the_error_of_a_fit_is_not_hidden(tmp_path: Path) -> None:
    logger = Told("end")

    def stop(row: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", epochs=2, log=logger, callback=stop)
    name, history = logger.told[-1]
    assert (name, len(history.epochs)) == ("end", 1)


@pytest.mark.parametrize("log", ["tensorboard", [Told(), 3], Told])
def test_what_is_no_logger(log: Any) -> None:
    with pytest.raises(gn.DataError, match=r"^log: .*; must be None, an object with on_start, on_epoch"):
        train(None, epochs=1, log=log)


@pytest.mark.parametrize(
    ("name", "package"), [("TensorBoard", "tensorboardX"), ("MLflow", "mlflow-skinny"), ("WandB", "wandb")]
)
def test_a_package_that_is_not_there(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None)
    said = rf"^gn\.loggers\.{name} needs a package that is not installed: pip install {package}$"
    with pytest.raises(gn.DataError, match=said):
        getattr(gn.loggers, name)("x")


@pytest.mark.costly
@pytest.mark.filterwarnings("ignore")
def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    train(None, epochs=2, log=gn.loggers.TensorBoard(tmp_path))
    (file,) = tmp_path.glob("events.out.tfevents.*")
    written = file.read_bytes()
    assert all(name in written for name in (b"loss", b"validation_loss", b"learning_rate", b"settings"))
    loading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = loading.EventAccumulator(str(tmp_path)).Reload()
    assert [each.step for each in found.Scalars("loss")] == [1, 2]


@pytest.mark.costly
@pytest.mark.filterwarnings("ignore")
def test_mlflow(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    try:
        logger = gn.loggers.MLflow(uri, name="small")
        train(None, epochs=2, log=logger)
    except (ModuleNotFoundError, mlflow.exceptions.MlflowException):  # mlflow-skinny comes without databases
        uri = str(tmp_path / "tracked")
        logger = gn.loggers.MLflow(uri, name="small")
        train(None, epochs=2, log=logger)
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("graphnet").experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "small")
    assert (run.data.params["optimizer.name"], run.data.params["batch_size"]) == ("adam", "4")
    assert [each.step for each in client.get_metric_history(run.info.run_id, "validation_loss")] == [1, 2]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_wandb(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    train(None, epochs=2, log=gn.loggers.WandB("small", folder=tmp_path, mode="offline"))
    (file,) = tmp_path.rglob("*.wandb")
    until = monotonic() + 20  # a process of its own writes it
    while b"validation_loss" not in file.read_bytes() and monotonic() < until:
        sleep(0.1)
    assert b"validation_loss" in file.read_bytes()
