"""The readout of a reservoir in closed form: ridge regression of the targets on what the outputs read."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy.linalg import LinAlgError, LinAlgWarning, lstsq, solve

from ..compiler.neurons import FEATURES
from ..errors import DataError, first_of, quoted
from ..language.arrays import Array
from ..language.checks import NOT_NEGATIVE, read_inputs, read_setting, whole_number
from ..language.delays import resolve_delays, resolve_gates
from ..language.keywords import suggests_keywords
from ..losses import LOSSES, counted_rows
from ..network.network import Network

AT_ONCE = 1 << 24
"""Number of recorded values of so many samples as are run at once."""


@suggests_keywords
def ridge(
    net: Network, inputs: Any, targets: Any, *, alpha: float = 1e-6, washout: int = 0, lengths: Any = None
) -> Network:
    """Return the network with the readout that ridge regression finds; nothing else of it is learnt.

    The readout are the open weights of the synapses into the outputs, and the biases of these.  They minimise

        sum (target - output)^2 + alpha * sum (scale * w)^2

    over samples, steps and outputs; biases cost nothing.  The network given stays as it is.

    Parameters
    ----------
    net : Network
        Its outputs are linear: of activation identity, without leak, tau, onset or group, in forward time, and read by
        no neuron.  Their synapses have no gate, and the open ones no tie and no sign.
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array (n_samples, n_steps, n_outputs) or (n_samples, n_outputs)
        At every valid step, or at the last of each sequence.
    alpha : float
        Strength of the penalty, >= 0.
    washout : int
        Number of first steps of each sequence that do not count, since the state still depends on its start.
    lengths : array (n_samples,), optional
        Number of valid steps of each sequence.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If outputs are not linear, data do not fit, no step is left, or a value is not finite.

    References
    ----------
    Hoerl, A. E. & Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems. Technometrics
    12(1).
    Lukosevicius, M. (2012). A practical guide to applying echo state networks. In Neural networks: tricks of the
    trade, section 4.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.echo_state(1, 30, 1, seed=0))
    >>> inputs = np.sin(np.arange(200.0)).reshape(1, 200, 1)
    >>> fitted = gn.ridge(net, inputs[:, :-1], inputs[:, 1:], washout=20)
    >>> float(abs(fitted.run(inputs[:, :-1]) - inputs[:, 1:])[:, 20:].max().round(3))
    0.0
    """
    if not isinstance(net, Network):
        raise DataError(f"ridge: net is a {type(net).__name__}, not a Network")
    alpha = float(read_setting("alpha", alpha, NOT_NEGATIVE))
    washout = whole_number(washout, "washout", 0)
    problems = _problems(net)
    if problems:
        raise DataError("\n".join(problems))
    readout = _Readout.of(net)
    sums = _sums(net, readout, inputs, targets, lengths, washout)
    found = net.parameters.astype(np.float64)
    for output in range(net.n_outputs):
        mine = np.flatnonzero((readout.output == output) & (readout.slot >= 0))
        weights, bias = _solved(readout, sums, output, mine, alpha)
        found[readout.slot[mine]] = weights
        if readout.bias_slot[output] >= 0:
            found[readout.bias_slot[output]] = bias
    made = copy(net)
    made.parameters = found.astype(net.dtype)
    return made


@dataclass(frozen=True, eq=False)
class _Readout:
    """The synapses into the outputs of a network.

    ``output``, ``column``, ``scale``, ``weight`` and ``slot`` (-1 where fixed) have an entry for each synapse; a column
    is a source with a delay, ``nodes`` and ``delays`` (n_columns,).  ``bias`` and ``bias_slot`` are (n_outputs,).
    """

    output: Array
    column: Array
    scale: Array
    weight: Array
    slot: Array
    nodes: Array
    delays: Array
    bias: Array
    bias_slot: Array

    @classmethod
    def of(cls, net: Network) -> _Readout:
        program, table = net.program, net.to_table()
        number = np.full(net.n_nodes, -1)
        number[table.has_role("output")] = np.arange(net.n_outputs)
        mine = np.flatnonzero(number[table.target] >= 0)
        slots = _slots(net)[mine]
        pairs, column = np.unique(
            np.stack([table.source[mine], resolve_delays(table).delay[mine]]), axis=1, return_inverse=True
        )
        biases = program.neurons["bias"][program.outputs]
        numbers = np.append(net.parameters, program.fixed).astype(np.float64)
        return cls(
            number[table.target[mine]],
            column.reshape(-1),
            table.edge("scale")[mine],
            numbers[slots],
            np.where((slots < program.n_parameters) & (table.edge("scale")[mine] != 0), slots, -1),
            pairs[0],
            pairs[1],
            np.where(biases < 0, 0.0, numbers[biases]),
            np.where(biases < program.n_parameters, biases, -1),
        )


def _slots(net: Network) -> Array:
    """Return the position of the weight of each synapse among parameters and fixed numbers, (n_edges,)."""
    slots = np.zeros(net.n_edges, np.int64)
    slots[net.program.edges] = net.program.slots
    return slots


def _problems(net: Network) -> list[str]:
    """Return why the outputs are no linear readout, in the names of nodes and synapses."""
    table, n_parameters = net.to_table(), net.program.n_parameters
    is_output, gates, slots = table.has_role("output"), resolve_gates(table), _slots(net)
    linear = np.array([name == "identity" for name in net.program.activations])
    of_row = np.zeros(net.n_nodes, bool)
    for segment in net.program.segments:
        is_plain = not any(segment[name] for name in FEATURES) and not segment["group"]
        of_row[slice(*segment["row"])] = linear[segment["activation"]] and is_plain
    for stage in net.program.stages:
        of_row[slice(*stage["row"])] &= not stage["reverse"]
    mine = is_output[table.target]
    is_open = mine & (slots < n_parameters) & (table.edge("scale") != 0)
    some = np.append(slots[is_open], 0)  # one at least, to index with
    uses = np.bincount(slots[slots < n_parameters], minlength=n_parameters + 1)
    is_bounded = np.append(np.isfinite(net.bounds).any(axis=1), False)
    shares, signed = np.zeros(net.n_edges, bool), np.zeros(net.n_edges, bool)
    shares[is_open], signed[is_open] = uses[some][:-1] > 1, is_bounded[some][:-1]
    causes = {
        "an output is read": is_output[table.source] | ((gates >= 0) & is_output[gates]),
        "the synapse has a gate": mine & (gates >= 0),
        "its weight is tied": shares,
        "it has a sign, which no closed form keeps": signed,
    }
    others = [table.nodes[i] for i in np.flatnonzero(is_output & ~of_row[net.program.row]).tolist()]
    said = [
        f"ridge: output {quoted(node)} is not linear: it needs activation='identity', and no leak, tau, onset, group "
        "or reverse"
        for node in others
    ]
    problems = first_of(said, others="outputs that are not linear")
    for cause, where in causes.items():
        keys = [table.edge_key(edge) for edge in np.flatnonzero(where).tolist()]
        problems += first_of([f"ridge: synapse {quoted(key)}: {cause}" for key in keys], others="such synapses")
    return problems


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over all rows that count, of columns x and targets y less their ``shift``.

    ``xx`` (n_columns, n_columns), ``xy`` (n_columns, n_outputs), ``x`` (n_columns,), ``y`` (n_outputs,), ``n`` rows.
    """

    xx: Array
    xy: Array
    x: Array
    y: Array
    n: int
    shift_x: Array
    shift_y: Array


def _sums(net: Network, readout: _Readout, inputs: Any, targets: Any, lengths: Any, washout: int) -> _Sums:
    array, steps, mask = read_inputs(inputs, lengths, net.n_inputs, net.dtype)
    n_samples, n_steps = mask.shape
    loss = LOSSES["mse"]
    mask = mask & (np.arange(n_steps) >= washout)
    wanted = loss.check((n_samples, n_steps, net.n_outputs), targets, mask)
    if not mask.any():
        raise DataError(f"washout: {washout} leaves no step of sequences of at most {int(steps.max())} steps")
    n_columns, n_outputs, n = len(readout.nodes), net.n_outputs, 0
    xx, xy = np.zeros((n_columns, n_columns)), np.zeros((n_columns, n_outputs))
    sum_x, sum_y, shift_x, shift_y = (np.zeros(size) for size in (n_columns, n_outputs) * 2)
    at_once = max(1, AT_ONCE // max(1, n_steps * n_columns))
    for first in range(0, n_samples, at_once):
        some = slice(first, first + at_once)
        places, y = counted_rows(loss, wanted[some], mask[some])
        x = _columns(net, readout, array[some], None if lengths is None else steps[some]).reshape(-1, n_columns)[places]
        bad = np.argwhere(~np.isfinite(x))
        if len(bad):
            node = net.to_table().nodes[readout.nodes[bad[0, 1]]]
            raise DataError(f"ridge: the value of {quoted(node)} is not finite; scale its inputs or weights down")
        if not len(x):
            continue
        if not n:  # less the means of the first rows, so that sums of squares keep their digits
            shift_x, shift_y = x.mean(axis=0), y.mean(axis=0)
        x, y, n = x - shift_x, y - shift_y, n + len(x)
        xx, xy, sum_x, sum_y = xx + x.T @ x, xy + x.T @ y, sum_x + x.sum(axis=0), sum_y + y.sum(axis=0)
    return _Sums(xx, xy, sum_x, sum_y, n, shift_x, shift_y)


def _columns(net: Network, readout: _Readout, inputs: Array, lengths: Array | None) -> Array:
    """Return what outputs read, (n_samples, n_steps, n_columns)."""
    nodes = [net.to_table().nodes[i] for i in readout.nodes.tolist()]
    recorded = net.run(inputs, lengths=lengths, record=list(dict.fromkeys(nodes))).recorded
    numbers = np.append(net.parameters, net.program.fixed).astype(np.float64)
    initial = net.program.neuron_values(numbers)["initial"][net.program.row[readout.nodes]]
    initial = np.where(net.to_table().has_role("input")[readout.nodes], 0.0, initial)
    found = np.empty((*inputs.shape[:2], len(nodes)))
    for column, (node, delay) in enumerate(zip(nodes, readout.delays.tolist(), strict=True)):
        found[:, :delay, column] = initial[column]
        found[:, delay:, column] = recorded[node][:, : inputs.shape[1] - delay] if delay else recorded[node]
    return found


def _solved(readout: _Readout, sums: _Sums, output: int, mine: Array, alpha: float) -> tuple[Array, float]:
    """Return the weights of the open synapses into an output, and its bias."""
    fixed = np.flatnonzero((readout.output == output) & (readout.slot < 0))
    opened, others = readout.column[mine], readout.column[fixed]
    strengths, n = (readout.scale * readout.weight)[fixed], sums.n
    learns_bias = readout.bias_slot[output] >= 0
    # less their means, if a bias is learnt; otherwise as they are, without the shifts
    about = sums.x / n if learns_bias else -sums.shift_x
    of_targets = sums.y[output] / n if learns_bias else readout.bias[output] - sums.shift_y[output]
    xx = sums.xx - np.outer(about, sums.x) - np.outer(sums.x, about) + n * np.outer(about, about)
    xy = sums.xy[:, output] - about * sums.y[output] - sums.x * of_targets + n * about * of_targets
    left = xy[opened] - xx[np.ix_(opened, others)] @ strengths
    matrix = xx[np.ix_(opened, opened)] + alpha * np.eye(len(opened))
    try:
        with catch_warnings():
            simplefilter("error", LinAlgWarning)
            found = solve(matrix, left, assume_a="pos") if len(left) else left
    except (LinAlgError, LinAlgWarning):
        # as good as singular: the shortest of the solutions
        found = lstsq(matrix, left)[0]
    mean = sums.shift_x + sums.x / n
    bias = sums.shift_y[output] + sums.y[output] / n - mean[others] @ strengths - mean[opened] @ found
    return found / readout.scale[mine], float(bias)
