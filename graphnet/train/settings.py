"""The settings of a fit, checked all at once, and how they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from ..language.checks import choice, fraction, positive, reject, whole
from ..language.registry import settings_of
from ..losses import Loss, LossFunction, resolve_loss, settings_of_loss
from .rules.optimizers import LBFGS, Optimizer, resolve_optimizer
from .rules.perturbation import Perturbation
from .rules.schedules import Schedule, StatefulSchedule, resolve_schedule


@dataclass(frozen=True)
class Setup:
    """Every setting of `fit`, resolved."""

    loss: Loss
    optimizer: Optimizer | LBFGS
    schedule: Schedule | StatefulSchedule
    learning_rate: float
    epochs: int
    batch_size: int
    patience: int | None
    clip_norm: float | None
    clip_value: float | None
    truncation: int | None
    stateful: bool
    bucket: bool
    perturbation: Perturbation
    checkpoint_memory: int | Literal["auto"] | None
    checkpoint_every: int | None
    time_limit: float | None
    seed: int
    validation: Any = None

    def describe(self) -> dict[str, Any]:
        """The settings as JSON and TOML can say them, as `resolve_setup` takes them again.

        A loss, an optimizer or a schedule of the user's own is there by its name only, validation only as a fraction.
        """
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        rate, perturbation = found.pop("learning_rate"), found.pop("perturbation")
        found |= {each.name: getattr(perturbation, each.name) for each in fields(perturbation)}
        found |= {"loss": settings_of_loss(self.loss), "schedule": settings_of(self.schedule)}
        found["optimizer"] = settings_of(self.optimizer)
        if not isinstance(self.optimizer, LBFGS):
            found["optimizer"]["learning_rate"] = rate
        return found

    @property
    def of_gradients(self) -> dict[str, Any]:
        """What `value_and_grad` is told beside the data; nothing that a network of the user's own may not know."""
        return {} if self.checkpoint_memory is None else {"checkpoint_memory": self.checkpoint_memory}


def resolve_setup(
    *,
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    optimizer: str | Optimizer | LBFGS | Mapping[str, Any] = "adam",
    learning_rate: float | None = None,
    schedule: str | Callable[[int, int], float] | StatefulSchedule | Mapping[str, Any] = "constant",
    epochs: int = 10,
    batch_size: int = 32,
    validation: Any = None,
    patience: int | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    truncation: int | None = None,
    stateful: bool = False,
    bucket: bool = False,
    noise: float = 0.0,
    dropout: float = 0.0,
    neuron_dropout: float = 0.0,
    checkpoint_memory: int | Literal["auto"] | None = None,
    checkpoint_every: int | None = None,
    time_limit: float | None = None,
    seed: int | None = None,
) -> Setup:
    """Check every setting and resolve what is a name; the seed is drawn where there is none.

    Raises
    ------
    DataError
        With every setting that does not fit.
    """
    resolved_loss, stepper = resolve_loss(loss), resolve_optimizer(optimizer)
    factor = resolve_schedule(schedule)
    rate = stepper.learning_rate if learning_rate is None else learning_rate
    is_full_batch = isinstance(stepper, LBFGS)
    problems = [
        *positive("learning_rate", rate),
        *whole("epochs", epochs, at_least=1),
        *whole("batch_size", batch_size, at_least=1),
        *([] if patience is None else whole("patience", patience, at_least=1)),
        *([] if clip_norm is None else positive("clip_norm", clip_norm)),
        *([] if clip_value is None else positive("clip_value", clip_value)),
        *([] if truncation is None else whole("truncation", truncation, at_least=1)),
        *choice("stateful", stateful, (True, False)),
        *choice("bucket", bucket, (True, False)),
        *([] if noise == 0 and not isinstance(noise, bool) else positive("noise", noise)),
        *fraction("dropout", dropout),
        *fraction("neuron_dropout", neuron_dropout),
        *([] if checkpoint_memory in (None, "auto") else whole("checkpoint_memory", checkpoint_memory, at_least=1)),
        *([] if checkpoint_every is None else whole("checkpoint_every", checkpoint_every, at_least=1)),
        *([] if time_limit is None else positive("time_limit", time_limit)),
        *([] if seed is None else whole("seed", seed, at_least=0)),
    ]
    if stateful and bucket:
        problems.append("bucket: sequences of one series keep their order; leave out bucket or stateful")
    if is_full_batch:
        given = {"truncation": truncation, "stateful": stateful, "bucket": bucket, "clip_norm": clip_norm}
        given |= {"clip_value": clip_value, "noise": noise, "dropout": dropout, "neuron_dropout": neuron_dropout}
        problems += [
            f"{name}: {value!r}; lbfgs takes the exact gradient of the whole data and nothing else; leave {name} out"
            for name, value in given.items()
            if value
        ]
    reject(problems)
    return Setup(
        loss=resolved_loss,
        optimizer=stepper,
        schedule=factor,
        learning_rate=float(rate),
        epochs=int(epochs),
        batch_size=int(batch_size),
        patience=patience,
        clip_norm=clip_norm,
        clip_value=clip_value,
        truncation=truncation,
        stateful=stateful,
        bucket=bucket,
        perturbation=Perturbation(float(noise), float(dropout), float(neuron_dropout)),
        checkpoint_memory=checkpoint_memory,
        checkpoint_every=checkpoint_every,
        time_limit=time_limit,
        seed=_fresh_seed() if seed is None else int(seed),
        validation=validation,
    )


def changed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as `Setup.describe` gives them, with some changed; a mapping without a name changes parts of one.

    >>> changed({"epochs": 5, "optimizer": {"name": "sgd", "learning_rate": 0.1}}, {"optimizer": {"learning_rate": 1}})
    {'epochs': 5, 'optimizer': {'name': 'sgd', 'learning_rate': 1}}
    """
    found = dict(settings)
    for name, value in changes.items():
        before = found.get(name)
        is_part = isinstance(value, Mapping) and "name" not in value and before is not None
        found[name] = {**({"name": before} if isinstance(before, str) else before), **value} if is_part else value  # type: ignore[dict-item]
    return found


def _fresh_seed() -> int:
    """A seed short enough to be typed."""
    return int(np.random.SeedSequence().generate_state(1)[0])
