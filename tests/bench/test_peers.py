"""Peers in torch and JAX against the networks that they compute, and the reasons why a peer is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from benchmarks.peers import PEERS, Peers, kinds
from benchmarks.peers.parts import divide
from graphnet.bench.peers import LeftOutError, PeerBatch, load_peers, peer_names

from .peers import DRAWINGS, problem

ROOT = Path(__file__).parents[2]
FULL = {"feedforward", "elman", "convolution"}
"""Drawings whose matrices have no zeros."""


@pytest.fixture
def _one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def reason(name: str, net: gn.Network, batch: PeerBatch) -> str:
    """Return the reason why a peer is left out."""
    with pytest.raises(LeftOutError) as caught:
        Peers(net, batch).make(name)
    return str(caught.value)


@pytest.mark.torch
@pytest.mark.usefixtures("_one_thread")
@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
@pytest.mark.parametrize("name", DRAWINGS)
def test_torch_comes_to_the_same_loss_and_gradient(name: str) -> None:
    net, x, y = problem(name)
    value, gradient = net.value_and_grad(x, y)
    made = Peers(net, PeerBatch(x, y, None))
    for peer in (peer for peer, kind in PEERS.items() if kind.library == "torch"):
        if name in FULL and PEERS[peer].form in ("sparse", "edges"):
            assert "no matrix of this network has zeros" in reason(peer, net, PeerBatch(x, y, None))
            continue
        made.make(peer).run()
        theirs, their_gradient = made.make(peer).value_and_grad()
        assert theirs == pytest.approx(value, rel=1e-12), peer
        np.testing.assert_allclose(their_gradient, gradient, atol=1e-12 * np.abs(gradient).max(), err_msg=peer)


TRIED = [["everything", "JAX BCOO"], ["sparse matrix", "JAX edges"], ["sparse matrix", "JAX dense"]]
"""The first is computed in double precision, the others in single; JAX takes seconds to compile each."""
IN_JAX = f"""
import json, numpy as np
from benchmarks.peers import Peers
from graphnet.bench.peers import PeerBatch
from tests.bench.peers import problem
for name, peer in {TRIED}:
    net, x, y = problem(name, "float64" if name == "everything" else "float32")
    value, gradient = net.value_and_grad(x, y)
    found = Peers(net, PeerBatch(x, y, None)).make(peer)
    found.run()
    assert 3 * 9 * net.n_outputs <= found.estimate().run < 1e6
    theirs, their_gradient = found.value_and_grad()
    error = float(np.abs(their_gradient - gradient).max() / np.abs(gradient).max())
    print(json.dumps([name, peer, str(their_gradient.dtype), abs(theirs - value) / value, error]))
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_jax_comes_to_the_same_loss_and_gradient() -> None:
    """In a separate process: JAX warns of every fork after its import, and other tests fork."""
    done = subprocess.run([sys.executable, "-c", IN_JAX], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == TRIED
    for name, peer, dtype, *errors in rows:
        assert dtype == ("float64" if name == "everything" else "float32")
        assert max(errors) < (1e-12 if dtype == "float64" else 1e-5), (name, peer)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_is_not_installed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, x, y = problem("sparse matrix")
    library = PEERS[name].library
    monkeypatch.setitem(sys.modules, library, None)
    assert reason(name, net, PeerBatch(x, y, None)) == f"{library} is not installed"


@pytest.mark.usefixtures("installed")
def test_what_peers_cannot_compute_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    net, x, y = problem("sparse matrix")
    batch = PeerBatch(x, y, None)
    assert reason("torch module", net, PeerBatch(x, y, "the moon is full")) == "the moon is full"
    monkeypatch.setattr(kinds, "MOST_DENSE", 24)
    assert reason("torch dense", net, batch) == "25 nodes, and dense matrices are tried up to 24"
    monkeypatch.setattr(kinds, "free_memory", lambda: 5000)
    assert reason("JAX edges", net, batch).startswith("it would take some 0.0 GB, and 0.0 GB are free")
    gated = gn.compile(gn.graphs.lstm(3, 2, 2), seed=0)
    assert reason("torch CSR", gated, batch) == "edge (('candidate', 0), ('cell', 0)) is gated"


def test_what_a_peer_would_take_grows_with_what_it_keeps() -> None:
    net, x, y = problem("sparse matrix")
    made, parts = Peers(net, PeerBatch(x, y, None)), divide(net)
    dense, sparse, edges = (made._memory(parts, form) for form in ("dense", "sparse", "edges"))
    assert sparse < dense
    assert edges - sparse == 80 * 3 * 9 * 8  # synapses between neurons, samples, steps, bytes


def test_the_package_is_found_beside_an_editable_installation() -> None:
    assert load_peers() is sys.modules["benchmarks.peers"]
    assert peer_names() == tuple(PEERS)


WITHOUT_PEERS = """
import sys
from pathlib import Path
from graphnet.bench import peer_names, peers
assert not {"torch", "jax", peers.MODULE} & set(sys.modules)
assert len(peer_names()) == 7
del sys.modules[peers.MODULE]
peers.FOLDER = Path("missing")
try:
    peer_names()
except ImportError as error:
    print(error)
"""


def test_a_missing_package_is_an_error_that_says_where_it_is(tmp_path: Path) -> None:
    """In a separate process and another folder, where only the installation leads to the peers."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PEERS], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (said,) = done.stdout.splitlines()
    assert said.startswith("the peers are the folder benchmarks/peers of graphnet's source")
    assert said.endswith("pip install -e .")
