"""Comparisons: the table, the pairs, the words, the same numbers on any executor, and what is refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import graphnet as gn
from graphnet.analysis import Comparison, compare

GRAPHS = {"elman": gn.graphs.elman(1, 3, 1), "direct": gn.graphs.direct(1, 3, 1), "lateral": gn.graphs.lateral(1, 3, 1)}
SCORES = {"a": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "b": [0.0, 0.0, 0.0, 0.0, 0.0, 7.0], "c": [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]}


def named(name: str) -> nx.DiGraph:
    graph = gn.graphs.direct(1, 1, 1)
    graph.graph["name"] = name
    return graph


def look_up(graph: nx.DiGraph, seed: int) -> float:
    """Score of a hand-made table."""
    return SCORES[graph.graph["name"]][seed]


def train(graph: nx.DiGraph, seed: int) -> float:
    """Score of a short fit; it changes the graph that it is given."""
    net = gn.compile(graph, seed=seed)
    nx.set_edge_attributes(graph, 0.0, "weight")
    inputs = np.random.default_rng(seed).normal(size=(8, 4, 1))
    gn.fit(net, inputs, inputs[:, 0], epochs=2, seed=seed)
    return -gn.evaluate(net, inputs, inputs[:, 0])["loss"]


def fail(graph: nx.DiGraph, seed: int) -> float:
    if seed == 1:
        raise KeyError("no such seed")
    return 1.0


def of_six(*names: str, **more: Any) -> Comparison:
    return compare({name: named(name) for name in names}, look_up, seeds=6, **more)


def test_a_hand_made_table() -> None:
    """The differences of a and b are 1, 2, 3, 4, 5, -1, with a mean of 14 / 6 and 6 of 64 signs as far from 0."""
    compared = of_six("a", "b")
    assert list(compared.table) == ["graph", "seed", "score"]
    assert compared.table["graph"].tolist() == ["a"] * 6 + ["b"] * 6
    assert compared.table["seed"].tolist() == [0, 1, 2, 3, 4, 5] * 2
    assert compared.table["score"].tolist() == SCORES["a"] + SCORES["b"]
    assert list(compared.pairs) == ["a", "b", "difference", "low", "high", "p", "p_holm"]
    (row,) = compared.pairs.to_dict("records")
    assert (row["a"], row["b"], row["difference"]) == ("a", "b", pytest.approx(14 / 6))
    assert (row["p"], row["p_holm"]) == (6 / 64, 6 / 64)
    assert -1 < row["low"] < 14 / 6 < row["high"] < 5
    assert compared.differences("b", "a").to_dict() == {0: -1, 1: -2, 2: -3, 3: -4, 4: -5, 5: 1}
    assert repr(compared) == "<graphnet.Comparison: 2 graphs, 6 seeds, 1 pair>"


def test_pairs_and_their_correction() -> None:
    compared = of_six("a", "b", "c")
    assert compared.pairs[["a", "b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert compared.pairs["p"].tolist() == [6 / 64, 1.0, 4 / 64]
    assert compared.pairs["p_holm"].tolist() == [12 / 64, 1.0, 12 / 64]
    alone = of_six("a", "b", "c", against="b")
    assert alone.pairs[["a", "b"]].to_numpy().tolist() == [["a", "b"], ["c", "b"]]
    assert alone.pairs["p_holm"].tolist() == [8 / 64, 8 / 64]


def test_one_graph_has_no_pairs() -> None:
    compared = of_six("a")
    assert list(compared.pairs) == ["a", "b", "difference", "low", "high", "p", "p_holm"]
    assert len(compared.pairs) == 0
    assert str(compared) == "1 graph, 6 seeds each; a higher score is better\n  a  mean 3.5, deviation 1.87, 1 to 6"
    with pytest.raises(gn.DataError, match="seeds_needed: 0 pairs and 6 seeds; the spread of differences needs two"):
        compared.seeds_needed(1.0)


def test_functions_of_a_seed_and_names_of_any_kind() -> None:
    given = []

    def draw(seed: int) -> nx.DiGraph:
        given.append(seed)
        return named("a")

    compared = compare({("drawn", 1): draw, None: named("b")}, look_up, seeds=[4, 2])
    assert given == [4, 2]
    assert compared.table["score"].tolist() == [5.0, 3.0, 0.0, 0.0]
    assert compared.table["graph"].tolist() == [("drawn", 1)] * 2 + [None] * 2
    assert compared.differences(("drawn", 1), None).tolist() == [5.0, 3.0]


def test_a_training_has_a_graph_of_its_own() -> None:
    graph = gn.graphs.elman(1, 2, 1)
    first = compare({"elman": graph}, train, seeds=[0])
    assert not nx.get_edge_attributes(graph, "weight")
    both = compare({"elman": graph, "other": graph}, train, seeds=[1, 0])
    assert both.table["score"][1] == both.table["score"][3] == first.table["score"][0]


@pytest.mark.costly
def test_numbers_do_not_depend_on_the_executor(executors: list[Any]) -> None:
    tables = [compare(GRAPHS, train, seeds=[3, 1], executor=each).table for each in executors]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(2)], ids=["this process", "threads"])
def test_an_error_names_graph_and_seed(executor: Any) -> None:
    with pytest.raises(KeyError, match="no such seed") as caught:
        compare({"elman": GRAPHS["elman"]}, fail, seeds=3, executor=executor)
    assert caught.value.__notes__ == ["compare: graph 'elman', seed 1"]


def test_a_function_for_other_processes_pickles() -> None:
    with pytest.raises(gn.DataError, match="compare: what is sent to other processes does not pickle"):
        compare(GRAPHS, lambda graph, seed: 1.0, executor=2)


def scores(*differences: float) -> Comparison:
    """A comparison with these differences."""
    graphs = {"wired": named("a"), "rewired": named("b")}
    return compare(graphs, lambda graph, seed: differences[seed] * (graph.graph["name"] == "a"), seeds=len(differences))


def test_words_where_seeds_are_too_few() -> None:
    said = str(scores(1.0, 2.0, 3.0, 4.0))
    assert "4 seeds are too few: the least p possible is 0.125, and no p below 0.05 is possible" in said
    assert "with fewer than 6; this says nothing about whether graphs differ" in said
    assert "wired - rewired: +2.5 [+1.5, +3.5], p = 0.125: not told apart" in said
    assert "not told apart is not equal: .seeds_needed(difference) says how many seeds would" in said
    one = scores(1.0)
    assert "1 seed is too few: the least p possible is 1," in str(one)
    assert "wired - rewired: +1, p = 1: not told apart" in str(one)
    assert one.pairs[["low", "high"]].isna().to_numpy().all()


def test_words_where_seeds_are_few_or_many() -> None:
    six = str(scores(*range(1, 7)))
    assert "wired - rewired: +3.5 [+2.17, +4.83], p = 0.0312: they differ" in six
    assert "6 seeds are few: only a difference in the same direction for nearly every seed can be told" in six
    assert "bootstrap intervals of 6 seeds are too narrow" in six
    assert "too few" not in six
    assert "not told apart" not in six
    many = str(scores(*range(1, 21)))
    assert len(many.splitlines()) == 5
    assert "few" not in many


def test_words_about_differences_of_zero() -> None:
    said = str(scores(1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0))
    assert "wired - rewired: 4 of 7 differences are 0, which the test cannot use; with the other 3 no p below" in said
    assert "differences are 0" not in str(scores(1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 0.0))


def test_words_where_pairs_are_too_many() -> None:
    said = str(of_six("a", "b", "c"))
    assert (
        "6 seeds are too few for 3 pairs: for a corrected p below 0.05 the first of them needs p below 0.0167" in said
    )
    assert "which takes 7 seeds, or fewer pairs (against=)" in said
    assert "p of the sign-flip test, corrected for 3 pairs (Holm)" in said


def test_seeds_that_are_needed() -> None:
    """For a difference of half the deviation of the pairs."""
    compared = scores(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    assert compared.seeds_needed(0.5 * float(np.std(range(7), ddof=1))) == 34
    assert compared.seeds_needed(1e9) == 6
    three = of_six("a", "b", "c")
    spread = max(float(three.differences(a, b).std()) for a, b in (("a", "b"), ("a", "c"), ("b", "c")))
    assert three.seeds_needed(0.5 * spread) > 34
    for wrong in (0, -1.0, float("nan"), "much"):
        with pytest.raises(gn.DataError, match=r"difference: .*; must be a positive finite number"):
            compared.seeds_needed(wrong)  # type: ignore[arg-type]
    with pytest.raises(gn.DataError, match="seeds_needed: 1 pair and 1 seed; the spread of differences needs two"):
        scores(1.0).seeds_needed(1.0)
    with pytest.raises(gn.DataError, match="'elman' is not one of the graphs 'wired', 'rewired'"):
        compared.differences("wired", "elman")


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None, "0.5", np.ones(2)])
def test_a_score_is_a_finite_number(score: Any) -> None:
    says = re.escape("train: the score of graph 'a', seed 3, is ") + r".*; must be a finite number"
    with pytest.raises(gn.DataError, match=says):
        compare({"a": named("a")}, lambda graph, seed: 1.0 if seed < 3 else score)


def test_a_score_may_be_of_any_type_of_number() -> None:
    compared = compare({"a": named("a")}, lambda graph, seed: np.float32(-0.5), seeds=1)
    assert compared.table["score"].tolist() == [-0.5]


def test_what_is_not_valid() -> None:
    def refused(says: str, **given: Any) -> None:
        with pytest.raises(gn.DataError, match=says):
            compare(**{"graphs": GRAPHS, "train": train, **given})

    refused("seeds: 3 occurs twice, and would count as two", seeds=[3, 1, 3])
    refused("seeds: no seeds", seeds=[])
    refused(r"seeds: 0; must be a whole number >= 1, or a list of whole numbers", seeds=0)
    refused(r"seeds\[1\]=0.5 is not a whole number", seeds=[1, 0.5])
    refused("seeds='10' is one name and not a list", seeds="10")
    refused(r"graphs: .*; must be {name: graph, or function of a seed}, with one at least", graphs={})
    refused(r"graphs: a list of 1; must be {name: graph", graphs=[GRAPHS["elman"]])
    refused("graphs: 'elman' is a str; must be a networkx DiGraph", graphs={"elman": "elman.json"})
    refused("graphs: 'elman' is a Graph; must be a networkx DiGraph", graphs={"elman": nx.Graph()})
    refused("graphs: 'elman' returned a NoneType for seed 0, no graph", graphs={"elman": lambda seed: None})
    refused(r"train: None; must be a function train\(graph, seed\) that returns a score", train=None)
    refused("against: 'Elman'; must be one of 'elman', 'direct', 'lateral'; did you mean 'elman'", against="Elman")
    refused("against: 3; must be one of 'elman', 'direct', 'lateral'", against=3)
    refused("executor: 'mpi'; must be None, a number of processes, or a concurrent.futures.Executor", executor="mpi")
    with pytest.raises(TypeError, match="unexpected keyword argument 'n_seeds'; did you mean 'seeds'"):
        compare(GRAPHS, train, n_seeds=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'n_jobs'; did you mean 'executor'"):
        compare(GRAPHS, train, n_jobs=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'baseline'; did you mean 'against'"):
        compare(GRAPHS, train, baseline="elman")  # type: ignore[call-arg]


def test_a_function_that_fails_is_named() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        compare({"rewired": lambda seed: 1 / seed}, train)
    assert caught.value.__notes__ == ["compare: graph 'rewired', seed 0"]
