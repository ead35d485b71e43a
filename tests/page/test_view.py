"""`gn.view`: the file or the object that it gives, and what it refuses."""

from __future__ import annotations

import html as html_module
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import graphnet as gn
from graphnet.page.html import read_assets

from .reader import parts_of, read_page

INPUTS = np.random.default_rng(0).normal(size=(4, 6, 2))


@pytest.fixture
def net():
    return gn.compile(gn.graphs.elman(2, 3, 2), seed=0)


def test_a_file_is_written(net, tmp_path):
    path = gn.view(net, tmp_path / "net.html", inputs=INPUTS)
    assert path == tmp_path / "net.html"
    assert [each.name for each in tmp_path.iterdir()] == ["net.html"]
    assert path.read_bytes() == gn.view(net, inputs=INPUTS).html.encode()
    read = read_page(path.read_text("utf-8"))
    assert (read.header["n_nodes"], read.header["n_samples"], read.header["n_steps"]) == (7, 4, 6)


def test_a_page_is_saved_later(net, tmp_path):
    page = gn.view(net, title="Elman's")
    assert page.save(str(tmp_path / "net.HTM")).read_text("utf-8") == page.html
    assert (page.title, page.subtitle, page.notes) == ("Elman's", "7 neurons, 21 synapses", [])
    assert repr(page).startswith("<graphnet page: Elman's, 7 neurons, 21 synapses, ")
    assert len(repr(gn.view(net, title="long " * 100))) < 200


def test_a_page_that_cannot_be_written_leaves_the_old_one(net, tmp_path):
    place = tmp_path / "net.html"
    place.write_text("old")
    with pytest.raises(gn.DataError, match="inputs have shape"):
        gn.view(net, place, inputs=INPUTS[:, :, :1])
    assert place.read_text() == "old"
    with pytest.raises(gn.DataError, match="there is no folder"):
        gn.view(net, tmp_path / "none" / "net.html")


@pytest.mark.costly
def test_the_same_bytes_in_another_process(tmp_path):
    code = (
        "import graphnet as gn, numpy as np\n"
        "net = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)\n"
        "gn.view(net, 'a.html', inputs=np.ones((2, 3, 2)), targets=[0, 1])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    net = gn.compile(gn.graphs.elman(2, 3, 2), seed=0)
    gn.view(net, tmp_path / "b.html", inputs=np.ones((2, 3, 2)), targets=[0, 1])
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_notebook_shows_the_page_itself(net):
    page = gn.view(net, title='"quoted" & <b>')
    shown = page._repr_html_()
    ((tag, attributes),) = parts_of(shown).tags
    assert tag == "iframe"
    assert attributes["srcdoc"] == page.html
    assert attributes["title"] == '"quoted" & <b>'
    assert set(attributes["sandbox"].split()) == {"allow-scripts", "allow-downloads"}
    assert "\n" not in attributes["style"]
    assert not set("<>") & set(shown.removeprefix("<iframe ").removesuffix("></iframe>"))


@pytest.mark.parametrize(
    "title",
    [
        "</title><script>alert(1)</script>",
        "{{js}}{{data}}{{csp}}",
        "a\x00b\ud800",
        "שלום \u202e 👩‍👩‍👧",
        "x" * 5000,
        "",
    ],
)
def test_titles_are_text(net, title):
    page = gn.view(net, title=title)
    parts = parts_of(page.html)
    wanted = title.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert page.title == wanted
    assert "".join(text for tag, _, text in parts.texts if tag == "title").strip() == wanted
    plain = gn.view(net, title="plain")
    assert [tag for tag, _ in parts.tags] == [tag for tag, _ in parts_of(plain.html).tags]
    assert read_page(page.html).header["title"] == wanted


def test_the_graphs_own_name_is_the_title():
    graph = gn.graphs.elman(1, 1, 1)
    assert gn.view(graph).title == "Network"
    graph.graph["name"] = "worm  of\nmine"
    assert gn.view(graph).title == "worm of mine"
    graph.graph["name"] = 3
    assert gn.view(graph).title == "Network"


def test_the_policy_allows_what_is_in_the_page_and_nothing_else(net):
    parts = parts_of(gn.view(net, inputs=INPUTS).html)
    policies = [
        a["content"] for t, a in parts.tags if t == "meta" and "security" in (a.get("http-equiv") or "").lower()
    ]
    assert len(policies) == 1
    policy = dict(part.split(" ", 1) for part in policies[0].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["img-src"] == "data: blob:"
    programs = 0
    for tag in ("script", "style"):
        texts = [text for t, a, text in parts.texts if t == tag and a.get("type") != "text/plain" and text.strip()]
        hashes = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts}
        assert hashes == set(policy[f"{tag}-src"].split())
        programs += len(texts)
    assert programs >= 2
    assert not [a for _, a in parts.tags if {"src", "style"} & set(a) or a.get("href", "data:,") != "data:,"]
    assert not [name for _, a in parts.tags for name in a if name.startswith("on")]


def test_the_assets_stay_in_their_elements():
    assets = read_assets()
    assert "</script" not in assets["js"].lower()
    assert "<!--" not in assets["js"]
    assert "</style" not in assets["css"].lower()
    for name in ("title", "data", "css", "js", "csp"):
        assert f"{{{{{name}}}}}" in assets["html"]


NAMES = [
    "</script><script>alert(1)</script>",
    "<!--",
    "\u202eright to left שלום",
    "👩‍👩‍👧",
    "n" * 200,
    "line\nbreak",
    "nul\x00",
    "'\"&`${x}",
    ("a", ("b", 1)),
    3.5,
    b"bytes",
]


def test_names_of_every_kind():
    graph = nx.DiGraph([(name, "out") for name in NAMES])
    nx.set_node_attributes(graph, dict.fromkeys(NAMES, "input"), "role")
    graph.nodes["out"]["role"] = "output"
    page = gn.view(gn.compile(graph, seed=0), inputs=np.ones((1, 2, len(NAMES))))
    assert page.html.lower().count("<script") == gn.view(gn.graphs.elman(1, 1, 1)).html.lower().count("<script")
    names = dict(zip(graph, read_page(page.html).header["names"], strict=True))
    for same in ("</script><script>alert(1)</script>", "<!--", "\u202eright to left שלום", "👩‍👩‍👧", "n" * 200):
        assert names[same] == same
    assert (names["line\nbreak"], names["a", ("b", 1)], names[3.5]) == ("line break", "a b 1", "3.5")


def test_names_that_look_alike():
    graph = nx.DiGraph([(1, "1"), ("1", "'1'"), ("a", ("a",)), ("b" * 600, "b" * 599)])
    names = read_page(gn.view(graph_with_ends(graph)).html).header["names"]
    assert len(set(names)) == len(graph)
    assert names[:3] == ["1", "'1'", "'1' (2)"]


def graph_with_ends(graph):
    first, *_, last = graph
    graph.nodes[first]["role"], graph.nodes[last]["role"] = "input", "output"
    graph.remove_edges_from(list(graph.in_edges(first)))
    return graph


def test_one_neuron():
    graph = nx.DiGraph()
    graph.add_node("only", role="output", bias=2.0)
    net = gn.compile(graph, seed=0)
    page = gn.view(net, inputs=np.zeros((1, 3, 0)))
    assert page.subtitle == "1 neuron, 0 synapses"
    read = read_page(page.html)
    assert read.values().tolist() == [[[2.0], [2.0], [2.0]]]
    assert read["source"].shape == (0,)


def test_ten_thousand_self_loops():
    graph = nx.DiGraph([(i, i) for i in range(10_000)])
    graph.nodes[9_999]["role"] = "output"
    read = read_page(gn.view(graph).html)
    assert (read["source"] == read["target"]).all()
    assert set(read["kind"].tolist()) == {1}


def test_infinite_activity_is_left_out():
    graph = nx.DiGraph([("in", "out", {"weight": 1.0}), ("out", "out", {"weight": 1e200})])
    graph.nodes["in"]["role"], graph.nodes["out"]["role"] = "input", "output"
    page = gn.view(gn.compile(graph), inputs=[[[1.0], [0.0], [0.0]]])
    read = read_page(page.html)
    assert read["activity"][0, :, 1].tolist() == [0, 255, 255]
    assert page.notes == ["2 values of the activity not finite, or too large to be shown"]


def test_what_is_refused(net, tmp_path):
    graph = gn.graphs.elman(2, 3, 2)
    with pytest.raises(gn.DataError, match=r"inputs: a drawing has no activity; make a network of it, gn.view\(gn.com"):
        gn.view(graph, inputs=INPUTS)
    with pytest.raises(gn.DataError, match=r"^targets, lengths: given without inputs, which they belong to$"):
        gn.view(net, targets=[0], lengths=[1])
    with pytest.raises(gn.DataError, match=r"^samples, state: given without inputs"):
        gn.view(net, samples=2, state=net.state(1))
    with pytest.raises(gn.GraphError, match="a network is a networkx DiGraph or MultiDiGraph, not a int"):
        gn.view(3)
    with pytest.raises(gn.DataError, match="path is a ndarray, not the name of a file; data are given as inputs="):
        gn.view(net, INPUTS)
    with pytest.raises(gn.DataError, match=r"net.json: a page is written to a file named .html"):
        gn.view(net, tmp_path / "net.json")
    with pytest.raises(gn.DataError, match="title=3 is not text"):
        gn.view(net, title=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'input'; did you mean 'inputs'"):
        gn.view(net, input=INPUTS)
    broken = INPUTS.copy()
    broken[1, 2, 0] = np.nan
    with pytest.raises(gn.DataError, match="inputs at sample 1, step 2, column 0: nan is not a finite number"):
        gn.view(net, inputs=broken)
    assert read_page(gn.view(net, inputs=broken, lengths=[6, 2, 6, 6]).html)["length"].tolist() == [6, 2, 6, 6]


def test_lesions(net):
    frame = gn.analysis.lesions(net, INPUTS, [0, 1, 0, 1], of="neurons", loss="cross_entropy")
    read = read_page(gn.view(net, lesions=frame).html)
    effect = read.attribute("lesion effect")
    assert effect[:2] == [None, None]
    assert effect[2:] == pytest.approx(frame["change"].tolist()[1:])
    assert read.header["node_attributes"][-1]["source"] == "lesion"


def test_a_lesion_after_which_the_network_diverges(net):
    frame = pd.DataFrame({"removed": [None, ("hidden", 0), ("hidden", 1)], "change": [0.0, np.inf, np.nan]})
    assert "lesion effect" in read_page(gn.view(net, lesions=frame).html).names_of()
    assert read_page(gn.view(net, lesions=frame).html).attribute("lesion effect") == [None] * 7


def test_lesions_of_something_else(net):
    frame = gn.analysis.lesions(net, INPUTS, [0, 1, 0, 1], loss="cross_entropy")
    with pytest.raises(gn.DataError, match=r"lesions: 'direct' is not a node of the graph; give the frame of gn.anal"):
        gn.view(net, lesions=frame)
    for other in ("neurons", pd.DataFrame({"removed": [None]}), 3):
        with pytest.raises(gn.DataError, match="lesions: not a frame with the columns removed and change, such as"):
            gn.view(net, lesions=other)


def test_a_custom_attribute_called_lesion_effect(net):
    graph = net.to_graph()
    nx.set_node_attributes(graph, "none", "lesion effect")
    again = gn.compile(graph, seed=0)
    frame = gn.analysis.lesions(again, INPUTS, [0, 1, 0, 1], of="neurons", loss="cross_entropy")
    read = read_page(gn.view(again, lesions=frame).html)
    assert read.attribute("lesion effect")[2:] == pytest.approx(frame["change"].tolist()[1:])
    assert read.attribute("lesion effect (2)") == ["none"] * 7


def test_notes(net):
    assert gn.view(net, notes="look\nhere").notes == ["look here"]
    page = gn.view(net, notes=("a", "</script>"), inputs=np.zeros((150, 2, 2)))
    assert page.notes == ["a", "</script>", "activity of the first 100 of 150 samples"]
    assert read_page(page.html).header["notes"] == page.notes
    for wrong in (3, ["a", 1]):
        with pytest.raises(gn.DataError, match=r"notes=.*: must be text, or a list of texts"):
            gn.view(net, notes=wrong)


def test_headings(net):
    def labels(graph, **more):
        return read_page(gn.view(graph, **more).html).header["labels"]

    assert labels(net) == [["inputs", 0, 0.5], ["layer 1", 2, 1], ["outputs", 4, 0.5]]
    graph = net.to_graph()
    nx.set_node_attributes(graph, {node: node[0].upper() for node in graph}, "side")
    assert labels(graph) == [["INPUT", 0, 0.5], ["HIDDEN", 2, 1], ["OUTPUT", 4, 0.5]]
    apart = {node: (i, i % 2) for i, node in enumerate(graph)}
    assert labels(graph, positions=apart) == [
        ["HIDDEN", 2.1213, 0.7071],
        ["INPUT", 0.3536, 0.7071],
        ["OUTPUT", 3.8891, 0.7071],
    ]
    mixed = {node: (i % 2, i) for i, node in enumerate(graph)} | {("input", 0): (0, 9)}
    assert labels(graph, positions=mixed) == []
    assert [text for text, _, _ in labels(graph, positions="side")] == ["INPUT", "HIDDEN", "OUTPUT"]


def test_columns_are_called_by_an_attribute():
    graph = gn.graphs.elman(2, 5, 2)
    kinds = dict(zip([("hidden", i) for i in range(5)], "baacb", strict=True))

    def columns():
        return [text for text, _, _ in read_page(gn.view(graph).html).header["labels"]]

    nx.set_node_attributes(graph, kinds, "kind")
    assert columns() == ["inputs", "a, b, c", "outputs"]
    graph.nodes["output", 0]["kind"] = "d"  # the other output has none
    assert columns() == ["inputs", "layer 1", "outputs"]
    graph.nodes["output", 1]["kind"] = "a"
    assert columns() == ["inputs", "layer 1", "outputs"]
    graph.nodes["output", 1]["kind"] = "d"
    assert columns() == ["inputs", "a, b, c", "d"]
    graph.nodes["hidden", 0]["kind"] = "e"
    assert columns() == ["inputs", "layer 1", "outputs"]


def test_positions():
    graph = gn.graphs.elman(1, 2, 1)
    places = {node: (i, -i / 2) for i, node in enumerate(graph)}
    nx.set_node_attributes(graph, places, "place")
    for positions in (places, "place"):
        read = read_page(gn.view(graph, positions=positions).html)
        size = np.hypot(1, 0.5)  # neighbours are at a distance of 1
        np.testing.assert_allclose(read["x"] * size, [0, 1, 2, 3], rtol=1e-6)
        np.testing.assert_allclose(read["y"] * size, [0, -0.5, -1, -1.5], rtol=1e-6)
        assert read.header["layout"] == "given"
        assert "place" not in read.names_of()
    assert read_page(gn.view(graph).html).header["layout"] == "layered"
    with pytest.raises(gn.GraphError, match="positions='pace': no node has this attribute"):
        gn.view(graph, positions="pace")


def test_the_page_is_escaped_once(net):
    page = gn.view(net)
    assert html_module.unescape(page._repr_html_()).count(page.html) == 1


@pytest.mark.costly
def test_a_large_network_takes_seconds(tmp_path):
    rng = np.random.default_rng(0)
    from scipy.sparse import random_array

    table = gn.graphs.from_matrix(
        random_array((5000, 5000), density=0.008, rng=rng, format="csr"), w_in=np.ones((5000, 1))
    )
    net = gn.compile(table, seed=0)
    place = gn.view(net, tmp_path / "large.html", inputs=rng.normal(size=(1, 50, 1)))
    assert Path(place).stat().st_size < 4e6
