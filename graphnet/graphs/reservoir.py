"""Reservoirs, random topologies, delay lines and continuous-time networks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
from scipy.sparse import csr_array

from ..compiler.initial.spectrum import spectral_radius as spectral_radius_of
from ..errors import GraphError
from ..language.keywords import suggests_keywords
from .feedforward import check_size
from .joined import with_inputs, with_readout


@suggests_keywords
def echo_state(
    n_inputs: int,
    n_neurons: int,
    n_outputs: int,
    *,
    spectral_radius: float = 0.9,
    density: float = 0.1,
    leak: float = 1.0,
    input_scale: float = 1.0,
    seed: int | None = None,
) -> nx.DiGraph:
    """Draw an echo state network: a fixed random reservoir of leaky neurons with a learnt readout.

    Its feedback is lateral and direct: each ordered pair of neurons has a synapse with probability ``density``.
    Weights are uniform, scaled so that the largest absolute eigenvalue of their matrix is ``spectral_radius``.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_neurons : int
        Number of neurons of the reservoir.
    n_outputs : int
        Number of output nodes.
    spectral_radius : float
        Spectral radius of the recurrent weights; below 1 the influence of past inputs usually fades.
    density : float in (0, 1]
        Probability of a synapse from one neuron to another, or to itself.
    leak : float in (0, 1]
        Leaking rate of the neurons; 1 keeps nothing of a neuron's last value.
    input_scale : float
        Bound of the input weights, which are uniform between -input_scale and input_scale.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    networkx.DiGraph
        Its neurons are ``("hidden", i)``.

    Raises
    ------
    GraphError
        If a size or a probability is out of range, or the reservoir has no cycle to scale.

    References
    ----------
    Jaeger, H. (2001). The "echo state" approach to analysing and training recurrent neural networks. GMD Report 148.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(echo_state(1, 50, 1, seed=0))
    >>> len(net.parameters)
    51
    """
    check_size("n_neurons", n_neurons, 1)
    _check_range("density", density, 0, 1)
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((n_neurons, n_neurons)) < density)
    weights = rng.uniform(-1, 1, len(rows))
    radius = spectral_radius_of(csr_array((weights, (rows, columns)), shape=(n_neurons, n_neurons)))
    if spectral_radius and radius < 1e-12:
        raise GraphError(f"a reservoir of {n_neurons} neurons and density {density} has no cycle: draw it denser")
    weights *= spectral_radius / max(radius, 1e-12)
    graph = nx.DiGraph()
    graph.add_nodes_from((("hidden", i) for i in range(n_neurons)), leak=float(leak), train_bias=False)
    graph.add_edges_from(
        (("hidden", j), ("hidden", i), {"weight": w, "trainable": False})
        for i, j, w in zip(rows.tolist(), columns.tolist(), weights.tolist(), strict=True)
    )
    return _between(graph, n_inputs, n_outputs, lambda: float(rng.uniform(-input_scale, input_scale)))


@suggests_keywords
def random_graph(
    n_inputs: int, n_neurons: int, n_outputs: int, *, density: float = 0.1, seed: int | None = None
) -> nx.DiGraph:
    """Draw a random network: each ordered pair of different neurons has a synapse with probability ``density``.

    Its feedback is lateral.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_neurons : int
        Number of neurons.
    n_outputs : int
        Number of output nodes.
    density : float in [0, 1]
        Probability of a synapse from one neuron to another.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    networkx.DiGraph
        Its neurons are ``("hidden", i)``; its weights are open.

    Raises
    ------
    GraphError
        If a size or a probability is out of range.

    References
    ----------
    Gilbert, E. N. (1959). Random graphs. Annals of Mathematical Statistics 30(4).

    Examples
    --------
    >>> random_graph(1, 20, 1, density=0.2, seed=0).number_of_nodes()
    22
    """
    check_size("n_neurons", n_neurons, 1)
    _check_range("density", density, 0, 1)
    return _between(_named(nx.gnp_random_graph(n_neurons, density, seed=seed, directed=True)), n_inputs, n_outputs)


@suggests_keywords
def small_world(
    n_inputs: int,
    n_neurons: int,
    n_outputs: int,
    *,
    n_neighbours: int = 4,
    rewiring: float = 0.1,
    seed: int | None = None,
) -> nx.DiGraph:
    """Draw a small-world network: a ring whose neighbours feed each other, with some links rewired at random.

    Its feedback is lateral, in both directions of every link.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_neurons : int
        Number of neurons of the ring.
    n_outputs : int
        Number of output nodes.
    n_neighbours : int
        Number of neighbours of each neuron in the ring, half on either side; less than ``n_neurons``.
    rewiring : float in [0, 1]
        Probability that a link of the ring is rewired.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    networkx.DiGraph
        Its neurons are ``("hidden", i)``; its weights are open.

    Raises
    ------
    GraphError
        If a size, the number of neighbours or the probability is out of range.

    References
    ----------
    Watts, D. J. & Strogatz, S. H. (1998). Collective dynamics of "small-world" networks. Nature 393.

    Examples
    --------
    >>> small_world(1, 20, 1, seed=0).number_of_edges()
    120
    """
    check_size("n_neurons", n_neurons, 2)
    check_size("n_neighbours", n_neighbours, 2)
    if n_neighbours >= n_neurons:
        raise GraphError(f"n_neighbours={n_neighbours} is not less than n_neurons={n_neurons}")
    _check_range("rewiring", rewiring, 0, 1)
    ring = nx.watts_strogatz_graph(n_neurons, n_neighbours, rewiring, seed=seed)
    return _between(_named(ring.to_directed()), n_inputs, n_outputs)


@suggests_keywords
def scale_free(n_inputs: int, n_neurons: int, n_outputs: int, *, seed: int | None = None) -> nx.DiGraph:
    """Draw a scale-free network, in which few neurons have many synapses and many have few, in both directions.

    Its feedback is lateral and direct.  Parallel synapses of the random process are merged into one.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_neurons : int
        Number of neurons, at least 3.
    n_outputs : int
        Number of output nodes.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    networkx.DiGraph
        Its neurons are ``("hidden", i)``; its weights are open.

    Raises
    ------
    GraphError
        If a size is out of range.

    References
    ----------
    Bollobas, B., Borgs, C., Chayes, J. & Riordan, O. (2003). Directed scale-free graphs. SODA.

    Examples
    --------
    >>> scale_free(1, 30, 1, seed=0).number_of_nodes()
    32
    """
    check_size("n_neurons", n_neurons, 3)
    return _between(_named(nx.DiGraph(nx.scale_free_graph(n_neurons, seed=seed))), n_inputs, n_outputs)


@suggests_keywords
def delay_line(n_inputs: int, n_taps: int, n_outputs: int) -> nx.DiGraph:
    """Draw a tapped delay line: ``("tap", i, k)`` is input i delayed by k steps, and outputs read inputs and taps.

    It has no feedback; its memory is exactly ``n_taps`` steps.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_taps : int
        Number of steps that each input is kept for.
    n_outputs : int
        Number of output nodes.

    Returns
    -------
    networkx.DiGraph
        The line is fixed; the weights of the readout are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1.

    References
    ----------
    Waibel, A. et al. (1989). Phoneme recognition using time-delay neural networks. IEEE Transactions on Acoustics,
    Speech, and Signal Processing 37(3).

    Examples
    --------
    >>> sorted(delay_line(1, 2, 1).predecessors(("output", 0)))
    [('input', 0), ('tap', 0, 1), ('tap', 0, 2)]
    """
    check_size("n_inputs", n_inputs, 1)
    check_size("n_taps", n_taps, 1)
    check_size("n_outputs", n_outputs, 1)
    graph = nx.DiGraph()
    lines = [[("input", i), *(("tap", i, k) for k in range(1, n_taps + 1))] for i in range(n_inputs)]
    graph.add_nodes_from((line[0] for line in lines), role="input")
    graph.add_nodes_from((tap for line in lines for tap in line[1:]), activation="identity", train_bias=False)
    for line in lines:
        graph.add_edges_from(pairwise(line), weight=1.0, trainable=False, delay=1)
    return with_readout(graph, n_outputs, from_nodes=[tap for line in lines for tap in line])


@suggests_keywords
def continuous_time(
    n_inputs: int,
    n_neurons: int,
    n_outputs: int,
    *,
    tau: tuple[float, float] = (1.0, 100.0),
    train_tau: bool = False,
    density: float = 1.0,
    seed: int | None = None,
) -> nx.DiGraph:
    """Draw a continuous-time recurrent network whose time constants are spread logarithmically over a range.

    Each neuron is a leaky integrator with time constant tau,

        s(t) = s(t-1) + dt/tau (z(t) - s(t-1)),     y(t) = tanh(s(t))

    Its feedback is direct and lateral: each ordered pair of neurons has a synapse with probability ``density``.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_neurons : int
        Number of neurons.
    n_outputs : int
        Number of output nodes.
    tau : (shortest, longest)
        Range of the time constants, in the unit of the ``dt`` of ``graphnet.compile``, which must not exceed the
        shortest.
    train_tau : bool
        If True, the time constants are learnt.
    density : float in [0, 1]
        Probability of a synapse from one neuron to another, or to itself.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    networkx.DiGraph
        Its neurons are ``("hidden", i)``; its weights are open.

    Raises
    ------
    GraphError
        If a size, the range of time constants or the probability is not valid.

    References
    ----------
    Beer, R. D. (1995). On the dynamics of small continuous-time recurrent neural networks. Adaptive Behavior 3(4).

    Examples
    --------
    >>> [round(tau) for _, tau in continuous_time(1, 3, 1).nodes(data="tau") if tau]
    [1, 10, 100]
    """
    check_size("n_neurons", n_neurons, 1)
    _check_range("density", density, 0, 1)
    shortest, longest = tau
    if not 0 < shortest <= longest:
        raise GraphError(f"tau={tau!r} is not (shortest, longest) with 0 < shortest <= longest")
    rng = np.random.default_rng(seed)
    graph = nx.DiGraph()
    for i, constant in enumerate(np.geomspace(shortest, longest, n_neurons).tolist()):
        graph.add_node(("hidden", i), tau=constant, train_tau=train_tau)
    there = rng.random((n_neurons, n_neurons)) < density
    graph.add_edges_from((("hidden", j), ("hidden", i)) for i, j in np.argwhere(there).tolist())
    return _between(graph, n_inputs, n_outputs)


def _between(graph: nx.DiGraph, n_inputs: int, n_outputs: int, draw: Any = None) -> nx.DiGraph:
    """Add inputs and a linear readout to the recurrent part; ``draw`` gives the fixed weights of the inputs, if any."""
    check_size("n_inputs", n_inputs, 0)
    if n_inputs:
        graph = with_inputs(graph, n_inputs)
        if draw is not None:
            for source, _, said in graph.edges(data=True):
                if graph.nodes[source].get("role") == "input":
                    said.update(weight=draw(), trainable=False)
    neurons = [node for node, role in graph.nodes(data="role") if role is None]
    return with_readout(graph, n_outputs, from_nodes=neurons)


def _named(graph: nx.DiGraph) -> nx.DiGraph:
    named = nx.relabel_nodes(graph, {i: ("hidden", i) for i in graph})
    named.graph.clear()
    return named


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise GraphError(f"{name}={value!r} is not between {low} and {high}")
