"""The settings of a fit, each said once.

The signature and the docstring of `fit` and `resume`, the checks, ``settings.json``, TOML files and the options of
``graphnet train`` are made from `FitSettings`.  To add a setting, add its field here and the line that uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..language.brief import one_line
from ..language.checks import COUNT, FRACTION, NOT_NEGATIVE, POSITIVE, Flag, Whole, read_setting, reject
from ..language.registry import Checked, Named, setting
from ..losses import Loss, LossFunction, resolve_loss, settings_of_loss
from .rules.optimizers import LBFGS, Optimizer, resolve_optimizer
from .rules.schedules import Schedule, StatefulSchedule, resolve_schedule


@dataclass(frozen=True)
class FractionOrData:
    """Kind of value that says what to validate on: a fraction of the samples, or other data."""

    takes: str = (
        "a fraction > 0 and < 1, (inputs, targets), (inputs, targets, lengths) or (inputs, targets, lengths, weights)"
    )

    def read(self, value: Any) -> float | tuple[Any, ...]:
        """Return the fraction as a float, or data as a tuple (inputs, targets, lengths, weights)."""
        if isinstance(value, tuple | list):
            if len(value) not in (2, 3, 4):
                raise ValueError(value)
            return *value, *[None] * (4 - len(value))
        fraction = FRACTION.read(value)
        if not fraction:
            raise ValueError(value)
        return fraction


VALIDATION = FractionOrData()


@dataclass(frozen=True, kw_only=True, eq=False)
class FitSettings(Checked):
    """Settings of `fit`, checked and resolved: names become objects, numbers plain Python numbers.

    The metadata of a field are its ``kind``, its ``meaning`` and optionally ``shape`` (its type in docstrings),
    ``details`` (more for docstrings), ``negation`` (the word before its name in the option that turns it off),
    ``stored`` (False for a setting that files do not hold) and ``of_batches`` (True for a setting that an optimizer of
    full batches cannot take).
    """

    loss: str | Loss | LossFunction | Mapping[str, Any] = setting(
        "mse",
        Named("losses", resolve_loss, settings_of_loss),
        "Loss to minimise.",
        shape="str, mapping, loss object or function",
        details="A mapping is a name and settings, such as ``{'name': 'cross_entropy', 'class_weights': [1, 5]}``; a "
        "function takes (outputs, targets, mask) and returns value and gradient.",
    )
    optimizer: str | Optimizer | LBFGS | Mapping[str, Any] = setting(
        "adam",
        Named("optimizers", resolve_optimizer),
        "Rule of an update.  lbfgs takes the gradient of all samples at once and needs no learning rate; an epoch is "
        "then one of its iterations.",
        shape="str, mapping or optimizer",
    )
    learning_rate: float | None = setting(
        None, POSITIVE, "Length of a step, in place of the optimizer's default.", stored=False
    )
    schedule: str | Schedule | StatefulSchedule | Mapping[str, Any] = setting(
        "constant",
        Named("schedules", resolve_schedule),
        "Factor of the learning rate over training.",
        shape="str, mapping, schedule or function",
        details="A function takes (step, total_steps), where a step is a batch, counted from 0.",
    )
    epochs: int = setting(10, COUNT, "Number of times that each sample is seen.")
    batch_size: int = setting(
        32, COUNT, "Number of samples of each update; the last batch of an epoch has those that are left."
    )
    validation: float | tuple[Any, ...] | None = setting(
        None,
        VALIDATION,
        "Fraction of the samples to hold out, drawn from the seed (the last ones of a series), or other data, to watch "
        "the loss on.",
        shape="float, (inputs, targets), (inputs, targets, lengths) or (inputs, targets, lengths, weights)",
    )
    patience: int | None = setting(
        None,
        COUNT,
        "Stop after this number of epochs in a row without a lower validation loss (training loss without "
        "validation), and keep the parameters of the best epoch.",
    )
    restore_best: bool | None = setting(
        None,
        Flag(or_none=True),
        "Keep the parameters of the epoch with the lowest validation loss (training loss without validation), instead "
        "of the last; by default with patience only.",
        shape="bool",
    )
    clip_norm: float | None = setting(None, POSITIVE, "Largest norm of a gradient.", of_batches=True)
    clip_value: float | None = setting(None, POSITIVE, "Largest entry of a gradient.", of_batches=True)
    truncation: int | None = setting(
        None,
        COUNT,
        "Largest number of steps of back-propagation: sequences are cut into windows, each of which is an update and "
        "starts from the state in which the one before ended.",
        of_batches=True,
    )
    stateful: bool = setting(
        False,
        Flag(),
        "Take the samples as consecutive pieces of one series: each starts from the state in which the one before "
        "ended, and a batch holds as many parts of the series side by side as it has samples.",
        negation="not",
        of_batches=True,
    )
    bucket: bool = setting(False, Flag(), "Fill batches with sequences of similar length.", of_batches=True)
    noise: float = setting(
        0.0,
        NOT_NEGATIVE,
        "Standard deviation of the noise added to z of every neuron, drawn for each step and sample.",
        of_batches=True,
    )
    dropout: float = setting(
        0.0, FRACTION, "Probability with which a synapse is left out of an update.", of_batches=True
    )
    neuron_dropout: float = setting(
        0.0, FRACTION, "Probability with which a hidden neuron is left out of an update.", of_batches=True
    )
    checkpoint_memory: int | Literal["auto"] | None = setting(
        None,
        Whole(1, "auto"),
        "Bytes that a gradient may take: long sequences are computed again in parts, to the same numbers.",
        shape="int or 'auto'",
    )
    checkpoint_every: int | None = setting(
        None, COUNT, "Number of updates between two checkpoints, in place of about 30 s."
    )
    shards: int | None = setting(
        None,
        COUNT,
        "Number of contiguous parts of each batch whose gradients are computed apart and added up in a fixed order, so "
        "that the result has the same bits for any number of workers.  By default 1, and 4 with an executor.",
    )
    time_limit: float | None = setting(
        None, POSITIVE, "Seconds after which to stop and save, as if interrupted but without an error."
    )
    seed: int | None = setting(None, Whole(0), "Whole number that every draw comes from; drawn if not given.")

    __repr__ = one_line

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seed is None:
            object.__setattr__(self, "seed", _fresh_seed())
        _ = self.rate  # that of a custom optimizer is checked there
        problems = []
        if self.stateful and self.bucket:
            problems.append("bucket: sequences of one series keep their order; leave out bucket or stateful")
        if not isinstance(self.optimizer, LBFGS) and self.n_shards > self.batch_size:
            problems.append(
                f"shards: {self.shards}; a batch has {self.batch_size} samples, so that some were always empty; give "
                "at most batch_size"
            )
        if isinstance(self.optimizer, LBFGS):
            problems += [
                f"{each.name}: {getattr(self, each.name)!r}; lbfgs takes the exact gradient of the whole data and "
                f"nothing else; leave {each.name} out"
                for each in fields(self)
                if each.metadata.get("of_batches") and getattr(self, each.name)
            ]
        reject(problems)

    @cached_property
    def rate(self) -> float:
        """Return the learning rate: the one given, or the optimizer's own."""
        if self.learning_rate is not None:
            return self.learning_rate
        own = resolve_optimizer(self.optimizer).learning_rate
        return float(read_setting("optimizer.learning_rate", own, POSITIVE))

    @property
    def n_shards(self) -> int:
        """Return the number of parts of a batch."""
        return 1 if self.shards is None else self.shards

    @property
    def keeps_best(self) -> bool:
        """Return True if the network ends with the parameters of the best epoch."""
        return self.patience is not None if self.restore_best is None else self.restore_best

    @property
    def held_out(self) -> float | None:
        """Return the fraction of the samples to validate on; None for other data or none."""
        return self.validation if isinstance(self.validation, float) else None

    @property
    def of_gradients(self) -> dict[str, Any]:
        """Return the arguments of ``value_and_grad`` beside the data; none that a custom network may not know."""
        return {} if self.checkpoint_memory is None else {"checkpoint_memory": self.checkpoint_memory}

    def generator(self, *keys: int) -> np.random.Generator:
        """Return the generator of the draws with these keys, which depend on the seed and the keys alone."""
        assert self.seed is not None
        return np.random.default_rng([self.seed, *keys])

    def describe(self) -> dict[str, Any]:
        """Return the settings as JSON and TOML hold them, and as this class takes them again.

        A custom loss, optimizer or schedule is there by its name only, validation only as a fraction.
        """
        found = {}
        for each in fields(self):
            if each.metadata.get("stored", True):
                kind, value = each.metadata["kind"], getattr(self, each.name)
                found[each.name] = kind.write(value) if isinstance(kind, Named) else value
        found["validation"] = self.held_out
        if not isinstance(self.optimizer, LBFGS):
            found["optimizer"]["learning_rate"] = self.rate
        return found


def changed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as `FitSettings.describe` gives them, with changes; a mapping without a name changes parts.

    >>> changed({"epochs": 5, "optimizer": {"name": "sgd", "learning_rate": 0.1}}, {"optimizer": {"learning_rate": 1}})
    {'epochs': 5, 'optimizer': {'name': 'sgd', 'learning_rate': 1}}
    """
    found = dict(settings)
    for name, value in changes.items():
        before = found.get(name)
        if isinstance(value, Mapping) and "name" not in value and before is not None:
            found[name] = {**({"name": before} if isinstance(before, str) else before), **value}
        else:
            found[name] = value
    return found


def _fresh_seed() -> int:
    """Return a random seed short enough to be typed."""
    return int(np.random.SeedSequence().generate_state(1)[0])
