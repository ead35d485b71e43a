"""Gradient checks: back-propagation through time compared with the complex step, number by number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from ..errors import DataError
from ..execute.batch import Batch, read_batch
from ..execute.contract import State
from ..language.activations import ACTIVATIONS
from ..language.arrays import Array
from ..language.checks import as_array, whole_number
from ..language.table import GraphTable
from ..losses import Loss, LossFunction, resolve_loss
from ..network.network import COMPLEX_STEP, Network, compile
from .activation_checks import EXACT, find_kinks, find_wrong_derivatives
from .gradient_comparison import Comparison, Pair, some_of, with_errors
from .gradient_report import GradientReport

TOLERANCES = {"float64": EXACT, "float32": 1e-3}


def check_gradients(
    network: Network | nx.DiGraph | GraphTable,
    inputs: Any = None,
    targets: Any = None,
    *,
    lengths: Any = None,
    state: State | None = None,
    loss: str | Loss | LossFunction | None = None,
    n_samples: int = 3,
    n_steps: int = 8,
    seed: int = 0,
    tolerance: float | None = None,
    max_entries: int = 1000,
    n_directions: int = 5,
) -> GradientReport:
    """Compare the gradients of back-propagation with complex-step derivatives through the same matrices.

    Without ``targets``, the gradients are those of a randomly weighted sum of all outputs at all steps and, unless
    neurons run in reversed time, of the final state; the sum runs over two starts, ``initial`` and a random state.
    With ``targets``, they are those of the loss, whose own gradient is compared as well (kind "output").

    Parameters
    ----------
    network : Network, or a drawing
        A drawing is compiled in double precision, with open weights drawn from ``seed``.
    inputs : (n_samples, n_steps, n_inputs), optional
        By default normal random numbers, ``n_samples`` x ``n_steps``, in sequences of unequal length.
    targets, loss
        As for ``Network.value_and_grad``; the loss has to accept complex outputs.
    lengths : (n_samples,), optional
    state : State, optional
        State to start from, in place of the two starts above.
    n_samples, n_steps : int
        Shape of random inputs.
    seed : int
        Seed of all random numbers.
    tolerance : float, optional
        Largest error relative to the largest entry of the same kind; by default 1e-10, and 1e-3 for float32.
    max_entries : int
        Number of entries of a kind to compare one by one, drawn at random if it has more.  Inputs and states are
        compared for all samples together, so that a few more may be compared.
    n_directions : int
        Number of random directions in all parameters, inputs and states together to compare as well.

    Returns
    -------
    GradientReport
        Its ``ok`` is True if all gradients agree.

    Raises
    ------
    GraphError
        If the drawing has problems.
    DataError
        If the data are not valid, or an activation or the loss cannot be computed in complex numbers.

    Notes
    -----
    Gradients that are not finite count as wrong, and numpy's warnings about them are suppressed.  Each entry costs one
    forward run in complex numbers; an input or a state costs one for all samples together.

    Examples
    --------
    >>> import graphnet as gn
    >>> report = check_gradients(gn.graphs.lstm(2, 3, 1))
    >>> report.ok, report.totals["weight"]
    (True, (63, 63))
    >>> print(report)  # doctest: +ELLIPSIS
    gradients agree, largest relative error ... (tolerance 1e-10)
      compared: 13 biases, 63 weights, 48 inputs, 18 states, 5 directions

    References
    ----------
    Squire, W. & Trapp, G. (1998). Using complex variables to estimate derivatives of real functions. SIAM Review 40(1).
    Martins, J., Sturdza, P. & Alonso, J. (2003). The complex-step derivative approximation. ACM TOMS 29(3).
    """
    net = network if isinstance(network, Network) else compile(network, seed=seed)
    rng = np.random.default_rng(whole_number(seed, "seed", 0))
    whole_number(max_entries, "max_entries", 1)
    whole_number(n_directions, "n_directions", 0)
    if loss is not None and targets is None:
        raise DataError("a loss needs targets: give both or neither")
    if inputs is None:
        shape = whole_number(n_samples, "n_samples", 1), whole_number(n_steps, "n_steps", 1), net.n_inputs
        inputs = rng.standard_normal(shape)
        if lengths is None and targets is None:
            lengths = rng.integers(1, n_steps, n_samples, endpoint=True)
            lengths[0] = n_steps
    batch = read_batch(inputs, lengths, net.n_inputs, net.dtype)
    inputs = as_array(inputs, "inputs", net.dtype).astype(np.float64)
    if state is not None:
        state = net.checked_state(state, batch.n_samples)
    _refuse_real_functions(net)

    outputs: list[Pair] = []
    grad_state, starts = None, [state]
    with np.errstate(all="ignore"):
        if targets is not None:
            given = net.run(inputs, lengths=lengths, state=state).astype(np.float64)
            resolved = resolve_loss("mse" if loss is None else loss)
            grad_outputs, outputs = _loss_entries(net, given, targets, resolved, batch, max_entries, rng)
        else:
            grad_outputs = rng.standard_normal((batch.n_samples, batch.n_steps, net.n_outputs))
            if not net.program.stages["reverse"].any():
                grad_state = _random_state(net, batch.n_samples, rng)
                if state is None:
                    starts.append(_random_state(net, batch.n_samples, rng))
        comparison = Comparison(net, inputs, grad_outputs, lengths=lengths, starts=starts, grad_state=grad_state)
        pairs = [*outputs, *comparison.each(max_entries, rng), *comparison.along_directions(n_directions, rng)]
        passes = [(one, one.inner_values()) for one in comparison.passes]
        derivatives, kinks = find_wrong_derivatives(passes), find_kinks(passes)
    totals = {**comparison.totals(pairs), "output": (len(outputs), 0 if targets is None else grad_outputs.size)}
    limit = TOLERANCES[net.dtype.name] if tolerance is None else float(tolerance)
    return GradientReport(with_errors(pairs, comparison.size), derivatives, kinks, totals, limit)


def assert_gradients(network: Network | nx.DiGraph | GraphTable, *args: Any, **options: Any) -> GradientReport:
    """Assert that all gradients of a network are right.

    Parameters
    ----------
    network, *args, **options
        As for ``check_gradients``.

    Returns
    -------
    GradientReport

    Raises
    ------
    AssertionError
        If a gradient is wrong; the message is the report.

    Examples
    --------
    >>> import graphnet as gn
    >>> def test_my_network():
    ...     assert_gradients(gn.graphs.gru(2, 3, 1))
    """
    report = check_gradients(network, *args, **options)
    if not report.ok:
        raise AssertionError(str(report))
    return report


def redraw_parameters(net: Network, seed: int = 0) -> Array:
    """Draw new parameters for a network, of the size of its present ones, to check gradients at another point.

    Parameters of each kind are normal, with the mean and standard deviation of the network's own.  If these are all
    equal, the standard deviation is half their absolute value, or 1/2 if they are 0.  Numbers beyond ``net.bounds`` are
    reflected at the bound.

    Parameters
    ----------
    net : Network
        The network, which keeps its parameters.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    array (n_parameters,)
        Of the network's dtype.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> net.parameters = redraw_parameters(net, seed=1)
    >>> check_gradients(net).ok
    True
    """
    rng = np.random.default_rng(whole_number(seed, "seed", 0))
    kinds, values = net.parameter_table().kind, net.parameters.astype(np.float64)
    for kind in dict.fromkeys(kinds.tolist()):
        own = values[kinds == kind]
        spread = own.std() if np.ptp(own) else abs(own[0]) / 2 or 0.5
        values[kinds == kind] = own.mean() + spread * rng.standard_normal(len(own))
    least, greatest = net.bounds.T
    values = np.maximum(values, 2 * least - values, where=np.isfinite(least), out=values)
    values = np.minimum(values, 2 * greatest - values, where=np.isfinite(greatest), out=values)
    return np.clip(values, least, greatest).astype(net.dtype)


def _random_state(net: Network, n_samples: int, rng: np.random.Generator) -> State:
    state = net.state(n_samples)
    state.history[:] = rng.standard_normal(state.history.shape)
    return state


def _loss_entries(
    net: Network,
    outputs: Array,
    targets: Any,
    loss: Loss,
    batch: Batch,
    max_entries: int,
    rng: np.random.Generator,
) -> tuple[Array, list[Pair]]:
    """Return the gradient of the loss at the network's outputs, 0 where it is not finite, and entries to compare."""
    targets = loss.check(outputs.shape, targets, batch.mask)
    gradient = np.asarray(loss(outputs.copy(), targets, batch.mask)[1])
    if gradient.shape != outputs.shape:
        raise DataError(f"the gradient of the loss has shape {gradient.shape}, not that of the outputs {outputs.shape}")
    program, nodes, pairs = net.program, net.to_table().nodes, []
    for place in some_of(np.arange(outputs.size), max_entries, rng):
        sample, step, column = (int(i) for i in np.unravel_index(place, outputs.shape))
        there = outputs.astype(np.complex128)
        there[sample, step, column] += 1j * COMPLEX_STEP
        value = _in_complex("the loss", lambda there=there: loss(there, targets, batch.mask)[0])  # type: ignore[misc]
        if not np.iscomplexobj(value):
            raise DataError(
                "the loss cannot be computed in complex numbers, as a gradient check requires: for complex outputs it "
                "returns a real number; do not use abs or float"
            )
        key = (nodes[int(program.order[program.outputs[column]])], sample, step)
        backward, forward = float(gradient[sample, step, column]), float(np.imag(value)) / COMPLEX_STEP
        pairs.append(Pair("output", key, False, backward, forward, not batch.mask[sample, step]))
    return np.where(np.isfinite(gradient), gradient, 0), pairs


def _refuse_real_functions(net: Network) -> None:
    """Raise a DataError if an activation in use cannot be computed in complex numbers."""
    for name in sorted({net.program.activations[i] for i in net.program.segments["activation"]} & ACTIVATIONS.keys()):
        function = ACTIVATIONS[name].function
        _in_complex(f"activation {name!r}", lambda f=function: f(np.array([0.5 + 1j * COMPLEX_STEP])))  # type: ignore[misc]


def _in_complex(what: str, compute: Callable[[], Any]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return compute()
    except (TypeError, np.exceptions.ComplexWarning) as error:
        raise DataError(
            f"{what} cannot be computed in complex numbers, as a gradient check requires: {error}"
        ) from error
