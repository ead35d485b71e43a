"""The page in Chromium: it opens from disk, loads nothing, and does what a person asks with pointer and keys."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import networkx as nx
import numpy as np
import pytest

import graphnet as gn

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.costly,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore"),  # those of playwright's event loop
]
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
N_SAMPLES, N_STEPS = 3, 20
LENGTHS = [20, 12, 1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a page from disk; the test fails if it loads anything or complains."""
    contexts, found = [], []

    def opens(html: str, after: str = "", *, fails: bool = False, before: str = "", **options: Any) -> Any:
        place = tmp_path / f"{len(contexts)}.html"
        place.write_text(html, "utf-8")
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: found.append(request.url))
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("console", lambda message: fails or found.append(message.text))
        if before:
            page.add_init_script(before)
        page.goto(place.as_uri() + after)
        found[:] = [each for each in found if each.split("#")[0] != place.as_uri()]
        if not fails:
            until(page, "Boolean(window.graphnetPage?.view.edges.front)")
        return page

    yield opens
    for context in contexts:
        context.close()
    assert found == []


@pytest.fixture(scope="module")
def lstm() -> Any:
    return gn.compile(gn.graphs.lstm(2, 3, 2), seed=0)


@pytest.fixture(scope="module")
def html(lstm: Any) -> str:
    """Return the page of an LSTM with its activity."""
    rng = np.random.default_rng(0)
    inputs, targets = (rng.normal(size=(N_SAMPLES, N_STEPS, 2)) for _ in range(2))
    return gn.view(lstm, inputs=inputs, targets=targets, lengths=LENGTHS, title="An LSTM").html


def until(page: Any, condition: str, seconds: float = 20) -> None:
    """Wait until an expression is true; what playwright has for this needs eval, which the page forbids."""
    end = monotonic() + seconds
    while not page.evaluate(condition):
        assert monotonic() < end, f"still not: {condition}"
        page.wait_for_timeout(20)


def state(page: Any, key: str) -> Any:
    return page.evaluate(f"graphnetPage.store.state.{key}")


def selected(page: Any) -> str | None:
    return page.evaluate("graphnetPage.model.names[graphnetPage.store.state.selected] ?? null")


def place_of(page: Any, name: str) -> tuple[float, float]:
    """Return where a neuron is in the window, once the picture does not move."""
    until(page, "!graphnetPage.view.gliding")
    page.wait_for_timeout(50)
    return tuple(
        page.evaluate(
            """name => {
                const { view, model } = graphnetPage, i = model.names.indexOf(name);
                const box = view.root.getBoundingClientRect();
                return [box.left + view.camera.screenX(model.x[i]), box.top + view.camera.screenY(model.y[i])];
            }""",
            name,
        )
    )


def colours(page: Any, layer: str) -> int:
    """Return the number of different colours of a layer of the picture."""
    return page.evaluate(
        """layer => {
            const canvas = document.querySelector(`canvas.${layer}`);
            const copy = document.createElement("canvas");
            [copy.width, copy.height] = [canvas.width, canvas.height];
            const context = copy.getContext("2d", { willReadFrequently: true });
            context.drawImage(canvas, 0, 0);
            const { data } = context.getImageData(0, 0, copy.width, copy.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }""",
        layer,
    )


def shown(page: Any) -> str:
    return page.inner_text(".shown")


def counts(page: Any, legend: str) -> dict[str, int]:
    """Return the counts that a group of filters shows."""
    rows = page.locator(f"fieldset:has(legend:text('{legend}')) label").all_inner_texts()
    pairs = [row.split() for row in rows]
    return {words[0]: int(words[-1].replace(",", "")) for words in pairs}


def test_it_opens_from_disk_and_loads_nothing(opened, html):
    page = opened(html)
    assert page.title() == "An LSTM"
    assert page.inner_text("h1") == "An LSTM"
    assert all(colours(page, layer) > 5 for layer in ("edges", "nodes", "labels", "lanes"))
    assert len(page.screenshot()) > 20_000
    policy = page.get_attribute("meta[http-equiv='Content-Security-Policy']", "content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_nothing_can_be_loaded(opened, html):
    page = opened(html, fails=True)
    until(page, "Boolean(window.graphnetPage)")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    refused = page.evaluate("fetch('https://example.org/').then(() => 'loaded', () => 'refused')")
    assert (refused, asked) == ("refused", [])


def test_search(opened, html):
    page = opened(html)
    page.keyboard.press("/")
    page.keyboard.type("CELL")
    assert page.locator("#found [role=option]").all_inner_texts()[0].startswith("cell 0")
    assert page.get_attribute("[role=combobox]", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#found [aria-selected=true]").startswith("cell 1")
    page.keyboard.press("Enter")
    assert selected(page) == "cell 1" == page.inner_text(".panel h2")
    assert not page.is_visible("#found")
    page.keyboard.press("/")
    page.keyboard.type("no such neuron")
    assert page.inner_text("#found") == "No name contains this."
    page.keyboard.press("Escape")
    assert not page.is_visible("#found")


def test_many_neurons_are_found(opened):
    page = opened(gn.view(gn.graphs.feedforward(60, 1, 1)).html)
    page.keyboard.press("/")
    page.keyboard.type("input")
    assert page.locator("#found [role=option]").count() == 40
    assert page.locator("#found li").all_inner_texts()[-1] == "and 20 more"
    page.keyboard.press("ArrowUp")
    assert page.locator("#found [role=option]").last.get_attribute("aria-selected") == "true"


def test_a_click_selects_a_neuron_and_what_it_reads_and_feeds(opened, html, lstm):
    page = opened(html)
    page.mouse.click(*place_of(page, "cell 0"))
    assert selected(page) == "cell 0"
    tables = dict(zip(("Reads", "Feeds"), page.locator(".synapses tbody").all(), strict=False))
    sources = tables["Reads"].locator("td:first-child button").all_inner_texts()
    assert sorted(sources) == ["candidate 0", "cell 0"]
    assert "forget 0" in tables["Reads"].inner_text()
    near = page.evaluate("graphnetPage.view.near.map(i => graphnetPage.model.names[i])")
    assert set(near) >= {"cell 0", "candidate 0", "forget 0", "squashed 0"}
    assert colours(page, "focus") > 5
    page.click(".synapses >> nth=0 >> button.link:has-text('candidate 0')")
    assert selected(page) == "candidate 0" == page.inner_text(".panel h2")
    # a click beside all neurons
    x, y = place_of(page, "cell 2")
    page.mouse.click(x + 40, y + 30)
    assert selected(page) is None
    assert not page.is_visible(".panel")


def test_the_table_is_sorted_by_any_column(opened, html):
    page = opened(html, "#neuron=candidate+0")

    def values(place: int) -> list[str]:
        texts = page.locator(f".synapses >> nth=0 >> tbody td:nth-child({place})").all_inner_texts()
        return [text.strip() for text in texts]

    sizes = [abs(float(text.replace("−", "-"))) for text in values(2)]
    assert len(sizes) > 2
    assert sizes == sorted(sizes, reverse=True)
    page.click(".synapses >> nth=0 >> th.name button")
    assert values(1) == sorted(values(1))
    assert page.get_attribute(".synapses >> nth=0 >> th.name", "aria-sort") == "ascending"
    page.click(".synapses >> nth=0 >> th.name button")
    assert values(1) == sorted(values(1), reverse=True)


def test_parameters_are_shown(opened, html, lstm):
    page = opened(html, "#neuron=forget+0")
    table = lstm.to_table()
    facts = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=False))
    assert facts["activation"] == "sigmoid"
    assert float(facts["bias"]) == pytest.approx(table.node("bias")[table.nodes.index(("forget", 0))], rel=1e-2)


def test_time_passes(opened, html):
    page = opened(html)
    assert state(page, "step") == 9  # in the middle, where there is something to see
    page.click("button[aria-label=Play]")
    until(page, "graphnetPage.store.state.step > 12")
    assert page.evaluate("graphnetPage.transport.slider.valueAsNumber === graphnetPage.store.state.step")
    until(page, "graphnetPage.store.state.step < 9")  # round again
    page.keyboard.press(" ")
    assert not state(page, "playing")
    page.keyboard.press("Home")
    page.keyboard.press(".")
    assert (state(page, "step"), page.inner_text(".where")) == (1, "1 / 19")
    page.fill("input.scrub", "7")
    assert state(page, "step") == 7
    box = page.locator(".traces-body").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 55, box["y"] + 30)
    assert state(page, "step") == 19


def test_activity_is_that_of_the_run(opened, html, lstm):
    page = opened(html, "#neuron=output+1&sample=1&step=11")
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(N_SAMPLES, N_STEPS, 2))
    expected = lstm.run(inputs, lengths=LENGTHS)
    value = page.evaluate("activity => document.querySelector('.facts .now').textContent", None).replace("−", "-")
    outputs = np.asarray(getattr(expected, "outputs", expected))
    assert float(value) == pytest.approx(outputs[1, 11, 1], abs=0.02)


def test_samples_are_switched(opened, html):
    page = opened(html)
    page.keyboard.press("End")
    page.select_option("select[aria-label=Sample]", "1")
    assert (state(page, "sample"), state(page, "step")) == (1, 11)
    page.keyboard.press("]")
    assert (state(page, "sample"), state(page, "step")) == (2, 0)
    page.keyboard.press("[")
    assert state(page, "sample") == 1


def test_the_address_has_what_is_chosen(opened, html):
    page = opened(html)
    page.mouse.click(*place_of(page, "hidden 2"))
    for key in ("p", "End", "k", "d"):
        page.keyboard.press(key)
    page.select_option("select[aria-label='Colour of neurons']", "degree")
    until(page, "location.hash.includes('degree')")
    after = page.evaluate("location.hash")
    other = opened(html, after)
    for key in ("selected", "picked", "step", "sample", "edgeColour", "theme", "colour"):
        assert state(other, key) == state(page, key), key
    assert other.inner_text(".panel h2") == "hidden 2"
    assert other.get_attribute("html", "data-theme") == "dark"


@pytest.mark.parametrize(
    "after", ["#", "#neuron=none&step=1e9&sample=-1&colour=x&kinds=99&delays=a", "#%", "#neuron=%ff"]
)
def test_a_wrong_address_opens_the_page(opened, html, after):
    page = opened(html, after)
    assert (selected(page), state(page, "step"), state(page, "kinds")) == (None, 9, 15)


def test_filters_count(opened, html, lstm):
    page = opened(html)
    table, kinds = lstm.to_table(), gn.feedback(lstm.to_graph()).counts()
    found = counts(page, "Kind")
    assert found == {kind: kinds[kind] for kind in found}
    assert sum(found.values()) == table.n_edges
    strength = table.edge("weight") * table.edge("scale")
    signs = counts(page, "Sign of the strength")
    assert signs == {"positive": int((strength >= 0).sum()), "negative": int((strength < 0).sum())}
    page.click("label:has-text('forward')")
    assert shown(page) == f"{table.n_edges - found['forward']} of {table.n_edges} shown"
    assert counts(page, "Kind") == found, "counts of kinds are of what the other filters let through"
    assert sum(counts(page, "Sign of the strength").values()) == table.n_edges - found["forward"]
    page.click("label:has-text('negative')")
    page.fill("input[aria-label='Least strength']", "50")
    least = state(page, "threshold")
    visible = page.evaluate("graphnetPage.filters.visible.reduce((a, b) => a + b, 0)")
    assert least > 0
    assert shown(page) == f"{visible} of {table.n_edges} shown"
    page.click("text=Show all again")
    assert shown(page) == f"{table.n_edges} of {table.n_edges} shown"


def test_delays_and_scope_are_filtered(opened):
    graph = gn.graphs.elman(1, 3, 1)
    for number, (_, _, edge) in enumerate(graph.edges(data=True)):
        edge["delay"] = number % 4 + 1
    page = opened(gn.view(graph).html)
    n = graph.number_of_edges()
    page.fill("input[aria-label='Shortest delay']", "3")
    page.press("input[aria-label='Shortest delay']", "Enter")
    assert shown(page) == f"{sum(number % 4 >= 2 for number in range(n))} of {n} shown"
    page.keyboard.press("Escape")
    page.click("text=None")
    until(page, "!graphnetPage.view.dirty.has('edges')")
    assert colours(page, "edges") == 1
    page.click("text=All")
    until(page, "!graphnetPage.view.dirty.has('edges')")
    assert colours(page, "edges") > 1


def test_every_colour_has_a_legend(opened, lstm):
    graph = lstm.to_graph()
    for number, (_, attributes) in enumerate(graph.nodes(data=True)):
        attributes["part"] = ["soma", "<i>", "dendrite"][number % 3]
        if number % 2:
            attributes["depth"] = number / 7 - 1
    net = gn.compile(graph)
    page = opened(gn.view(net, inputs=np.zeros((1, 3, 2))).html)
    options = page.locator("select[aria-label='Colour of neurons'] option").all()
    keys = [option.get_attribute("value") for option in options]
    assert {"activity", "role", "degree", "attribute:part", "attribute:depth"} <= set(keys)
    for key in keys:
        page.select_option("select[aria-label='Colour of neurons']", key)
        assert page.inner_text(".legend").strip() or page.is_visible(".legend .scale"), key
    page.select_option("select[aria-label='Colour of neurons']", "attribute:depth")
    assert "hollow: no value" in page.inner_text(".legend")
    page.select_option("select[aria-label='Colour of neurons']", "attribute:part")
    page.click(".categories button:has-text('<i>')")
    near = page.evaluate("graphnetPage.view.near.length")
    assert near == len(range(1, len(graph), 3))


def test_keys(opened, html):
    page = opened(html)
    page.keyboard.press("n")
    assert selected(page) == "input 0"
    page.keyboard.press("N")
    page.keyboard.press("N")
    assert state(page, "selected") == page.evaluate("graphnetPage.model.n_nodes") - 2
    page.keyboard.press("r")
    page.keyboard.press("f")
    assert selected(page) is not None
    page.keyboard.press("Escape")
    assert selected(page) is None
    page.keyboard.press("1")
    assert state(page, "kinds") == 14
    page.keyboard.press("s")
    assert state(page, "scope") == "selected"
    before = page.evaluate("graphnetPage.view.camera.scale")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("graphnetPage.view.camera.scale") > before
    page.keyboard.press("0")
    assert page.evaluate("graphnetPage.view.camera.scale") == pytest.approx(before)
    page.keyboard.press("?")
    assert "zoom in, out" in page.inner_text("dialog.help")
    assert "object" not in page.inner_text("dialog.help")
    page.keyboard.press("?")
    assert not page.is_visible("dialog.help")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog.help")
    page.keyboard.press("t")
    assert not page.is_visible(".traces")


def test_the_wheel_zooms_and_a_drag_moves(opened, html):
    page = opened(html)
    x, y = place_of(page, "cell 0")
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    until(page, "!graphnetPage.view.camera.isFitted")
    assert place_of(page, "cell 0") == pytest.approx((x, y), abs=1), "the point under the pointer stays there"
    page.mouse.move(x + 60, y + 50)
    page.mouse.down()
    page.mouse.move(x + 100, y + 90, steps=4)
    page.mouse.up()
    assert place_of(page, "cell 0") == pytest.approx((x + 40, y + 40), abs=1)
    assert selected(page) is None, "a drag is no click"


def test_hovering_tells_the_whole_name(opened):
    name = "long" * 50
    graph = nx.relabel_nodes(gn.graphs.elman(1, 1, 1), {("hidden", 0): name})
    page = opened(gn.view(graph).html)
    page.mouse.move(*place_of(page, name))
    assert name in page.inner_text(".tooltip")


def test_regions_have_headings(opened):
    page = opened(gn.view(gn.graphs.elman(2, 12, 2)).html)
    headings = page.evaluate("graphnetPage.model.headings.map(one => one.text)")
    assert headings == ["inputs", "layer 1", "outputs"]
    written = page.evaluate(
        """() => {
            const { view, theme } = graphnetPage, { labels, camera } = view, texts = [];
            labels.context.fillText = text => texts.push(text);
            labels.draw(camera, 1, view.theme, [], false, [], -1);
            return texts;
        }"""
    )
    assert set(headings) | {"input 0", "output 1"} <= set(written)


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror='window.hacked = 1'>",
    "{{js}}",
    "a" * 200,
    "مرحبا بالعالم",
    "👩‍👩‍👧‍👦🧠",
    "line\nbreak\ttab\u202eoverride",
    "\"quoted\" 'single' & &amp;",
]


def test_names_are_text(opened):
    graph = nx.DiGraph(name="</title><script>window.hacked = 1</script>")
    graph.add_nodes_from(HOSTILE[:2], role="input")
    graph.add_nodes_from(HOSTILE[2:-1], part="</script><b>")
    graph.add_node(HOSTILE[-1], role="output")
    nx.add_path(graph, HOSTILE[1:], note="<img src=x onerror='window.hacked = 1'>")
    graph.add_edge(HOSTILE[0], HOSTILE[2])
    net = gn.compile(graph, seed=0)
    page = opened(gn.view(net, inputs=np.ones((1, 4, 2))).html)
    for _ in HOSTILE:
        page.keyboard.press("n")
        assert page.inner_text(".panel h2").strip()
    for name in HOSTILE[:2]:
        page.keyboard.press("/")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        assert page.inner_text(".panel h2") == name
        assert name in page.inner_text(".lane-names >> nth=0") or "…" in page.inner_text(".lane-names >> nth=0")
    page.select_option("select[aria-label='Colour of neurons']", "attribute:part")
    assert "</script><b>" in page.inner_text(".legend")
    assert page.evaluate("window.hacked ?? null") is None
    assert page.locator("img, #app b, #app script").count() == 0


def looped(n: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n), role="output")
    graph.add_edges_from((node, node) for node in range(n))
    return graph


def unconnected(n: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n), role="output")
    return graph


@pytest.mark.parametrize(
    ("graph", "with_activity"),
    [
        (unconnected(1), False),
        (unconnected(1), True),
        (looped(1), True),
        (unconnected(7), True),
        (looped(10_000), False),
    ],
    ids=["one neuron", "one neuron with activity", "one loop", "no synapses", "10,000 loops"],
)
def test_odd_networks(opened, graph, with_activity):
    net = gn.compile(graph, seed=0) if with_activity else graph
    page = opened(gn.view(net, inputs=np.zeros((1, 2, 0)) if with_activity else None).html)
    assert colours(page, "nodes") > 1
    page.keyboard.press("n")
    assert selected(page) == "0"
    assert page.is_visible(".time") == with_activity
    assert (colours(page, "edges") > 1) == (graph.number_of_edges() > 0)


def test_a_missing_activity_is_hollow(opened, html):
    page = opened(html, "#neuron=cell+0")
    assert "–" not in page.inner_text(".facts .now")
    page.evaluate("graphnetPage.model.activity.fill(255)")
    page.keyboard.press(".")
    assert page.inner_text(".facts .now") == "–"
    assert page.evaluate("graphnetPage.view.colouring.levels.some(level => level >= 0)") in (True, False)
    until(page, "!graphnetPage.view.dirty.size")
    assert page.evaluate("graphnetPage.view.colouring.levels.every(level => level === -1)")


@pytest.mark.parametrize("codes", [np.array([0, 1, 1]), np.tile([0, -1, 1, 1], (3, 5))], ids=["sequence", "step"])
def test_classes_are_traced(opened, lstm, codes):
    inputs = np.random.default_rng(1).normal(size=(N_SAMPLES, N_STEPS, 2))
    page = opened(gn.view(lstm, inputs=inputs, targets=codes).html)
    assert ("target: output 0" in page.inner_text(".traces")) == (codes.ndim == 1)
    assert colours(page, "lanes") > 5


def test_targets_are_traced_with_their_outputs(opened, html):
    page = opened(html, "#neuron=output+1&trace=cell+0")
    assert page.locator(".lane-title:has-text('target')").count() == 2
    rng = np.random.default_rng(0)
    _, targets = (rng.normal(size=(N_SAMPLES, N_STEPS, 2)) for _ in range(2))
    aims = page.evaluate(
        """() => {
            const { traces, model, store } = graphnetPage;
            return [...traces.aims(traces.lanes[0].neurons, 1, 12)].map(([k, line]) => [k, [...line]]);
        }"""
    )
    assert [k for k, _ in aims] == [0]
    assert aims[0][1] == pytest.approx(targets[1, :12, 1], rel=1e-5)


def test_traces_of_picked_neurons_stay(opened, html):
    page = opened(html, "#neuron=cell+0")
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.locator(".lane-names >> nth=0 >> .lane-name bdi").all_inner_texts() == ["input 0", "cell 0"]
    page.click(".lane-name:has-text('cell 0')")
    assert selected(page) == "cell 0"


def test_a_phone(browser, opened, html):
    page = opened(html, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.is_visible(".traces"), "activity is traced at first"
    page.touchscreen.tap(*place_of(page, "cell 1"))
    until(page, "graphnetPage.store.state.selected >= 0")
    assert selected(page) == "cell 1"
    assert page.inner_text(".panel h2") == "cell 1"
    _, y = place_of(page, "cell 1")
    sheet = page.locator(".panel").bounding_box()
    assert y < sheet["y"], "the sheet does not cover what is selected"
    page.tap("text=Display")
    assert page.is_visible("select[aria-label='Colour of neurons']")
    assert not page.is_visible(".panel")
    before = page.evaluate("graphnetPage.view.camera.scale")
    session = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 70), ("touchMove", 110)):
        points = [{"x": 195 - apart, "y": 250, "id": 0}, {"x": 195 + apart, "y": 250, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until(page, f"graphnetPage.view.camera.scale > 1.5 * {before}")


def test_the_theme_is_that_of_the_system_until_chosen(opened, html):
    page = opened(html, color_scheme="dark")
    assert page.get_attribute("html", "data-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    until(page, "document.documentElement.dataset.theme === 'light'")
    page.keyboard.press("d")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_a_frame_of_a_notebook(opened, lstm):
    frame = gn.view(lstm, inputs=np.zeros((1, 5, 2)), title="in a notebook")._repr_html_()
    page = opened(f"<!DOCTYPE html><link rel=icon href=data:,><body>{frame}", fails=True)
    inside = next(frame for frame in page.frames if frame != page.main_frame)
    end = monotonic() + 20
    while not inside.evaluate("Boolean(window.graphnetPage?.view.edges.front)"):
        assert monotonic() < end
        page.wait_for_timeout(20)
    assert inside.inner_text("h1") == "in a notebook"
    inside.click("button[aria-label='Next step']")
    inside.click("button[aria-label='Copy a link to what is shown']")
    assert inside.inner_text(".toast")
    assert inside.evaluate("graphnetPage.store.state.step") == 3
    scale = inside.evaluate("graphnetPage.view.camera.scale")
    box = inside.frame_element().bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 150)
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(100)
    assert inside.evaluate("graphnetPage.view.camera.scale") == scale, "the wheel scrolls the notebook"
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 150)
    page.mouse.wheel(0, -200)
    end = monotonic() + 20
    while inside.evaluate("graphnetPage.view.camera.scale") == scale:
        assert monotonic() < end


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_and_controls_have_names(opened, html, theme):
    page = opened(html, f"#neuron=cell+0&trace=input+0&theme={theme}")
    page.keyboard.press("?")
    weak, nameless, doubled = page.evaluate(
        """() => {
            const parts = text => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
                .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
            const behind = one => {
                for (; one; one = one.parentElement) {
                    const colour = parts(getComputedStyle(one).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) return colour;
                }
                return [255, 255, 255];
            };
            const contrast = one => {
                const both = [light(parts(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => b - a);
                return (both[0] + 0.05) / (both[1] + 0.05);
            };
            const all = [...document.querySelectorAll("#app *")].filter(one => one.checkVisibility());
            const texts = all.filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
            const controls = all.filter(one => one.matches("button, input, select, [tabindex='0']"));
            const name = one => one.ariaLabel || one.innerText?.trim() || one.labels?.[0]?.innerText;
            const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
            return [
                texts.filter(one => contrast(one) < 4.5).map(one => `${one.innerText}: ${contrast(one)}`),
                controls.filter(one => !name(one)).map(one => one.outerHTML),
                ids.filter((id, k) => ids.indexOf(id) < k),
            ];
        }"""
    )
    assert (weak, nameless, doubled) == ([], [], [])


def test_an_old_browser_is_told(opened, html):
    page = opened(html, fails=True, before="delete window.DecompressionStream")
    until(page, "!document.getElementById('failure').hidden")
    assert "has no DecompressionStream" in page.inner_text("#failure")


def test_a_page_without_its_data_says_so(opened, html):
    whole = gn.view(gn.graphs.elman(1, 1, 1)).html
    start = whole.index('id="graphnet-data">') + len('id="graphnet-data">')
    page = opened(whole[:start] + escape("H4sIAAAA") + whole[whole.index("</script>", start) :], fails=True)
    until(page, "!document.getElementById('failure').hidden")
    assert page.inner_text("#failure")


def test_a_name_in_the_address_is_quoted(opened):
    name = "a&b=c #1 %"
    graph = nx.relabel_nodes(gn.graphs.elman(1, 1, 1), {("hidden", 0): name})
    page = opened(gn.view(graph).html, f"#neuron={quote(name)}")
    assert selected(page) == name
