"""Noise and dropout: a change to the network at every update, drawn from the seed and the update's number alone.

Both are drawings: noise on z is one more input of a neuron, through a fixed synapse, and a dropped synapse has scale 0.
So the remaining gradients are exact, and no executor knows of either.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError
from ...language.arrays import Array
from ...language.delays import resolve_gates
from ...language.table import Column, GraphTable
from ...network.network import Network, compile

_DRAWS = 2
"""Key that keeps these draws apart from those of the order of samples, with which they share the seed."""


@dataclass(frozen=True)
class Perturbation:
    """Strength of the perturbation of a network at each update.

    ``noise`` is the deviation of a normal number added to z of every neuron, each step and sample anew.  ``dropout`` is
    the probability with which a synapse is left out of an update, ``neuron_dropout`` that with which a hidden neuron
    is: its value then reaches no synapse, as source or as gate.  One draw holds for all samples and steps of an
    update, and what stays is divided by the probability to stay, so that its mean is as without dropout.

    References
    ----------
    Jim, Giles and Horne, An analysis of noise in recurrent neural networks, IEEE Transactions on Neural Networks 7,
    1996.
    Wan et al., Regularization of neural networks using DropConnect, ICML 2013.
    Gal and Ghahramani, A theoretically grounded application of dropout in recurrent neural networks, NeurIPS 2016: one
    mask for all steps.
    """

    noise: float = 0.0
    dropout: float = 0.0
    neuron_dropout: float = 0.0

    def __bool__(self) -> bool:
        """Return whether anything is perturbed."""
        return bool(self.noise or self.dropout or self.neuron_dropout)


class Perturbed:
    """Network with its perturbation."""

    def __init__(self, net: Network, how: Perturbation, seed: int) -> None:
        if not isinstance(net, Network):
            raise DataError(f"noise and dropout: they take a Network, not a {type(net).__name__}")
        self._net, self._how, self._seed = net, how, seed
        self._worker = with_noise(net, how.noise) if how.noise else net
        table = net.to_table()
        self._is_hidden = ~table.has_role("input") & ~table.has_role("output")
        self._source, self._gate = table.source, resolve_gates(table)
        self._last: tuple[Any, Array, Network, Array | None] | None = None

    def at(
        self,
        update: int,
        inputs: Array,
        *,
        net: Network | None = None,
        among: tuple[tuple[int, int], int] | None = None,
    ) -> tuple[Network, Array]:
        """Return the network of an update, with the parameters of ``net``, and its inputs.

        ``among`` says that the inputs are those of some samples among others, for all of which noise is drawn: the
        shape (n_samples, n_steps) of these, and the number of samples before.
        """
        parameters = (self._net if net is None else net).parameters
        shape, before = (inputs.shape[:2], 0) if among is None else among
        last = self._last
        if last is None or last[0] != (update, shape) or last[1] is not parameters:
            last = ((update, shape), parameters, *self._draw(update, parameters, (*shape, inputs.dtype)))
            # others among the samples need the same draws
            self._last = last if shape != inputs.shape[:2] else None
        worker, noises = last[2:]
        if noises is not None:
            inputs = np.concatenate([inputs, noises[before : before + len(inputs), : inputs.shape[1]]], axis=2)
        return worker, inputs

    def _draw(self, update: int, parameters: Array, of: tuple[int, int, Any]) -> tuple[Network, Array | None]:
        """Return the network of an update, and the noises (n_samples, n_steps, n_noises)."""
        rng = np.random.default_rng([self._seed, _DRAWS, update])
        worker, noises = copy(self._worker), None
        worker.parameters = parameters
        n_noises = worker.n_inputs - self._net.n_inputs
        if n_noises:
            noises = rng.standard_normal((*of[:2], n_noises), of[2])
        if self._how.dropout or self._how.neuron_dropout:
            factors = np.ones(worker.n_edges)
            factors[: self._net.n_edges] = self._factors(rng)
            worker = worker.scaled(factors)
        return worker, noises

    def _factors(self, rng: np.random.Generator) -> Array:
        """Return the factor of each synapse's scale, (n_edges,)."""
        factors = _kept(rng, self._net.n_edges, self._how.dropout)
        nodes = np.where(self._is_hidden, _kept(rng, len(self._is_hidden), self._how.neuron_dropout), 1.0)
        factors *= nodes[self._source]
        return np.where(self._gate < 0, factors, factors * nodes[self._gate])


def _kept(rng: np.random.Generator, n: int, probability: float) -> Array:
    """Return n factors that are 0 with the probability, and otherwise such that their mean is 1."""
    if not probability:
        return np.ones(n)
    return (rng.random(n) >= probability) / (1.0 - probability)


def with_noise(net: Network, deviation: float) -> Network:
    """Return the network with one more input for each neuron, in node order, added to its z times ``deviation``.

    It has the same parameters in the same order.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.direct(1, 1, 1), seed=0)
    >>> noisy = with_noise(net, 0.5)
    >>> noisy.n_inputs, (noisy.parameters == net.parameters).all()
    (3, np.True_)
    """
    table = net.to_table()
    neurons = np.flatnonzero(~table.has_role("input"))
    n, n_nodes = len(neurons), table.n_nodes
    role = table.node_columns["role"]
    names = tuple(dict.fromkeys([*(role.names or ()), "input"]))
    roles = Column(role.values, role.declared, names)
    made = GraphTable(
        [*table.nodes, *(_Noise() for _ in range(n))],
        np.concatenate([table.source, n_nodes + np.arange(n)]),
        np.concatenate([table.target, neurons]),
        {name: _longer(column, n) for name, column in table.node_columns.items()}
        | {"role": _longer(roles, n, names.index("input"))},
        {name: _longer(column, n) for name, column in table.edge_columns.items()}
        | {
            "weight": _longer(table.edge_columns["weight"], n, deviation),
            "trainable": _longer(table.edge_columns.get("trainable") or _nowhere(table.n_edges, np.bool_), n, False),
            "delay": _longer(table.edge_columns.get("delay") or _nowhere(table.n_edges, np.int64), n, 0),
        },
        None if table.keys is None else [*table.keys, *[0] * n],
        table.attributes,
    )
    return compile(made, dtype=net.dtype, dt=net.dt, seed=net.seed, backend=net.backend)


class _Noise:
    """Name of a node that no node of a drawing can have."""

    def __repr__(self) -> str:
        return "noise"


def _longer(column: Column, n: int, value: Any = None) -> Column:
    """Return the column with ``n`` more rows, declared if they have a value."""
    values = np.concatenate([column.values, np.full(n, 0 if value is None else value, column.values.dtype)])
    return Column(values, np.concatenate([column.given(), np.full(n, value is not None)]), column.names)


def _nowhere(n: int, dtype: Any) -> Column:
    """Return a column without declared rows."""
    return Column(np.zeros(n, dtype), np.zeros(n, bool))
