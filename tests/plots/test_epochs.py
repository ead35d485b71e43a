"""Plots of histories: which numbers are drawn, which epochs are marked, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet import History
from graphnet.plots import history

from ..profiles import scaled
from .drawn import legend, line, words
from .reference import check_image


def falling(n: int, start: float = 1.0, **named: Any) -> History:
    """Return a history whose losses fall."""
    rows = [
        {
            "epoch": i + 1,
            "loss": start * 0.8**i,
            "accuracy": 1 - 0.8**i,
            "validation_loss": start * (0.75**i + 0.02 * i),
            "seconds": 0.5,
        }
        for i in range(n)
    ]
    return History(rows, **named)


def test_one_fit() -> None:
    fitted = falling(12, best_epoch=9, kept_epoch=9, stopped_early=True)
    ax = history(fitted)
    assert legend(ax) == ["training", "validation", "best epoch, kept"]
    for label, column in (("training", "loss"), ("validation", "validation_loss")):
        assert line(ax, label).tolist() == [[row["epoch"], row[column]] for row in fitted.epochs]
    assert "best epoch 9 of 12: validation loss 0.2601, stopped early" in words(ax)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "linear")
    check_image(ax, "history")


def test_several_fits() -> None:
    fits = {
        "elman": falling(20, best_epoch=16, kept_epoch=16),
        ("gru", 8): falling(14, 30, best_epoch=9, kept_epoch=14),
    }
    ax = history(fits)
    assert legend(ax) == ["elman", "gru 8", "validation", "training", "best epoch", "kept epoch, if another"]
    assert ax.get_yscale() == "log"
    marks = [each.get_xydata()[0].tolist() for each in ax.lines if each.get_marker() == "o" and len(each.get_xdata())]
    expected = [(fits["elman"], 16), (fits["gru", 8], 9), (fits["gru", 8], 14)]
    assert marks == [[epoch, each.epochs[epoch - 1]["validation_loss"]] for each, epoch in expected]
    assert "training and validation loss of 2 fits" in words(ax)
    check_image(ax, "history_several")


def test_another_column() -> None:
    ax = history(falling(5, best_epoch=3, kept_epoch=5), of="accuracy")
    assert legend(ax) == ["accuracy", "best epoch by validation loss", "kept epoch, if another"]
    assert line(ax, "accuracy")[:, 1].tolist() == [1 - 0.8**i for i in range(5)]
    assert ax.get_ylabel() == "accuracy"
    plt.close(ax.get_figure())
    assert history(falling(5), of="seconds", ax=plt.subplots()[1]).get_ylabel() == "time of an epoch (s)"
    plt.close("all")


def test_one_epoch_is_a_dot_and_none_is_said() -> None:
    ax = history(History([{"epoch": 1, "loss": 0.5}], best_epoch=1, kept_epoch=1))
    assert [each.get_marker() for each in ax.lines if len(each.get_xdata())] == ["o", "o"]
    assert ax.get_xlim() == (0.5, 1.5)
    assert "no complete epoch" in words(history(History()))
    plt.close("all")


def test_epochs_that_are_not_finite_are_gaps() -> None:
    losses = [1.0, np.nan, 0.5, np.inf, 0.4, 0.3]
    ax = history(History([{"epoch": i + 1, "loss": loss} for i, loss in enumerate(losses)], best_epoch=6))
    drawn = line(ax, "loss")
    assert np.isnan(drawn[[1, 3], 1]).all()
    assert drawn[[0, 2, 4, 5], 1].tolist() == [1.0, 0.5, 0.4, 0.3]
    assert ax.lines[0].get_markevery() == [0, 2]  # values without a neighbour would not be seen
    plt.close("all")


def test_epochs_are_whole_numbers() -> None:
    for n in (2, 3, 50):
        ax = history(falling(n))
        assert all(tick == int(tick) for tick in ax.get_xticks())
        plt.close("all")


def test_many_fits_have_a_legend_that_counts_them() -> None:
    ax = history({f"seed {i}": falling(4, 1 + i, best_epoch=4, kept_epoch=4) for i in range(30)})
    shown = legend(ax)
    assert len(shown) == 12 + 3
    assert [*shown[:2], *shown[11:]] == ["seed 0", "seed 3", "seed 29", "validation", "training", "best epoch, kept"]
    assert ax.get_legend().get_title().get_text() == "12 of 30"
    plt.close("all")


def test_run_folders(tmp_path: Path) -> None:
    x = np.ones((4, 3, 1))
    fitted = gn.fit(
        gn.compile(gn.graphs.elman(1, 2, 1), seed=0), x, x, epochs=3, validation=0.25, patience=3, run=tmp_path / "run"
    )
    run = gn.open_run(tmp_path / "run")
    assert run.history == fitted
    one, other = line(history(run), "validation"), line(history({"fit": fitted}), "fit")
    assert one.tolist() == other.tolist()
    plt.close("all")


def test_the_short_way() -> None:
    ax = plt.subplots()[1]
    assert falling(3).plot(of="accuracy", ax=ax) is ax
    assert ax.get_ylabel() == "accuracy"
    plt.close("all")
    with pytest.raises(TypeError, match=r"history\(\) got an unexpected keyword argument 'off'; did you mean 'of'\?"):
        falling(3).plot(off="accuracy")


def test_what_is_refused() -> None:
    with pytest.raises(gn.DataError, match=r"^history: an empty mapping; give \{name: history\}$"):
        history({})
    with pytest.raises(gn.DataError, match=r"^history: a list of 1; must be a History, which gn.fit returns, or a run"):
        history([{"epoch": 1}])
    with pytest.raises(gn.DataError, match=r"^history\['b'\]: 3; must be a History, which gn.fit returns, or a run"):
        history({"a": falling(2), "b": 3})
    with pytest.raises(
        gn.DataError, match=r"^of: 'acuracy'; must be one of accuracy, loss, .*; did you mean 'accuracy'"
    ):
        history(falling(2), of="acuracy")
    with pytest.raises(gn.DataError, match=r"^ax: a int; must be axes of matplotlib"):
        history(falling(2), ax=3)
    assert not plt.get_fignums()


NUMBERS = st.floats() | st.none() | st.integers(-3, 3)


@given(st.lists(st.fixed_dictionaries({"loss": NUMBERS}, optional={"validation_loss": NUMBERS}), max_size=6))
@settings(max_examples=scaled(20), deadline=None)
def test_any_numbers_are_drawn(rows: list[dict[str, Any]]) -> None:
    made = History([{"epoch": i + 1, **row} for i, row in enumerate(rows)], best_epoch=1 if rows else None)
    ax = history(made)
    ax.get_figure().draw_without_rendering()
    drawn = {value for each in ax.lines for value in np.asarray(each.get_ydata(), float).tolist() if np.isfinite(value)}
    given_numbers = {float(v) for row in rows for v in row.values() if v is not None and np.isfinite(v)}
    plt.close("all")
    assert drawn == given_numbers
