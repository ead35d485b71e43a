"""Initializers: from standard normal draws to the weights that a drawing leaves open.

Every weight has a draw of its own, which depends on the seed and on its name alone.  Initializers then look at the
synapses around it: their effective number, n_in into the target and n_out out of the source, which counts scales and
ties (`OpenWeights.fan_in`), or the matrix that they form.

To add one, write a class like those below and give it a line in `INITIALIZERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from scipy.sparse import csr_array

from ...errors import DataError
from ...language.arrays import Array
from ...language.checks import POSITIVE
from ...language.registry import Checked, make_named, setting
from .open_weights import OpenWeights
from .spectrum import factor_to_radius

__all__ = ["INITIALIZERS", "FanIn", "Glorot", "He", "Initializer", "Orthogonal", "SpectralRadius"]


@runtime_checkable
class Initializer(Protocol):
    """Interface of an initializer."""

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,): finite, and with their signs."""
        ...


@dataclass(frozen=True)
class _Gain(Checked):
    """Factor of all deviations."""

    gain: float = setting(1.0, POSITIVE)


@dataclass(frozen=True)
class FanIn(_Gain):
    """Normal with deviation gain / sqrt(n_in), n_in into the target: what a neuron sums has variance gain^2.

    Raises
    ------
    DataError
        Where the gain is not a positive finite number.

    References
    ----------
    LeCun, Bottou, Orr and Mueller, Efficient backprop, in Neural networks: tricks of the trade, 1998, section 4.6.

    Examples
    --------
    >>> import graphnet as gn
    >>> elman = gn.graphs.elman(2, 8, 1)
    >>> plain, half = gn.compile(elman, seed=0), gn.compile(elman, seed=0, initializer=FanIn(gain=0.5))
    >>> bool((half.parameters == 0.5 * plain.parameters).all())
    True
    """

    name: ClassVar[str] = "fan_in"

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,)."""
        return weights.normal / np.sqrt(weights.fan_in()) * float(self.gain)


@dataclass(frozen=True)
class Glorot(_Gain):
    """Normal with deviation gain sqrt(2 / (n_in + n_out)), n_out out of the source.

    A compromise between the deviation that keeps the size of values from layer to layer, and the one that keeps that of
    gradients.

    Raises
    ------
    DataError
        Where the gain is not a positive finite number.

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010,
    equation 12.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.feedforward(300, 100, 1), seed=0, initializer="glorot")
    >>> round(float(net.matrices()[0].data[:30000].std()), 2)
    0.07
    """

    name: ClassVar[str] = "glorot"

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,)."""
        return weights.normal * (float(self.gain) * np.sqrt(2.0 / (weights.fan_in() + weights.fan_out())))


@dataclass(frozen=True)
class He(_Gain):
    """Normal with deviation gain sqrt(2 / n_in), for neurons that are silent half of the time (relu).

    Raises
    ------
    DataError
        Where the gain is not a positive finite number.

    References
    ----------
    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, equation 10.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.feedforward(300, 100, 1), seed=0, initializer=He())
    >>> round(float(net.matrices()[0].data[:30000].std()), 2)
    0.08
    """

    name: ClassVar[str] = "he"

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,)."""
        return weights.normal * (float(self.gain) * np.sqrt(2.0 / weights.fan_in()))


@dataclass(frozen=True)
class Orthogonal(_Gain):
    """Matrices that keep lengths: all singular values are ``gain``.

    Targets that have open synapses of one delay from the same set of sources make one matrix W[target, source], whose
    normal draws G = U S V^T are replaced by gain U V^T, the orthonormal matrix that is nearest to them: rows
    orthonormal if targets are fewer than sources, columns otherwise.  Synapses that are tied,
    signed or gated, and all of a target and delay where two run in parallel, are no such matrix: they are drawn as by
    ``FanIn`` with the same gain.  ``scale`` is not part of the matrix.

    A synapse more or less changes the weights of the whole matrix that it enters or leaves, and no other.

    Raises
    ------
    DataError
        Where the gain is not a positive finite number.

    References
    ----------
    Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
    ICLR 2014.
    Fan and Hoffman, Some metric inequalities in the space of matrices, Proceedings of the AMS 6, 1955: U V^T is the
    nearest.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0, initializer="orthogonal")
    >>> W = net.matrices()[1].toarray()[1:5, 1:5]
    >>> bool(np.allclose(W @ W.T, np.eye(4)))
    True
    """

    name: ClassVar[str] = "orthogonal"

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,)."""
        found = FanIn(self.gain).weigh(weights)
        for entries in weights.full_matrices():
            left, _, right = np.linalg.svd(weights.normal[entries], full_matrices=False)
            found[entries] = float(self.gain) * (left @ right)
        return found


@dataclass(frozen=True)
class SpectralRadius(Checked):
    """As by ``FanIn``, then the open recurrent weights scaled by one factor, so that feedback neither dies nor grows.

    Recurrent are the synapses inside the strongly connected components of the drawing.  Their matrix, with ``scale``
    and all delays summed, gets the largest absolute eigenvalue ``radius``; what the drawing declares stays as it is.
    Gated synapses are left out, since their strength is that of their gate.  A network without feedback is drawn as by
    ``FanIn``.

    A synapse more or less between recurrent neurons changes the factor, and so all open recurrent weights.

    Raises
    ------
    DataError
        Where the radius is not a positive finite number; and, when it compiles, where no factor leads to it: where
        what is declared has a greater one already.

    References
    ----------
    Jaeger, The "echo state" approach to analysing and training recurrent neural networks, GMD Report 148, 2001.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 50, 1), seed=0, initializer=SpectralRadius(radius=0.9))
    >>> W = net.matrices()[1].toarray()
    >>> round(float(abs(np.linalg.eigvals(W)).max()), 6)
    0.9
    """

    radius: float = setting(1.0, POSITIVE)
    name: ClassVar[str] = "spectral_radius"

    def weigh(self, weights: OpenWeights) -> Array:
        """Return the open weights, (n_open,)."""
        found, slot = FanIn().weigh(weights), weights.slot()
        value = weights.table.edge("scale") * np.where(slot >= 0, found[slot], weights.table.edge("weight"))
        edges = weights.recurrent(value)
        is_open = slot[edges] >= 0
        if is_open.any():
            ends = weights.place()[np.stack([weights.table.target[edges], weights.table.source[edges]])]
            nodes, position = np.unique(ends, return_inverse=True)
            target, source = position.reshape(ends.shape)
            declared, opened = (
                csr_array((value[edges[some]], (target[some], source[some])), shape=(len(nodes), len(nodes)))
                for some in (~is_open, is_open)
            )
            scaled = np.unique(slot[edges[is_open]])
            found[scaled] *= factor_to_radius(float(self.radius), declared, opened)
        return found


INITIALIZERS: dict[str, Callable[[], Initializer]] = {
    each.name: each for each in (FanIn, Glorot, He, Orthogonal, SpectralRadius)
}
"""Every initializer that has a name."""


def resolve_initializer(initializer: str | Mapping[str, Any] | Initializer) -> Initializer:
    """Return the initializer that ``initializer`` names, with default or given settings, or is.

    Raises
    ------
    DataError
        If no initializer or setting has that name, or the object has no ``weigh``.

    Examples
    --------
    >>> resolve_initializer({"name": "spectral_radius", "radius": 0.9})
    SpectralRadius(radius=0.9)
    """
    if isinstance(initializer, str | Mapping):
        made: Initializer = make_named("initializer", initializer, INITIALIZERS)
        return made
    if isinstance(initializer, type) or not isinstance(initializer, Initializer):
        raise DataError(
            f"initializer: {initializer!r}; must be one of {', '.join(map(repr, INITIALIZERS))}, or an object with "
            f"weigh, such as gn.initializers.Glorot(gain=1.0)"
        )
    return initializer


def weigh_open(initializer: Initializer, weights: OpenWeights) -> Array:
    """The open weights by an initializer, which may be the user's own: (n_open,) float64.

    Raises
    ------
    DataError
        Where they are not as many, not finite, or not of their sign.
    """
    found = np.asarray(initializer.weigh(weights), np.float64)
    if found.shape != weights.rows.shape:
        raise DataError(f"initializer: {initializer!r} gave weights of shape {found.shape}, not {weights.rows.shape}")
    bad = np.flatnonzero(~np.isfinite(found) | (weights.signed & (found * weights.normal < 0)))
    if len(bad):
        first = int(bad[0])
        wanted = f", of the sign of {weights.normal[first]:g}" if weights.signed[first] else ""
        raise DataError(
            f"initializer: {initializer!r} gave edge {weights.table.edge_key(int(weights.rows[first]))!r} the weight "
            f"{found[first]:g}; it must be a finite number{wanted}"
        )
    return found
