"""The kinds of feedback, one drawing each, and the two classical networks that they make.

All start from ``feedforward`` and add the synapses that give the feedback its name; each takes one step.
``n_hidden`` is one layer or a sequence of them, ``activation`` that of the hidden neurons; outputs are linear and
weights open.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from .feedforward import connect_all, draw_layers


def direct(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every hidden neuron feeds itself.

    The self-loops are *direct* feedback: from a neuron straight back to it, so that each remembers what it was, alone.

    Examples
    --------
    >>> direct(1, 3, 1).has_edge(("hidden", 0), ("hidden", 0))
    True
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    graph.add_edges_from((neuron, neuron) for layer in layers[1:-1] for neuron in layer)
    return graph


def lateral(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every hidden neuron feeds the others of its layer.

    Those synapses are *lateral* feedback: they stay in their layer, and none goes from a neuron to itself.

    Examples
    --------
    >>> lateral(1, 3, 1).has_edge(("hidden", 0), ("hidden", 2)), lateral(1, 3, 1).has_edge(("hidden", 0), ("hidden", 0))
    (True, False)
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    graph.add_edges_from((u, v) for layer in layers[1:-1] for u in layer for v in layer if u != v)
    return graph


def indirect(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which the outputs feed the hidden layer (of several, the first).

    Those synapses are *indirect* feedback: they go back to an earlier layer, so that a neuron hears of itself only
    through others.

    Examples
    --------
    >>> indirect(1, 3, 1).has_edge(("output", 0), ("hidden", 2))
    True
    """
    graph, layers = draw_layers(n_inputs, n_hidden, n_outputs, activation)
    connect_all(graph, layers[-1], layers[1])
    return graph


def complete(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a network in which every neuron feeds every neuron; inputs feed the (first) hidden layer only.

    This is *complete* feedback: it holds the direct, the lateral and the indirect kind.  Synapses that run forward
    take no step, the others one.

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


def elman(n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh") -> nx.DiGraph:
    """Draw a simple recurrent network: the hidden layer feeds itself, all to all.

    Its feedback is direct (each neuron to itself) and lateral (to the others of its layer): what torch calls
    ``nn.RNN``, with a linear readout; with several hidden layers each feeds itself.

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


def jordan(
    n_inputs: int, n_hidden: int | Sequence[int], n_outputs: int, *, activation: str = "tanh", memory: float = 0.0
) -> nx.DiGraph:
    """Draw a network whose outputs feed a context layer, which feeds the (first) hidden layer.

    Its feedback is indirect: outputs go back to the context, an earlier layer, by fixed synapses of weight 1 and one
    step. With ``memory`` each context neuron also feeds itself by a fixed weight, so that it holds a decaying sum of
    outputs.

    Parameters
    ----------
    memory : float
        The weight of the self-loops; 0 draws none.

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
