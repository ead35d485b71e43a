"""Blocks: every synapse in exactly one, dense where rows share their sources, and the same values either way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.compiler import lower
from graphnet.language.delays import resolve_delays
from graphnet.testing.property_cases import Case, assert_close
from graphnet.testing.strategies import neuron_graphs, sequences
from tests.compiler.drawings import assert_the_same_network
from tests.properties.interpreted import INTERPRETED


@contextmanager
def blocks_of(smallest_dense: int, most_products: int = 1 << 16) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lower, "SMALLEST_DENSE", smallest_dense)
        patch.setattr(lower, "MOST_PRODUCTS", most_products)
        yield


def entries(program, block) -> Iterator[tuple[int, int, int, int]]:
    """(target row, source row, gate row or -1, edge) of each number of a block."""
    targets = program.targets[slice(*block["target"])].tolist()
    sources = program.sources[slice(*block["source"])].tolist()
    gates = program.gates[slice(*block["source"])].tolist()
    edges = program.edges[slice(*block["entry"])].tolist()
    if block["dense"]:
        places = [(t, c) for t in range(len(targets)) for c in range(len(sources))]
    else:
        pointers = program.pointers[slice(*block["pointer"])].tolist()
        columns = program.indices[slice(*block["entry"])].tolist()
        assert len(pointers) == len(targets) + 1
        places = [(t, c) for t in range(len(targets)) for c in columns[pointers[t] : pointers[t + 1]]]
    for (t, c), edge in zip(places, edges, strict=True):
        yield targets[t], sources[c], gates[c], edge


def check_blocks(graph: nx.DiGraph, program) -> None:
    """Every synapse is one entry of one block, which is run where its values are there."""
    table = gn.GraphTable.from_networkx(graph)
    delays = resolve_delays(table)
    stage_of_row = np.full(program.n_nodes, -1)
    level_of_row = np.full(program.n_nodes, -1)
    for number, stage in enumerate(program.stages):
        stage_of_row[slice(*stage["row"])] = number
    for number, level in enumerate(program.levels):
        level_of_row[slice(*level["row"])] = number

    seen: Counter[int] = Counter()
    run: Counter[int] = Counter()
    for early, owner, pair in [
        *((True, number, stage["early"]) for number, stage in enumerate(program.stages)),
        *((False, number, level["late"]) for number, level in enumerate(program.levels)),
    ]:
        for index in range(*pair):
            block = program.blocks[index]
            run[index] += 1
            targets = program.targets[slice(*block["target"])]
            assert len(np.unique(targets)) == len(targets), "what is added to a row is added at once"
            for target, source, gate, edge in entries(program, block):
                seen[edge] += 1
                assert program.order[target] == table.target[edge]
                assert program.order[source] == table.source[edge]
                assert (program.order[gate] if gate >= 0 else -1) == delays.gate[edge]
                assert block["delay"] == delays.delay[edge]
                assert block["gate_delay"] == (delays.gate_delay[edge] if gate >= 0 else -1)
                own = stage_of_row[target]
                reads = [(source, block["delay"])] + ([(gate, block["gate_delay"])] if gate >= 0 else [])
                if early:
                    assert own == owner
                    assert all(stage_of_row[row] < own for row, _ in reads), "an early block reads earlier stages only"
                else:
                    assert level_of_row[target] == owner
                    assert any(stage_of_row[row] == own for row, _ in reads), "what can run early does"
                    for row, delay in reads:
                        assert delay > 0 or level_of_row[row] < owner
    assert seen == Counter(range(table.n_edges))
    assert run == Counter(range(len(program.blocks)))


@st.composite
def crowds(draw: st.DrawFn) -> nx.DiGraph:
    """Layers all to all, some rows with a synapse less or more, some gated: much that can be dense."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(["x", "u"][: draw(st.integers(1, 2))], role="input")
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    neurons = [(layer, i) for layer, size in enumerate(sizes) for i in range(size)]
    graph.add_nodes_from((node, {"layer": node[0], "bias": 0.1 * node[1]}) for node in neurons)
    graph.nodes[neurons[-1]]["role"] = "output"
    gate = draw(st.sampled_from([None, None, "x", neurons[0]]))
    numbers = st.integers(-20, 20).map(lambda tenths: tenths / 20)
    for target in neurons:
        for source in graph:
            if draw(st.integers(0, 7)):
                graph.add_edge(source, target, weight=draw(numbers), delay=1 if source in neurons else 0)
                if gate is not None and source in neurons:
                    graph.edges[source, target, 0].update(gate=gate, gate_delay=1)
        if not draw(st.integers(0, 5)):
            graph.add_edge(draw(st.sampled_from(list(graph))), target, weight=0.25, delay=1)
    return graph


drawings = st.one_of(neuron_graphs(max_nodes=7, max_edges=16), crowds())


@given(drawings, st.sampled_from([1, 2, 8]), st.sampled_from([1, 2, 1 << 16]))
def test_every_synapse_is_one_entry_of_one_block(graph: nx.DiGraph, smallest_dense: int, most_products: int) -> None:
    with blocks_of(smallest_dense, most_products):
        check_blocks(graph, gn.compile(graph).program)


@given(st.data(), st.sampled_from([1, 2]))
def test_dense_blocks_and_single_products_change_no_value(data: st.DataObject, smallest_dense: int) -> None:
    graph = data.draw(drawings)
    batch = data.draw(sequences(graph))
    normal = gn.compile(graph)
    with blocks_of(smallest_dense, most_products=1):
        small = gn.compile(graph)
    assert_the_same_network(small, normal, graph, batch, "dense")


def test_these_drawings_have_dense_blocks_and_cut_products() -> None:
    """Otherwise the test above would compare a network with itself."""
    found: Counter[str] = Counter()

    @settings(max_examples=200, database=None)
    @given(drawings)
    def count(graph: nx.DiGraph) -> None:
        with blocks_of(2, 1 << 16):
            whole = gn.compile(graph).program.blocks
        with blocks_of(2, 1):
            cut = gn.compile(graph).program.blocks
        found["dense"] += bool(whole["dense"].any())
        found["cut"] += int((cut["gate_delay"] >= 0).sum() > (whole["gate_delay"] >= 0).sum())

    count()
    assert found["dense"] >= 10
    assert found["cut"] >= 10


def dense_shapes(net: gn.Network) -> list[tuple[int, int]]:
    blocks = net.program.blocks[net.program.blocks["dense"]]
    rows, columns = (np.diff(blocks[name])[:, 0].tolist() for name in ("target", "source"))
    return sorted(zip(rows, columns, strict=True))


def test_the_recurrence_of_an_elman_network_is_one_dense_block() -> None:
    net = gn.compile(gn.graphs.elman(3, 20, 2))
    assert (20, 20) in dense_shapes(net)
    assert "dense, 400 synapses of delay 1" in net.summary()


def test_complete_feedback_is_dense() -> None:
    """Hidden and output neurons are all fed by the same ones, one step back, but for what runs forward."""
    net = gn.compile(gn.graphs.complete(2, 20, 10))
    assert sum(rows * columns for rows, columns in dense_shapes(net)) == 30 * 30


def test_rows_are_judged_and_not_how_full_a_level_is() -> None:
    """One dense group of 10 neurons among a thousand sparse ones of the same level."""
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    graph.add_edges_from(((i, j) for i in range(10) for j in range(10)), delay=1)
    graph.add_edges_from(((i, i) for i in range(10, 100)), delay=1)
    graph.add_edges_from(("x", i) for i in range(100))
    graph.add_node("y", role="output")
    graph.add_edges_from((i, "y") for i in range(100))
    net = gn.compile(graph)
    assert dense_shapes(net) == [(10, 10)]


def test_a_sparse_recurrence_stays_sparse() -> None:
    graph = gn.graphs.from_matrix(np.diag(np.full(30, 0.5)), w_in=np.ones((30, 1)))
    assert dense_shapes(gn.compile(graph)) == []


def all_to_all(n: int, kind: type = nx.DiGraph) -> nx.DiGraph:
    graph = kind()
    graph.add_nodes_from(range(n), role="output")
    graph.add_edges_from((i, j) for i in range(n) for j in range(n))
    return graph


def test_parallel_synapses_are_no_dense_block() -> None:
    """A dense matrix has one place for a pair."""
    graph = all_to_all(10, nx.MultiDiGraph)
    assert dense_shapes(gn.compile(graph)) == [(10, 10)]
    graph.add_edges_from((i, j) for i in range(10) for j in range(10))
    net = gn.compile(graph)
    assert dense_shapes(net) == []
    check_blocks(graph, net.program)


def test_one_parallel_synapse_leaves_the_other_rows_dense() -> None:
    graph = all_to_all(10, nx.MultiDiGraph)
    graph.add_edge(3, 4)
    net = gn.compile(graph, seed=0)
    assert dense_shapes(net) == [(9, 10)]
    check_blocks(graph, net.program)


def test_synapses_of_different_delays_are_in_blocks_of_their_own() -> None:
    graph = all_to_all(10)
    for source, _, attributes in graph.edges(data=True):
        attributes["delay"] = 1 + source % 2
    net = gn.compile(graph)
    assert {int(block["delay"]) for block in net.program.blocks} == {1, 2}
    check_blocks(graph, net.program)


def test_gated_synapses_of_one_gate_can_be_dense() -> None:
    graph = all_to_all(10)
    graph.add_node("g", role="input")
    for *_, attributes in graph.edges(data=True):
        attributes["gate"] = "g"
    net = gn.compile(graph)
    assert dense_shapes(net) == [(10, 10)]
    check_blocks(graph, net.program)


def test_synapses_that_share_a_product_share_a_column() -> None:
    """20 neurons read the same 3 products of a source and a gate."""
    graph = nx.DiGraph()
    graph.add_nodes_from("abcg", role="input")
    graph.add_nodes_from(range(20), role="output")
    graph.add_edges_from(((source, i) for source in "abc" for i in range(20)), gate="g")
    program = gn.compile(graph).program
    assert np.diff(program.blocks["source"]).ravel().tolist() == [3]


def test_the_products_of_a_block_are_bounded() -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from("abcdefg", role="input")
    graph.add_nodes_from(range(4), role="output")
    graph.add_edges_from(((source, i) for source in "abcdef" for i in range(4)), gate="g")
    with blocks_of(8, most_products=2):
        program = gn.compile(graph).program
    assert np.diff(program.blocks["source"]).ravel().tolist() == [2, 2, 2]


@pytest.mark.parametrize("n", [7, 8, 40])
def test_small_and_large_networks_give_the_same_either_way(n: int) -> None:
    graph = gn.graphs.elman(2, n, 2)
    inputs = np.random.default_rng(0).standard_normal((3, 10, 2))
    found = []
    for smallest in (1, 10**6):
        with blocks_of(smallest):
            net = gn.compile(graph, seed=1)
        assert net.program.blocks["dense"].any() == (smallest == 1)
        found.append(net.value_and_grad(inputs, np.zeros((3, 10, 2))))
    (one, gradient), (other, expected) = found
    assert one == pytest.approx(other, rel=1e-13)
    assert_close(gradient, expected, 1e-12, "gradient")


def test_eight_by_eight_is_the_smallest_dense_block() -> None:
    def shapes(n_sources: int, n_targets: int) -> list[tuple[int, int]]:
        graph = nx.DiGraph()
        graph.add_nodes_from((("in", i) for i in range(n_sources)), role="input")
        graph.add_nodes_from((("out", i) for i in range(n_targets)), role="output")
        graph.add_edges_from((("in", i), ("out", j)) for i in range(n_sources) for j in range(n_targets))
        return dense_shapes(gn.compile(graph, seed=0))

    assert shapes(8, 8) == [(8, 8)]
    assert shapes(7, 8) == shapes(8, 7) == []


def test_a_gate_at_the_first_row_belongs_to_its_scan() -> None:
    """Without inputs the first row is a neuron."""
    graph = nx.DiGraph()
    graph.add_node("g", bias=0.5, role="output")
    graph.add_node("y", role="output", initial=0.5)
    graph.add_edge("g", "g", weight=0.5, gate="y", gate_delay=1)
    graph.add_edge("y", "y", weight=0.7, gate="g", gate_delay=0)
    net = gn.compile(graph)
    assert net.program.row[0] == 0
    case = Case(graph, np.zeros((1, 4, 0)), None, 0)
    for each in INTERPRETED:
        each(case, gn.compile)


def test_sixteen_dense_blocks_of_one_level_stay_apart_from_the_next_level() -> None:
    """A layer of sixteen separate crowds, eight to eight, and one of fifteen and a neuron that reads only two."""
    graph = nx.DiGraph()
    crowds_of_eight = [[(layer, crowd, i) for i in range(8)] for layer in range(3) for crowd in range(16)]
    for members in crowds_of_eight:
        graph.add_nodes_from(members, role=("input", None, "output")[members[0][0]])
    for sources, targets in zip(crowds_of_eight, crowds_of_eight[16:-1], strict=False):
        graph.add_edges_from((u, v) for u in sources for v in targets)
    graph.add_node("sparse", role="output")
    graph.add_edges_from((crowds_of_eight[16 + crowd][0], "sparse") for crowd in (0, 5))
    graph.add_edge(crowds_of_eight[0][0], "sparse", delay=1)
    net = gn.compile(graph, seed=0)
    assert dense_shapes(net) == [(8, 8)] * 31
    graph = net.to_graph()
    check_blocks(graph, net.program)
    inputs = np.random.default_rng(0).uniform(-1, 1, (1, 2, 128))
    with blocks_of(1000):
        sparse = gn.compile(graph)
    assert not dense_shapes(sparse)
    assert_close(gn.compile(graph).run(inputs), sparse.run(inputs), 1e-12, "outputs")


def test_products_are_cut_only_where_there_are_too_many() -> None:
    """Two delays, four products each: with room for four there is a block for each delay, with room for two, two."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(["a", "b", "g", "h"], role="input")
    graph.add_node("y", role="output")
    graph.add_edges_from(
        (source, "y", {"gate": gate, "delay": delay, "gate_delay": 0})
        for source in "ab"
        for gate in "gh"
        for delay in (0, 1)
    )
    for most, n_blocks in ((4, 2), (5, 2), (3, 4), (2, 4), (1, 8)):
        with blocks_of(8, most):
            blocks = gn.compile(graph, seed=0).program.blocks
        assert len(blocks) == n_blocks, most
        assert np.diff(blocks["source"]).max() <= most


def test_pools_hold_what_blocks_refer_to_and_no_more() -> None:
    program = gn.compile(gn.graphs.lstm(3, 9, 2), seed=0).program
    dense = program.blocks["dense"]
    assert dense.any()
    assert not dense.all()
    rows = np.diff(program.blocks["target"])[:, 0]
    assert np.diff(program.blocks["pointer"])[:, 0].tolist() == np.where(dense, 0, rows + 1).tolist()
    for name, pool in (
        ("target", program.targets),
        ("source", program.sources),
        ("source", program.gates),
        ("pointer", program.pointers),
        ("entry", program.slots),
        ("entry", program.scales),
        ("entry", program.edges),
    ):
        assert program.blocks[name][0, 0] == 0
        assert program.blocks[name][1:, 0].tolist() == program.blocks[name][:-1, 1].tolist()
        assert program.blocks[name][-1, 1] == len(pool)


def test_what_earlier_stages_feed_a_scan_runs_before_it() -> None:
    """Input products of all steps at once: no late block of a scan reads inputs alone."""
    program = gn.compile(gn.graphs.lstm(3, 9, 2), seed=0).program
    scan = program.stages[program.stages["scanned"]][0]
    early = program.blocks[slice(*scan["early"])]
    assert len(early) > 0
    for block in early:
        assert program.sources[slice(*block["source"])].max() < program.n_inputs
    for level in program.levels[slice(*scan["level"])]:
        for block in program.blocks[slice(*level["late"])]:
            assert program.sources[slice(*block["source"])].max() >= program.n_inputs


def crowds_of_eight(n: int) -> nx.DiGraph:
    """Eight inputs to eight outputs, all to all, so many times beside each other."""
    graph = nx.DiGraph()
    graph.add_nodes_from((("in", crowd, i) for crowd in range(n) for i in range(8)), role="input")
    graph.add_nodes_from((("out", crowd, i) for crowd in range(n) for i in range(8)), role="output")
    graph.add_edges_from(
        (("in", crowd, i), ("out", crowd, j)) for crowd in range(n) for i in range(8) for j in range(8)
    )
    return graph


def test_a_block_that_would_fall_into_more_than_sixteen_dense_ones_stays_sparse() -> None:
    assert len(dense_shapes(gn.compile(crowds_of_eight(16), seed=0))) == 16
    assert dense_shapes(gn.compile(crowds_of_eight(17), seed=0)) == []


def test_delays_of_any_length_have_blocks_of_their_own() -> None:
    """Few delays may differ by much."""
    graph = nx.MultiDiGraph()
    graph.add_node("x", role="input")
    graph.add_nodes_from("yz", role="output")
    for delay, gate_delay in ((255, 256), (256, 255), (5000, 0), (0, 5000), (300, 300)):
        for target in "yz":
            graph.add_edge("x", target, delay=delay)
            graph.add_edge("x", target, delay=delay, gate="x", gate_delay=gate_delay)
    program = gn.compile(graph, seed=0).program
    check_blocks(graph, program)
    assert len(program.blocks) == 10


def test_parallel_synapses_of_one_gate_are_no_dense_block() -> None:
    """Whatever other synapses come before them."""
    graph = all_to_all(10, nx.MultiDiGraph)
    graph.add_nodes_from("gx", role="input")
    graph.add_edges_from([("x", i) for i in range(10)])
    for *_, said in graph.edges(range(10), data=True):
        said["gate"] = "g"
    assert dense_shapes(gn.compile(graph, seed=0)) == [(10, 10)]
    graph.add_edges_from(((i, j) for i in range(10) for j in range(10)), gate="g")
    net = gn.compile(graph, seed=0)
    assert dense_shapes(net) == []
    check_blocks(graph, net.program)


@pytest.mark.parametrize("gates", [("g", "g"), ("g", "h")])
def test_a_hash_says_only_which_rows_may_share_their_sources(
    gates: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hash that tells nothing apart, rows are compared."""
    monkeypatch.setattr(lower, "mix_bits", np.zeros_like)
    graph = nx.DiGraph()
    graph.add_nodes_from([*range(16), "g", "h"], role="input")
    for half, gate in enumerate(gates):
        graph.add_nodes_from((("y", half, i) for i in range(8)), role="output")
        sources = range(8) if gates == ("g", "h") else range(8 * half, 8 * half + 8)
        graph.add_edges_from(((source, ("y", half, i)) for source in sources for i in range(8)), gate=gate)
    net = gn.compile(graph, seed=0)
    check_blocks(graph, net.program)
    assert dense_shapes(net) == []


def test_long_delays_have_blocks_of_their_own_too() -> None:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from("xg", role="input")
    graph.add_node("y", role="output")
    for delay in (0, 255, 256, 257, 1000):
        graph.add_edge("x", "y", weight=0.001 * delay + 1, delay=delay)
    graph.add_edge("x", "y", weight=2.0, delay=300, gate="g", gate_delay=700)
    net = gn.compile(graph)
    check_blocks(graph, net.program)
    inputs = np.zeros((1, 1100, 2))
    inputs[0, 10, 0] = 1.0
    inputs[0, :, 1] = np.arange(1100)
    found = {step: value for step, value in enumerate(net.run(inputs)[0, :, 0].tolist()) if value}
    expected = {10 + delay: 0.001 * delay + 1 for delay in (0, 255, 256, 257, 1000)}
    # the gate is read 700 steps before step 310, where there was nothing
    assert found == pytest.approx(expected)


def test_a_gated_product_that_is_read_twice_leaves_its_rows_sparse() -> None:
    """Eight synapses a row, of seven products."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(["a", "b", "c", "d", "g", "h"], role="input")
    graph.add_nodes_from(range(8), role="output")
    for target in range(8):
        for i, (source, gate) in enumerate([*((s, "g") for s in "abcd"), *((s, "h") for s in "abcc")]):
            graph.add_edge(source, target, weight=0.1 * (i + 1) * (-1) ** target, gate=gate)
    net = gn.compile(graph)
    assert not dense_shapes(net)
    check_blocks(graph, net.program)
    INTERPRETED[0](Case(graph, np.random.default_rng(0).uniform(-1, 1, (2, 2, 6)), None, 0), gn.compile)


def test_sixteen_dense_blocks_of_one_delay_stay_apart_from_those_of_the_next() -> None:
    graph = crowds_of_eight(16)
    graph.add_edges_from(
        ((("in", crowd, i), ("out", (crowd + 1) % 16, j)) for crowd in range(16) for i in range(8) for j in range(8)),
        delay=1,
    )
    net = gn.compile(graph, seed=0)
    assert dense_shapes(net) == [(8, 8)] * 32
    check_blocks(graph, net.program)


def test_sixteen_dense_blocks_of_a_scan_stay_apart_from_what_reads_it() -> None:
    """Sixteen crowds of eight, each fed by itself; every output reads one neuron."""
    graph = nx.DiGraph()
    crowds = [[(crowd, i) for i in range(8)] for crowd in range(16)]
    for members in crowds:
        graph.add_edges_from(((u, v) for u in members for v in members), delay=1)
        for member in members:
            graph.add_node(("y", *member), role="output")
            graph.add_edge(member, ("y", *member), delay=0)
    net = gn.compile(graph, seed=0)
    assert dense_shapes(net) == [(8, 8)] * 16
    check_blocks(graph, net.program)


def test_every_neuron_may_gate_every_synapse() -> None:
    """Rows stay together whichever gate comes first and last."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from("abc", role="output")
    for source in "abc":
        for target in "abc":
            graph.add_edge(source, target)
            for gate in "abc":
                graph.add_edge(source, target, gate=gate)
    for smallest, most in ((8, 1 << 16), (1, 1 << 16), (8, 2)):
        with blocks_of(smallest, most):
            check_blocks(graph, gn.compile(graph, seed=0).program)


def test_no_block_has_more_than_65536_products() -> None:
    """The bound is on the memory of one step for each sample."""
    graph = nx.DiGraph()
    graph.add_nodes_from((("in", i) for i in range(300)), role="input")
    graph.add_nodes_from((("out", i) for i in range(300)), role="output")
    graph.add_edges_from(
        (("in", i), ("out", j), {"weight": 1.0, "gate": ("in", (i + j) % 300)}) for i in range(300) for j in range(300)
    )
    blocks = gn.compile(graph).program.blocks
    assert np.diff(blocks["source"])[:, 0].tolist() == [65536, 90000 - 65536]


def test_products_of_one_delay_leave_those_of_another_room() -> None:
    """Four products at delay 0 and two others at delay 1, with room for five in a block."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(["a", "b", "c", "g", "h"], role="input")
    graph.add_node("y", role="output")
    for source, delay in (("a", 0), ("b", 0), ("c", 1)):
        for gate in "gh":
            graph.add_edge(source, "y", gate=gate, delay=delay, gate_delay=0)
    with blocks_of(8, most_products=5):
        blocks = gn.compile(graph, seed=0).program.blocks
    assert np.diff(blocks["source"]).ravel().tolist() == [4, 2]


@pytest.mark.parametrize("coupled", [False, True])
def test_peepholes_leave_the_gates_of_an_lstm_dense(coupled: bool) -> None:
    """Catches one synapse from a cell that makes a row, and all that are like it, sparse."""
    n, n_gates = 24, 2 if coupled else 3
    net = gn.compile(gn.graphs.lstm(9, n, 8, peepholes=True, coupled=coupled), seed=0)
    assert sorted(dense_shapes(net)) == sorted([(8, n), (n, n), (n_gates * n, n), ((n_gates + 1) * n, 9)])


@st.composite
def nearly_equal(draw: st.DrawFn) -> nx.DiGraph:
    """Neurons that feed each other all to all, but for a few synapses more of some and fewer of others."""
    n, n_more = draw(st.integers(8, 20)), draw(st.integers(1, 12))
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_nodes_from([*range(n), *(("more", k) for k in range(n_more))])
    graph.add_edges_from([("in", node) for node in list(graph)[1:]])
    graph.add_edges_from((a, b) for a in range(n) for b in range(n))
    pairs = st.tuples(st.integers(0, n_more - 1), st.integers(0, n - 1))
    graph.add_edges_from((("more", k), target) for k, target in draw(st.lists(pairs, max_size=2 * n)))
    missing = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=6))
    graph.remove_edges_from(missing)
    nx.set_edge_attributes(graph, {edge: 1 for edge in graph.edges if edge[0] != "in"}, "delay")
    graph.nodes[0]["role"] = "output"
    return graph


@settings(max_examples=40)
@given(graph=nearly_equal(), smallest_dense=st.sampled_from([2, 8]))
def test_rows_that_share_most_of_their_sources_change_no_value(graph: nx.DiGraph, smallest_dense: int) -> None:
    inputs = np.linspace(-1, 1, 24).reshape(2, 12, 1)
    with blocks_of(10**9):
        sparse = gn.compile(graph, seed=0, backend="reference")
    with blocks_of(smallest_dense):
        nets = [gn.compile(graph, seed=0, backend=backend) for backend in ("reference", "fast")]
    check_blocks(graph, nets[0].program)
    value, gradient = sparse.value_and_grad(inputs, inputs)
    for net in nets:
        np.testing.assert_allclose(net.run(inputs), sparse.run(inputs), rtol=1e-12, atol=1e-14)
        found = net.value_and_grad(inputs, inputs)
        np.testing.assert_allclose(found[0], value, rtol=1e-12)
        np.testing.assert_allclose(found[1], gradient, rtol=1e-10, atol=1e-13)


def test_rows_with_a_few_more_sources_join_the_block_of_those_without() -> None:
    graph = all_to_all(20)
    graph.add_node("more")
    graph.add_edges_from(("more", target) for target in range(0, 20, 2))
    nx.set_edge_attributes(graph, 1, "delay")
    assert dense_shapes(gn.compile(graph, seed=0)) == [(20, 20)]


def dense_entries(
    rows: list[list[int]], least: float = 1, before: tuple[list[int], ...] = ()
) -> tuple[list[list[int]], list[list[int]]]:
    """Return the number of the dense block of each entry of each row, 0 without one, and the sources of the blocks."""
    count = np.array([len(row) for row in rows])
    dense, found = np.zeros(count.sum(), np.int64), [np.array(each) for each in before]
    row_first = np.cumsum(count) - count
    lower._separate_nearly_equal(dense, np.concatenate(rows), row_first, count, least, found)
    return [each.tolist() for each in np.split(dense, row_first[1:])], [each.tolist() for each in found]


def alone(row: int, n: int = 16) -> list[int]:
    """Return sources that no other row has."""
    return list(range(1000 * (row + 1), 1000 * (row + 1) + n))


ALIKE, OTHERS = list(range(16)), list(range(100, 116))


def test_rows_that_share_nothing_do_not_hide_those_after_them() -> None:
    """Pairs of neighbours are tried until the last one, also where the first ones have no sources in common."""
    dense, found = dense_entries([*map(alone, range(8)), *([*ALIKE, *alone(8 + i, 1)] for i in range(16))], 100)
    assert found == [ALIKE]
    assert dense == [[0] * 16] * 8 + [[1] * 16 + [0]] * 16


def test_the_last_pair_of_rows_is_tried() -> None:
    """Two pairs are tried of sixteen rows, the first and the last; that before the last has nothing in common."""
    some = [*range(1, 7), 8, 9, 14, 15]
    rows = [ALIKE if row in some else alone(row) for row in range(16)]
    assert dense_entries(rows)[1] == [ALIKE]


@pytest.mark.parametrize(
    ("n_common", "n_own", "n_rows", "least", "is_dense"),
    [
        (8, 8, 16, 1, True),  # half of a row
        (12, 18, 16, 1, False),  # less
        (8, 1, 8, 64, True),  # as few sources, rows and entries as a block may have
        (8, 1, 8, 65, False),
        (7, 1, 16, 1, False),
    ],
)
def test_rows_share_a_block_where_they_share_half_of_their_sources(
    n_common: int, n_own: int, n_rows: int, least: float, is_dense: bool
) -> None:
    common = list(range(n_common))
    dense, found = dense_entries([[*common, *alone(row, n_own)] for row in range(n_rows)], least)
    assert found == ([common] if is_dense else [])
    assert dense == [[int(is_dense)] * n_common + [0] * n_own] * n_rows


def test_rows_of_a_block_stay_in_it() -> None:
    """Rows of the first block have the sources of the third one too, of which two blocks are found in between."""
    rows = [*[[*ALIKE, *OTHERS]] * 16, *[[*range(200, 216)]] * 16, *[OTHERS] * 16]
    dense, found = dense_entries(rows)
    assert found == [[*ALIKE, *OTHERS], list(range(200, 216)), OTHERS]
    assert dense == [[1] * 32] * 16 + [[2] * 16] * 16 + [[3] * 16] * 16


def test_pairs_that_too_few_rows_are_like_do_not_hide_those_after_them() -> None:
    rows = [OTHERS, OTHERS, *map(alone, range(6)), *[ALIKE] * 16]
    dense, found = dense_entries(rows)
    assert found == [ALIKE]
    assert dense == [[0] * 16] * 8 + [[1] * 16] * 16


def test_rows_join_a_block_that_exists() -> None:
    dense, found = dense_entries([ALIKE] * 16, before=(ALIKE, OTHERS))
    assert found == [ALIKE, OTHERS]
    assert dense == [[1] * 16] * 16


def nearly_all_to_all(graph: nx.DiGraph, name: str, n_targets: int, sources: list, **edge: object) -> None:
    """Add neurons that all sources feed, and each also a neuron of its own, so that no two rows are equal."""
    for i in range(n_targets):
        graph.add_edges_from(((source, (name, i)) for source in sources), **edge)
        graph.add_edge((name, "own", i), (name, i), **edge)


def test_rows_of_one_delay_do_not_decide_for_those_of_another() -> None:
    """Each block has to have a sixteenth of the entries of its own delay."""
    graph = nx.DiGraph()
    sources = list(range(40))
    nearly_all_to_all(graph, "many", 40, sources, delay=1)
    nearly_all_to_all(graph, "few", 8, sources[:9], delay=2)
    graph.nodes["many", 0]["role"] = "output"
    assert sorted(dense_shapes(gn.compile(graph, seed=0))) == [(8, 9), (40, 40)]


def test_gated_rows_that_are_nearly_equal_stay_sparse() -> None:
    """The gate is the first row of all, and differs between targets; as one block they would be gated alike."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["gate", "other"], role="input")
    nearly_all_to_all(graph, "t", 16, list(range(16)), delay=1)
    for (source, (*_, i)), said in graph.edges.items():
        differs = isinstance(source, int) and (source + i) % 2
        said |= {"gate": "other" if differs else "gate", "gate_delay": 0}
    graph.nodes["t", 0]["role"] = "output"
    inputs = np.linspace(-1, 1, 24).reshape(2, 6, 2)
    nets = []
    for smallest in (8, 10**9):
        with blocks_of(smallest):
            nets.append(gn.compile(graph, seed=0, backend="reference"))
    record = [node for node in graph if node not in ("gate", "other")]
    runs = [net.run(inputs, record=record).recorded for net in nets]
    for node in record:
        np.testing.assert_allclose(runs[0][node], runs[1][node], rtol=1e-12, atol=1e-14)
    assert dense_shapes(nets[0]) == []


def test_eight_equal_rows_of_gated_synapses_are_dense() -> None:
    graph = nx.DiGraph()
    graph.add_node("gate", role="input")
    graph.add_edges_from(((("s", i), ("t", j)) for i in range(8) for j in range(8)), gate="gate", delay=1)
    graph.nodes["t", 0]["role"] = "output"
    assert dense_shapes(gn.compile(graph, seed=0)) == [(8, 8)]
