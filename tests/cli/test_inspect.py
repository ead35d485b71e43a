"""``graphnet inspect`` and ``graphnet validate``."""

from __future__ import annotations

import json

import networkx as nx
import pytest
from graphnet_cli.layers import signs_of

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
        "dtype": "float64",
        "dt": 1.0,
        "neurons": {"hidden": {"tanh": 4}, "output": {"identity": 3}, "of_them": {}},
        "synapses_of": {"delays": {"0": 20, "1": 16}, "gated_synapses": 0, "gates": 0}
        | {"fixed_synapses": 0, "tied_synapses": 0, "ties": 0},
        "parameters_of": {"weight": 36, "bias": 7},
        "feedback": {"forward": 20, "direct": 4, "lateral": 12, "indirect": 0, "complete": 4}
        | {"components": 1, "largest": 4, "complete_components": 1},
        "stages": 2,
        "scanned_stages": 1,
        "levels": 2,
        "memory": {
            "samples": 8,
            "steps": 50,
            "run": estimate.run,
            "value_and_grad": estimate.value_and_grad,
        },
        "layers": [
            {"layer": "inputs", "neurons": 2, "roles": {"input": 2}, "activations": {}}
            | {"forward": 8, "direct": 0, "lateral": 0, "indirect": 0},
            {"layer": "layer 1", "neurons": 4, "roles": {"hidden": 4}, "activations": {"tanh": 4}}
            | {"forward": 12, "direct": 4, "lateral": 12, "indirect": 0},
            {"layer": "outputs", "neurons": 3, "roles": {"output": 3}, "activations": {"identity": 3}}
            | {"forward": 0, "direct": 0, "lateral": 0, "indirect": 0},
        ],
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
    assert (result.code, result.err) == (0, "")
    net = gn.compile(gn.read_graph(drawing), seed=0).estimate(32, 100)
    run, train = (f"{number / 1e3:.3g} kB" for number in (net.run, net.value_and_grad))
    assert (
        result.out
        == f"""\
network     net.json
nodes       9: 2 inputs, 4 hidden, 3 outputs
synapses    36: 20 forward, 4 direct, 12 lateral, 0 indirect
delays      0 (20 synapses), 1 (16 synapses)
parameters  43: 36 weight, 7 bias
feedback    1 component of neurons that reach each other, the largest of 4; 4
            neurons with complete feedback
compiled    2 stages, 1 of them scanned step by step, 2 levels
memory      {run} to run 32 x 100 steps, {train} to train on them

layer    neurons          forward ↓  direct ↺  lateral ↔  indirect ↑
inputs   □□   2                   8         ·          ·           ·
layer 1  ●●●● 4 tanh             12         4         12           ·
outputs  ◎◎◎  3 identity          ·         ·          ·           ·

--verbose shows the schedule, of 9 lines, and every count
"""
    )


def test_inspect_at_length(call, drawing):
    result = call("inspect", drawing, "--verbose")
    assert call("inspect", drawing, "--schedule").out == result.out
    lines = result.out.splitlines()
    net = gn.compile(gn.read_graph(drawing), seed=0)
    assert (result.code, result.err) == (0, "")
    rows = dict(line.rsplit("  ", 1) for line in lines[: lines.index("")])
    found = {name.strip(): value for name, value in rows.items()}
    assert found["synapses"] == "36"
    assert found["lateral synapses"] == "12"
    assert found["parameters"] == "43"
    assert found["memory to run 32 x 100 steps"] == f"{net.estimate(32, 100).run / 1e3:.3g} kB"
    assert found["hidden neurons"] == "4 tanh"
    assert found["output neurons"] == "3 identity"
    assert found["delays"] == "0 (20 synapses), 1 (16 synapses)"
    assert found["learnt"] == "36 weight, 7 bias"
    assert found["stages"] == "2, 1 of them scanned step by step"
    assert not {"of them", "gates", "ties", "gated synapses", "fixed synapses", "tied synapses"} & set(found)
    picture, schedule = "\n".join(lines[lines.index("") + 1 :]).split("\n\n")
    assert picture in call("inspect", drawing).out
    assert schedule == net.summary()


def look(call, graph):
    gn.write_graph(graph, "net.json")
    return call("inspect", "net.json", "--json").json()


def test_inspect_neurons(call, here):
    found = look(call, gn.graphs.lstm(1, 3, 2, coupled=True))["neurons"]
    assert found == {"hidden": {"identity": 9, "sigmoid": 6, "tanh": 6}, "output": {"identity": 2}, "of_them": {}}
    found = look(call, gn.graphs.attention(1, 1, n_heads=2, width=4, window=3))["neurons"]
    assert found["hidden"] == {"identity": 16, "softmax": 6}
    assert found["of_them"] == {"with an onset": 4, "in a group": 6}
    assert look(call, gn.graphs.echo_state(1, 9, 1, leak=0.5, density=0.5, seed=0))["neurons"]["of_them"] == {
        "leaky": 9
    }
    found = look(call, gn.graphs.bidirectional(gn.graphs.continuous_time(1, 4, 1)))["neurons"]["of_them"]
    assert found == {"with a time constant": 8, "in reversed time": 4}
    graph = gn.graphs.elman(2, 3, 1)
    graph.add_nodes_from([("hidden", 0), ("hidden", 2)], tie="twins", sign=1)
    graph.add_node(("input", 1), sign=-1)
    assert look(call, graph)["neurons"]["of_them"] == {"tied": 2, "with a sign": 3}


def test_inspect_synapses(call, here):
    found = look(call, gn.graphs.gru(2, 3, 1))["synapses_of"]
    assert found["gated_synapses"] == 3 * 3  # recall -> new, new -> hidden, hidden -> hidden
    assert found["gates"] == 2 * 3  # reset, update
    assert found["fixed_synapses"] == 3 * 4
    found = look(call, gn.graphs.convolution(2, 3, 1, kernel_size=2, dilation=4))["synapses_of"]
    assert found["delays"] == {"0": 6 + 3, "4": 6}
    found = look(call, gn.graphs.spatial_convolution((4, 4), 2, 1, kernel_size=3))["synapses_of"]
    assert (found["tied_synapses"], found["ties"]) == (2 * 4 * 9, 2 * 9)


@pytest.mark.parametrize("name", ["complete", "lstm", "gru", "minimal_gated", "jordan"])
def test_inspect_counts_every_synapse_and_parameter_once(call, here, name):
    found = look(call, getattr(gn.graphs, name)(2, 3, 2))
    assert sum(found["synapses_of"]["delays"].values()) == found["synapses"]
    assert sum(found["parameters_of"].values()) == found["parameters"]
    assert found["synapses_of"]["fixed_synapses"] + found["parameters_of"]["weight"] == found["synapses"]
    neurons = found["neurons"]["hidden"] | {"out": sum(found["neurons"]["output"].values())}
    assert sum(neurons.values()) == found["nodes"] - found["inputs"]


def test_inspect_learnt_time_constants_and_initial_values(call, here):
    graph = gn.graphs.continuous_time(1, 4, 1, train_tau=True)
    graph.add_node(("hidden", 1), train_initial=True)
    assert look(call, graph)["parameters_of"] == {"weight": 24, "bias": 5, "initial": 1, "tau": 4}


def test_inspect_many_delays(call, here):
    gn.write_graph(gn.graphs.convolution(1, 1, 1, kernel_size=9), "net.json")
    rows = dict(
        line.split("  ", 1) for line in call("inspect", "net.json", "--verbose").out.splitlines() if "  " in line
    )
    assert rows["delays"].strip() == "0 to 8 steps, 9 different"


def test_inspect_a_run_and_a_saved_network(call, trained):
    drawn = call("inspect", "net.json", "--json").json()
    for network in (trained, f"{trained}/network.safetensors"):
        assert call("inspect", network, "--json").json() == {**drawn, "file": network}
    assert call("inspect", trained).out.splitlines()[0].split() == ["network", "run"]


def deep(n_layers):
    return gn.graphs.feedforward(1, [2 + i % 5 for i in range(n_layers)], 1)


@pytest.mark.parametrize(
    "graph",
    [
        deep(40),
        gn.graphs.lstm(2, 40, 3, n_layers=4),
        gn.graphs.transformer(3, 2, n_layers=2, n_heads=2, width=8, window=4),
        gn.graphs.bidirectional(gn.graphs.continuous_time(1, 40, 1)),
        gn.graphs.convolution(1, 1, 1, kernel_size=9),
        gn.graphs.from_matrix([[0.0, 1.0], [1.0, 0.0]]),
        nx.DiGraph(),
    ],
    ids=["deep", "lstm", "transformer", "bidirectional", "convolution", "matrix", "one"],
)
def test_inspect_takes_a_screen_at_most(call, here, graph):
    if not len(graph.nodes):
        graph.add_node("y", role="output")
    gn.write_graph(graph, "net.json")
    lines = call("inspect", "net.json").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_inspect_sums_up_many_layers(call, here):
    gn.write_graph(deep(40), "deep.json")
    found = call("inspect", "deep.json", "--json").json()
    assert len(found["layers"]) == 42
    lines = call("inspect", "deep.json").out.split("\n\n")[1].splitlines()
    (position,) = [i for i, line in enumerate(lines) if line.startswith("… ")]
    n_summed = int(lines[position].split()[1])
    summed = found["layers"][position - 1 : position - 1 + n_summed]
    assert len(found["layers"]) == len(lines) - 2 + n_summed
    neurons, forward = (str(sum(row[name] for row in summed)) for name in ("neurons", "forward"))
    assert lines[position].split()[2:] == ["layers", "●●●●●●", neurons, "tanh", forward, "·", "·", "·"]
    assert (lines[1].split()[0], lines[-1].split()[0]) == ("inputs", "outputs")
    whole = call("inspect", "deep.json", "--verbose").out.split("\n\n")
    assert len(whole[1].splitlines()) == 43
    assert whole[2].splitlines() == found["schedule"]


def test_inspect_by_depth(call, here):
    graph = nx.DiGraph([("x", "a"), ("a", "b"), ("b", "a"), ("b", "y"), ("lonely", "lonely")])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    gn.write_graph(graph, "net.json")
    rows = call("inspect", "net.json", "--layers", "depth", "--json").json()["layers"]
    assert [row["layer"] for row in rows] == ["inputs", "depth 1", "depth 2", "depth 3", "not reached"]
    assert [row["indirect"] for row in rows] == [0, 0, 1, 0, 0]
    assert [row["direct"] for row in rows] == [0, 0, 0, 0, 1]
    titles = [line.split("  ")[0] for line in call("inspect", "net.json").out.split("\n\n")[1].splitlines()]
    assert titles == ["layer", "inputs", "layer 0", "outputs"]


@pytest.mark.parametrize("name", ["complete", "lstm", "gru", "jordan"])
def test_layers_add_up_to_the_network(call, here, name):
    found = look(call, getattr(gn.graphs, name)(2, 3, 2))
    for kind in ("forward", "direct", "lateral", "indirect"):
        assert sum(row[kind] for row in found["layers"]) == found["feedback"][kind]
    assert sum(row["neurons"] for row in found["layers"]) == found["nodes"]
    roles = [role for row in found["layers"] for role in row["roles"]]
    assert (roles[0], roles[-1]) == ("input", "output")


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "●"), ("ascii", "*"), ("latin-1", "*"), (None, "*")])
def test_signs_are_those_that_the_terminal_can_show(encoding, shown):
    class Stream:
        pass

    Stream.encoding = encoding
    found = signs_of(Stream())
    assert found["hidden"] == shown
    "".join(found.values()).encode(encoding or "ascii")


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
