"""Data of the tests of estimators."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parents[2] / "examples" / "data"


@cache
def speech() -> dict[str, tuple[list[Any], Any]]:
    """Return the sequences and the speakers of the Japanese vowels, {"train": ..., "test": ...}."""
    vowels = np.load(DATA / "japanese_vowels.npz")
    return {
        part: (
            [x[:n] for x, n in zip(vowels[f"x_{part}"], vowels[f"lengths_{part}"], strict=True)],
            vowels[f"y_{part}"],
        )
        for part in ("train", "test")
    }


def ragged(n_samples: int = 24, n_channels: int = 2, seed: int = 0) -> tuple[list[Any], Any]:
    """Return sequences of 2 to 6 steps, and the sum of each one's first channel."""
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(n_steps, n_channels)) for n_steps in rng.integers(2, 7, n_samples)]
    return sequences, np.array([each[:, 0].sum() for each in sequences])
