"""Shards: a batch is cut into contiguous parts, whose gradients add up in a fixed tree wherever they were computed.

The bits depend on the number of shards and not on that of workers, since each shard is computed by itself, and sums of
two are always of the same two.  A worker that gets several shards gets those of one branch of the tree, and adds them
up itself, so that parameters and a gradient travel once for each worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..execute.contract import State
from ..execute.crew import Crew
from ..language.arrays import Array
from ..losses import Loss, resolve_loss
from ..network.network import Network
from .data import MiniBatch, Sequences
from .rules.perturbation import Perturbation, Perturbed
from .settings import FitSettings
from .trainable import Trainable
from .watched import WatchedLoss


@dataclass(frozen=True, eq=False)
class Part:
    """Gradient of some samples, as a sum or, of a whole batch, as a mean.

    Attributes
    ----------
    count : float
        Number, or weight, of what counts.
    value : float
        Loss.
    gradient : (n_parameters,) or None
        None where nothing counts.
    n_hits, n_answers : int
        Number of right answers, and of all.
    ends : list of (history, steps)
        States in which the samples end, where they are asked for.
    """

    count: float = 0.0
    value: float = 0.0
    gradient: Array | None = None
    n_hits: int = 0
    n_answers: int = 0
    ends: tuple[tuple[Array, Array], ...] = ()

    def __add__(self, other: Part) -> Part:
        if self.gradient is None or other.gradient is None:
            gradient = other.gradient if self.gradient is None else self.gradient
        else:
            gradient = self.gradient + other.gradient
        return Part(
            self.count + other.count,
            self.value + other.value,
            gradient,
            self.n_hits + other.n_hits,
            self.n_answers + other.n_answers,
            self.ends + other.ends,
        )

    def as_sum(self) -> Part:
        """Return the sum of which this is the mean."""
        if self.gradient is None:
            return self
        return replace(self, value=self.value * self.count, gradient=self.gradient * self.count)

    def as_mean(self) -> Part:
        """Return the mean of which this is the sum."""
        if self.gradient is None:
            return self
        return replace(self, value=self.value / self.count, gradient=self.gradient / self.count)


class Window(NamedTuple):
    """Window of a batch: its steps, the number of the update, and the shape (n_samples, n_steps) of what is drawn."""

    first: int
    n_steps: int
    update: int
    shape: tuple[int, int]
    carries: bool


class Shard(NamedTuple):
    """Part of a window of a batch.

    ``rows`` are its samples among all, ``before`` is the number of samples of the window in the shards before it, and
    ``start`` the history and the steps that its samples go on from.
    """

    rows: Array
    before: int
    start: tuple[Array, Array] | None


class Work:
    """Network and data, with which `Part` after `Part` is computed: what workers keep."""

    def __init__(self, net: Trainable, data: Sequences, settings: FitSettings) -> None:
        self.net, self._data, self._n_shards = net, data, settings.n_shards
        self._loss: Loss = resolve_loss(settings.loss)
        self._how = Perturbation(settings.noise, settings.dropout, settings.neuron_dropout)
        self._seed, self._more = settings.seed, settings.of_gradients
        self._forget()
        if self._how and not isinstance(net, Network):
            raise DataError(f"noise and dropout: they take a Network, not a {type(net).__name__}")

    def _forget(self) -> None:
        self._perturbed: Perturbed | None = None
        self._now: Any = None
        self._batches: dict[bytes, MiniBatch] = {}

    def __getstate__(self) -> dict[str, Any]:
        made = copy(self.__dict__)
        return made | {"_perturbed": None, "_now": None, "_batches": {}}

    @np.errstate(over="ignore", invalid="ignore")
    def __call__(self, task: tuple[Array | None, Window, Sequence[Shard]]) -> Part:
        """Return the sum over neighbouring shards, with some parameters or those that the network has."""
        parameters, window, shards = task
        net = self.net if parameters is None else self._with(parameters)
        return add_up([self._part_of_shard(net, window, shard) for shard in shards])

    def _part_of_shard(self, net: Any, window: Window, shard: Shard) -> Part:
        found = self._batch(shard.rows).window(window.first, window.n_steps) if len(shard.rows) else None
        if found is None:
            return Part()
        part = self.part(net, found, window, shard.before, shard.start)
        return part if self._n_shards == 1 else part.as_sum()

    # overflow is reported as DivergedError, with a place; a warning would repeat it
    @np.errstate(over="ignore", invalid="ignore")
    def part(
        self, net: Any, batch: MiniBatch, window: Window, before: int = 0, start: tuple[Array, Array] | None = None
    ) -> Part:
        """Return the mean over a batch, which is a window already."""
        loss = WatchedLoss(self._loss, batch)
        count = float(loss.count((*batch.mask.shape, self.net.n_outputs), batch.targets, batch.mask))
        worker, inputs = self.perturbed(net, batch.inputs, window, before)
        more: dict[str, Any] = {}
        if start is not None:
            more["state"] = State(worker.state(batch.n_samples).layout, *start)
        if not count:  # nothing to learn, but time goes on
            if not window.carries:
                return Part()
            end = worker.run(inputs, lengths=batch.lengths, return_state=True, **more).state
            return Part(ends=((end.history, end.steps),))
        if window.carries:
            more["return_state"] = True
        more |= self._more
        value, gradient, *ends = worker.value_and_grad(inputs, batch.targets, loss=loss, lengths=batch.lengths, **more)
        n_hits, n_answers = int(np.count_nonzero(loss.hits)), loss.hits.size
        return Part(count, value, gradient, n_hits, n_answers, tuple((end.history, end.steps) for end in ends))

    def perturbed(self, net: Any, inputs: Array, window: Window, before: int = 0) -> tuple[Any, Array]:
        """Return network and inputs with the noise and dropout of an update, drawn for the whole window."""
        if not self._how:
            return net, inputs
        if self._perturbed is None:
            assert self._seed is not None
            self._perturbed = Perturbed(self.net, self._how, self._seed)  # type: ignore[arg-type] # it is a Network
        return self._perturbed.at(window.update, inputs, net=net, among=(window.shape, before))

    def _with(self, parameters: Array) -> Any:
        """Return the network with some parameters; the same object while they are the same."""
        now = self._now
        if now is None or not _same_bits(now.parameters, parameters):
            # a copy: two threads of a worker may compute for two fits
            now = copy(self.net) if isinstance(self.net, Network) else self.net
            now.parameters = parameters
            self._now = now
        return now

    def _batch(self, rows: Array) -> MiniBatch:
        """Return samples as a batch; kept while windows are cut from it."""
        key = rows.tobytes()
        found = self._batches.get(key)
        if found is None:
            found = replace(self._data, rows=rows).batch(0, len(rows))
            # a new dict: another thread may read the one before
            self._batches = dict([*self._batches.items(), (key, found)][-self._n_shards :])
        return found


class Shards:
    """Shards of a fit and the crew that computes them; a context, at whose end processes that were started end."""

    def __init__(self, net: Trainable, data: Sequences, settings: FitSettings, executor: Any = None) -> None:
        self.work, self._n_shards = Work(net, data, settings), settings.n_shards
        self._net = net
        self._crew = Crew(self.work, executor, caller="fit")
        self._is_here = executor is None

    def __enter__(self) -> Shards:
        return self

    def __exit__(self, *error: Any) -> None:
        self._crew.__exit__(*error)

    @np.errstate(over="ignore", invalid="ignore")
    def mean(self, batch: MiniBatch, window: Window, n_samples: int, start: tuple[Array, Array] | None = None) -> Part:
        """Return the mean over a window of a batch of so many samples; ``batch`` has those that get there."""
        if self._n_shards == 1 and self._is_here:
            return self.work.part(self._net, batch, window, 0, start)
        ends = np.arange(self._n_shards + 1) * n_samples // self._n_shards
        cuts = np.searchsorted(batch.rows, ends)
        samples = batch.samples
        assert samples is not None
        shards = [
            Shard(
                samples[ends[k] : ends[k + 1]],
                int(cuts[k]),
                None if start is None else (start[0][:, cuts[k] : cuts[k + 1]], start[1][cuts[k] : cuts[k + 1]]),
            )
            for k in range(self._n_shards)
        ]
        size = branch(self._n_shards, self._crew.n_workers)
        parameters = None if self._crew.shares_memory else self._net.parameters
        tasks = [(parameters, window, shards[k : k + size]) for k in range(0, self._n_shards, size)]
        found = add_up(self._crew.map(tasks))
        return found if self._n_shards == 1 else found.as_mean()


def branch(n_shards: int, n_workers: int | None) -> int:
    """Return the number of shards that a worker gets at a time: a power of 2, so that they are a branch of the tree.

    It is the largest for which there is something for every worker, or every shard.

    >>> branch(4, 1), branch(4, 2), branch(4, 3), branch(4, None)
    (4, 2, 1, 1)
    """
    size = 1
    while n_workers is not None and -(-n_shards // (2 * size)) >= min(n_workers, n_shards) and size < n_shards:
        size *= 2
    return size


def add_up(parts: Sequence[Part]) -> Part:
    """Return the sum of parts in a fixed tree: neighbours first, then neighbouring sums.

    >>> [add_up([Part(value=x) for x in row]).value for row in ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.0])]
    [0.6000000000000001, 0.6000000000000001]
    """
    parts = list(parts)
    while len(parts) > 1:
        pairs = [parts[k] + parts[k + 1] for k in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0]


def _same_bits(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a.view(np.uint8), b.view(np.uint8))
