"""The spectrum of a network: eigenvalues of its recurrent synapses, delays included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, splu

from ..compiler.initial.spectrum import largest_eigenvalues
from ..errors import DataError
from ..language.arrays import Array
from ..language.components import strong_components
from ..language.delays import resolve_delays
from ..language.keywords import suggests_keywords
from ..network.network import Network

LARGEST_DENSE = 1000
"""Components with up to so many past values have all their eigenvalues computed, larger ones `N_LARGEST`."""
N_LARGEST = 10
"""Number of eigenvalues of a larger component, those of largest absolute value."""
MOST_RESTARTS = 1000
"""Number of restarts, each of 70 products with its matrix, in which they have to settle."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of the recurrent synapses of a network.

    Attributes
    ----------
    eigenvalues : (n_eigenvalues,) complex128
        Largest absolute value first; of those of one absolute value the one of largest real part, then of largest
        imaginary part.
    n_values : int
        Number of past values that recurrent synapses read, which is that of all eigenvalues; ``eigenvalues`` has fewer
        where a component is too large for all.
    n_gated : int
        Number of gated synapses, which are left out.
    """

    eigenvalues: Array
    n_values: int
    n_gated: int

    def __repr__(self) -> str:
        gated = f", {self.n_gated} gated synapses left out" if self.n_gated else ""
        return (
            f"<graphnet.Spectrum: radius {self.radius:.6g}, {len(self.eigenvalues)} of {self.n_values} "
            f"eigenvalues{gated}>"
        )

    @property
    def radius(self) -> float:
        """Largest absolute value of an eigenvalue; 0 without recurrent synapses."""
        return float(np.abs(self.eigenvalues).max(initial=0.0))


@suggests_keywords
def spectrum(net: Network) -> Spectrum:
    """Return the eigenvalues of the recurrent synapses of a network.

    Recurrent are the synapses inside strongly connected components.  With W_d[target, source] the strengths scale * w
    of those of delay d, the linear network

        y(t) = W_0 y(t) + W_1 y(t-1) + W_2 y(t-2) + ...

    is a map from the past values that it reads to those of the next step.  Its matrix (for delays of 1 it is W_1, for
    longer ones their companion matrix) has the eigenvalues that are returned: mu with

        det(mu^D (I - W_0) - mu^(D-1) W_1 - ... - W_D) = 0,

    and 0.  They are those of the synapses alone: slopes of activations count as 1, biases, leaks and time constants are
    left out (a neuron with leak a and an identity has (1 - a) + a mu where all have the same), and so are gated
    synapses, whose strength is that of their gate.

    Parameters
    ----------
    net : Network

    Returns
    -------
    Spectrum
        All eigenvalues of components with up to 1,000 past values; of larger ones the 10 of largest absolute value, by
        ARPACK, to a relative 1e-8.  The same network gives the same bits.

    Raises
    ------
    DataError
        If the eigenvalues of a large component do not settle.

    References
    ----------
    Jaeger, H. (2001). The "echo state" approach to analysing and training recurrent neural networks. GMD Report 148.
    Rajan, K. & Abbott, L. F. (2006). Eigenvalue spectra of random matrices for neural networks. Physical Review
    Letters 97.
    Gohberg, I., Lancaster, P. & Rodman, L. (1982). Matrix polynomials. Academic Press: companion matrices.

    Examples
    --------
    >>> import graphnet as gn
    >>> spectrum(gn.compile(gn.graphs.echo_state(1, 50, 1, spectral_radius=0.8, seed=0)))
    <graphnet.Spectrum: radius 0.8, 50 of 50 eigenvalues>
    """
    if not isinstance(net, Network):
        raise DataError(f"spectrum: net is a {type(net).__name__}, not a Network")
    table = net.to_table()
    delays = resolve_delays(table)
    plain = delays.gate < 0
    _, label = strong_components(table.n_nodes, table.source[plain], table.target[plain])
    edges = np.flatnonzero(plain & (label[table.source] == label[table.target]))
    source, target, delay = table.source[edges], table.target[edges], delays.delay[edges]
    value = table.edge("scale")[edges] * table.edge("weight")[edges]

    loops = (source == target) & (np.bincount(label, minlength=1)[label[source]] == 1)
    single = loops & (delay == 1)  # many at once: of neurons that only feed themselves
    alone = np.bincount(source[single], value[single], table.n_nodes)
    rest = ~np.isin(source, source[loops & (delay != 1)]) & single
    found = [alone[np.unique(source[rest])].astype(np.complex128)]
    n_values = len(found[0])
    others = np.flatnonzero(~rest)
    others = others[np.argsort(label[source[others]], kind="stable")]
    for rows in np.split(others, np.flatnonzero(np.diff(label[source[others]])) + 1):
        if len(rows):
            component = _Component(source[rows], target[rows], delay[rows], value[rows])
            found.append(component.eigenvalues())
            n_values += component.n_values
    every = np.concatenate(found)
    order = np.lexsort([-every.imag, -every.real, -np.abs(every).round(12)])
    return Spectrum(every[order], n_values, int(np.count_nonzero(~plain)))


class _Component:
    """The companion matrix of the synapses of one strongly connected component."""

    def __init__(self, source: Array, target: Array, delay: Array, value: Array) -> None:
        nodes, place = np.unique(np.stack([source, target]), return_inverse=True)
        source, target = place.reshape(2, -1)
        n = len(nodes)
        depth = np.zeros(n, np.int64)
        np.maximum.at(depth, source, delay)
        self.n_values = int(depth.sum())
        first = np.cumsum(depth) - depth  # position of the value of one step ago
        past, instant = delay > 0, delay == 0
        # W_1, W_2, ... side by side: what the past values add to each neuron
        self._from_past = csr_array(
            (value[past], (target[past], first[source[past]] + delay[past] - 1)), shape=(n, self.n_values)
        )
        self._instant = csr_array((value[instant], (target[instant], source[instant])), shape=(n, n))
        read = np.flatnonzero(depth)
        moved = np.setdiff1d(np.arange(self.n_values), first[read])
        ones = np.ones(len(read)), np.ones(len(moved))
        self._enter = csr_array((ones[0], (first[read], read)), shape=(self.n_values, n))
        self._move = csr_array((ones[1], (moved, moved - 1)), shape=(self.n_values, self.n_values))

    def eigenvalues(self) -> Array:
        """Return all of a small component, of a larger one the largest."""
        if self.n_values <= LARGEST_DENSE:
            now = self._from_past.toarray()
            if self._instant.nnz:
                now = np.linalg.solve(np.eye(len(now)) - self._instant.toarray(), now)
            return np.linalg.eigvals(self._enter @ now + self._move.toarray()).astype(np.complex128)
        matrix: Any = self._enter @ self._from_past + self._move
        if self._instant.nnz:
            solve = splu((eye_array(self._instant.shape[0]) - self._instant).tocsc()).solve
            matrix = LinearOperator(
                (self.n_values, self.n_values),
                matvec=lambda x: self._enter @ solve(self._from_past @ x.ravel()) + self._move @ x.ravel(),
                dtype=np.float64,
            )
        try:
            return largest_eigenvalues(matrix, N_LARGEST, MOST_RESTARTS)
        except ArpackNoConvergence as error:
            raise DataError(
                f"spectrum: of {N_LARGEST} eigenvalues of a component with {self.n_values} past values only "
                f"{len(error.eigenvalues)} settled: many have nearly the same absolute value"
            ) from error
        except ArpackError as error:
            raise DataError(f"spectrum: of a component with {self.n_values} past values: {error}") from error
