"""The loop of a fit: shuffle, cut into batches and windows, update, validate, write checkpoints, stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import ceil, inf
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..language.arrays import Array
from ..language.checks import Number, read_setting
from ..losses import Plain, resolve_loss
from ..metrics import metrics_for
from ..network.network import Network
from .data import Sequences
from .evaluate import evaluate_sequences
from .flow import LOOK_AFTER, warn_of_flow
from .history import History
from .loggers import Logger, Loggers
from .origin import find_origin
from .progress import Advance, progress_bar
from .rules import lbfgs
from .rules.optimizers import LBFGS, resolve_optimizer
from .rules.schedules import StatefulSchedule, resolve_schedule
from .runs.folder import RunFolder
from .settings import FitSettings
from .shards import Shards, Window
from .signals import StopRequest, stop_on_signals
from .state import EpochSums, TrainingState, plain_memory
from .stopping import DivergedError, note_epoch
from .trainable import Trainable
from .updates import Updates

SECONDS_BETWEEN_CHECKPOINTS = 30.0
FACTOR = Number("a finite number", least=-inf, is_open=True)
_ORDER = 1
"""Key that keeps the order of samples apart from other draws from the same seed."""


def start_state(net: Trainable, settings: FitSettings, *, is_kept: bool) -> TrainingState:
    """Return the state before the first update; ``is_kept`` in a run folder."""
    parameters = net.parameters.copy()
    optimizer, schedule = resolve_optimizer(settings.optimizer), settings.schedule
    remembered = lbfgs.begin(parameters) if isinstance(optimizer, LBFGS) else optimizer.start(parameters)
    observed = schedule.start() if isinstance(schedule, StatefulSchedule) else {}
    if is_kept:
        remembered = plain_memory("optimizer", remembered, arrays=True)
        observed = plain_memory("schedule", observed, arrays=False)
        if isinstance(schedule, StatefulSchedule):  # what it will remember has to fit, too
            trial, memory = deepcopy((schedule, observed))
            trial.observe(1.0, memory)
            plain_memory("schedule", memory, arrays=False)
    return TrainingState(parameters, remembered, observed)


@dataclass
class Training:
    """Fit that goes on from a state, until it is done or asked to stop; ``folder`` keeps it, if not None."""

    net: Trainable
    settings: FitSettings
    data: Sequences
    held_out: Sequences | None
    state: TrainingState
    folder: RunFolder | None = None
    callback: Callable[[dict[str, Any]], object] | None = None
    executor: Any = None
    log: Sequence[Logger] = ()

    def __post_init__(self) -> None:
        self._stopped_by_callback = False
        self._log = Loggers(self.log)
        self._shards = Shards(self.net, self.data, self.settings, self.executor)
        self._loss = resolve_loss(self.settings.loss)
        self._schedule = resolve_schedule(self.settings.schedule)

    def run(self, progress: bool | None) -> History:
        """Train, and leave the network with the parameters of the state.

        Raises
        ------
        DivergedError
            If a number is not finite.
        KeyboardInterrupt
            If a signal asked to stop; the state is then in the folder.
        """
        try:
            history = self._run(progress)
        except BaseException:
            self._log.end(self._history(), quietly=True)
            raise
        self._log.end(history)
        return history

    def _run(self, progress: bool | None) -> History:
        self._begun = self._kept = perf_counter()
        self._check_carrying()
        with (
            stop_on_signals(self.folder is not None) as stop,
            progress_bar(progress, epochs=self.settings.epochs, n_batches=self._n_batches) as advance,
            self._shards as shards,
        ):
            timed_out = False
            try:
                self._log.start(self.settings.describe())
                if self.state.done:
                    pass
                elif isinstance(self.settings.optimizer, LBFGS):
                    timed_out = self._search(self.settings.optimizer, shards, stop, advance)
                else:
                    timed_out = self._descend(shards, stop, advance)
            except Exception as error:
                self._keep_after(error)
                raise
            if stop and not self.state.done:
                self._keep()
                raise KeyboardInterrupt
        return self._end(timed_out)

    @property
    def _n_batches(self) -> int:
        return 1 if isinstance(self.settings.optimizer, LBFGS) else ceil(len(self.data.rows) / self.settings.batch_size)

    def _descend(self, shards: Shards, stop: StopRequest, advance: Advance) -> bool:
        """Do update after update; return whether time was up."""
        state, settings = self.state, self.settings
        updates = Updates(self.net, settings, state, shards, is_kept=self.folder is not None)
        order: tuple[int, Sequences] | None = None
        look_at = min(LOOK_AFTER, settings.epochs * self._n_batches - 1)
        while not state.done:
            while state.batch < self._n_batches:
                if order is None or order[0] != state.epoch:
                    order = state.epoch, self._order(state.epoch)
                batch = order[1].batch(state.batch, settings.batch_size)
                begun = perf_counter()
                if self._n_done == look_at and not state.step and not state.warned and isinstance(self.net, Network):
                    state.warned = warn_of_flow(self.net, batch, self._loss, settings)
                batch_done = False
                while not batch_done:
                    batch_done = updates.go_on(batch, self._learning_rate())
                    state.batch += batch_done
                    state.sums.seconds += perf_counter() - begun
                    begun = perf_counter()
                    self._keep_if_due()
                    if stop or self._is_time_up():
                        return not stop
                advance(None)
            self._end_epoch(advance)
            if stop or (self._is_time_up() and not state.done):
                return not stop
        return False

    def _learning_rate(self) -> float:
        """Return the rate of the next update: all windows of a batch share one."""
        state, settings, schedule = self.state, self.settings, self._schedule
        if isinstance(schedule, StatefulSchedule):
            return settings.rate * _factor(schedule.current(state.schedule), f"of epoch {state.epoch}")
        total = settings.epochs * self._n_batches
        return settings.rate * _factor(schedule(self._n_done, total), f"at step {self._n_done} of {total}")

    @property
    def _n_done(self) -> int:
        """Number of complete batches."""
        return (self.state.epoch - 1) * self._n_batches + self.state.batch

    def _order(self, epoch: int) -> Sequences:
        """Return the samples in the order of an epoch, which depends on the seed and its number alone."""
        settings, n_samples = self.settings, len(self.data.rows)
        if settings.stateful:
            return self.data.take(streams(n_samples, settings.batch_size))
        rng = settings.generator(_ORDER, epoch)
        if settings.bucket:
            return self.data.bucketed(settings.batch_size, rng)
        return self.data.take(rng.permutation(n_samples))

    def _end_epoch(self, advance: Advance) -> None:
        state, settings, sums = self.state, self.settings, self.state.sums
        begun = perf_counter()
        row: dict[str, Any] = {"epoch": state.epoch, "loss": sums.loss / sums.count if sums.count else float("nan")}
        if sums.hits_of:
            row["accuracy"] = sums.hits / sums.hits_of
        row |= {
            "gradient_norm": sums.gradient_norm / max(1, sums.updates),
            "learning_rate": sums.learning_rate,
            **self._validate(),
        }
        row["seconds"] = sums.seconds + perf_counter() - begun
        watched = float(row.get("validation_loss", row["loss"]))
        # before the state changes: a schedule that raises leaves one to go on from
        state.schedule = self._observed(watched)
        state.rows.append(row)
        is_over = note_epoch(state, watched, settings.patience, keeps_best=settings.keeps_best)
        state.stopped_early = is_over and state.epoch < settings.epochs
        state.done = is_over or state.epoch >= settings.epochs
        state.epoch, state.batch, state.step, state.sums, state.carried = state.epoch + 1, 0, 0, EpochSums(), {}
        if self.folder is not None:
            self.folder.write_row(row)
        self._keep_if_due()
        advance(row)
        self._watched_by(self._log.epoch, row)
        if self._call_back(row) and not state.done:
            state.done = self._stopped_by_callback = True

    def _observed(self, loss: float) -> dict[str, Any]:
        """Return the memory of the schedule after an epoch's loss."""
        memory = dict(self.state.schedule)
        if isinstance(self._schedule, StatefulSchedule):
            self._schedule.observe(loss, memory)
            if self.folder is not None:
                memory = plain_memory("schedule", memory, arrays=False)
        return memory

    @np.errstate(over="ignore", invalid="ignore")
    def _validate(self) -> dict[str, float]:
        if self.held_out is None:
            return {}
        metrics = {name: metric for name, metric in metrics_for(self._loss).items() if name == "accuracy"}
        net: Any = self.net
        batch_size = max(self.settings.batch_size, 256)
        if self.settings.stateful:
            # the held-out end of a series goes on where the last of its streams has ended
            carried = self.state.carried if self.settings.held_out is not None else {}
            net, batch_size = Continued(self.net, carried), 1
        found = evaluate_sequences(net, self.held_out, self._loss, batch_size, metrics)
        return {f"validation_{name}": value for name, value in found.items()}

    def _search(self, optimizer: LBFGS, shards: Shards, stop: StopRequest, advance: Advance) -> bool:
        """Search by L-BFGS, an iteration an epoch; return whether time was up."""
        state, timed_out = self.state, False
        batch = self.data.batch(0, len(self.data.rows))
        window = Window(0, batch.mask.shape[1], 0, batch.mask.shape, carries=False)
        dtype = self.net.parameters.dtype

        @np.errstate(over="ignore", invalid="ignore")
        def evaluate(x: Array) -> tuple[float, Array]:
            begun = perf_counter()
            self.net.parameters = x.astype(dtype)
            part = shards.mean(batch, window, batch.n_samples)
            assert part.gradient is not None
            norm = float(np.linalg.norm(part.gradient.astype(np.float64)))
            seconds = state.sums.seconds + perf_counter() - begun
            state.sums = EpochSums(part.value, 1.0, part.n_hits, part.n_answers, norm, 1, 1.0, seconds)
            return float(part.value), part.gradient

        def after_iteration(x: Array) -> bool:
            nonlocal timed_out
            state.parameters = x.astype(dtype)
            self.net.parameters = state.parameters
            state.update += 1
            advance(None)
            self._end_epoch(advance)
            timed_out = self._is_time_up() and not state.done
            return state.done or bool(stop) or timed_out

        # a search that has begun anew, with other settings, counts its iterations from there
        left = self.settings.epochs - (len(state.rows) - state.optimizer["iterations"])
        try:
            ended = lbfgs.minimize(optimizer, self.net.bounds, evaluate, state.optimizer, after_iteration, left)
        except FloatingPointError as error:
            origin = find_origin(self.net, batch, self._loss) if isinstance(self.net, Network) else None
            raise DivergedError(
                f"epoch 1, batch 1: {error}{f': {origin}' if origin else ''}. Try another initializer, or scale the "
                "inputs",
                1,
                1,
                origin=origin,
            ) from error
        self.net.parameters = state.parameters
        state.done = state.done or ended
        return timed_out

    def _is_time_up(self) -> bool:
        limit = self.settings.time_limit
        return limit is not None and perf_counter() - self._begun >= limit

    def _keep_if_due(self) -> None:
        every = self.settings.checkpoint_every
        due = perf_counter() - self._kept >= SECONDS_BETWEEN_CHECKPOINTS
        if due if every is None else self.state.update % every == 0:
            self._keep()

    def _keep(self) -> None:
        if self.folder is not None:
            self.folder.write_state(self.state)
            self._kept = perf_counter()

    def _check_carrying(self) -> None:
        """Raise before the first update what would be raised at the second window."""
        n_steps = self.data.inputs.shape[1]
        if self.settings.stateful or (self.settings.truncation is not None and self.settings.truncation < n_steps):
            if self.settings.truncation is not None and self.data.at_last and isinstance(self._loss, Plain):
                raise DataError(
                    "truncation: a plain function as loss cannot tell in which window a sequence ends; give targets "
                    "at every step, or a loss with a name"
                )
            if not isinstance(self.net, Network):
                raise DataError(f"truncation and stateful: they take a Network, not a {type(self.net).__name__}")
            try:
                self.net.state(1)
            except DataError as error:
                what = "stateful" if self.settings.stateful else "truncation"
                raise DataError(f"{what}: {error}") from None

    def _keep_after(self, error: BaseException) -> None:
        """Keep the last complete update when something raises: the optimizer, the loss, a callback."""
        if isinstance(self.settings.optimizer, LBFGS):  # a trial of its line search is no update
            self.net.parameters = self.state.parameters
        if self.folder is not None:
            self._keep()
            if not isinstance(error, DivergedError):
                error.add_note(f"{self.folder.path} has the last complete update; graphnet.resume goes on from there")

    def _call_back(self, row: dict[str, Any]) -> bool:
        """Show a row to the callback; return whether it asks to stop."""
        answer = None if self.callback is None else self._watched_by(self.callback, row)
        return isinstance(answer, bool | np.bool_) and bool(answer)

    def _watched_by(self, watch: Callable[[dict[str, Any]], object], row: dict[str, Any]) -> object:
        try:
            return watch(dict(row))
        except BaseException as error:
            if not isinstance(error, Exception):  # as a KeyboardInterrupt
                self._keep_after(error)
            raise

    def _end(self, timed_out: bool) -> History:
        state = self.state
        if state.best_parameters is not None:
            self.net.parameters = state.best_parameters
        if self.folder is not None:
            assert isinstance(self.net, Network)
            if state.done:
                self.folder.write_network(self.net)
            self._keep()
        return self._history(timed_out)

    def _history(self, timed_out: bool = False) -> History:
        state = self.state
        return History(
            [dict(row) for row in state.rows],
            state.best_epoch,
            stopped_early=state.stopped_early,
            timed_out=timed_out,
            stopped_by_callback=self._stopped_by_callback,
            kept_epoch=state.kept_epoch,
        )


def _factor(given: Any, place: str) -> float:
    """Return the factor that a schedule, which may be a custom one, gives."""
    return float(read_setting(f"schedule: its factor {place}", given, FACTOR))


class Continued:
    """Network of one sample, each run of which starts from the state in which the one before ended."""

    def __init__(self, net: Any, carried: dict[str, Array]) -> None:
        self._net, self._state = net, None
        if carried:
            start = net.state(1)
            self._state = State(start.layout, carried["history"][:, -1:], carried["steps"][-1:])
        self.n_inputs, self.n_outputs, self.dtype = net.n_inputs, net.n_outputs, net.dtype

    def run(self, inputs: Array, *, lengths: Array) -> Array:
        """Return the outputs."""
        found = self._net.run(inputs, lengths=lengths, state=self._state, return_state=True)
        self._state = found.state
        return np.asarray(found.outputs)


def streams(n_samples: int, batch_size: int) -> Array:
    """Return the order of consecutive pieces of a series in which ``batch_size`` streams of it run side by side.

    Sample j of a batch goes on where sample j of the batch before ended.

    References
    ----------
    Zaremba, Sutskever and Vinyals, Recurrent neural network regularization, arXiv 1409.2329, 2014: how a text becomes
    batches.

    Examples
    --------
    >>> streams(7, 3).reshape(-1).tolist()
    [0, 3, 5, 1, 4, 6, 2]
    """
    n_streams = min(n_samples, batch_size)
    size, longer = divmod(n_samples, n_streams)
    first = np.arange(n_streams) * size + np.minimum(np.arange(n_streams), longer)
    order = (first + np.arange(size)[:, np.newaxis]).ravel()
    return np.concatenate([order, first[:longer] + size])
