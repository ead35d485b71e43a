"""Network: a compiled drawing with its parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, Literal

import networkx as nx
import numpy as np
from scipy.sparse import csr_array

from ..compiler import Parameters, compile_program
from ..compiler.initial.initializers import Initializer, resolve_initializer
from ..compiler.neurons import NUMBERS
from ..compiler.program import Program
from ..compiler.summary import describe_program
from ..errors import DataError
from ..execute.batch import read_batch
from ..execute.contract import Estimate, Executor, State
from ..execute.engine import Engine, resolve_backend
from ..execute.fast.support import unsupported
from ..language.arrays import Array
from ..language.checks import as_array, check_finite, read_names, whole_number
from ..language.delays import resolve_delays
from ..language.hooks import hook
from ..language.keywords import suggests_keywords
from ..language.nearest import did_you_mean
from ..language.table import Column, GraphTable
from ..language.ties import strength_signs
from ..language.validation import read_dt, validated_table
from ..losses import Loss, resolve_loss
from .parameters import ParameterTable
from .results import Cotangents, GatedSynapse, Matrices, Run
from .settle import settle
from .simulate import Simulator

COMPLEX_STEP = 1e-200
"""The h of Im f(x + ih) / h.  Its square is 0 in double precision, so that no real part changes, and a neuron at a kink
stays at it."""


@suggests_keywords
def compile(
    graph: nx.DiGraph | GraphTable,
    *,
    dtype: Any = "float64",
    dt: float = 1.0,
    seed: int | None = None,
    backend: str | Executor = "auto",
    like: Network | None = None,
    initializer: str | Mapping[str, Any] | Initializer = "fan_in",
) -> Network:
    """Compile a drawing to a network that runs and learns.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph or GraphTable
        It is copied: later changes do not affect the network.
    dtype : "float64" or "float32"
    dt : float
        The step of time, in the unit of ``tau``.
    seed : int, optional
        Seed of weights that are not declared; None draws from fresh entropy.
    backend : "auto", "fast", "reference", or a custom executor
        "auto" is "fast" for networks that compiled kernels support, otherwise, or if the environment has
        GRAPHNET_BACKEND=reference, "reference"; ``Network.backend`` is the one chosen.  For custom executors see
        ``graphnet.execute.contract.Executor``, and ``graphnet.testing.conformance``, which tests them.
    like : Network, optional
        Parameters that both networks have (same kind and key) take their value from it.
    initializer : "fan_in", "glorot", "he", "orthogonal", "spectral_radius", mapping or object
        Distribution of weights that are not declared; with settings as ``gn.initializers.Glorot(gain=2.0)`` or
        ``{"name": "glorot", "gain": 2.0}``.

    Raises
    ------
    GraphError
        With every problem of the drawing.
    DataError
        For a dtype, dt, seed, backend or initializer that is not allowed, or for backend "fast" if compiled kernels do
        not support the network, with the node and the activation.

    Examples
    --------
    >>> import networkx as nx, graphnet as gn
    >>> drawing = nx.DiGraph([("a", "b", {"weight": 2.0}), ("b", "b", {"weight": 0.5})])
    >>> drawing.nodes["a"]["role"], drawing.nodes["b"]["role"] = "input", "output"
    >>> net = gn.compile(drawing)
    >>> net.run([[[1.0], [0.0], [0.0]]]).ravel()
    array([2. , 1. , 0.5])
    """
    step = read_dt(dt)
    table = validated_table(graph, step)
    try:
        resolved = np.dtype(object if dtype is None else dtype)
    except TypeError:
        resolved = np.dtype(object)
    if resolved not in (np.float32, np.float64):
        near = did_you_mean(dtype, ("float32", "float64"))
        raise DataError(f"dtype {dtype!r} is not one of 'float32', 'float64'{near}")
    if seed is None:
        seed = int(np.random.SeedSequence().entropy) & ((1 << 64) - 1)  # type: ignore[arg-type]
    seed = whole_number(seed, "seed")
    backend, weigher = resolve_backend(backend), resolve_initializer(initializer)
    net = Network(table, *compile_program(table, seed, step, weigher), resolved, step, seed, backend)
    if like is not None:
        net.parameters = _carried_over(net, like)
    return net


class Network:
    """A compiled drawing; made by ``graphnet.compile``.

    Public arrays are (n_samples, n_steps, n_features).  A call uses the ``parameters`` at the time of the call.
    """

    def __init__(
        self,
        table: GraphTable,
        program: Program,
        numbers: Parameters,
        dtype: np.dtype[Any],
        dt: float,
        seed: int,
        backend: str | Executor,
    ) -> None:
        self.dtype, self.dt, self.seed = dtype, dt, seed
        self._table, self._program, self._numbers = table, program, numbers
        self._engine = Engine(program, table.nodes, backend)
        self.parameters = numbers.numbers[: numbers.n_parameters]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._parameters.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"<graphnet.Network: {self.n_inputs} inputs, {self.n_outputs} outputs, {self.n_nodes} nodes, "
            f"{self.n_edges} edges, {len(self.parameters)} parameters, {self.dtype}>"
        )

    def _repr_html_(self) -> str:
        return hook("network_html")(self)

    @property
    def n_inputs(self) -> int:
        """Number of nodes with the role "input"."""
        return self._program.n_inputs

    @property
    def n_outputs(self) -> int:
        """Number of nodes with the role "output"."""
        return len(self._program.outputs)

    @property
    def n_nodes(self) -> int:
        """Number of nodes, inputs included."""
        return self._table.n_nodes

    @property
    def n_edges(self) -> int:
        """Number of synapses."""
        return self._table.n_edges

    @property
    def backend(self) -> str | Executor:
        """Name of the executor that runs the network, or a custom executor."""
        return self._engine.backend

    @property
    def program(self) -> Program:
        """Compiled arrays."""
        return self._program

    @property
    def parameters(self) -> Array:
        """All learnt numbers, (n_parameters,), read-only; assign a whole array to change them."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: Any) -> None:
        array = as_array(values, "parameters", self.dtype).copy()
        if array.shape != (self._program.n_parameters,):
            raise DataError(f"parameters have shape {array.shape}, not ({self._program.n_parameters},)")
        bad = np.flatnonzero(~np.isfinite(array))
        if len(bad):
            row = ParameterTable(self._table, self._numbers, array)[int(bad[0])]
            raise DataError(f"the {row.kind} of {row.key!r} is {row.value}: parameters are finite numbers")
        array.flags.writeable = False
        self._parameters = array

    def parameter_table(self) -> ParameterTable:
        """Return the rows of ``parameters``, in order: kind, key, tied, value."""
        return ParameterTable(self._table, self._numbers, self._parameters)

    @property
    def bounds(self) -> Array:
        """Smallest and largest value that an optimizer may give each parameter, (n_parameters, 2)."""
        return self._numbers.bounds

    def run(
        self,
        inputs: Any,
        *,
        lengths: Any = None,
        state: State | None = None,
        record: Iterable[Hashable] | None = None,
        return_state: bool = False,
    ) -> Any:
        """Compute the outputs of sequences.

        Parameters
        ----------
        inputs : (n_samples, n_steps, n_inputs)
        lengths : (n_samples,), optional
            Whole numbers from 1 to n_steps; values past the end of a sequence have no effect, NaN included.
        state : State, optional
            State to start from; by default, ``initial`` of each neuron.
        record : nodes, optional
            Nodes whose values are returned as well.
        return_state : bool
            If True, return the state after the last step of each sequence as well.

        Returns
        -------
        (n_samples, n_steps, n_outputs), 0 past a sequence's end; or a ``Run`` with ``record`` or ``return_state``.

        Raises
        ------
        DataError
            For inputs, lengths, states or nodes that do not fit.
        """
        batch = read_batch(inputs, lengths, self.n_inputs, self.dtype)
        nodes = self._nodes_to_record(record)
        if return_state:
            self._engine.refuse_reverse("return_state")
        rows = np.append(self._program.outputs, self._program.row[[self._table.index[node] for node in nodes]])
        inner, final = self._engine.run(self._parameters, batch, state, rows.astype(np.int64))
        values = batch.outward(inner)
        outputs = values[:, :, : self.n_outputs]
        if record is None and not return_state:
            return outputs
        recorded = {node: values[:, :, self.n_outputs + i].copy() for i, node in enumerate(nodes)}
        return Run(np.ascontiguousarray(outputs), recorded, final.take(batch.place) if return_state else None)

    def state(self, n_samples: int, values: Mapping[Hashable, Any] | None = None) -> State:
        """Return a state to start from: each node at its ``initial``, 0 for inputs, or at a given value.

        Parameters
        ----------
        n_samples : int
        values : {node: value or (n_samples,) array}, optional
            Values of these nodes at all past steps.

        Raises
        ------
        DataError
            For a node that the graph does not have, or values that do not fit.
        """
        n_samples = whole_number(n_samples, "n_samples", 1)
        self._engine.refuse_reverse("state")
        if values is not None and not isinstance(values, Mapping):
            raise DataError(f"state: values are a {type(values).__name__} ({values!r}), not {{node: value}}")
        start = self._engine.start(self._parameters, n_samples)
        for node, value in (values or {}).items():
            if node not in self._table.index:
                raise DataError(f"state: {node!r} is not a node of the graph")
            number = as_array(value, f"state of {node!r}", self.dtype)
            if number.shape not in ((), (n_samples,)) or not np.isfinite(number).all():
                raise DataError(f"state of {node!r}: {value!r} is not a finite number or {n_samples} of them")
            start.history[start.layout.of(node)] = number
        return start

    def settle(self, inputs: Any, *, tolerance: float = 1e-6, most_steps: int = 10_000) -> State:
        """Return the steady state under constant inputs, to start from: ``run(..., state=net.settle(background))``.

        The network runs from ``initial`` until no value of any neuron, nor the state s of a continuous-time neuron,
        moves by more than ``tolerance`` from one step to the next, for as long as the longest delay and past the last
        onset.  Steps in between are not looked at, so that it may run up to a quarter longer than necessary.

        Parameters
        ----------
        inputs : (n_samples, n_inputs)
            Held at every step.
        tolerance : float
        most_steps : int
            At least 2.

        Raises
        ------
        DataError
            If something still moves after ``most_steps``, with the neuron that moves most and by how much; if values
            are no longer finite; for inputs that do not fit; and for networks with reverse neurons.

        Examples
        --------
        >>> import networkx as nx, graphnet as gn
        >>> drawing = nx.DiGraph([("light", "cell", {"weight": 3.0})])
        >>> drawing.nodes["light"]["role"] = "input"
        >>> drawing.add_node("cell", role="output", tau=20.0)
        >>> net = gn.compile(drawing)
        >>> grey = net.settle([[0.5]])
        >>> net.run([[[0.5], [1.0]]], state=grey).round(3).tolist()
        [[[1.5], [1.575]]]
        """
        return settle(self._engine, self._parameters, inputs, tolerance, most_steps)

    def checked_state(self, state: State, n_samples: int) -> State:
        """Return the state if it is one of this network for so many samples.

        Raises
        ------
        DataError
            If it is not.
        """
        return self._engine.checked(state, n_samples, "state")

    def value_and_grad(
        self,
        inputs: Any,
        targets: Any,
        *,
        loss: str | Loss | Mapping[str, Any] = "mse",
        lengths: Any = None,
        state: State | None = None,
        return_state: bool = False,
        checkpoint_memory: int | Literal["auto"] | None = None,
    ) -> Any:
        """Return the loss and its exact gradient, by back-propagation through time over all steps.

        Parameters
        ----------
        inputs : (n_samples, n_steps, n_inputs)
        targets
            As the loss takes them: (n_samples, n_steps, n_outputs) or (n_samples, n_outputs) for "mse" and
            "binary_cross_entropy", classes (n_samples, n_steps) or (n_samples,) for "cross_entropy"; a target for a
            whole sample counts at its last valid step.
        loss : str or loss object
        lengths, state, return_state
            As for ``run``.
        checkpoint_memory : int or "auto", optional
            Bytes that the call may take.  If the values of all steps take more, only some states are kept, and the
            steps between them are computed again in the backward pass; "auto" takes the least memory for which no step
            is computed again more than once.  Results have the same bits.  Only for the fast backend, and for networks
            without reverse neurons.

        Returns
        -------
        float, (n_parameters,); with ``return_state`` also the state after the last step of each sequence.

        Raises
        ------
        DataError
            For data of the wrong shape, type or range.

        References
        ----------
        Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. Proc. IEEE 78(10).
        Griewank, A. & Walther, A. (2000). Algorithm 799: revolve. ACM TOMS 26(1).
        """
        if checkpoint_memory not in (None, "auto"):
            checkpoint_memory = whole_number(checkpoint_memory, "checkpoint_memory", 1)
        batch = read_batch(inputs, lengths, self.n_inputs, self.dtype)
        if return_state:
            self._engine.refuse_reverse("return_state")
        found = self._engine.value_and_grad(
            self._parameters, batch, targets, resolve_loss(loss), state, checkpoint_memory
        )
        value, gradient, final = found
        return (float(value), gradient, final.take(batch.place)) if return_state else (float(value), gradient)

    def check_checkpoint_memory(self, n_samples: int, n_steps: int, memory: int | Literal["auto"]) -> None:
        """Raise a DataError if a ``value_and_grad`` of so many samples and steps would refuse ``checkpoint_memory``."""
        self._engine.choose_cut(self._parameters, n_samples, n_steps, memory)

    def vjp(
        self,
        inputs: Any,
        grad_outputs: Any,
        *,
        lengths: Any = None,
        state: State | None = None,
        grad_state: State | None = None,
    ) -> Cotangents:
        """Return gradients of ``sum(grad_outputs * outputs) + sum(grad_state * final state)``.

        Parameters
        ----------
        inputs : (n_samples, n_steps, n_inputs)
        grad_outputs : (n_samples, n_steps, n_outputs)
        lengths, state
            As for ``run``.
        grad_state : State, optional

        Returns
        -------
        Cotangents
            Its ``state`` is None without ``state=``; no gradient reaches ``initial`` through a given state.

        Raises
        ------
        DataError
            For data of the wrong shape, type or range.
        """
        batch = read_batch(inputs, lengths, self.n_inputs, self.dtype)
        gradient = as_array(grad_outputs, "grad_outputs", self.dtype)
        expected = (batch.n_samples, batch.n_steps, self.n_outputs)
        if gradient.shape != expected:
            raise DataError(f"grad_outputs have shape {gradient.shape}, not {expected}")
        check_finite(gradient, batch.mask, "grad_outputs")
        result, numbers = self._engine.vjp(self._parameters, batch, gradient, state, grad_state)
        back = None
        if state is not None:
            back = State(state.layout, result.history[:, batch.place], state.steps)
        return Cotangents(numbers, batch.outward(result.inputs), back)

    def hvp(
        self,
        inputs: Any,
        targets: Any,
        vector: Any,
        *,
        loss: str | Loss | Mapping[str, Any] = "mse",
        lengths: Any = None,
    ) -> Array:
        """Return the exact product of the Hessian of the loss and a vector, by a complex step.

        H v = Im g(p + i h v) / h, where g is the gradient and h so small that its square is negligible.  The complex
        gradient is computed by the reference executor.

        Parameters
        ----------
        vector : (n_parameters,)
        inputs, targets, loss, lengths
            As for ``value_and_grad``.

        Returns
        -------
        (n_parameters,)

        References
        ----------
        Squire, W. & Trapp, G. (1998). Using complex variables to estimate derivatives of real functions. SIAM
        Review 40(1).
        Pearlmutter, B. A. (1994). Fast exact multiplication by the Hessian. Neural Computation 6(1).
        """
        direction = as_array(vector, "vector", np.dtype(np.float64))
        if direction.shape != self._parameters.shape:
            raise DataError(f"vector has shape {direction.shape}, not {self._parameters.shape}, one for each parameter")
        bad = np.flatnonzero(~np.isfinite(direction))
        if len(bad):
            raise DataError(f"vector[{bad[0]}] is {direction[bad[0]]}: a direction is of finite numbers")
        size = float(np.abs(direction).max(initial=0))
        if size == 0:
            return np.zeros(len(direction), self.dtype)
        batch = read_batch(inputs, lengths, self.n_inputs, self.dtype)
        there = self._parameters + 1j * COMPLEX_STEP * (direction / size)
        _, gradient, _ = self._engine.in_complex().value_and_grad(there, batch, targets, resolve_loss(loss), None)
        return np.asarray(gradient.imag / COMPLEX_STEP * size, self.dtype)

    def simulator(self, n_samples: int = 1, *, state: State | None = None) -> Simulator:
        """Return a `Simulator`, which runs the network step by step with the same numbers as ``run``."""
        return Simulator(self, n_samples, state)

    def matrices(self) -> Matrices:
        """Return {delay: scipy.sparse.csr_array W[target, source]} in node order, with parallel synapses summed.

        Values are scale * w.  Gated synapses are in the attribute ``gated``, as (key, delay, gate, gate_delay, value).
        """
        table, delays = self._table, resolve_delays(self._table)
        value = self._all_numbers()[self._numbers.weight] * table.edge("scale")
        plain = delays.gate < 0
        found = Matrices()
        for delay in np.unique(delays.delay[plain]).tolist():
            some = plain & (delays.delay == delay)
            found[delay] = csr_array(
                (value[some], (table.target[some], table.source[some])), shape=(self.n_nodes, self.n_nodes)
            )
        found.gated = [
            GatedSynapse(
                table.edge_key(i),
                int(delays.delay[i]),
                table.nodes[delays.gate[i]],
                int(delays.gate_delay[i]),
                float(value[i]),
            )
            for i in np.flatnonzero(~plain).tolist()
        ]
        return found

    def to_table(self) -> GraphTable:
        """Return the columnar form of ``to_graph``."""
        table, numbers = self._table, self._all_numbers()
        learnt_numbers = numbers[: self._program.n_parameters]
        for code, limits in enumerate(self._numbers.limits):
            for limit in limits:
                # float32 may round a tau of dt to less than dt, which is not allowed in a drawing
                if limit != limit.astype(self.dtype):
                    rounded = (self._numbers.limit == code) & (self._parameters == limit.astype(self.dtype))
                    learnt_numbers[rounded] = limit
        nodes = {}
        for name, slots in self._numbers.neurons.items():
            learnt = (slots >= 0) & (slots < self._program.n_parameters)
            if learnt.any():
                values = np.where(learnt, numbers[slots], table.node(name))
                nodes[name] = Column(values, learnt | table.node_gives(name))
        return table.with_columns(nodes, {"weight": Column(numbers[self._numbers.weight])})

    def parameters_from(self, table: GraphTable) -> Array:
        """Return ``parameters`` with the numbers that a table of the same drawing declares, (n_parameters,)."""
        values = self._parameters.astype(np.float64)
        columns = {
            "weight": table.edge_columns.get("weight"),
            **{name: table.node_columns.get(name) for name in NUMBERS},
        }
        for name, slots in {"weight": self._numbers.weight, **self._numbers.neurons}.items():
            column = columns[name]
            if column is not None:
                some = column.given() & (slots >= 0) & (slots < len(values))
                values[slots[some]] = column.values[some]
        return values

    def scaled(self, factors: Any) -> Network:
        """Return the network with the ``scale`` of each synapse multiplied by a factor; 0 removes a synapse.

        It has a copy of the parameters, in the same order; nothing is compiled again.  A synapse with a sign whose
        factor is negative has the other sign, so that its drawing declares ``sign=0`` for it.

        Parameters
        ----------
        factors : (n_edges,), or one number
            In the order of ``to_table``.

        Raises
        ------
        DataError
            If the factors are not one finite number for each synapse.

        Examples
        --------
        >>> import graphnet as gn
        >>> net = gn.compile(gn.graphs.direct(1, 2, 1), seed=0)
        >>> cut = net.scaled([key[0] != key[1] for key in net.to_graph().edges])  # no neuron feeds itself
        >>> cut.run([[[1.0], [0.0]]])[0, 1].tolist()
        [0.0]
        """
        array = as_array(factors, "factors", np.dtype(np.float64))
        if array.shape not in ((), (self.n_edges,)) or not np.isfinite(array).all():
            raise DataError(f"factors are of shape {array.shape}, not {self.n_edges} finite numbers, one a synapse")
        array = np.broadcast_to(array, self.n_edges)
        made, edges = copy(self), {"scale": Column(self._table.edge("scale") * array)}
        turned = (array < 0) & (strength_signs(self._table) != 0)
        if turned.any():
            declared = self._table.edge_gives("sign") | turned
            edges["sign"] = Column(np.where(turned, 0, self._table.edge("sign")), declared)
        made._table = self._table.with_columns({}, edges)
        made._program = replace(self._program, scales=self._program.scales * array[self._program.edges])
        made._engine = Engine(made._program, self._table.nodes, self._engine.backend)
        return made

    def to_graph(self) -> nx.DiGraph:
        """Return the drawing with learnt numbers: weight on every edge, and bias and initial if learnt."""
        return self.to_table().to_networkx()

    def summary(self) -> str:
        """Return the schedule in node names: stages, levels and blocks; and why kernels cannot run it, if so."""
        lines = [describe_program(self._table, self._program, str(self.dtype))]
        reason = unsupported(self._program, self._table.nodes) if self.backend == "reference" else None
        return "\n".join([*lines, *[f"backend reference: {reason}"] * (reason is not None)])

    def plot(self, **options: Any) -> Any:
        """Draw the network; the keywords are those of ``gn.plots.draw``.

        Returns
        -------
        matplotlib.axes.Axes
        """
        return hook("plot_network")(self, **options)

    def estimate(self, n_samples: int, n_steps: int) -> Estimate:
        """Return the bytes at the peak of ``run`` and ``value_and_grad``, without running them.

        Returns
        -------
        Estimate
            ``run`` and ``value_and_grad``; the inputs and targets themselves are not counted.
        """
        n_samples, n_steps = whole_number(n_samples, "n_samples", 1), whole_number(n_steps, "n_steps", 1)
        return self._engine.estimate(n_samples, n_steps, self.dtype.itemsize)

    def _nodes_to_record(self, record: Any) -> list[Hashable]:
        return [] if record is None else list(dict.fromkeys(read_names(record, "record", self._table.index)))

    def _all_numbers(self) -> Array:
        return np.concatenate([self._parameters.astype(np.float64), self._program.fixed])


def _carried_over(net: Network, like: Network) -> Array:
    """Return the parameters of ``net``, with the values of ``like`` for those of the same kind and key."""
    if not isinstance(like, Network):
        raise DataError(f"like is a {type(like).__name__}, not a Network")
    known = {(row.kind, row.tied, row.key): row.value for row in like.parameter_table()}
    values = [known.get((row.kind, row.tied, row.key), row.value) for row in net.parameter_table()]
    return np.clip(np.array(values, np.float64), net.bounds[:, 0], net.bounds[:, 1])
