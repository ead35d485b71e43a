"""A fit in little memory: the same numbers, from gradients of sequences that are computed again in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.execute.engine import Engine

WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "windows of a series": {"truncation": 30, "stateful": True, "batch_size": 2},
    "noise": {"noise": 0.1, "dropout": 0.2},
    "a search": {"optimizer": "lbfgs"},
}


def fit(ways: dict[str, Any], **more: Any) -> bytes:
    net = gn.compile(gn.graphs.elman(2, 5, 1), seed=0, backend="fast")
    x = np.random.default_rng(0).normal(size=(6, 80, 2))
    settings = {"epochs": 2, "batch_size": 3, "seed": 1, **ways, **more}
    gn.fit(
        net,
        x,
        np.cumsum(x[:, :, :1], axis=1),
        lengths=None if ways.get("stateful") else [80, 70, 3, 80, 55, 1],
        **settings,
    )
    return net.parameters.tobytes()


@pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")
@pytest.mark.parametrize("way", WAYS)
def test_little_memory_changes_no_bit(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed, times = Engine._replayed, []

    def count(*arguments: Any) -> Any:
        times.append(1)
        return replayed(*arguments)

    monkeypatch.setattr(Engine, "_replayed", count)
    plain = fit(WAYS[way])
    assert not times
    assert fit(WAYS[way], checkpoint_memory="auto") == plain
    assert times


def test_memory_that_is_not_enough_is_said_before_anything_is_trained() -> None:
    net = gn.compile(gn.graphs.elman(1, 5, 1), seed=0, backend="fast")
    before = net.parameters.copy()
    x = np.zeros((2, 50, 1))
    with pytest.raises(gn.DataError, match=r"checkpoint_memory=10: 2 samples of 50 steps take at least"):
        gn.fit(net, x, x, checkpoint_memory=10)
    assert (net.parameters == before).all()


def test_memory_that_is_not_enough_leaves_no_run_folder(tmp_path: Path) -> None:
    """Nor does the longest sequence have to be in the first batch, nor is a run changed that is to go on with it."""
    net = gn.compile(gn.graphs.elman(1, 5, 1), seed=0, backend="fast")
    x, lengths = np.zeros((40, 50, 1)), np.array([1] * 39 + [50])
    for more, says in (
        ({}, "4 samples of 50 steps"),
        ({"truncation": 9}, "4 samples of 9 steps"),
        (WAYS["a search"], "40 samples of 50 steps"),
    ):
        with pytest.raises(gn.DataError, match=f"checkpoint_memory=10: {says} take at least"):
            gn.fit(net, x, x, lengths=lengths, batch_size=4, checkpoint_memory=10, run=tmp_path / "run", **more)
        assert not list(tmp_path.iterdir())
    gn.fit(net, x, x, lengths=lengths, epochs=1, run=tmp_path / "run")
    settings = (tmp_path / "run" / "settings.json").read_bytes()
    with pytest.raises(gn.DataError, match="checkpoint_memory=10: 32 samples of 50 steps take at least"):
        gn.resume(tmp_path / "run", x, x, lengths=lengths, epochs=2, checkpoint_memory=10)
    assert (tmp_path / "run" / "settings.json").read_bytes() == settings
