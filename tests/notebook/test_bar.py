"""The live bar of a fit in a notebook, and the lines that it leaves."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.notebook import bar
from graphnet.notebook.bar import NotebookBar, lines_of
from graphnet.train.progress import is_notebook, progress_bar
from tests.notebook.kernels import run_cells


class Shell:
    """Shell of a terminal."""


class ZMQInteractiveShell(Shell):
    """Shell of a kernel."""


class Colab(ZMQInteractiveShell):
    """Shell of a kernel elsewhere."""


class Screen:
    """The place below a cell, with every text that it has shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def display(self, thing: Any, *, display_id: bool) -> Screen:
        assert display_id
        self.texts.append(repr(thing))
        return self

    def update(self, thing: Any) -> None:
        self.texts.append(repr(thing))


def put_shell(monkeypatch: pytest.MonkeyPatch, shell: Any) -> Screen:
    screen = Screen()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", screen)
    return screen


def fit(**settings: Any) -> gn.History:
    net = gn.compile(gn.graphs.direct(1, 1, 1), seed=0, backend="reference")
    inputs = np.ones((10, 2, 1))
    return gn.fit(net, inputs, inputs, **{"epochs": 3, "validation": 0.2, "seed": 0} | settings)


def rows_of(losses: list[float]) -> list[dict[str, Any]]:
    return [{"epoch": i + 1, "loss": loss} for i, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("shell", "expected"), [(None, False), (Shell(), False), (ZMQInteractiveShell(), True), (Colab(), True)]
)
def test_the_kernel_of_a_notebook_is_known(shell: Any, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    put_shell(monkeypatch, shell)
    assert is_notebook() == expected


def test_nothing_is_a_notebook_without_ipython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not is_notebook()
    assert "IPython" not in sys.modules
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())  # half imported
    assert not is_notebook()


@pytest.mark.parametrize("progress", [None, True])
def test_a_fit_leaves_a_line_for_each_epoch(
    progress: bool | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = put_shell(monkeypatch, ZMQInteractiveShell())
    monkeypatch.setattr(bar, "SECONDS_BETWEEN", 0)
    rows = fit(progress=progress).epochs
    assert screen.texts[0] == f"epoch 0/3  {'─' * 30}"
    assert any("━" in text and " s left" in text for text in screen.texts)
    lines = screen.texts[-1].splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    for line, row in zip(lines, rows, strict=True):
        assert f"  loss {row['loss']:.4g}" in line
        assert f"  validation loss {row['validation_loss']:.4g}" in line
    assert capsys.readouterr() == ("", "")


def test_no_bar_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = put_shell(monkeypatch, ZMQInteractiveShell())
    fit(progress=False)
    assert not screen.texts


def test_few_messages_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = put_shell(monkeypatch, ZMQInteractiveShell())
    monkeypatch.setattr(bar, "SECONDS_BETWEEN", 1000)
    fit(batch_size=1)
    assert len(screen.texts) == 2


def test_a_fit_that_fails_leaves_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = put_shell(monkeypatch, ZMQInteractiveShell())

    def fail(row: dict[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(callback=fail)
    assert screen.texts[-1].startswith("epoch 1/3  loss")
    with pytest.raises(ZeroDivisionError), progress_bar(None, epochs=1, n_batches=1):
        raise ZeroDivisionError
    assert screen.texts[-1] == "no complete epoch"


def test_a_resumed_run_counts_from_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(run=tmp_path / "run", callback=lambda row: row["epoch"] == 2, epochs=4)
    screen = put_shell(monkeypatch, ZMQInteractiveShell())
    monkeypatch.setattr(bar, "SECONDS_BETWEEN", 0)
    inputs = np.ones((10, 2, 1))
    gn.resume(tmp_path / "run", inputs, inputs)
    assert [line.split("  ")[0] for line in screen.texts[-1].splitlines()] == ["epoch 3/4", "epoch 4/4"]
    assert any("epoch 3/4  ━" in text for text in screen.texts)


def test_a_front_end_that_refuses_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = put_shell(monkeypatch, ZMQInteractiveShell())

    def refuse(*given: Any, **settings: Any) -> None:
        raise RuntimeError("no front end")

    monkeypatch.setattr(screen, "update", refuse)
    assert len(fit().epochs) == 3
    monkeypatch.setattr(screen, "display", refuse)
    assert len(fit().epochs) == 3


def test_many_epochs_leave_some_lines() -> None:
    losses = [1.0] * 1000
    losses[776] = 0.5
    lines = lines_of(rows_of(losses), 1000)
    assert [int(line[6:10]) for line in lines] == [1, *range(50, 800, 50), 777, *range(800, 1001, 50)]
    assert [line for line in lines if line.endswith("best")] == ["epoch  777/1000  loss 0.5  best"]
    assert len(lines_of(rows_of([1.0] * 40), 40)) == 40
    assert len(lines_of(rows_of([1.0] * 41), 41)) < 20


def test_a_loss_that_is_no_number_is_never_best() -> None:
    assert lines_of(rows_of([float("nan"), 2.0, 1.0]), 9)[2] == "epoch 3/9  loss 1    best"
    assert lines_of(rows_of([float("nan")] * 2), 2) == ["epoch 1/2  loss nan", "epoch 2/2  loss nan"]
    assert lines_of([], 2) == []
    assert lines_of([{"epoch": 1}], 1) == ["epoch 1/1"]


def test_a_bar_without_batches() -> None:
    made = object.__new__(NotebookBar)
    made.epochs, made.n_batches, made.rows, made._n_done, made._n_before = 0, 0, [], 0, 0
    assert made._text() == f"epoch 0/0  {'─' * 30}"


@pytest.mark.costly
def test_a_saved_notebook_has_the_lines(tmp_path: Path) -> None:
    """Run a fit in a real kernel, of which a notebook keeps plain text, and neither widgets nor errors."""
    start, whole, silent = run_cells(
        "import graphnet as gn\n"
        "net = gn.compile(gn.graphs.direct(1, 1, 1), seed=0, backend='reference')\n"
        "x = [[[1.0], [0.5]]] * 10",
        "history = gn.fit(net, x, x, epochs=12, validation=0.2, seed=0)",
        "import sys\ngn.fit(net, x, x, epochs=2, seed=0, progress=False)\nprint('ipywidgets' in sys.modules)",
        folder=tmp_path,
    )
    assert start == []
    (shown,) = whole
    assert shown.output_type == "display_data"
    assert list(shown.data) == ["text/plain"]
    lines = shown.data["text/plain"].splitlines()
    assert len(lines) == 12
    assert all(line.startswith(f"epoch {i + 1:>2}/12  loss ") for i, line in enumerate(lines))
    assert [each.get("text") for each in silent] == ["False\n"]
