"""Plots of comparisons: scores, intervals, pairs and cautions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet.analysis import Comparison
from graphnet.plots import compare

from .drawn import panels, words
from .reference import check_image

KINDS = ("direct", "lateral", "elman")


def score(graph: Any, seed: int) -> float:
    """Return a score that depends on the number of synapses, and on the seed."""
    return float(np.random.default_rng([seed, len(graph.edges)]).normal(len(graph.edges)))


def compared(n_graphs: int = 3, seeds: int = 8) -> Comparison:
    """Return a comparison; graphs beyond three are wider ones."""
    graphs = {kind: getattr(gn.graphs, kind)(1, 2, 1) for kind in KINDS[:n_graphs]}
    graphs |= {f"direct {n}": gn.graphs.direct(1, n, 1) for n in range(3, n_graphs)}
    return gn.analysis.compare(graphs, score, seeds=seeds)


def test_scores_and_pairs() -> None:
    comparison = compared()
    ax = compare(comparison)
    left, right = panels(ax)
    dots = [each.get_offsets()[:, 1].tolist() for each in left.collections]
    assert dots == [comparison.table["score"][i * 8 : i * 8 + 8].tolist() for i in range(3)]
    assert [text.get_text() for text in left.get_xticklabels()] == list(KINDS)
    pairs = comparison.pairs
    marks = [each.get_xydata()[0].tolist() for each in right.lines if each.get_marker() == "o"]
    assert marks == [[difference, i] for i, difference in enumerate(pairs["difference"].tolist())]
    bars = [list(each.get_xdata()) for each in right.lines if each.get_marker() == "None"][1:]
    assert bars == pairs[["low", "high"]].to_numpy().tolist()
    said = words(ax)
    assert {"direct − lateral", "p (Holm)", *[f"{p:.2g}" for p in pairs["p_holm"]]} <= set(said)
    assert "8 seeds, joined; bars: mean, 95 % interval" in said
    assert all(any(caution in each for each in said) for caution in comparison.cautions())
    check_image(ax, "compare")


def test_seeds_are_joined() -> None:
    comparison = compared()
    left = panels(compare(comparison))[0]
    joined = [each.get_ydata().tolist() for each in left.lines if len(each.get_ydata()) == 3]
    assert joined == comparison.table["score"].to_numpy().reshape(3, 8).T.tolist()
    plt.close("all")


def test_few_seeds_are_said_in_small_print() -> None:
    said = " ".join(words(compare(compared(seeds=3))))
    assert "3 seeds are too few: the least p possible is 0.25" in said
    one = compare(compared(seeds=1))
    assert "1 seed, joined; bars: mean" in words(one)
    equal = {name: gn.graphs.direct(1, 2, 1) for name in "abcde"}
    many = gn.analysis.compare(equal, score, seeds=6)
    assert len(list(many.cautions())) == 13
    assert "and 8 more, which print(comparison) says" in " ".join(words(compare(many)))
    plt.close("all")


def test_one_graph_has_no_pairs() -> None:
    ax = compare(compared(1))
    assert panels(ax) == [ax]
    assert "8 seeds; bars: mean, 95 % interval" in words(ax)
    plt.close("all")


def test_of_many_pairs_those_of_least_p_are_drawn() -> None:
    comparison = compared(8)
    assert len(comparison.pairs) == 28
    right = panels(compare(comparison))[1]
    assert len(right.get_yticklabels()) == 20
    assert any("20 of 28 pairs: those of least p" in each for each in words(right))
    order = np.lexsort([-comparison.pairs["difference"].abs(), comparison.pairs["p_holm"]])
    kept = comparison.pairs.iloc[np.sort(order[:20])]
    marks = [each.get_xdata()[0] for each in right.lines if each.get_marker() == "o"]
    assert marks == kept["difference"].tolist()
    plt.close("all")


def test_the_short_way() -> None:
    figure, axes = plt.subplots(1, 2)
    assert compared().plot(ax=axes[0]) is axes[0]
    assert len(figure.axes) == 6
    plt.close("all")


def test_axes_at_a_position() -> None:
    figure = plt.figure()
    ax = figure.add_axes((0.1, 0.5, 0.8, 0.4))
    for each in panels(compare(compared(), ax=ax)):
        bounds = each.get_position()
        assert bounds.y0 >= 0.5 - 1e-9
        assert bounds.y1 <= 0.9 + 1e-9
    plt.close("all")


def test_what_is_refused() -> None:
    comparison = compared()
    with pytest.raises(
        gn.DataError, match=r"^compare: comparison is a DataFrame; must be what gn.analysis.compare returns$"
    ):
        compare(comparison.table)
    with pytest.raises(
        gn.DataError,
        match=r"^comparison.table: no column 'seed'; found graph, score; must be as gn.analysis.compare makes",
    ):
        compare(Comparison(comparison.table.drop(columns="seed"), comparison.pairs))
    with pytest.raises(gn.DataError, match=r"^comparison.pairs: no column 'low' and no column 'p_holm'; found a, b, "):
        compare(Comparison(comparison.table, comparison.pairs.drop(columns=["low", "p_holm"])))
    assert not plt.get_fignums()
