"""Flow of a loss's gradient back through time, lag by lag and by kind of feedback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..compiler.neurons import has_leak, has_tau
from ..errors import DataError
from ..language.activations import ACTIVATIONS, Activation
from ..language.arrays import Array
from ..language.delays import order_layers, resolve_delays
from ..language.feedback import KINDS, kinds_of
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..language.ties import hand_down_ties
from ..losses import Loss, LossFunction, resolve_loss
from ..network.network import Network, compile
from ..train.data import check_sequences
from ..train.flow import longest_of

COLUMNS = ("direct", "lateral", "indirect", "forward")
AT_ONCE = 1 << 22
"""Number of values of all neurons, steps and samples that are held at a time."""


@suggests_keywords
def gradient_flow(
    net: Network,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    lengths: Any = None,
) -> pd.DataFrame:
    """Measure how much of the gradient of a loss reaches back so many steps, and through which synapses.

    Taken is the part of the gradient that starts at the last counted step T: that of the loss with respect to the
    outputs there.  With L the loss through these outputs alone, the norm at a lag is

        sqrt(sum over neurons j and samples of (dL / d y_j(T - lag))^2),

    where the derivative is total: by all paths, of whatever delays.  It is the sum of the parts that arrive from the
    values which the neuron changes directly, through each of its synapses; ``direct``, ``lateral``, ``indirect`` and
    ``forward`` are the norms of the sums of these parts over the synapses of one kind (see ``gn.feedback``).  As parts
    may cancel, norms of kinds do not add up to that of all.

    Gates count as a synapse from the gate to the target, and leak and tau as a self-loop.  Of a neuron with tau the
    value is its state s.

    Parameters
    ----------
    net : Network
        Without reverse neurons, which have another direction of time.
    inputs, targets, loss, lengths
        As for ``gn.evaluate``; only the longest sequences are used, so that every lag has the same samples.

    Returns
    -------
    pandas.DataFrame
        Columns ``lag``, from 0 to the first step, ``norm``, ``direct``, ``lateral``, ``indirect`` and ``forward``.  All
        are 0 where no path reaches back so far.

    Raises
    ------
    DataError
        If the data do not fit, or there are reverse neurons.

    Notes
    -----
    Norms are over neurons and samples, so that they are comparable between lags and kinds of one network, and not
    between networks of different sizes.  The network is compiled once more, with an input for each neuron.

    References
    ----------
    Bengio, Y., Simard, P. & Frasconi, P. (1994). Learning long-term dependencies with gradient descent is difficult.
    IEEE Transactions on Neural Networks 5(2).
    Pascanu, R., Mikolov, T. & Bengio, Y. (2013). On the difficulty of training recurrent neural networks. ICML,
    equations 3 to 5.

    Examples
    --------
    >>> import graphnet as gn
    >>> graph = gn.graphs.direct(1, 1, 1)
    >>> graph.edges[("hidden", 0), ("hidden", 0)]["weight"] = 0.5
    >>> graph.edges[("hidden", 0), ("output", 0)]["weight"] = 1.0
    >>> graph.nodes["hidden", 0]["activation"] = "identity"
    >>> frame = gradient_flow(gn.compile(graph, seed=0), np.zeros((1, 4, 1)), [[1.0]])
    >>> frame["norm"].round(3).tolist(), frame["direct"].tolist(), frame["forward"].tolist()
    ([2.828, 1.0, 0.5, 0.25], [0.0, 1.0, 0.5, 0.25], [2.0, 0.0, 0.0, 0.0])
    """
    if not isinstance(net, Network):
        raise DataError(f"gradient_flow: net is a {type(net).__name__}, not a Network")
    resolved = resolve_loss(loss)
    if net.program.stages["reverse"].any():
        raise DataError("gradient_flow: some neurons live in reversed time, and a lag has no meaning for them")
    data = check_sequences(net, resolved, inputs, targets, lengths)
    batch = longest_of(data.batch(0, len(data.rows)))
    n_steps = batch.inputs.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        grad_outputs = resolved(net.run(batch.inputs), batch.targets, batch.mask, batch.weights)[1]
        counted = np.flatnonzero(grad_outputs.any(axis=(0, 2)))
        last = int(counted[-1]) if len(counted) else n_steps - 1
        backward = _Backward(net)
        squares = np.zeros((1 + len(KINDS), last + 1))
        part = max(1, AT_ONCE // (net.n_nodes * n_steps))
        for first in range(0, batch.n_samples, part):
            some = slice(first, first + part)
            squares += backward.squares(batch.inputs[some, : last + 1], grad_outputs[some, last])
        norms = dict(zip(("norm", *KINDS), np.sqrt(squares[:, ::-1]), strict=True))
    return pd.DataFrame({"lag": np.arange(last + 1), **{name: norms[name] for name in ("norm", *COLUMNS)}})


class _Backward:
    """The backward pass of a network, neuron by neuron and kind by kind.

    Gradients of all z are those of inputs that are added to the drawing, one for each neuron.  Through the synapses
    these are passed back to the values, arrays (n_nodes, n_steps, n_samples); those of kinds are (n_kinds * n_nodes,
    n_steps, n_samples).
    """

    def __init__(self, net: Network) -> None:
        self.net, self.table = net, hand_down_ties(net.to_table())
        self.neurons = np.flatnonzero(~self.table.has_role("input"))
        self.outputs = np.flatnonzero(self.table.has_role("output"))
        self.probed = _with_probes(net, self.table, self.neurons)
        self.plain, self.gated = _matrices(self.table), list(_gated(self.table))

    def squares(self, inputs: Array, grad_last: Array) -> Array:
        """Return the squared norm of all and of each kind at each step, (1 + n_kinds, n_steps).

        ``inputs`` is (n_samples, n_steps, n_inputs), ``grad_last`` (n_samples, n_outputs) the gradient of the outputs
        at the last step.
        """
        grad_z = self._grad_z(inputs, grad_last)
        parts = np.zeros((len(KINDS) * len(grad_z), *grad_z.shape[1:]))
        for delay, matrix in self.plain.items():
            n_reached = grad_z.shape[1] - delay
            if n_reached > 0:
                passed = matrix @ grad_z[:, delay:].reshape(len(grad_z), -1)
                parts[:, :n_reached] += passed.reshape(len(parts), n_reached, -1)
        if self.gated:
            self._pass_gated(inputs, grad_z, parts)
        kinds = parts.reshape(len(KINDS), *grad_z.shape)
        total = kinds.sum(axis=0)
        total[self.outputs, -1] += grad_last.T
        self._pass_own(inputs, total, kinds)
        every = np.concatenate([total[np.newaxis], kinds])[:, self.neurons]
        return np.square(every).sum(axis=(1, 3))

    def _grad_z(self, inputs: Array, grad_last: Array) -> Array:
        n_samples, n_steps, n_inputs = inputs.shape
        probes = np.zeros((n_samples, n_steps, n_inputs + len(self.neurons)), self.net.dtype)
        probes[:, :, :n_inputs] = inputs
        grad_outputs = np.zeros((n_samples, n_steps, grad_last.shape[1]), self.net.dtype)
        grad_outputs[:, -1] = grad_last
        found = self.probed.vjp(probes, grad_outputs).inputs[:, :, n_inputs:]
        grad_z = np.zeros((self.table.n_nodes, n_steps, n_samples))
        grad_z[self.neurons] = found.transpose(2, 1, 0)
        return grad_z

    def _pass_gated(self, inputs: Array, grad_z: Array, parts: Array) -> None:
        """Add what arrives through gated synapses, at their source and at their gate."""
        involved = np.unique(np.concatenate([np.concatenate([each.source, each.gate]) for each in self.gated]))
        n_before = max(max(each.delay, each.gate_delay) for each in self.gated)
        values = self._values(inputs, involved, n_before)
        place = np.zeros(self.table.n_nodes, np.int64)
        place[involved] = np.arange(len(involved))
        for each in self.gated:
            source, gate = place[each.source], place[each.gate]
            for step in range(grad_z.shape[1]):
                grad = each.strength[:, np.newaxis] * grad_z[each.target, step]
                if step >= each.delay:
                    times = values[gate, n_before + step - each.gate_delay]
                    parts[:, step - each.delay] += each.to_source @ (grad * times)
                if step >= each.gate_delay:
                    times = values[source, n_before + step - each.delay]
                    parts[:, step - each.gate_delay] += each.to_gate @ (grad * times)

    def _values(self, inputs: Array, nodes: Array, n_before: int) -> Array:
        """Return the values of some nodes, from ``n_before`` steps before the start on, (n, n_steps, n_samples)."""
        names = [self.table.nodes[i] for i in nodes.tolist()]
        recorded = self.net.run(inputs, record=names).recorded
        initial = self.table.node("initial").astype(np.float64)
        for i in np.flatnonzero(has_tau(self.table)).tolist():
            initial[i] = self._activation(i).function(initial[i : i + 1])[0]
        before = np.broadcast_to(initial[nodes, np.newaxis, np.newaxis], (len(nodes), n_before, len(inputs)))
        after = np.stack([recorded[name].T for name in names])
        return np.concatenate([before, after], axis=1)

    def _pass_own(self, inputs: Array, total: Array, kinds: Array) -> None:
        """Add what arrives through leak and tau, step by step from the last, to all and to direct feedback."""
        direct, n_steps = kinds[KINDS.index("direct")], total.shape[1]
        leaky, lasting = np.flatnonzero(has_leak(self.table)), np.flatnonzero(has_tau(self.table))
        if len(lasting):
            slopes = self._slopes(inputs, lasting)
            total[lasting] *= slopes
            kinds[:, lasting] *= slopes
        kept = np.ones((self.table.n_nodes, 1))
        kept[leaky, 0] -= self.table.node("leak")[leaky]
        kept[lasting, 0] -= self.net.dt / self.table.node("tau")[lasting]
        rows, onset = np.concatenate([leaky, lasting]), self.table.node("onset")[:, np.newaxis]
        for step in range(n_steps - 2, -1, -1) if len(rows) else ():
            own = np.where(step + 1 >= onset[rows], kept[rows] * total[rows, step + 1], 0.0)
            total[rows, step] += own
            direct[rows, step] += own

    def _slopes(self, inputs: Array, nodes: Array) -> Array:
        """Return the derivative of y by the state s of neurons with tau, (n_nodes, n_steps, n_samples)."""
        state, states = self.net.state(len(inputs)), []
        last = state.layout.ends[nodes] - 1
        for step in range(inputs.shape[1]):
            state = self.net.run(inputs[:, step : step + 1], state=state, return_state=True).state
            states.append(state.history[last])
        slopes = np.stack(states, axis=1).astype(np.float64)
        for row, node in enumerate(nodes.tolist()):
            activation = self._activation(node)
            argument = activation.function(slopes[row]) if activation.from_output else slopes[row]
            slopes[row] = activation.derivative(argument)
        return slopes

    def _activation(self, node: int) -> Activation:
        """Return the activation of a neuron without a group."""
        column = self.table.node_columns.get("activation")
        if column is not None and column.given()[node]:
            return ACTIVATIONS[column.value(node)]
        return ACTIVATIONS["identity" if self.table.has_role("output")[node] else "tanh"]


@dataclass(frozen=True, eq=False)
class _GatedSynapses:
    """Gated synapses of the same delays; ``to_source`` and ``to_gate`` (n_kinds * n_nodes, n_synapses) sum them."""

    delay: int
    gate_delay: int
    source: Array
    target: Array
    gate: Array
    strength: Array
    to_source: csr_array
    to_gate: csr_array


def _with_probes(net: Network, table: GraphTable, neurons: Array) -> Network:
    """Return the network with an input more for each neuron, which adds to its z."""
    # parameters may have been assigned beyond bounds, which are of no concern here
    unsigned = table.without_columns({"sign"}, {"sign"})
    names = [object() for _ in neurons]
    more = np.arange(len(names)) + table.n_nodes
    probed = unsigned.extended(names, {"role": "input"}, more, neurons, {"weight": 1.0, "trainable": False})
    return compile(probed, dtype=net.dtype, dt=net.dt, seed=0, backend=net.backend)


def _kinds(table: GraphTable, source: Array, target: Array) -> Array:
    """Return the kind of paths from one node to another as the first of the rows that sum it, (n,)."""
    return kinds_of(order_layers(table), source, target) * table.n_nodes


def _matrices(table: GraphTable) -> dict[int, csr_array]:
    """Return {delay: matrix from the gradient of all z to that of the values, kind by kind}, gated synapses not."""
    delays, shape = resolve_delays(table), (len(KINDS) * table.n_nodes, table.n_nodes)
    row = _kinds(table, table.source, table.target) + table.source
    strength, found = table.edge("scale") * table.edge("weight"), {}
    for delay in np.unique(delays.delay[delays.gate < 0]).tolist():
        some = (delays.gate < 0) & (delays.delay == delay)
        found[delay] = csr_array((strength[some], (row[some], table.target[some])), shape=shape)
    return found


def _gated(table: GraphTable) -> Iterator[_GatedSynapses]:
    """Yield the gated synapses, those of the same delays together."""
    delays, strength = resolve_delays(table), table.edge("scale") * table.edge("weight")
    gated = np.flatnonzero(delays.gate >= 0)
    pairs, which = np.unique(np.stack([delays.delay, delays.gate_delay])[:, gated], axis=1, return_inverse=True)
    for number, (delay, gate_delay) in enumerate(pairs.T.tolist()):
        edges = gated[which.ravel() == number]
        source, target, gate = table.source[edges], table.target[edges], delays.gate[edges]
        shape, column = (len(KINDS) * table.n_nodes, len(edges)), np.arange(len(edges))
        ones = np.ones(len(edges))
        to_source = csr_array((ones, (_kinds(table, source, target) + source, column)), shape=shape)
        to_gate = csr_array((ones, (_kinds(table, gate, target) + gate, column)), shape=shape)
        yield _GatedSynapses(delay, gate_delay, source, target, gate, strength[edges], to_source, to_gate)
