"""The kinds of peers, and which of them can compute a given network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import NamedTuple

import graphnet as gn
from graphnet.bench.peers import LeftOutError, Peer, PeerBatch
from graphnet.execute.machine import free_memory

from .parts import Parts, divide, why_not

MOST_DENSE = 4096
"""Largest number of nodes for which dense matrices are tried."""
MOST_MEMORY = 0.8
"""Share of the free memory that a peer may take."""


class Kind(NamedTuple):
    """The library of a peer, by the name that it is imported by, and the form of its matrices."""

    library: str
    form: str


PEERS: Mapping[str, Kind] = {
    "torch dense": Kind("torch", "dense"),
    "torch CSR": Kind("torch", "sparse"),
    "torch edges": Kind("torch", "edges"),
    "torch module": Kind("torch", "module"),
    "JAX dense": Kind("jax", "dense"),
    "JAX BCOO": Kind("jax", "sparse"),
    "JAX edges": Kind("jax", "edges"),
}
"""Peers by name: dense matrices with zeros where no synapse is, sparse matrices, lists of synapses that are gathered
and summed, and the module that ``graphnet.graphs.to_torch`` makes."""


class Peers:
    """Makes the peers of one network, which share its matrices."""

    def __init__(self, net: gn.Network, batch: PeerBatch) -> None:
        self._net, self._batch = net, batch
        self._unfit = why_not(net)
        self._parts: Parts | None = None

    def make(self, name: str) -> Peer:
        """Return the peer of a name; raise a LeftOutError where it cannot take part."""
        library, form = PEERS[name]
        try:
            import_module(library)
        except ImportError:
            raise LeftOutError(f"{library} is not installed") from None
        if self._batch.unfit:
            raise LeftOutError(self._batch.unfit)
        return self._module() if form == "module" else self._matrices(library, form)

    def _module(self) -> Peer:
        from .torch_peer import make_module

        return make_module(self._net, self._batch.inputs, self._batch.targets)

    def _matrices(self, library: str, form: str) -> Peer:
        net, batch = self._net, self._batch
        if self._unfit:
            raise LeftOutError(self._unfit)
        if form == "dense" and net.n_nodes > MOST_DENSE:
            raise LeftOutError(f"{net.n_nodes} nodes, and dense matrices are tried up to {MOST_DENSE}")
        self._parts = parts = self._parts or divide(net)
        if form != "dense" and all(part.is_full for part in parts.every_part):
            raise LeftOutError("no matrix of this network has zeros in it, so that it would be the dense one")
        needed, free = self._memory(parts, form), free_memory()
        if free is not None and needed > MOST_MEMORY * free:
            raise LeftOutError(f"it would take some {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")
        if library == "jax":
            from .jax_peer import JaxPeer

            return JaxPeer(net, parts, form, batch.inputs, batch.targets)
        from .torch_peer import make_torch

        return make_torch(net, parts, form, batch.inputs, batch.targets)

    def _memory(self, parts: Parts, form: str) -> int:
        """Return a low estimate of the bytes of a training step: values, and what products keep of them."""
        n_samples, n_steps, _ = self._batch.inputs.shape
        with_zeros = [part for part in parts.every_part if not part.is_full]
        kept = 3 * self._net.n_nodes
        if form == "edges":
            kept += sum(parts.sizes[part.number] for part in with_zeros)
        numbers = sum(parts.sizes)
        if form == "dense":
            numbers += sum(part.shape[0] * part.shape[1] for part in with_zeros)
        return (kept * n_samples * n_steps + 3 * numbers) * self._net.dtype.itemsize


@contextmanager
def peers_threads(names: Iterable[str], number: int) -> Iterator[None]:
    """Have the libraries of some peers compute with a number of threads, where they can be told."""
    with ExitStack() as stack:
        if any(PEERS[name].library == "torch" for name in names):
            from .torch_peer import torch_threads

            stack.enter_context(torch_threads(number))
        yield
