"""Plots of confusion: counts, accuracy and names, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet.plots import confusion

from .drawn import words
from .reference import check_image

RNG = np.random.default_rng(0)
NET = gn.compile(gn.graphs.elman(2, 6, 4), seed=0)
INPUTS, CLASSES = RNG.normal(size=(40, 5, 2)), RNG.integers(0, 4, 40)


def numbers(ax: object) -> dict[tuple[int, int], str]:
    """Return {(true class, predicted class): what is written there}."""
    return {
        (int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in ax.texts if t.get_text().isdigit()
    }  # type: ignore[attr-defined]


def test_counts_and_accuracy() -> None:
    outputs = NET.run(INPUTS)
    counts = gn.metrics.confusion_matrix(outputs, CLASSES)
    ax = confusion(NET, INPUTS, CLASSES, names=["north", "east", "south", "west"])
    assert numbers(ax) == {(i, j): str(counts[i, j]) for i in range(4) for j in range(4) if counts[i, j]}
    np.testing.assert_allclose(ax.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True))
    said = words(ax)
    assert f"accuracy {gn.metrics.accuracy(outputs, CLASSES):.4g}" in said
    assert f"40 sequences; most frequent class: {counts.sum(axis=1).max() / 40:.3g}" in said
    assert said.count("north") == said.count("west") == 2
    assert {"true class", "predicted class", "share of the true class"} <= set(said)
    check_image(ax, "confusion")


def test_steps_and_lengths() -> None:
    classes, lengths = RNG.integers(0, 4, (40, 5)), RNG.integers(1, 6, 40)
    ax = confusion(NET, INPUTS, classes, lengths=lengths)
    said = words(ax)
    accuracy = gn.metrics.accuracy(NET.run(INPUTS, lengths=lengths), classes, lengths=lengths)
    assert f"accuracy {accuracy:.4g}" in said
    assert any(each.startswith(f"{lengths.sum()} steps; ") for each in said)
    assert said.count("output 3") == 2
    plt.close("all")


def test_counts_of_several_networks() -> None:
    ax = confusion([[5, 1], [0, 0]])
    assert numbers(ax) == {(0, 0): "5", (0, 1): "1"}
    assert {"accuracy 0.8333", "6 predictions; most frequent class: 1"} <= set(words(ax))
    assert "nothing was counted" in words(confusion(np.zeros((2, 2))))
    plt.close("all")


def test_many_classes_have_no_numbers_and_fewer_names() -> None:
    ax = confusion(np.eye(100, dtype=int), ax=plt.subplots()[1])
    assert not numbers(ax)
    assert [text.get_text() for text in ax.get_xticklabels()] == [str(i) for i in range(0, 100, 3)]
    plt.close("all")


def test_what_is_refused() -> None:
    with pytest.raises(gn.DataError, match=r"^confusion: of a network, inputs and classes are needed$"):
        confusion(NET, INPUTS)
    with pytest.raises(gn.DataError, match=r"^confusion: net is a DiGraph, not a Network$"):
        confusion(gn.graphs.elman(1, 2, 2), INPUTS, CLASSES)
    with pytest.raises(
        gn.DataError, match=r"^confusion: a network, or counts \(n_classes, n_classes\), are needed; .*3, 2"
    ):
        confusion(np.zeros((3, 2)))
    with pytest.raises(gn.DataError, match=r"^confusion: counts\[1, 0\] is 0.5; must be a whole number >= 0$"):
        confusion([[1, 0], [0.5, 2]])
    with pytest.raises(gn.DataError, match=r"^names: 2 for 4 classes; there must be one for each$"):
        confusion(NET, INPUTS, CLASSES, names=["a", "b"])
    with pytest.raises(gn.DataError, match=r"^names='ab' is one name and not a list"):
        confusion([[1, 0], [0, 1]], names="ab")
    with pytest.raises(gn.DataError, match=r"^targets: class 4 at sample 0; must be a whole number from 0 to 3"):
        confusion(NET, INPUTS, np.full(40, 4))
    assert not plt.get_fignums()
