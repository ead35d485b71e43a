"""The state of a fit between two updates: all that is needed to go on to the same bits, as plain numbers and arrays.

Random draws come from the seed and from counts in here, so that no generator has to be kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from ..errors import DataError
from ..io.networks.tensors import DTYPE_OF_TAG
from ..language.arrays import Array
from ..language.checks import shown


@dataclass
class EpochSums:
    """Sums of an epoch so far, from which its row of the history is made."""

    loss: float = 0.0
    count: float = 0.0
    hits: int = 0
    hits_of: int = 0
    gradient_norm: float = 0.0
    updates: int = 0
    learning_rate: float = 0.0
    seconds: float = 0.0


@dataclass
class TrainingState:
    """State of a fit.

    Attributes
    ----------
    parameters : (n_parameters,)
        Parameters of the network after the last update.
    optimizer : dict
        Memory of the optimizer: arrays and numbers.
    schedule : dict
        Memory of the schedule: numbers.
    update : int
        Number of updates so far.
    epoch, batch, step : int
        Next epoch, from 1, its next batch, from 0, and the step of that batch at which the next window of truncated
        back-propagation begins.
    carried : dict
        ``history`` and ``steps`` of the state that the next window starts from; empty for a fresh start.
    sums : EpochSums
    rows : list of dict
        The history of the complete epochs.
    best_epoch, best_loss, waited, best_parameters
        The best epoch so far, the number of epochs since, and where the best is kept the parameters after it.
    warned : bool
        True if a warning about vanishing or exploding gradients was given.
    done, stopped_early : bool
    """

    parameters: Array
    optimizer: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    update: int = 0
    epoch: int = 1
    batch: int = 0
    step: int = 0
    carried: dict[str, Array] = field(default_factory=dict)
    sums: EpochSums = field(default_factory=EpochSums)
    rows: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    best_loss: float = float("inf")
    waited: int = 0
    best_parameters: Array | None = None
    warned: bool = False
    done: bool = False
    stopped_early: bool = False

    @property
    def kept_epoch(self) -> int | None:
        """Epoch whose parameters a network takes from here: the best if that is kept, else the last; None before it."""
        if self.best_parameters is not None:
            return self.best_epoch
        return self.epoch - 1 or None

    @property
    def kept_parameters(self) -> Array:
        """The parameters after `kept_epoch`, or after the last update of an epoch that is not complete."""
        return self.parameters if self.best_parameters is None else self.best_parameters

    def is_finite(self) -> bool:
        """Return whether every array that training goes on from is finite; a best loss, for one, may be inf."""
        arrays = [self.parameters, *self.optimizer.values()]
        return all(np.isfinite(array).all() for array in arrays if isinstance(array, np.ndarray))

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        found = {"parameters": self.parameters}
        if self.best_parameters is not None:
            found["best_parameters"] = self.best_parameters
        for part in ("optimizer", "carried"):
            named = getattr(self, part).items()
            found |= {f"{part}.{name}": value for name, value in named if isinstance(value, np.ndarray)}
        return found

    def numbers(self) -> dict[str, Any]:
        """Return everything else, as JSON takes it."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("parameters", "best_parameters", "carried"):
            del found[name]
        found["optimizer"] = {k: v for k, v in self.optimizer.items() if not isinstance(v, np.ndarray)}
        return found | {"sums": asdict(self.sums)}

    @classmethod
    def from_parts(cls, arrays: dict[str, Array], numbers: dict[str, Any]) -> TrainingState:
        """Return the state with these ``arrays`` and ``numbers``; raise a ValueError if they are those of no state."""
        known = {each.name for each in fields(cls)} - {"parameters", "best_parameters", "carried"}
        if set(numbers) != known or "parameters" not in arrays:
            raise ValueError("it does not hold the state of a fit")
        parts: dict[str, dict[str, Array]] = {"optimizer": {}, "carried": {}}
        for name, array in arrays.items():
            part, _, inner = name.partition(".")
            if inner:
                parts[part][inner] = array
        try:
            sums = EpochSums(**numbers["sums"])
        except TypeError:
            raise ValueError("it does not hold the sums of an epoch") from None
        return cls(
            parameters=arrays["parameters"],
            best_parameters=arrays.get("best_parameters"),
            **numbers | {"sums": sums, "optimizer": {**numbers["optimizer"], **parts["optimizer"]}},
            carried=parts["carried"],
        )


def plain_memory(what: str, memory: Any, *, arrays: bool) -> dict[str, Any]:
    """Return the memory of a custom optimizer or schedule as a file holds it: NumPy's numbers become Python's.

    Raises
    ------
    DataError
        For anything else than numbers, text, None, lists of these and, with ``arrays``, finite arrays of one axis.

    Examples
    --------
    >>> plain_memory("schedule", {"best": np.float32(0.5), "waited": 2}, arrays=False)
    {'best': 0.5, 'waited': 2}
    """
    if not isinstance(memory, dict):
        raise DataError(f"{what}: its memory is {shown(memory)}; must be a dict")
    found = {}
    for name, value in memory.items():
        plain = value.item() if isinstance(value, np.generic) else value
        fits = isinstance(name, str) and (
            (arrays and _is_storable(plain))
            or all(
                each is None or isinstance(each, bool | int | float | str)
                for each in (plain if isinstance(plain, list) else [plain])
            )
        )
        if not fits:
            allowed = "finite arrays of numbers with one axis, numbers" if arrays else "numbers"
            raise DataError(
                f"{what}: its memory {name!r} is {shown(value)}, which a run folder cannot keep; it keeps {allowed} "
                "and text by name"
            )
        found[name] = plain
    return found


def _is_storable(value: Any) -> bool:
    """Return whether a checkpoint holds this array."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and value.dtype.name in DTYPE_OF_TAG.values()
        and bool(np.isfinite(value).all())
    )
