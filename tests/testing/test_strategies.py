"""The drawings of the strategies are valid, cover the language, and shrink to small ones."""

from __future__ import annotations

from collections import Counter
from functools import cache

import networkx as nx
import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from graphnet.language.activations import OVER_GROUPS, POINTWISE
from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, meant
from graphnet.language.ties import SHARED_BY_NODES
from graphnet.testing.strategies import KINKED, neuron_graphs, sequences

from ..interpreter import interpret

SWITCHES = ("train_initial", "leak", "tau", "groups", "onset", "reverse", "signs", "node_ties")
PLAIN = dict.fromkeys(SWITCHES, False)
pytestmark = pytest.mark.costly
LANGUAGES = pytest.mark.parametrize("language", [{}, PLAIN], ids=["whole", "plain"])


def find_quietly(strategy, condition):
    return find(
        strategy,
        condition,
        settings=settings(max_examples=5000, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink]),
    )


@cache
def sample(**switches):
    """Return some hundreds of drawings, each with a batch."""
    drawn = []

    # the drawings depend on the constants in all loaded modules, so this is more than are needed
    @settings(max_examples=500, database=None, phases=[Phase.generate], derandomize=True, deadline=None)
    @given(neuron_graphs(**switches), st.data())
    def draw(graph, data):
        drawn.append((graph, data.draw(sequences(graph))))

    draw()
    return drawn


def default_delay(graph, source, target):
    def rank(node):
        said = graph.nodes[node]
        if said.get("role") == "input":
            return -np.inf
        return said.get("layer", np.inf if said.get("role") == "output" else 0)

    return 0 if rank(source) < rank(target) else 1


def dependencies(graph, *, only_zero_delay):
    """Return the graph of dependencies, gates included, with the members of a group as one vertex."""
    vertex = {node: ("group", said["group"]) if "group" in said else node for node, said in graph.nodes(data=True)}
    needs = nx.DiGraph()
    needs.add_nodes_from(vertex.values())
    for source, target, said in graph.edges(data=True):
        arriving = [(source, said.get("delay"))]
        if "gate" in said:
            arriving.append((said["gate"], said.get("gate_delay")))
        for origin, delay in arriving:
            steps = default_delay(graph, origin, target) if delay is None else delay
            if steps == 0 or not only_zero_delay:
                needs.add_edge(vertex[origin], vertex[target])
    return needs


# --- valid by construction -------------------------------------------------------------------------------------------


@LANGUAGES
def test_no_cycle_without_delay(language):
    for graph, _ in sample(**language):
        assert nx.is_directed_acyclic_graph(dependencies(graph, only_zero_delay=True))


def test_no_cycle_of_both_directions():
    for graph, _ in sample():
        reverse = {}
        for node, said in graph.nodes(data=True):
            direction = said.get("reverse", False)
            assert reverse.setdefault(("group", said["group"]) if "group" in said else node, direction) == direction
        for component in nx.strongly_connected_components(dependencies(graph, only_zero_delay=False)):
            assert len({reverse[vertex] for vertex in component}) == 1


@LANGUAGES
def test_only_what_the_language_knows(language):
    for graph, _ in sample(**language):
        for table, declared in (
            (NODE_ATTRIBUTES, [said for _, said in graph.nodes(data=True)]),
            (EDGE_ATTRIBUTES, [said for *_, said in graph.edges(data=True)]),
        ):
            for said in declared:
                for name, value in said.items():
                    if name not in table:
                        assert meant(name, table) is None
                        assert not name.startswith("_")
                        continue
                    attribute = table[name]
                    assert attribute.allowed is None or attribute.allowed(value)
                    assert not attribute.choices or value in {*attribute.choices, *OVER_GROUPS}
                    if attribute.kind != "name":  # True may be the name of a node
                        assert (attribute.kind == "boolean") == isinstance(value, bool)


@LANGUAGES
def test_attributes_that_exclude_each_other(language):
    for graph, _ in sample(**language):
        assert any(role == "output" for _, role in graph.nodes(data="role"))
        for node, said in graph.nodes(data=True):
            if said.get("role") == "input":
                assert graph.in_degree(node) == 0
                assert all(NODE_ATTRIBUTES[name].on_inputs for name in said if name in NODE_ATTRIBUTES)
            assert ("group" in said) == (said.get("activation") in OVER_GROUPS)
            if "tau" in said:
                assert said["tau"] >= 1
                assert not {"leak", "onset", "group"} & set(said)
                assert not said.get("train_leak")
            else:
                assert "train_tau" not in said
        for _, target, said in graph.edges(data=True):
            assert graph.nodes[target].get("role") != "input"
            assert "gate_delay" not in said or "gate" in said
            assert "gate" not in said or said["gate"] in graph


def assert_agreement(members, shared):
    declared = {}
    for said in members:
        for name in shared & set(said):
            assert declared.setdefault((said.get("tie", id(said)), name), said[name]) == said[name]


@LANGUAGES
def test_ties_groups_and_signs_agree(language):
    for graph, _ in sample(**language):
        neurons = [said for _, said in graph.nodes(data=True)]
        assert_agreement(neurons, set(SHARED_BY_NODES))
        for name in {said["tie"] for said in neurons if "tie" in said}:
            assert len({"tau" in said for said in neurons if said.get("tie") == name}) == 1
        for name in {said["group"] for said in neurons if "group" in said}:
            assert len({said["activation"] for said in neurons if said.get("group") == name}) == 1

        edges = [said for *_, said in graph.edges(data=True)]
        assert_agreement(edges, {"weight", "trainable"})
        for source, _, said in graph.edges(data=True):
            of_source = graph.nodes[source].get("sign", 0)
            assert of_source * said.get("sign", 0) >= 0
            assert said.get("sign", of_source) * said.get("scale", 1.0) * said["weight"] >= 0


@LANGUAGES
def test_values_stay_tame(language):
    largest = [
        np.abs(interpret(graph, batch.inputs, lengths=batch.lengths).outputs) for graph, batch in sample(**language)
    ]
    assert max(outputs.max(initial=0.0) for outputs in largest) < 1e4


# --- everything occurs -----------------------------------------------------------------------------------------------


@LANGUAGES
def test_every_attribute_occurs_and_is_left_out(language):
    for table, kind in ((NODE_ATTRIBUTES, "nodes"), (EDGE_ATTRIBUTES, "edges")):
        counts, total = Counter(), 0
        for graph, _ in sample(**language):
            for *_, said in getattr(graph, kind)(data=True):
                total += 1
                counts.update(said.keys())
        for attribute in table.values():
            if not language or attribute.name not in SWITCHED_OFF[kind]:
                assert counts[attribute.name] >= 20, attribute.name
                assert counts[attribute.name] < total or attribute.name == "weight"
            else:
                assert counts[attribute.name] == 0, attribute.name
        assert {"height", "position"} <= set(counts)


SWITCHED_OFF = {
    "nodes": {"train_initial", "leak", "train_leak", "tau", "train_tau", "group", "reverse", "onset", "sign", "tie"},
    "edges": {"sign"},
}


def edges_of(graph):
    return list(graph.edges(data=True))


def has_unreachable_neuron(graph):
    inputs = [node for node, role in graph.nodes(data="role") if role == "input"]
    fed = set().union(*(nx.descendants(graph, node) for node in inputs))
    return any(node not in fed and graph.degree(node) for node in graph if node not in inputs)


FEATURES = {
    "no inputs": lambda graph: not any(role == "input" for _, role in graph.nodes(data="role")),
    "three inputs": lambda graph: sum(role == "input" for _, role in graph.nodes(data="role")) == 3,
    "two outputs": lambda graph: sum(role == "output" for _, role in graph.nodes(data="role")) == 2,
    "six nodes": lambda graph: len(graph) == 6,
    "multigraph": lambda graph: graph.is_multigraph(),
    "parallel synapses": lambda graph: graph.number_of_edges() > len({edge[:2] for edge in graph.edges}),
    "a synapse with a key": lambda graph: (
        graph.is_multigraph() and any(isinstance(key, str) for *_, key in graph.edges)
    ),
    "self-loop": lambda graph: any(source == target for source, target, _ in edges_of(graph)),
    "gated by itself": lambda graph: any(said.get("gate") == target for _, target, said in edges_of(graph)),
    "gated by an input": lambda graph: any(
        "gate" in said and graph.nodes[said["gate"]].get("role") == "input" for *_, said in edges_of(graph)
    ),
    "tied": lambda graph: (
        max(Counter(said.get("tie", id(said)) for *_, said in edges_of(graph)).values(), default=0) > 1
    ),
    "an output that feeds others": lambda graph: any(
        graph.nodes[source].get("role") == "output" != graph.nodes[target].get("role")
        for source, target, _ in edges_of(graph)
    ),
    "a node without edges": lambda graph: graph.number_of_edges() and any(graph.degree(node) == 0 for node in graph),
    "no edges": lambda graph: graph.number_of_edges() == 0,
    "an unreachable neuron": has_unreachable_neuron,
    "a cycle of two": lambda graph: any(
        graph.has_edge(target, source) for source, target, _ in edges_of(graph) if source != target
    ),
    "against the order of nodes, at once": lambda graph: any(
        list(graph).index(source) > list(graph).index(target)
        and said.get("delay", default_delay(graph, source, target)) == 0
        for source, target, said in edges_of(graph)
    ),
    "numbers for names": lambda graph: all(isinstance(node, int) for node in graph),
    "tuples for names": lambda graph: all(isinstance(node, tuple) for node in graph),
    "a mixture of names": lambda graph: len({type(node) for node in graph}) == 3,
    "names that equal plain ones": lambda graph: any(type(node) is bool for node in graph),
    "the gate is node 0": lambda graph: any(said.get("gate") == 0 for *_, said in edges_of(graph)),
    "delay 4": lambda graph: any(said.get("delay") == 4 for *_, said in edges_of(graph)),
    "gate delay 0": lambda graph: any(said.get("gate_delay") == 0 for *_, said in edges_of(graph)),
    "a trainable tie, fixed": lambda graph: any(
        "tie" in said and said.get("trainable") is False for *_, said in edges_of(graph)
    ),
}

FEATURES_OF_NEURONS = {
    "group of two": lambda graph: max(Counter(nx.get_node_attributes(graph, "group").values()).values(), default=0) > 1,
    "softmax with onset": lambda graph: any(
        said.get("activation") == "softmax" and said.get("onset", 0) > 0 for _, said in graph.nodes(data=True)
    ),
    "reverse into forward": lambda graph: any(
        graph.nodes[source].get("reverse") and not graph.nodes[target].get("reverse")
        for source, target, _ in edges_of(graph)
    ),
    "forward into reverse": lambda graph: any(
        graph.nodes[target].get("reverse")
        and not graph.nodes[source].get("reverse")
        and graph.nodes[source].get("role") != "input"
        for source, target, _ in edges_of(graph)
    ),
    "reverse self-loop": lambda graph: any(
        source == target and graph.nodes[source].get("reverse") for source, target, _ in edges_of(graph)
    ),
    "reverse group": lambda graph: any("group" in said and said.get("reverse") for _, said in graph.nodes(data=True)),
    "tied tau": lambda graph: any("tie" in said and "tau" in said for _, said in graph.nodes(data=True)),
    "tied with sign": lambda graph: any(
        "tie" in said and graph.nodes[source].get("sign") for source, _, said in edges_of(graph)
    ),
    "tied with signs and a negative scale": lambda graph: any(
        "tie" in said and graph.nodes[source].get("sign") and "sign" not in said and said.get("scale", 1.0) < 0
        for source, _, said in edges_of(graph)
    ),
    "freed from the sign of its source": lambda graph: any(
        graph.nodes[source].get("sign") and said.get("sign") == 0 and said["weight"] * graph.nodes[source]["sign"] < 0
        for source, _, said in edges_of(graph)
    ),
    "a sign and a scale of 0": lambda graph: any(
        graph.nodes[source].get("sign") and said.get("scale") == 0 for source, _, said in edges_of(graph)
    ),
    "two synapses of a tie into one neuron": lambda graph: (
        max(Counter((target, said["tie"]) for _, target, said in edges_of(graph) if "tie" in said).values(), default=0)
        > 1
    ),
    "tied leak": lambda graph: any("tie" in said and said.get("leak", 1) != 1 for _, said in graph.nodes(data=True)),
    "learnt leak of 1": lambda graph: any(
        said.get("train_leak") and said.get("leak", 1) == 1 for _, said in graph.nodes(data=True)
    ),
    "learnt leak in a group with onset": lambda graph: any(
        said.get("train_leak") and "group" in said and said.get("onset") for _, said in graph.nodes(data=True)
    ),
    "negative input": lambda graph: any(
        said.get("role") == "input" and said.get("sign") == -1 for _, said in graph.nodes(data=True)
    ),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_it_occurs(feature):
    assert sum(bool(FEATURES[feature](graph)) for graph, _ in sample()) >= 1


@pytest.mark.parametrize("feature", FEATURES_OF_NEURONS)
def test_it_occurs_among_neurons(feature):
    assert sum(bool(FEATURES_OF_NEURONS[feature](graph)) for graph, _ in sample()) >= 1


def test_every_activation_occurs():
    drawings = [graph for graph, _ in sample()]
    drawn = {activation for graph in drawings for _, activation in graph.nodes(data="activation")}
    assert {*POINTWISE, *OVER_GROUPS} <= drawn


@LANGUAGES
def test_outputs_depend_on_inputs_often(language):
    """A drawing whose outputs do not depend on its inputs would test nothing."""
    alive = 0
    for graph, batch in sample(**language):
        outputs = interpret(graph, batch.inputs + 0.1, lengths=batch.lengths).outputs
        alive += not np.array_equal(outputs, interpret(graph, batch.inputs, lengths=batch.lengths).outputs)
    assert alive > 0.25 * len(sample(**language))


# --- switches --------------------------------------------------------------------------------------------------------

OFF = {
    "biases": lambda graph: nx.get_node_attributes(graph, "bias") or nx.get_node_attributes(graph, "train_bias"),
    "initial": lambda graph: nx.get_node_attributes(graph, "initial"),
    "layers": lambda graph: nx.get_node_attributes(graph, "layer"),
    "delays": lambda graph: any({"delay", "gate_delay"} & set(said) for *_, said in edges_of(graph)),
    "gates": lambda graph: any("gate" in said for *_, said in edges_of(graph)),
    "scale": lambda graph: any("scale" in said for *_, said in edges_of(graph)),
    "ties": lambda graph: any("tie" in said for *_, said in edges_of(graph)),
    "untrainable": lambda graph: (
        any("trainable" in said for *_, said in edges_of(graph)) or nx.get_node_attributes(graph, "train_bias")
    ),
    "self_loops": FEATURES["self-loop"],
    "parallel": FEATURES["multigraph"],
    "names": lambda graph: any(not isinstance(node, str) for node in graph),
    "user_attributes": lambda graph: any(set(said) - set(NODE_ATTRIBUTES) for _, said in graph.nodes(data=True)),
    "kinks": lambda graph: any(said.get("activation") in KINKED for _, said in graph.nodes(data=True)),
    "declared": lambda graph: False,
}


@pytest.mark.parametrize("switch", OFF)
def test_switched_off(switch):
    # delays within a group are declared whatever the switch, and ``activations`` excludes the functions of groups
    off, condition = neuron_graphs(**{"groups": False, switch: False}), OFF[switch]

    @settings(max_examples=60, database=None, deadline=None)
    @given(off)
    def never(graph):
        assert not condition(graph)

    never()


def test_open_weights_occur():
    graph = find_quietly(
        neuron_graphs(declared=False), lambda graph: any("weight" not in s for *_, s in edges_of(graph))
    )
    assert [(source, target) for source, target, _ in edges_of(graph)] == [("a", "b")]


@pytest.mark.parametrize("max_nodes", [1, 2, 9])
def test_few_nodes_and_many(max_nodes):
    @settings(max_examples=60, database=None, deadline=None)
    @given(neuron_graphs(max_nodes=max_nodes, max_edges=4, self_loops=max_nodes > 1))
    def bounded(graph):
        assert 1 <= len(graph) <= max_nodes
        assert graph.number_of_edges() <= 4
        assert "output" in nx.get_node_attributes(graph, "role").values()

    bounded()


def test_few_activations():
    @settings(max_examples=60, database=None, deadline=None)
    @given(neuron_graphs(activations=["sin"], groups=False))
    def only_sin(graph):
        assert all(said.get("role") == "input" or said["activation"] == "sin" for _, said in graph.nodes(data=True))

    only_sin()


# --- shrinking -------------------------------------------------------------------------------------------------------


def test_the_smallest_drawing():
    graph = find_quietly(neuron_graphs(), lambda _: True)
    assert dict(graph.nodes(data=True)) == {"a": {"role": "input"}, "b": {"role": "output"}}
    assert type(graph) is nx.DiGraph
    assert graph.number_of_edges() == 0


SHRUNK = {
    "a gate": (lambda graph: any("gate" in said for *_, said in edges_of(graph)), 1, {"weight", "gate"}),
    "a delay": (lambda graph: any(said.get("delay", 0) > 1 for *_, said in edges_of(graph)), 1, {"weight", "delay"}),
    "parallel synapses": (FEATURES["parallel synapses"], 2, {"weight"}),
    "a self-loop": (FEATURES["self-loop"], 1, {"weight"}),
    "a tie": (FEATURES["tied"], 2, {"weight", "tie"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHRUNK)
def test_shrinking(name):
    condition, n_edges, names = SHRUNK[name]
    graph = find_quietly(neuron_graphs(), condition)
    assert [*graph][:2] == ["a", "b"]
    assert len(graph) <= 3
    assert all(said.keys() <= {"role"} for _, said in graph.nodes(data=True))
    assert graph.number_of_edges() == n_edges
    for *_, said in edges_of(graph):
        assert said.keys() == names
        assert said["weight"] in (0.5, 1.0)
        assert said.get("delay", 2) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "n_nodes", "n_edges"),
    [("group of two", 4, 0), ("forward into reverse", 4, 1)],
)
def test_shrinking_of_neurons(name, n_nodes, n_edges):
    graph = find_quietly(neuron_graphs(), FEATURES_OF_NEURONS[name])
    assert len(graph) <= n_nodes
    assert graph.number_of_edges() == n_edges


# --- sequences -------------------------------------------------------------------------------------------------------


def test_shapes_lengths_and_padding():
    seen = Counter()
    for graph, batch in sample():
        n_samples, n_steps, n_inputs = batch.inputs.shape
        assert n_inputs == sum(role == "input" for _, role in graph.nodes(data="role"))
        assert 1 <= n_samples <= 3
        assert 1 <= n_steps <= 6
        lengths = np.full(n_samples, n_steps) if batch.lengths is None else batch.lengths
        assert lengths.shape == (n_samples,)
        assert np.all((lengths >= 1) & (lengths <= n_steps))
        past = np.broadcast_to((np.arange(n_steps) >= lengths[:, np.newaxis])[:, :, np.newaxis], batch.inputs.shape)
        np.testing.assert_array_equal(np.isnan(batch.inputs), past)
        seen["whole"] += batch.lengths is None
        seen["ragged"] += len(set(lengths.tolist())) > 1
        seen["longest"] += n_samples == 3 and n_steps == 6
    assert min(seen[each] for each in ("whole", "ragged", "longest")) >= 5


@given(st.data())
@settings(max_examples=40, database=None, deadline=None)
def test_zero_padding_and_whole_batches(data):
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    batch = data.draw(sequences(graph, padding="zero", max_samples=2, max_steps=9))
    assert np.isfinite(batch.inputs).all()
    assert data.draw(sequences(graph, ragged=False)).lengths is None
