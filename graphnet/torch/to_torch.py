"""Networks as torch modules, to be part of a larger model."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..errors import DataError, GraphError
from ..language.checks import read_lengths
from ..network.network import Network
from .formulas import GROUP_FORMULAS, POINTWISE_FORMULAS, import_torch, is_autocast, without_autocast
from .plan import plan_program
from .run import Columns, Pass, PassNumbers


def to_torch(net: Network) -> Any:
    """Make a ``torch.nn.Module`` that computes what the network computes, and that autograd differentiates.

    Outputs, and gradients of parameters and inputs, equal those of ``net.run`` and ``net.vjp`` to rounding, for the
    whole language.  A scan takes several torch operations for each step and level, so a network that is not part of a
    larger model trains faster by ``graphnet.fit``.

    Memory grows with the number of synapses and, times samples times steps, with the number of neurons and of gated
    synapses; autograd keeps all of the latter until the backward pass.

    Parameters
    ----------
    net : Network
        The module gets its parameters and dtype, and keeps its own copy of them: ``to_network`` and ``from_network``
        copy between the two.

    Returns
    -------
    torch.nn.Module
        ``forward(inputs, lengths=None, state=None)``
            ``inputs`` (n_samples, n_steps, n_inputs), of the module's dtype and device, gives outputs (n_samples,
            n_steps, n_outputs).  ``lengths`` (n_samples,): what follows a sequence's end has no effect, NaN included,
            and outputs there are 0.  ``state``: a State of the network to start from; it is numbers, and no gradient
            reaches them.
        ``numbers`` (n_parameters,)
            The one ``nn.Parameter``, in the order of ``net.parameters``, and all that ``state_dict`` holds.
        ``to_network()``
            Copies ``numbers`` into the network, and returns it.
        ``from_network()``
            Copies the network's parameters into ``numbers``.
        ``clip_to_bounds()``
            Moves ``numbers`` into ``net.bounds``, as ``graphnet.fit`` does after every step of an optimizer; the
            optimizers of torch ignore signs, and bounds of time constants and leaks.
        ``network``
            The network that it was made from.

    Raises
    ------
    GraphError
        If neurons have a registered activation, for which there is no formula in torch.
    ImportError
        If torch is not installed.

    Notes
    -----
    ``forward`` raises a DataError for inputs, lengths or states that do not fit.  Unlike ``net.run`` it accepts
    numbers that are not finite, as torch does.

    Inside an autocast region it computes in the module's dtype all the same, and takes inputs of lower precision;
    so does the backward pass, inside the region or after it.  ``torch.func`` transforms it (``grad``,
    ``jvp``, ``vmap``, ``functional_call``); under ``vmap``, sparse products are computed one by one.

    References
    ----------
    Paszke, A. et al. (2019). PyTorch: an imperative style, high-performance deep learning library. NeurIPS.

    Examples
    --------
    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(2, 8, 4), dtype="float32", seed=0)
    >>> model = torch.nn.Sequential(to_torch(net), torch.nn.Linear(4, 1))
    >>> model(torch.zeros(5, 10, 2)).shape
    torch.Size([5, 10, 1])
    """
    module = _module_class()
    if not isinstance(net, Network):
        raise DataError(f"to_torch takes a Network, as graphnet.compile gives, not a {type(net).__name__}")
    _check_formulas(net)
    return module(net)


def _check_formulas(net: Network) -> None:
    """Raise a GraphError that lists the activations without a formula in torch, each with a node that has it."""
    program = net.program
    problems = []
    for number, name in enumerate(program.activations):
        if name not in POINTWISE_FORMULAS and name not in GROUP_FORMULAS:
            some = program.segments[program.segments["activation"] == number]
            node = net.to_table().nodes[program.order[some["row"][0, 0]]]
            problems.append(
                f"node {node!r}: activation {name!r} is registered and torch has no formula for it; to_torch takes "
                f"{', '.join([*POINTWISE_FORMULAS, *GROUP_FORMULAS])}"
            )
    if problems:
        raise GraphError(problems)


def _blank() -> Any:
    """Return an empty module, for pickle to fill."""
    made = _module_class()
    return made.__new__(made)


@cache
def _module_class() -> Any:
    torch = import_torch()

    class GraphModule(torch.nn.Module):  # type: ignore[name-defined,misc]
        """Module of a network; see ``to_torch``."""

        def __init__(self, net: Network) -> None:
            super().__init__()
            program = net.program
            self.network = net
            self._plan, index = plan_program(program)
            self.numbers = torch.nn.Parameter(torch.tensor(net.parameters))
            constants = {
                "fixed": program.fixed,
                "scales": program.scales,
                "bounds": net.bounds,
                "index": index,
            }
            for name, array in constants.items():
                dtype = torch.int64 if name == "index" else self.numbers.dtype
                # constants of the drawing, which are not saved with the numbers
                self.register_buffer(f"_{name}", torch.tensor(array, dtype=dtype), persistent=False)

        def __reduce__(self) -> Any:
            # pickle cannot find a class made inside a function
            return _blank, (), self.__dict__

        def extra_repr(self) -> str:
            return f"{self.network.n_inputs}, {self.network.n_outputs}, n_parameters={len(self.numbers)}"

        def to_network(self) -> Network:
            # in double precision first: NumPy has no bfloat16
            numbers = self.numbers.detach().double()
            self.network.parameters = numbers if numbers.is_meta else numbers.cpu()
            return self.network

        def from_network(self) -> None:
            with torch.no_grad():
                self.numbers.copy_(torch.tensor(self.network.parameters))

        def clip_to_bounds(self) -> None:
            with torch.no_grad():
                self.numbers.clamp_(self._bounds[:, 0], self._bounds[:, 1])

        def forward(self, inputs: Any, lengths: Any = None, state: Any = None) -> Any:
            in_autocast = isinstance(inputs, torch.Tensor) and is_autocast(inputs.device.type)
            if in_autocast and inputs.is_floating_point():
                # as the layer before it may have made them in lower precision
                inputs = inputs.to(self.numbers.dtype)
            self._check(inputs)
            with without_autocast(inputs.device.type):
                return self._outputs(inputs, lengths, state, in_autocast)

        def _outputs(self, inputs: Any, lengths: Any, state: Any, in_autocast: bool) -> Any:
            n_samples, n_steps, n_inputs = inputs.shape
            if isinstance(lengths, torch.Tensor) and not lengths.is_meta:
                lengths = lengths.cpu()
            steps = read_lengths(lengths, n_samples, n_steps)
            order = np.argsort(-steps, kind="stable")
            columns = Columns(steps[order], order, n_steps, inputs.device)
            history = before = None
            if state is not None:
                sorted_state = self.network.checked_state(state, n_samples).take(order)
                history = torch.tensor(sorted_state.history, dtype=inputs.dtype, device=inputs.device)
                before = torch.tensor(sorted_state.steps, device=inputs.device)
            index = self._index.split(self._plan.sizes)
            numbers = PassNumbers(self.numbers, self._fixed, self._scales, self.network.dt, index, in_autocast)
            packed = inputs.reshape(n_samples * n_steps, n_inputs).index_select(0, columns.place).T
            outputs = Pass(self._plan, numbers, columns, history, before).run(packed)
            padded = outputs.new_zeros(n_samples * n_steps, len(outputs)).index_copy(0, columns.place, outputs.T)
            return padded.view(n_samples, n_steps, len(outputs))

        def _check(self, inputs: Any) -> None:
            if not isinstance(inputs, torch.Tensor):
                raise DataError(f"inputs are a {type(inputs).__name__}, not a torch.Tensor")
            shape, n_inputs = tuple(inputs.shape), self.network.n_inputs
            if len(shape) != 3 or shape[2] != n_inputs or not shape[0] or not shape[1]:
                raise DataError(
                    f"inputs have shape {shape}, not (n_samples, n_steps, {n_inputs}) with at least one sample and step"
                )
            if inputs.is_complex():
                raise DataError("inputs are complex, not real numbers; take .real, or .real and .imag as columns")
            if inputs.layout != torch.strided:
                raise DataError(f"inputs are {inputs.layout}, not dense: use .to_dense()")
            if inputs.is_meta and not self.numbers.is_meta:
                raise DataError("inputs are on the meta device and have no numbers")
            if inputs.dtype != self.numbers.dtype or inputs.device != self.numbers.device:
                raise DataError(
                    f"inputs are {inputs.dtype} on {inputs.device}, the module is {self.numbers.dtype} on "
                    f"{self.numbers.device}: use .to() on one of them"
                )

    GraphModule.__qualname__ = "GraphModule"
    return GraphModule
