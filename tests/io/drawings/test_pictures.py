"""DOT and Mermaid: every node and synapse is there, under its name, and nothing is read back."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import warnings
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pydot
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import PICTURES
from graphnet.language.delays import resolve_delays
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

from ..files import leftovers

one_path = [HealthCheck.function_scoped_fixture]
each = pytest.mark.parametrize("suffix", PICTURES)
HOSTILE = [
    'a "b" \\N',
    "x\ny",
    "]",
    "\N{GRINNING FACE}",
    "<script>alert(1)</script>",
    "end",
    "subgraph",
    "a;b --> c",
    "#35;",
    "&lt;",
    "`md` **b**",
    "1. one",
    "- x",
    "",
    "$$x$$",
    "style a fill:#fff;",
    "%% no",
    "{|p|}",
    "\N{HEBREW LETTER SHIN}",
    "tail\\",
    "*/",
    ("hidden", 3),
]
KINDS = {"forward": "#7F7F7F", "direct": "#D55E00", "lateral": "#009E73", "indirect": "#0072B2"}


def written(graph, folder, suffix):
    path = folder / f"net{suffix}"
    gn.write_graph(graph, path)
    return path.read_text(encoding="utf-8")


def shown(name):
    """The label of a name."""
    text = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


# --- DOT, by a parser ------------------------------------------------------------------------------------------------


def parse(text):
    """Return what pydot, a parser of its own, makes of a DOT file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # between it and pyparsing
        (graph,) = pydot.graph_from_dot_data(text)
    return graph


def attribute(item, name):
    """The value of an attribute as Graphviz reads it: backslashes and entities are resolved."""
    text = item.get(name)
    if text is None or not text.startswith('"'):
        return text
    return html.unescape(re.sub(r"\\(.)", r"\1", text[1:-1]))


def parsed(text):
    """Return {id: label}, and (source, target, kind, delay, gate, delay of the gate) of each synapse, of a DOT file."""
    graph = parse(text)
    labels = {
        node.get_name(): attribute(node, "label")
        for node in graph.get_nodes()
        if re.fullmatch(r"n\d+", node.get_name())
    }
    parts = {part.get_name(): part for part in graph.get_subgraphs()}
    gates = {}
    for edge in parts["gates"].get_edges() if "gates" in parts else ():
        gates[edge.get_destination()] = (edge.get_source(), attribute(edge, "label"))
    synapses = []
    for kind in KINDS:
        if kind not in parts:
            continue
        (defaults,) = parts[kind].get_edge_defaults()
        assert defaults["color"] == f'"{KINDS[kind]}"'
        into = {}
        for edge in parts[kind].get_edges():
            source, target, delay = edge.get_source(), edge.get_destination(), attribute(edge, "label")
            if target[0] == "g":
                into[target] = source
            elif source[0] == "g":
                synapses.append((into[source], target, kind, delay, *gates[source]))
            else:
                synapses.append((source, target, kind, delay, None, None))
    return labels, synapses


def expected(graph):
    """The same of a drawing, from what the library says of it."""
    table = gn.GraphTable.from_networkx(graph)
    delays, kinds = resolve_delays(table), gn.feedback(graph).edges
    label = lambda delay: str(delay) if delay > 1 else None  # noqa: E731
    return [
        (
            f"n{table.source[i]}",
            f"n{table.target[i]}",
            kinds[table.edge_key(i)],
            label(delays.delay[i]),
            f"n{delays.gate[i]}" if delays.gate[i] >= 0 else None,
            label(delays.gate_delay[i]) if delays.gate[i] >= 0 else None,
        )
        for i in range(table.n_edges)
    ]


@settings(max_examples=scaled(50), suppress_health_check=one_path, deadline=None)
@given(graph=neuron_graphs())
def test_every_synapse_is_in_dot(tmp_path, graph):
    labels, synapses = parsed(written(graph, tmp_path, ".dot"))
    assert list(labels.values()) == list(map(shown, graph))
    assert sorted(synapses, key=repr) == sorted(expected(graph), key=repr)


@settings(max_examples=scaled(100), suppress_health_check=one_path, deadline=None)
@given(names=st.lists(st.text(max_size=40) | st.sampled_from(HOSTILE), min_size=1, max_size=4, unique=True))
def test_any_name_is_a_label_in_dot(tmp_path, names):
    graph = nx.DiGraph()
    graph.add_nodes_from(names, group=names[0])
    text = written(graph, tmp_path, ".gv")
    assert list(parsed(text)[0].values()) == list(map(shown, names))
    (cluster,) = [part for part in parse(text).get_subgraphs() if part.get_name() == "cluster_0"]
    assert attribute(cluster, "label") == f"group {shown(names[0])}"


@pytest.mark.costly
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_shows_hostile_names_letter_by_letter(tmp_path):
    graph = nx.DiGraph(pairwise(HOSTILE))
    graph.nodes["end"]["role"] = "output"
    graph.add_edge("]", "end", gate="&lt;")
    gn.write_graph(graph, tmp_path / "net.dot")
    done = subprocess.run(["dot", "-Tsvg", tmp_path / "net.dot"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found = [html.unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", done.stdout)]
    assert "<script" not in done.stdout
    # Graphviz writes runs of spaces as one, and no text at all where there is none
    missing = {shown(name) for name in HOSTILE if name} - {text.replace("\xa0", " ") for text in found}
    assert missing == set()


def test_dot_of_layers_groups_and_gates(tmp_path):
    text = written(gn.graphs.attention(1, 1, n_heads=1, width=1, window=3), tmp_path, ".dot")
    assert 'subgraph cluster_0 { label="group score 0" style=rounded color=gray60; n4; n5; n6; }' in text
    assert "{ rank=same; n1; n2; n3; }" in text
    assert text.count("shape=point") == 6
    assert 'n0 [label="input 0" shape=box]' in text
    assert "numbers are delays" in text


# --- Mermaid, by its lines -------------------------------------------------------------------------------------------

NODE = re.compile(r"  (n\d+)(?:\[\[|\(\[|\[)\"(.*)\"(?:\]\]|\]\)|\])")
DELAY = r"(?:\|\"(\d+)\"\|)?"
PLAIN = re.compile(rf"  (n\d+) (-->|<-->){DELAY} (n\d+)")
GATED = re.compile(rf"  (n\d+) --- (g\d+)\(\(\" \"\)\):::gate -->{DELAY} (n\d+)")
BACK = re.compile(rf"  (n\d+) <-->{DELAY} (g\d+)\(\(\" \"\)\):::gate --- (n\d+)")
GATE = re.compile(rf"  (n\d+) -\.-{DELAY} (g\d+)")


def read_mermaid(text):
    """Return {id: label}, and each synapse as `parsed` does, of a Mermaid file; every line has to be known."""
    labels, synapses, gates, order, styles = {}, [], {}, [], {}
    for line in text.splitlines():
        if found := NODE.fullmatch(line):
            labels[found[1]] = html.unescape(re.sub(r"#(\d+);", r"&#\1;", found[2]))
        elif found := PLAIN.fullmatch(line):
            ends = (found[1], found[4]) if found[2] == "-->" else (found[4], found[1])
            synapses.append((*ends, found[3], None, len(order)))
            order.append(line)
        elif found := GATED.fullmatch(line):
            synapses.append((found[1], found[4], found[3], found[2], len(order)))
            order += [line, line]
        elif found := BACK.fullmatch(line):
            synapses.append((found[4], found[1], found[2], found[3], len(order)))
            order += [line, line]
        elif found := GATE.fullmatch(line):
            gates[found[3]] = (found[1], found[2])
            order.append(line)
        elif found := re.fullmatch(r"  linkStyle (\S+) stroke:(#\w+)\S*.*", line):
            styles.update(dict.fromkeys(map(int, found[1].split(",")), found[2]))
        else:
            assert re.match(
                r"%% synapses: |flowchart LR$|  (subgraph c\d+(g\d+)?\[\".*\"\]$|end$|class |classDef )", line
            )
    assert sorted(styles) == list(range(len(order)))
    kinds = {colour: kind for kind, colour in KINDS.items()}
    assert all(styles[i] == "#000000" for i, line in enumerate(order) if GATE.fullmatch(line))
    return labels, [
        (source, target, kinds[styles[number]], delay, *gates.get(gate, (None, None)))
        for source, target, delay, gate, number in synapses
    ]


@settings(max_examples=scaled(50), suppress_health_check=one_path, deadline=None)
@given(graph=neuron_graphs())
def test_every_synapse_is_in_mermaid(tmp_path, graph):
    labels, synapses = read_mermaid(written(graph, tmp_path, ".mmd"))
    assert {int(name[1:]): label for name, label in labels.items()} == dict(enumerate(map(shown, graph)))
    assert sorted(synapses, key=repr) == sorted(expected(graph), key=repr)


@settings(max_examples=scaled(100), suppress_health_check=one_path, deadline=None)
@given(names=st.lists(st.text(max_size=40) | st.sampled_from(HOSTILE), min_size=1, max_size=4, unique=True))
def test_any_name_is_a_label_in_mermaid(tmp_path, names):
    """No sign of ASCII but letters, digits and blanks is left as it is: tried by hand in Mermaid 11.17.2."""
    graph = nx.DiGraph()
    graph.add_nodes_from(names, group=names[0])
    labels, _ = read_mermaid(written(graph, tmp_path, ".mmd"))
    assert list(labels.values()) == [shown(name) if shown(name).strip() else " " for name in names]


def test_mermaid_of_layers_groups_and_gates(tmp_path):
    text = written(gn.graphs.attention(1, 1, n_heads=1, width=1, window=3), tmp_path, ".mmd")
    assert '  subgraph c2["layer 2"]\n  subgraph c2g0["group score 0"]\n  n4(["score 0 0"])\n' in text
    assert '  n2 --- g2((" ")):::gate -->|"2"| n6\n  n1 -.- g2\n' in text
    assert written(gn.graphs.jordan(1, 1, 1), tmp_path, ".mmd").count("<-->") == 1


def test_more_lines_than_mermaid_draws_are_a_warning(tmp_path):
    with pytest.warns(
        gn.GraphWarning, match=r"net.mmd: 552 lines, and Mermaid draws no more than 500 .* write .dot"
    ) as w:
        gn.write_graph(gn.graphs.lateral(1, 23, 1), tmp_path / "net.mmd")
    assert w[0].filename == __file__


# --- both ------------------------------------------------------------------------------------------------------------


@each
def test_pictures_are_not_read(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    gn.write_graph(gn.graphs.lateral(1, 2, 1), path)
    with pytest.raises(gn.DataError, match=rf"net{suffix}: (DOT|Mermaid) is only written, as a picture of a drawing"):
        gn.read_graph(path)
    with pytest.raises(gn.DataError, match="is only written"):
        gn.read_graph(tmp_path / f"none{suffix}")
    assert gn.io.compile_settings(path) is None


@each
def test_a_drawing_need_not_be_a_network(tmp_path, suffix):
    graph = nx.DiGraph([("a", "b", {"weight": "heavy"}), ("b", "a", {"delay": 0})])
    graph.nodes["a"]["bias"] = None
    assert '"a"' in written(graph, tmp_path, suffix)
    assert written(nx.DiGraph(), tmp_path, suffix)
    assert written(gn.graphs.from_matrix([[0.5]]), tmp_path, suffix) == written(
        gn.graphs.from_matrix([[0.5]]).to_networkx(), tmp_path, suffix
    )


@each
def test_what_a_picture_shows_has_to_be_valid(tmp_path, suffix):
    graph = nx.DiGraph([("a", "b", {"delay": -1})])
    graph.nodes["a"]["layer"] = "top"
    with pytest.raises(gn.GraphError) as caught:
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["node 'a'", "edge ('a', 'b')"]
    graph = nx.DiGraph([("a", "b", {"gate": "c"})])
    with pytest.raises(gn.GraphError, match="gate 'c' is not a node of the graph"):
        gn.write_graph(graph, tmp_path / f"net{suffix}")
    assert leftovers(tmp_path) == []


@each
def test_the_same_drawing_gives_the_same_bytes(tmp_path, suffix):
    graph = gn.graphs.lstm(2, 2, 1)
    assert written(graph, tmp_path, suffix) == written(graph.copy(), tmp_path, suffix)


def test_two_groups_of_one_label_are_two_frames(tmp_path):
    graph = nx.DiGraph()
    graph.add_node("a", group=("g", 1))
    graph.add_node("b", group="g 1")
    assert written(graph, tmp_path, ".mmd").count("group g 1") == 2


@each
def test_every_picture_is_in_the_documentation(suffix):
    page = (Path(__file__).parents[3] / "docs/reference/files.md").read_text()
    assert f"`{suffix}`" in page
    assert suffix in gn.write_graph.__doc__
