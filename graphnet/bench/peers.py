"""The peers that there are, and which of them can compute what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple, Protocol

from ..execute.contract import Estimate
from ..execute.machine import free_memory
from ..language.table import Array
from ..network.network import Network
from .parts import Parts, divide, why_not

MOST_DENSE = 4096
"""A network of more neurons is not tried with dense matrices."""
MOST_MEMORY = 0.8
"""The share of the memory that is free which a peer may take."""


class Kind(NamedTuple):
    """The library that a peer is made with, as it is imported, and the form of its matrices."""

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
"""By name: dense matrices with zeros where there is no synapse, sparse ones, lists of synapses that are gathered and
added up, and what ``graphnet.graphs.to_torch`` makes."""


class Peer(Protocol):
    """Somebody who computes the same as a network, on one batch.

    ``keeps_memory`` says that its library keeps what it has freed, so that the process shows nothing of a second call.
    """

    keeps_memory: bool

    def run(self) -> None:
        """Compute the outputs."""
        ...

    def value_and_grad(self) -> tuple[float, Array]:
        """The loss, mse, and its gradient for every parameter."""
        ...

    def estimate(self) -> Estimate | None:
        """Bytes that the two take, beside what they are given, if that is known before."""
        ...


@dataclass(frozen=True)
class Batch:
    """What is computed on: inputs and targets (n_samples, n_steps, n), and why peers cannot take them, if so."""

    inputs: Array
    targets: Array
    unfit: str | None


class LeftOutError(Exception):
    """A peer cannot take part, and why."""


class Peers:
    """Makes peers of one network, whose matrices they share."""

    def __init__(self, net: Network, batch: Batch) -> None:
        self._net, self._batch = net, batch
        self._unfit = why_not(net)
        self._parts: Parts | None = None

    def make(self, name: str) -> Peer:
        """A peer by its name; a LeftOutError where it cannot take part."""
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
        """Bytes that a training step takes, roughly, and rather too few: values, and what products keep of them."""
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
    """Have the libraries that let themselves be told work with so many threads."""
    with ExitStack() as stack:
        if any(PEERS[name].library == "torch" for name in names):
            from .torch_peer import torch_threads

            stack.enter_context(torch_threads(number))
        yield
