"""Loggers: thin objects that pass the settings and the rows of a fit on to TensorBoard, MLflow and Weights & Biases.

A logger is any object with the three methods of `Logger`; ``fit(log=...)`` takes one or a list of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import DataError
from ..language.keywords import SuggestsKeywords
from .history import History

__all__ = ["Logger", "MLflow", "TensorBoard", "WandB"]

METHODS = ("on_start", "on_epoch", "on_end")
_LONGEST = 500
"""Number of characters of a value that every version of MLflow takes."""


class Logger(Protocol):
    """Interface of a logger."""

    def on_start(self, settings: dict[str, Any]) -> object:
        """Take note of the settings of a fit, as ``settings.json`` of a run folder holds them."""
        ...

    def on_epoch(self, row: dict[str, Any]) -> object:
        """Take note of a row of the history, after its epoch."""
        ...

    def on_end(self, history: History) -> object:
        """Finish; also after an interrupt or an error, with the complete epochs so far."""
        ...


@dataclass(frozen=True)
class LoggersKind:
    """Loggers, one or several."""

    takes: str = "None, an object with on_start, on_epoch and on_end, such as those of gn.loggers, or a list of these"

    def read(self, value: Any) -> list[Logger]:
        """Return the loggers as a list."""
        found = list(value) if isinstance(value, list | tuple) else [value]
        if any(isinstance(each, type) or not callable(getattr(each, name, None)) for each in found for name in METHODS):
            raise ValueError(value)
        return found


class Loggers:
    """Several loggers as one; those that have started are ended once."""

    def __init__(self, loggers: Sequence[Logger]) -> None:
        self._loggers, self._started = loggers, list[Logger]()

    def start(self, settings: dict[str, Any]) -> None:
        """Start each."""
        for each in self._loggers:
            self._started.append(each)
            each.on_start(dict(settings))

    def epoch(self, row: dict[str, Any]) -> None:
        """Give each a row."""
        for each in self._loggers:
            each.on_epoch(dict(row))

    def end(self, history: History, *, quietly: bool = False) -> None:
        """End each; ``quietly``, their errors do not hide one that is being raised."""
        started, self._started = self._started, []
        problems: list[Exception] = []
        for each in started:
            try:
                each.on_end(history)
            except Exception as error:  # the others are ended, too
                problems.append(error)
        if problems and not quietly:
            raise problems[0]


@dataclass
class TensorBoard(SuggestsKeywords):
    """Logger to TensorBoard's event files.

    Parameters
    ----------
    folder : path
        Where to write; ``tensorboard --logdir`` of it, or of the folder around several, shows the curves.

    Raises
    ------
    DataError
        Without the package tensorboardX.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.loggers.TensorBoard("runs/logs")  # doctest: +SKIP
    TensorBoard(folder='runs/logs')
    """

    folder: str | os.PathLike[str]
    _writer: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _find("TensorBoard", "tensorboardX")

    def on_start(self, settings: dict[str, Any]) -> None:
        """Write the settings as a text."""
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(os.fspath(self.folder))
        self._writer.add_text("settings", f"```\n{json.dumps(settings, indent=1, default=str)}\n```")

    def on_epoch(self, row: dict[str, Any]) -> None:
        """Write each number of a row."""
        for name, value in _numbers(row):
            self._writer.add_scalar(name, value, row["epoch"])
        self._writer.flush()

    def on_end(self, history: History) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


@dataclass
class MLflow(SuggestsKeywords):
    """Logger to MLflow.

    Parameters
    ----------
    uri : str, optional
        Where MLflow keeps what it tracks: a server, a database such as "sqlite:///mlflow.db", or a folder; by default
        what the environment or `mlflow.set_tracking_uri` says.
    experiment : str
        Name of the experiment.
    name : str, optional
        Name of the run.

    Raises
    ------
    DataError
        Without the package mlflow or mlflow-skinny.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.loggers.MLflow("sqlite:///mlflow.db", name="gru")  # doctest: +SKIP
    """

    uri: str | None = None
    experiment: str = "graphnet"
    name: str | None = None
    _client: Any = field(default=None, init=False, repr=False, compare=False)
    _run: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _find("MLflow", "mlflow", "mlflow-skinny")

    def on_start(self, settings: dict[str, Any]) -> None:
        """Create a run, and write the settings as its parameters."""
        from mlflow import MlflowClient

        client = self._client = MlflowClient(self.uri)
        found = client.get_experiment_by_name(self.experiment)
        experiment = client.create_experiment(self.experiment) if found is None else found.experiment_id
        self._run = client.create_run(experiment, run_name=self.name).info.run_id
        for name, value in _flat(settings):
            client.log_param(self._run, name, str(value)[:_LONGEST])

    def on_epoch(self, row: dict[str, Any]) -> None:
        """Write each number of a row."""
        for name, value in _numbers(row):
            self._client.log_metric(self._run, name, value, step=row["epoch"])

    def on_end(self, history: History) -> None:
        """Say that the run has finished."""
        if self._run:
            self._client.set_terminated(self._run)


@dataclass
class WandB(SuggestsKeywords):
    """Logger to Weights & Biases.

    Parameters
    ----------
    project : str
        Name of the project.
    name : str, optional
        Name of the run.
    folder : path, optional
        Where to keep files; by default the working directory.
    mode : "online", "offline" or None
        "offline" writes files only, which ``wandb sync`` sends later; None is what the environment says.

    Raises
    ------
    DataError
        Without the package wandb.

    Examples
    --------
    >>> import graphnet as gn
    >>> gn.loggers.WandB("worm", mode="offline")  # doctest: +SKIP
    """

    project: str = "graphnet"
    name: str | None = None
    folder: str | os.PathLike[str] | None = None
    mode: str | None = None
    _run: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _find("WandB", "wandb")

    def on_start(self, settings: dict[str, Any]) -> None:
        """Begin a run with the settings as its config."""
        import wandb

        folder = None if self.folder is None else os.fspath(self.folder)
        mode: Any = self.mode
        self._run = wandb.init(project=self.project, name=self.name, dir=folder, mode=mode, config=settings)

    def on_epoch(self, row: dict[str, Any]) -> None:
        """Log each number of a row."""
        self._run.log(dict(_numbers(row)), step=row["epoch"])

    def on_end(self, history: History) -> None:
        """Finish the run."""
        if self._run is not None:
            with suppress(AttributeError):
                self._run.summary["kept_epoch"] = history.kept_epoch
            self._run.finish()


def _find(what: str, module: str, package: str | None = None) -> None:
    """Raise a DataError where an optional package is not installed; it is imported when the fit starts."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise DataError(f"gn.loggers.{what} needs a package that is not installed: pip install {package or module}")


def _numbers(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a row but its epoch."""
    for name, value in row.items():
        if name != "epoch" and isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings, those within others as "optimizer.name"."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
