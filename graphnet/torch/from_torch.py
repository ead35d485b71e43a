"""Torch modules, trained or not, as drawings: the same function of the same numbers, synapse by synapse."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from math import prod
from typing import Any

import networkx as nx

from ..errors import GraphError
from ..graphs.feedforward import NodeNames
from ..graphs.gated import connect_fixed
from .altered import refuse_altered
from .attention import BUILDERS as OVER_TIME
from .recurrent import BUILDERS as STEP_BY_STEP

BUILDERS = {**STEP_BY_STEP, **OVER_TIME}
"""Builder of each class of module."""


def from_torch(module: Any, *, window: int | None = None) -> nx.MultiDiGraph:
    """Draw a torch module, or a chain of several, with its numbers.

    Recurrent modules are drawn, with the same names, as ``graphnet.graphs`` draws them: ``nn.RNN`` as ``elman``,
    ``nn.LSTM`` as ``lstm``, ``nn.GRU`` as ``gru``.  A bidirectional module has a second half of ``reverse`` neurons.
    Outputs, parameter gradients and input gradients equal torch's to rounding; two biases that torch adds, b_ih + b_hh,
    become one.

    Parameters
    ----------
    module : torch.nn.Module, or a list or tuple of them
        One of nn.RNN, nn.LSTM, nn.GRU, nn.Linear, nn.Conv1d, nn.MultiheadAttention, nn.TransformerEncoderLayer,
        nn.LayerNorm, nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Identity, nn.Dropout (in ``eval()``) and nn.Sequential.
        Every entry of every weight is learnt, whether or not torch has frozen it.
    window : int, optional
        Number of steps that attention sees, the present one included; only attention needs it.

    Returns
    -------
    networkx.MultiDiGraph
        Inputs are ``("input", i)``.  Other names have the class and the position of the module, such as ``"lstm_0"``:
        ``("forget", "lstm_0", i)``, with several layers ``("forget", "lstm_0", layer, i)``, in the reversed half
        ``("forget", "lstm_0", layer, "reverse", i)``, and ``("linear_1", i)``.  The last module's features are the
        outputs, in torch's order.

    Raises
    ------
    GraphError
        If a module is not one of these, has a setting that cannot be drawn (``proj_size``, dropout while training),
        shares parameters with another or among its own, or does not fit the one before it.
    DataError
        If a module computes something else than its class and parameters say: it has forward hooks, weight or spectral
        normalisation, another parametrization, pruned weights, or another ``forward``; or if its parameters are no real
        numbers, as on the meta device.
    ImportError
        If torch is not installed.

    References
    ----------
    Paszke, A. et al. (2019). PyTorch: an imperative style, high-performance deep learning library. NeurIPS.

    Examples
    --------
    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> import graphnet as gn
    >>> graph = from_torch([torch.nn.GRU(2, 8), torch.nn.Linear(8, 1)])
    >>> gn.compile(graph)
    <graphnet.Network: 2 inputs, 1 outputs, 43 nodes, 280 edges, 281 parameters, float64>
    """
    try:
        torch = import_module("torch")
    except ImportError:
        raise ImportError("from_torch needs torch: pip install torch", name="torch") from None
    modules = list(_flatten(torch, module))
    refuse_altered([(_name(position, one), one) for position, one in enumerate(modules)])
    _check_supported(torch, modules)
    _check_shared(modules)
    graph = nx.MultiDiGraph()
    features: NodeNames = [("input", i) for i in range(_n_inputs(modules))]
    graph.add_nodes_from(features, role="input")
    layer = 1
    for position, one in enumerate(modules):
        expected = _n_features(one)
        if expected not in (None, len(features)):
            raise GraphError(f"{_name(position, one)} takes {expected} features, and {len(features)} come before it")
        before = len(graph)
        features = BUILDERS[type(one).__name__](
            one, graph, features, layer=layer, name=_name(position, one), window=window
        )
        layers = [graph.nodes[node].get("layer", layer) for node in list(graph)[before:]]
        layer = int(max(layers, default=layer - 1)) + 1
    _report(graph, features, layer)
    return graph


def _name(position: int, module: Any) -> str:
    return f"{type(module).__name__.lower()}_{position}"


def _flatten(torch: Any, module: Any) -> Iterator[Any]:
    """Yield the modules in order, from however nested lists."""
    if isinstance(module, list | tuple) or type(module) is torch.nn.Sequential:
        if not isinstance(module, list | tuple):
            refuse_altered([("sequential", module)])
        for one in module:
            yield from _flatten(torch, one)
    elif isinstance(module, torch.nn.Module):
        yield module
    else:
        raise GraphError(f"from_torch takes a torch module or a list of them, not a {type(module).__name__}")


def _check_supported(torch: Any, modules: list[Any]) -> None:
    problems = [
        f"module {position} is a {type(one).__name__}{_origin(one)}, which is not drawn: "
        f"one of {', '.join(sorted({*BUILDERS, 'Sequential'}))}, or a list of them"
        for position, one in enumerate(modules)
        # a subclass may compute anything
        if type(one).__name__ not in BUILDERS or type(one) is not getattr(torch.nn, type(one).__name__)
    ]
    if problems:
        raise GraphError(problems)


def _origin(module: Any) -> str:
    """Return where a class comes from that has the name of a class that is drawn."""
    kind = type(module)
    return f" of {kind.__module__}, not of torch.nn" if kind.__name__ in BUILDERS else ""


def _check_shared(modules: list[Any]) -> None:
    owner: dict[int, tuple[int, str]] = {}
    for position, one in enumerate(modules):
        for name, parameter in one.named_parameters(remove_duplicate=False):
            if not parameter.numel():
                continue
            # by where its numbers are, as another Parameter may be a view of them
            other, its = owner.setdefault(parameter.data_ptr(), (position, name))
            if (other, its) != (position, name):
                whose, way_out = _name(other, modules[other]), "copy the module (copy.deepcopy)"
                if other == position:
                    whose, way_out = f"its {its}", "give one its own (torch.nn.Parameter(parameter.detach().clone()))"
                raise GraphError(
                    f"{_name(position, one)} shares its {name} with {whose}: drawn twice it would be learnt twice; "
                    f"{way_out}"
                )


def _n_inputs(modules: list[Any]) -> int:
    """Return the number of features of the first module that has one; activations before it keep the number."""
    for one in modules:
        found = _n_features(one)
        if found is not None:
            return found
    raise GraphError("from_torch: no module says how many inputs there are: begin with one that has weights")


def _n_features(module: Any) -> int | None:
    """Return the number of features that a module takes; None if any number."""
    if hasattr(module, "self_attn"):
        module = module.self_attn
    if hasattr(module, "normalized_shape"):
        return prod(module.normalized_shape)
    for name in ("input_size", "in_features", "in_channels", "embed_dim"):
        if hasattr(module, name):
            return int(getattr(module, name))
    return None


def _report(graph: nx.MultiDiGraph, features: NodeNames, layer: int) -> None:
    """Make the features outputs, in this order: themselves if possible, otherwise neurons that repeat them."""
    place = {node: position for position, node in enumerate(graph)}
    order = [place[node] for node in features]
    if order != sorted(set(order)) or any(graph.nodes[node].get("role") == "input" for node in features):
        outputs: NodeNames = [("output", i) for i in range(len(features))]
        graph.add_nodes_from(outputs, layer=layer, activation="identity", train_bias=False)
        connect_fixed(graph, features, outputs)
        features = outputs
    graph.add_nodes_from(features, role="output")
