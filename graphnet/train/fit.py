"""`fit` and `resume`: train a network, and go on with a fit that was interrupted."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any

import networkx as nx

from ..errors import DataError
from ..execute.workers import WORKERS
from ..io.json_values import encode_all, encode_value, json_ready
from ..language.checks import ANYTHING, read_setting, reject
from ..language.keywords import check_keywords
from ..language.nearest import did_you_mean
from ..language.registry import Named, setting
from ..language.table import GraphTable
from ..losses import resolve_loss
from ..network.network import Network
from .changes import adapt_state
from .data import Sequences, check_sequences, fingerprint, split_validation
from .history import History
from .loggers import Logger
from .loop import Training, start_state
from .progress import Watchers, loggers_of
from .rules.optimizers import LBFGS, resolve_optimizer
from .runs.folder import FORMAT, RunFolder, create_run, versions
from .settings import FitSettings, changed
from .signature import called_like
from .trainable import Trainable

SHARDS = 4
"""Number of shards with an executor, whatever the number of its workers."""
_SPLIT = 0
"""Key that keeps the draw of the held-out samples apart from other draws from the same seed."""


@dataclass(frozen=True)
class Folder:
    """Paths of a folder."""

    takes: str = "the path of a folder"

    def read(self, value: Any) -> str:
        """Return the path as text."""
        try:
            path = os.fsdecode(value)
        except TypeError:
            raise ValueError(value) from None
        if not path:
            raise ValueError(value)
        return path


@dataclass(frozen=True)
class Notes:
    """Notes that JSON can hold, by name."""

    takes: str = "a mapping"

    def read(self, value: Any) -> dict[str, Any]:
        """Return the notes as plain values."""
        if not isinstance(value, Mapping):
            raise ValueError(value)
        problems: list[str] = []
        notes = encode_all(
            lambda each: encode_value(json_ready(each), plain=True),
            value.values(),
            lambda at: f"about: {list(value)[at]!r}",
            problems,
        )
        problems += [f"about: {name!r} is no str, as names in JSON are" for name in value if not isinstance(name, str)]
        reject(problems)
        return dict(zip(value, notes, strict=True))


@dataclass(frozen=True, eq=False)
class FitArguments(Watchers, FitSettings):
    """Arguments of `fit`: the settings, and beside them the network, the data and the run folder."""

    net: Trainable = field(
        metadata={
            "meaning": "Network to train; its parameters are replaced, whole, at each update.",
            "shape": "Network",
            "stored": False,
        }
    )
    inputs: Any = field(
        metadata={
            "meaning": "Inputs of the samples.",
            "shape": "array (n_samples, n_steps, n_inputs)",
            "stored": False,
        }
    )
    targets: Any = field(
        metadata={
            "meaning": "Targets as the loss takes them: of every step, or of each sequence's last valid step.  Those "
            "of a plain function are of every step where their second axis is n_steps.",
            "shape": "array",
            "stored": False,
        }
    )
    _: KW_ONLY
    lengths: Any = setting(
        None,
        ANYTHING,
        "Number of valid steps of each sequence; values past them do not matter.",
        shape="array (n_samples,)",
        stored=False,
    )
    weights: Any = setting(
        None,
        ANYTHING,
        "Weight of each sample, or step, in the loss; 0 leaves it out.",
        shape="array (n_samples,) or (n_samples, n_steps)",
        stored=False,
    )
    run: str | os.PathLike[str] | None = setting(
        None,
        Folder(),
        "Folder to keep the fit in, new or empty: settings, metrics, checkpoints and the trained network.  SIGINT and "
        "SIGTERM then finish the update, save and raise KeyboardInterrupt, and `resume` goes on from there.",
        shape="path",
        stored=False,
    )
    about: Mapping[str, Any] | None = setting(
        None,
        Notes(),
        "Notes to write beside the settings of the run, as JSON takes them.",
        shape="mapping",
        stored=False,
    )
    executor: Any = setting(
        None,
        WORKERS,
        "Workers that compute the shards of each batch: None is this process, a number of processes is started, a "
        "concurrent.futures.Executor, such as Dask's and MPI's, is used and stays open.  Numbers do not depend on it.",
        shape="int or concurrent.futures.Executor",
        stored=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.executor is not None and self.shards is None:
            object.__setattr__(self, "shards", min(SHARDS, self.batch_size))


@called_like(FitArguments)
def fit(*args: Any, **named: Any) -> History:
    """Train ``net`` in place by gradient descent on mini-batches, drawn anew every epoch.

    Each update takes the exact gradient of the loss of one batch, clips it, lets the optimizer step and clips what it
    returns to ``net.bounds``.  A batch is cut to the longest of its sequences.  The same seed gives the same bits.

    Parameters
    ----------
    {parameters}

    Returns
    -------
    History
        A row for each epoch.

    Raises
    ------
    DataError
        If data or settings do not fit; nothing was trained.
    DivergedError
        If the loss, the gradient or an update is not finite.  The last complete update stays, as it does after an
        interrupt from the keyboard.

    Warns
    -----
    GradientWarning
        Once, if gradients vanish or explode through time.

    References
    ----------
    Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78, 1990.
    Williams and Peng, An efficient gradient-based algorithm for on-line training of recurrent network trajectories,
    Neural Computation 2, 1990: truncation.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 8, 1), seed=0)
    >>> inputs = np.random.default_rng(0).normal(size=(64, 10, 1))
    >>> history = gn.fit(net, inputs, np.cumsum(inputs, axis=1), learning_rate=0.01, epochs=5, validation=0.25, seed=0)
    >>> history.epochs[-1]["validation_loss"] < history.epochs[0]["validation_loss"]
    True
    """
    check_keywords("fit", named, [each.name for each in fields(FitArguments)])
    given = FitArguments(*args, **named)
    net = given.net
    if isinstance(net, nx.Graph | GraphTable):
        raise DataError(f"net: a {type(net).__name__}, not a Network: gn.compile(graph) makes one of a drawing")
    if not len(net.parameters):
        raise DataError("the network has no parameters to train; let a weight be trainable or a bias be learnt")
    data, held_out = _split(net, given, given.inputs, given.targets, given.lengths, given.weights)
    _check_memory(net, given, data)
    state = start_state(net, given, is_kept=given.run is not None)
    watchers: dict[str, Any] = {"callback": given.callback, "executor": given.executor, "log": loggers_of(given)}
    training = Training(net, given, data, held_out, state, **watchers)
    if given.run is None:
        return training.run(given.progress)
    if not isinstance(net, Network):
        raise DataError(f"run: a run folder keeps a Network, not a {type(net).__name__}")
    RunFolder.check_free(given.run)
    training.folder = create_run(given.run, net, _settings(given, net, data, held_out, given.about), state)
    with training.folder.locked():
        return training.run(given.progress)


def resume(
    run: str | os.PathLike[str],
    inputs: Any,
    targets: Any,
    *,
    lengths: Any = None,
    weights: Any = None,
    validation: float | tuple[Any, ...] | None = None,
    progress: bool | None = None,
    callback: Callable[[dict[str, Any]], object] | None = None,
    log: Logger | list[Logger] | None = None,
    executor: Any = None,
    backend: str = "auto",
    other_data: bool = False,
    about: Mapping[str, Any] | None = None,
    **changes: Any,
) -> tuple[Network, History]:
    """Go on with a fit from its last checkpoint, to the same bits as the fit that was never stopped.

    Parameters
    ----------
    run : path
        The folder that ``fit(run=...)`` or ``graphnet train`` wrote.
    inputs, targets, lengths, weights, validation
        The data of the fit, once more; a fraction to validate on is known from the settings.
    progress, callback, log, executor
        As for `fit`.  The number of shards is that of the run.
    backend : str
        As for ``compile``.
    other_data : bool
        Go on although the data are not those that the fit was begun with.
    about : mapping, optional
        Changes to the notes that `fit` wrote beside the settings.
    **changes
        Settings of `fit` to change from here on, such as ``epochs=50``; ``optimizer={"learning_rate": 1e-4}`` changes
        a part of one.  Of an optimizer only settings can change, since another one remembers other things.  A custom
        loss, optimizer or schedule has to be given again; its learning rate is that of the run.

    Returns
    -------
    Network, History
        The trained network, and the history of the whole fit.

    Raises
    ------
    DataError
        If the folder is no run, another process trains it, or data or settings do not fit.
    DivergedError
        As for `fit`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> x = np.random.default_rng(0).normal(size=(8, 5, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gn.fit(net, x, x, epochs=2, seed=0, run=f"{folder}/run")
    ...     net, history = gn.resume(f"{folder}/run", x, x, epochs=3)
    >>> len(history.epochs)
    3
    """
    watchers = Watchers(progress=progress, callback=callback, log=log)
    read_setting("executor", executor, WORKERS)
    notes = {} if about is None else read_setting("about", about, Notes())
    folder = RunFolder(read_setting("run", run, Folder()))
    with folder.locked():
        before = folder.settings["settings"]
        found = changed(before, changes)
        if validation is not None:
            found["validation"] = validation
        if not _is_known(before["optimizer"]):
            found.setdefault("learning_rate", before["optimizer"]["learning_rate"])
        settings = _resolve(folder, found, changes)
        if executor is not None and settings.n_shards == 1:
            raise DataError(
                f"{folder.path}: executor: a batch of this run is one shard, which one worker computes; give shards="
                f"{SHARDS} as well, which changes the last bits"
            )
        state = folder.state()
        net = folder.network(backend=backend, state=state)
        _check_optimizer(folder, settings)
        data, held_out = _split(net, settings, inputs, targets, lengths, weights)
        _check_memory(net, settings, data)
        described = _settings(settings, net, data, held_out, {**folder.settings.get("about", {}), **notes})
        known = folder.settings.get("data", {})
        is_other = described["data"] != known
        if is_other and not other_data:
            raise DataError(_what_differs(folder, known, described["data"], settings))
        if settings.epochs < len(state.rows):
            raise DataError(f"{folder.path}: epochs: {settings.epochs}; the run has done {len(state.rows)} already")
        adapt_state(state, settings, before, described["settings"], other_data=is_other)
        net.parameters = state.parameters
        if not state.stopped_early or "patience" in changes:
            state.done, state.stopped_early = state.epoch > settings.epochs, False
        training = Training(
            net, settings, data, held_out, state, folder, callback, executor=executor, log=loggers_of(watchers)
        )
        folder.write_settings(described)
        folder.write_rows(state.rows)
        return net, training.run(progress)


class _Unchanged:
    """Default of a setting of `resume`."""

    def __repr__(self) -> str:
        return "unchanged"


def _resume_signature() -> inspect.Signature:
    """Return the signature of `resume` with every setting that can change by name, for `help` and completion."""
    written = inspect.signature(resume)
    parameters = [each for each in written.parameters.values() if each.kind is not each.VAR_KEYWORD]
    parameters += [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=_Unchanged(), annotation=each.type)
        for each in fields(FitSettings)
        if each.name not in written.parameters
    ]
    return written.replace(parameters=parameters)


resume.__signature__ = _resume_signature()  # type: ignore[attr-defined]


def _split(
    net: Trainable, settings: FitSettings, inputs: Any, targets: Any, lengths: Any, weights: Any
) -> tuple[Sequences, Sequences | None]:
    loss = resolve_loss(settings.loss)
    data = check_sequences(net, loss, inputs, targets, lengths, weights)
    rng = settings.generator(_SPLIT)
    training, held_out = split_validation(net, loss, data, settings.validation, rng, contiguous=settings.stateful)
    if isinstance(settings.optimizer, LBFGS) and settings.n_shards > len(training.rows):
        raise DataError(f"shards: {settings.shards}; there are {len(training.rows)} samples; give at most that")
    return training, held_out


def _check_memory(net: Trainable, settings: FitSettings, data: Sequences) -> None:
    """Raise a DataError if ``checkpoint_memory`` is too small for the largest batch, before anything is written."""
    if settings.checkpoint_memory is not None and isinstance(net, Network):
        n_samples, n_steps = len(data.rows), int(data.lengths[data.rows].max())
        if not isinstance(settings.optimizer, LBFGS):
            n_samples, n_steps = min(settings.batch_size, n_samples), min(settings.truncation or n_steps, n_steps)
        n_samples = -(-n_samples // settings.n_shards)
        net.check_checkpoint_memory(n_samples, n_steps, settings.checkpoint_memory)


def _settings(
    settings: FitSettings,
    net: Network,
    data: Sequences,
    held_out: Sequences | None,
    about: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the contents of ``settings.json`` of a run."""
    return {
        "format": FORMAT,
        "settings": json.loads(json.dumps(settings.describe())),
        "network": {"dtype": net.dtype.name, "dt": net.dt, "seed": net.seed, "parameters": len(net.parameters)},
        "data": {
            "training": fingerprint(data),
            "validation": None if held_out is None else fingerprint(held_out),
        },
        "about": dict(about or {}),
        "versions": versions(),
    }


def _resolve(folder: RunFolder, found: dict[str, Any], changes: Mapping[str, Any]) -> FitSettings:
    kinds = {each.name: each.metadata["kind"] for each in fields(FitSettings)}
    for name, value in found.items():
        if name not in kinds:
            hint = did_you_mean(name, kinds) or f"; the settings are {', '.join(kinds)}"
            raise DataError(f"{name}: no setting of a fit{hint}")
        if isinstance(kinds[name], Named) and name not in changes:
            _check_known(folder, name, value, kinds[name])
    try:
        return FitSettings(**found)
    except DataError as error:
        raise DataError(f"{folder.path}: {error}") from error


def _check_known(folder: RunFolder, name: str, value: Any, kind: Named) -> None:
    """Raise a DataError where a file holds only the name of a custom object."""
    try:
        kind.read(value)
    except DataError as error:
        called = value["name"] if isinstance(value, Mapping) else value
        raise DataError(
            f"{folder.path}: {name}: the run was begun with {called!r}, which is a custom one that a file does not "
            f"hold; give it again, as graphnet.resume(..., {name}=...)"
        ) from error


def _what_differs(folder: RunFolder, before: Mapping[str, Any], now: Mapping[str, Any], settings: FitSettings) -> str:
    """Return a message about data that are not those of a run."""
    fraction = folder.settings["settings"].get("validation")
    if settings.held_out is not None and fraction is not None and settings.held_out != fraction:
        what = (
            f"validation: {settings.held_out!r} holds out other samples than {fraction!r}, with which the run was begun"
        )
    elif before.get("training") != now["training"]:
        what = "the data are not those that the run was begun with"
    elif now["validation"] is None:
        what = "the run was begun with other data to validate on; give them again as validation=(inputs, targets)"
    elif before.get("validation") is None:
        what = "validation: the run was begun without"
    else:
        what = "validation: the data are not those that the run was begun with"
    return f"{folder.path}: {what}; other_data=True (--data FILE) goes on with them"


def _is_known(optimizer: Any) -> bool:
    """Return whether a run's optimizer is one that its name makes."""
    try:
        resolve_optimizer(optimizer)
    except DataError:
        return False
    return True


def _check_optimizer(folder: RunFolder, settings: FitSettings) -> None:
    before = folder.settings["settings"]["optimizer"]["name"]
    after = settings.describe()["optimizer"]["name"]
    if before != after:
        raise DataError(
            f"{folder.path}: the run was begun with the optimizer {before!r}, and {after!r} remembers other things; "
            f"begin another run from its network"
        )
