"""The space of a search: values and ranges by name, and the points that a grid and random draws take from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import DataError
from ..language.checks import reject, shown

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.distributions import BaseDistribution

TAKES = "a list of values, (low, high) or (low, high, 'log')"
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class Choices:
    """Values to choose from.

    ``labels`` are the values as a study stores them: those that are no plain number, text, bool or None as text.
    """

    values: tuple[Any, ...]
    labels: tuple[Any, ...]

    def distribution(self) -> BaseDistribution:
        """Return the distribution as Optuna has it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.labels)

    def suggest(self, trial: Trial, name: str) -> Any:
        """Return the label that the sampler of a trial's study suggests."""
        return trial.suggest_categorical(name, self.labels)

    def value_of(self, label: Any) -> Any:
        """Return the value that a study stores as ``label``."""
        return self.values[self.labels.index(label)]

    def draw(self, rng: np.random.Generator) -> Any:
        """Return the label of a random value."""
        return self.labels[int(rng.integers(len(self.labels)))]

    def examples(self) -> tuple[Any, ...]:
        """Return the values to check before a search begins."""
        return self.values

    def describe(self) -> Any:
        """Return what is compared when a study is opened again."""
        return list(self.labels)

    def __str__(self) -> str:
        return f"[{', '.join(map(shown, self.labels))}]"


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole ones if both bounds are."""

    low: float
    high: float
    log: bool = False

    @property
    def is_whole(self) -> bool:
        """Return True if the numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def distribution(self) -> BaseDistribution:
        """Return the distribution as Optuna has it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def suggest(self, trial: Trial, name: str) -> Any:
        """Return the number that the sampler of a trial's study suggests."""
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def value_of(self, label: Any) -> Any:
        """Return the value that a study stores as ``label``: itself."""
        return label

    def draw(self, rng: np.random.Generator) -> Any:
        """Return a random number; of whole ones each has the same chance, unless by logarithm."""
        if self.is_whole and not self.log:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        half = 0.5 if self.is_whole else 0.0
        low, high = self.low - half, self.high + half
        number = math.exp(rng.uniform(math.log(low), math.log(high))) if self.log else float(rng.uniform(low, high))
        return min(max(round(number) if self.is_whole else number, self.low), self.high)

    def examples(self) -> tuple[Any, ...]:
        """Return the values to check before a search begins."""
        return self.low, self.high

    def describe(self) -> Any:
        """Return what is compared when a study is opened again."""
        return {"low": self.low, "high": self.high, "log": self.log}

    def __str__(self) -> str:
        return f"({self.low}, {self.high}{', log' if self.log else ''})"


Dimension: TypeAlias = Choices | Range
Space: TypeAlias = dict[str, Dimension]


def read_space(space: Any) -> Space:
    """Return the dimensions of a space by name; raise a DataError that names all that are none.

    >>> print(*read_space({"n_hidden": [8, 16], "learning_rate": (1e-3, 1e-1, "log"), "epochs": (5, 9)}).values())
    [8, 16] (0.001, 0.1, log) (5, 9)
    """
    if not isinstance(space, Mapping) or not space:
        raise DataError(f"space: {shown(space)}; must be {{name: {TAKES}}}, with at least one name")
    found: Space = {}
    problems = []
    for name, said in space.items():
        if not isinstance(name, str):
            problems.append(f"space: {shown(name)} is no name")
            continue
        try:
            found[name] = _read_range(said) if isinstance(said, tuple) else _read_choices(said)
        except ValueError as error:
            problems.append(f"space: {name}: {error}")
    reject(problems)
    return found


def grid_of(space: Space) -> list[dict[str, Any]]:
    """Return every point of a grid, the last name changing first; raise a DataError if a dimension is a range.

    >>> [list(point.values()) for point in grid_of(read_space({"a": [1, 2], "b": ["x", "y"]}))]
    [[1, 'x'], [1, 'y'], [2, 'x'], [2, 'y']]
    """
    problems = [
        f"space: {name}: {each} is a range, and a grid takes values: list them, or use sampler='random' or 'tpe'"
        for name, each in space.items()
        if isinstance(each, Range)
    ]
    reject(problems)
    labels = [each.labels for each in space.values() if isinstance(each, Choices)]
    return [dict(zip(space, point, strict=True)) for point in product(*labels)]


def random_point(space: Space, seed: int, number: int) -> dict[str, Any]:
    """Return the point of a random trial, which depends on the space, the seed and the trial's number alone.

    >>> space = read_space({"a": (0.0, 1.0), "b": (1, 100)})
    >>> random_point(space, 0, 5) == random_point(space, 0, 5) != random_point(space, 0, 6)
    True
    """
    rng = np.random.default_rng([seed, number])
    drawn = {name: space[name].draw(rng) for name in sorted(space)}  # in no order of the user's
    return {name: drawn[name] for name in space}


def _read_range(said: tuple[Any, ...]) -> Range:
    log = len(said) == 3
    if len(said) not in (2, 3) or (log and said[2] != "log"):
        raise ValueError(f"{shown(said)}; must be {TAKES}")
    low, high = map(_plain, said[:2])
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise ValueError(f"the bound {shown(bound)} is not a finite number; a list chooses between other values")
    if not low < high:
        raise ValueError(f"{shown(said)}; the lower bound comes first, and is less than the other")
    if log and low <= 0:
        raise ValueError(f"{shown(said)}; bounds of a logarithm are greater than 0")
    return (
        Range(low, high, log) if isinstance(low, int) and isinstance(high, int) else Range(float(low), float(high), log)
    )


def _read_choices(said: Any) -> Choices:
    if not isinstance(said, list):
        hint = "; to give one value, give it as an option, or in a list" if isinstance(said, _PLAIN) else ""
        raise ValueError(f"{shown(said)}; must be {TAKES}{hint}")
    if not said:
        raise ValueError("the list has no values")
    values = [_plain(value) for value in said]
    labels: list[Any] = []
    for value in values:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{shown(value)} is not a finite number")
        label = value if isinstance(value, _PLAIN) else repr(value)
        if label in labels:
            raise ValueError(f"{shown(value)} is there twice")
        labels.append(label)
    return Choices(tuple(values), tuple(labels))


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that it is."""
    return value.item() if isinstance(value, np.generic) else value
