"""One drawing for each kind of feedback, and the Elman and Jordan networks.

Each adds to ``feedforward`` the synapses that its kind of feedback is named after; they have a delay of one step.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from ..language.keywords import suggests_keywords
from .feedforward import connect_all, draw_layers


@suggests_keywords
def direct(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every hidden neuron feeds itself.

    The self-loops are *direct* feedback: each neuron depends on its own last value, and on that of no other.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    Examples
    --------
    >>> direct(1, 3, 1).has_edge(("hidden", 0), ("hidden", 0))
    True
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    graph.add_edges_from((neuron, neuron) for layer in layers[1:-1] for neuron in layer)
    return graph


@suggests_keywords
def lateral(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every hidden neuron feeds the others of its layer.

    These synapses are *lateral* feedback: they stay in their layer, and none goes from a neuron to itself.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    Examples
    --------
    >>> lateral(1, 3, 1).has_edge(("hidden", 0), ("hidden", 2)), lateral(1, 3, 1).has_edge(("hidden", 0), ("hidden", 0))
    (True, False)
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    graph.add_edges_from((u, v) for layer in layers[1:-1] for u in layer for v in layer if u != v)
    return graph


@suggests_keywords
def indirect(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which the outputs feed the hidden layer, or the first of several.

    These synapses are *indirect* feedback: they go back to an earlier layer, so that a neuron reaches itself only
    through others.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    Examples
    --------
    >>> indirect(1, 3, 1).has_edge(("output", 0), ("hidden", 2))
    True
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    connect_all(graph, layers[-1], layers[1])
    return graph


@suggests_keywords
def complete(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every neuron feeds every neuron; inputs feed the first hidden layer only.

    This is *complete* feedback: direct, lateral and indirect together.  Forward synapses have no delay, the others one
    step.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    Examples
    --------
    >>> import graphnet as gn
    >>> len(gn.feedback(complete(1, 3, 1)).complete)
    4
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    neurons = [neuron for layer in layers[1:] for neuron in layer]
    connect_all(graph, neurons, neurons)
    return graph


@suggests_keywords
def elman(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw an Elman network: the hidden layer feeds itself, all to all.

    Its feedback is direct (each neuron to itself) and lateral (to the others of its layer).  It equals torch's
    ``nn.RNN`` with a linear readout.  Of several hidden layers each feeds itself.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    References
    ----------
    Elman, J. L. (1990). Finding structure in time. Cognitive Science 14(2).

    Examples
    --------
    >>> elman(2, 8, 1).number_of_edges()
    88
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    for layer in layers[1:-1]:
        connect_all(graph, layer, layer)
    return graph


@suggests_keywords
def jordan(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh", memory: float = 0.0
) -> nx.DiGraph:
    """Draw a network whose outputs feed a context layer, which feeds the first hidden layer.

    Its feedback is indirect: outputs feed the context, an earlier layer, by fixed synapses of weight 1 and one step of
    delay.  With ``memory`` each context neuron also feeds itself by a fixed weight, so that it holds an exponentially
    decaying sum of past outputs.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int or sequence of int
        Number of neurons of the hidden layer, or of each of several.
    n_outputs : int
        Number of output nodes.
    activation : str
        Activation of the hidden neurons; outputs are linear.
    memory : float
        Weight of the self-loops of the context; 0 draws none.

    Returns
    -------
    networkx.DiGraph
        Named as in ``feedforward``, with the context neurons ``("context", i)``; its weights are open.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs).

    References
    ----------
    Jordan, M. I. (1986). Serial order: a parallel distributed processing approach. ICS Report 8604, UC San Diego.

    Examples
    --------
    >>> jordan(1, 3, 2).has_edge(("output", 1), ("context", 1))
    True
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    context = [("context", i) for i in range(n_outputs)]
    graph.add_nodes_from(context, layer=0, activation="identity", train_bias=False)
    graph.add_edges_from(zip(layers[-1], context, strict=True), weight=1.0, trainable=False)
    if memory:
        graph.add_edges_from(zip(context, context, strict=True), weight=memory, trainable=False)
    connect_all(graph, context, layers[1])
    return graph
