"""Properties of files: networks and drawings that are written and read are the same."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import numpy as np

from ...errors import GraphError
from ...io.drawings.formats import FORMATS, read_graph, write_graph
from ...io.drawings.loss_warning import LossWarning
from ...io.networks.weights import load, save
from ...network.network import Network
from ..property_cases import Case, Compile, named
from ..strategies import Graph


def saved_network_is_the_same(case: Case, compile: Compile) -> None:
    """A network that is saved and loaded, or pickled, gives the same bits, with its learnt parameters.

    Catches names, attributes and numbers that a file does not store exactly.
    """
    net = compile(case.graph, seed=1)
    net.parameters = _moved(net, case)
    with TemporaryDirectory() as folder:
        save(net, Path(folder) / "net.safetensors")
        _assert_the_same(load(Path(folder) / "net.safetensors", backend=net.backend), net, case)
    _assert_the_same(pickle.loads(pickle.dumps(net)), net, case)


def drawing_comes_back(case: Case, compile: Compile) -> None:
    """``to_graph`` returns the drawing with the learnt numbers, which compiles to the same bits.

    Catches attributes, keys and orders that are lost in the columns of a table.
    """
    net = compile(case.graph, seed=1)
    net.parameters = _moved(net, case)
    back = net.to_graph()
    assert list(back) == list(case.graph)
    assert list(back.edges) == list(case.graph.edges)
    for table, given in ((back.nodes, case.graph.nodes), (back.edges, case.graph.edges)):
        for each in given:
            learnt = {"weight", "bias", "initial", "tau", "leak"}
            assert {k: v for k, v in table[each].items() if k not in learnt} == {
                k: v for k, v in given[each].items() if k not in learnt
            }
    _assert_the_same(compile(back, seed=2), net, case)


def every_graph_format_keeps_it(case: Case, compile: Compile) -> None:
    """Every graph format returns a drawing that compiles to the same bits, or reports what it drops.

    Catches names and keys that become strings, and numbers that are rounded.
    """
    net = compile(case.graph)
    for suffix, kind in FORMATS.items():
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("error", LossWarning)
            path = Path(folder) / f"drawing{suffix}"
            try:
                write_graph(case.graph, path)
            except (GraphError, LossWarning):
                assert kind.drops, suffix
                continue
            back = read_graph(path)
        assert list(back) == list(case.graph)
        assert list(back.edges) == list(case.graph.edges)
        _assert_the_same(compile(back), net, case)


def edited_network_keeps_what_it_knew(case: Case, compile: Compile) -> None:
    """A drawing with a synapse less and a neuron more, compiled ``like`` the network, keeps the parameters of both.

    Catches parameters that are identified by their position.
    """
    rng, net = case.rng, compile(case.graph)
    net.parameters = _moved(net, case)
    graph: Graph = case.graph.copy()
    edges = list(graph.edges)
    if edges:
        graph.remove_edge(*edges[int(rng.integers(len(edges)))])
    graph = nx.compose(type(graph)([("new", "new", {"weight": 0.5})]), graph)
    edited = compile(graph, like=net, seed=0)
    before, after = named(net, net.parameters), named(edited, edited.parameters)
    bounds = dict(zip(after, edited.bounds, strict=True))
    for name in before.keys() & after.keys():
        assert after[name] == np.clip(before[name], *bounds[name]), name
    fresh = named(edited, compile(graph, seed=0).parameters)
    assert all(after[name] == fresh[name] for name in after.keys() - before.keys())


def _moved(net: Network, case: Case) -> np.ndarray:
    """Return randomly changed parameters, within their bounds."""
    moved = net.parameters + case.rng.uniform(-0.5, 0.5, len(net.parameters))
    return np.asarray(np.clip(moved, net.bounds[:, 0], net.bounds[:, 1]))


def _assert_the_same(ours: Network, theirs: Network, case: Case) -> None:
    assert np.array_equal(ours.parameters, theirs.parameters)
    assert list(ours.parameter_table()) == list(theirs.parameter_table())
    assert np.array_equal(ours.bounds, theirs.bounds)
    outputs = [net.run(case.inputs, lengths=case.lengths) for net in (ours, theirs)]
    assert np.array_equal(*outputs), outputs
    grad_outputs = case.rng.uniform(-1, 1, outputs[0].shape)
    one, other = (net.vjp(case.inputs, grad_outputs, lengths=case.lengths) for net in (ours, theirs))
    assert np.array_equal(one.parameters, other.parameters)
