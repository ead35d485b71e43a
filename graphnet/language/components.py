"""Strongly connected components: vertices that can all reach each other."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .arrays import Array
from .order import count_sort


def strong_components(n: int, source: Array, target: Array) -> tuple[int, Array]:
    """Return the number of strongly connected components of ``n`` vertices, and the component of each, (n,).

    Parameters
    ----------
    n : int
    source, target : (n_edges,)
        Ends of the edges, as numbers of vertices.

    Examples
    --------
    >>> n_components, label = strong_components(3, np.array([0, 1, 1]), np.array([1, 0, 2]))
    >>> n_components, bool(label[0] == label[1])
    (2, True)

    References
    ----------
    Pearce, D. J. (2005). An improved algorithm for finding the strongly connected components of a directed graph.
    """
    # parallel edges and their order change no component, so that nothing is sorted within rows
    first, targets, exists = count_sort(source, n, target, np.ones(len(source), bool))
    graph = csr_array((exists, targets, first), shape=(n, n))
    n_components, label = connected_components(graph, connection="strong")
    return int(n_components), label
