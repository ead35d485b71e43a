"""``graphnet inspect`` and ``graphnet validate``."""

from __future__ import annotations

import json

import networkx as nx
import pytest

import graphnet as gn


@pytest.fixture
def path(here):
    """A drawing with several problems."""
    graph = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0, "weigth": 1})])
    graph.nodes["a"]["role"] = "king"
    gn.write_graph(graph, "broken.json")
    return "broken.json"


def problems_of(path):
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(gn.read_graph(path))
    return caught.value.problems


def test_inspect_counts(call, drawing):
    found = call("inspect", drawing, "--json", "--samples", 8, "--steps", 50).json()
    net = gn.compile(gn.read_graph(drawing), seed=0)
    estimate = net.estimate(8, 50)
    assert found == {
        "file": "net.json",
        "nodes": 9,
        "inputs": 2,
        "outputs": 3,
        "synapses": 36,
        "parameters": 43,
        "feedback": {"forward": 20, "direct": 4, "lateral": 12, "indirect": 0, "complete": 4}
        | {"components": 1, "largest": 4, "complete_components": 1},
        "stages": 2,
        "levels": 2,
        "memory": {
            "samples": 8,
            "steps": 50,
            "run": estimate.run,
            "value_and_grad": estimate.value_and_grad,
        },
        "schedule": net.summary().splitlines(),
    }


def test_inspect_counts_all_kinds_of_feedback(call, here):
    gn.write_graph(gn.graphs.complete(1, 3, 1), "complete.json")
    found = call("inspect", "complete.json", "--json").json()["feedback"]
    expected = gn.feedback(gn.graphs.complete(1, 3, 1))
    components = {"components": 1, "largest": 4, "complete_components": 1}
    assert found == {**expected.counts(), "complete": len(expected.complete), **components}
    assert found["complete"] == 4
    assert found["indirect"] > 0


def test_inspect_for_people(call, drawing):
    result = call("inspect", drawing)
    lines = result.out.splitlines()
    net = gn.compile(gn.read_graph(drawing), seed=0)
    assert (result.code, result.err) == (0, "")
    rows = dict(line.rsplit("  ", 1) for line in lines[: lines.index("")])
    found = {name.strip(): value for name, value in rows.items()}
    assert found["synapses"] == "36"
    assert found["lateral synapses"] == "12"
    assert found["parameters"] == "43"
    assert found["memory to run 32 x 100 steps"] == f"{net.estimate(32, 100).run / 1e6:.3g} MB"
    assert "\n".join(lines[lines.index("") + 1 :]) == net.summary()


def test_inspect_lists_every_problem_of_a_graph(call, path):
    result = call("inspect", path)
    assert (result.code, result.out) == (3, "")
    assert result.err.splitlines() == [f"graphnet: error: {path}: {problem}" for problem in problems_of(path)]
    assert len(problems_of(path)) >= 2


def test_validate_says_what_is_valid(call, drawing):
    result = call("validate", drawing)
    assert (result.code, result.out, result.err) == (0, "net.json: valid, 9 nodes and 36 synapses\n", "")
    assert call("validate", drawing, "--json").json() == {"file": "net.json", "valid": True, "problems": []}


def test_validate_lists_every_problem(call, path):
    result = call("validate", path)
    assert result.code == 3
    assert result.out.splitlines() == [f"{path}: {problem}" for problem in problems_of(path)]
    assert result.err == f"graphnet: error: {path}: {len(problems_of(path))} problems\n"
    result = call("validate", path, "--json")
    assert result.code == 3
    assert result.json() == {"file": path, "valid": False, "problems": problems_of(path)}


@pytest.mark.parametrize("verb", ["inspect", "validate"])
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.json", None, "no such file"),
        ("net.json", "", "the file is empty"),
        ("net.json", "{", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        ("net.json", "{}", "problems in the file"),
        ("net.yaml", "a: 1", "supported: .json (node-link JSON)"),
        (
            "net.json",
            json.dumps({"directed": True, "nodes": [{"id": "a"}], "edges": [{"source": "a", "target": "b"}]}),
            "edge ('a', 'b'): 'b' not among the nodes",
        ),
    ],
)
def test_files_that_are_no_drawing(call, here, verb, name, content, says):
    if content is not None:
        (here / name).write_text(content)
    result = call(verb, name)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"graphnet: error: {name}: ")
    assert says in result.err
