"""Data of every kind at every entry: the numbers are those of the data as floats, or an error says what to give."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import graphnet as gn
from graphnet.losses import Weighted, resolve_loss

NET = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
INPUTS = np.array([[[1.0], [0.0], [1.0]], [[0.0], [1.0], [1.0]]])
TARGETS = INPUTS[:, ::-1].copy()
LENGTHS = np.array([3, 2])
WEIGHTS = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
HALF = np.arange(len(NET.parameters)) % 2.0


def squares(outputs: Any, targets: Any, mask: Any) -> tuple[float, Any]:
    """Return a loss without checks."""
    return resolve_loss("mse")(outputs, np.asarray(targets, float), mask)


def fitted(inputs: Any, targets: Any, **more: Any) -> Any:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    gn.fit(net, inputs, targets, epochs=2, seed=0, **more)
    return net.parameters


def with_parameters(values: Any) -> Any:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    net.parameters = values
    return net.run(INPUTS)


def gradient(inputs: Any, targets: Any, **more: Any) -> Any:
    value, slopes = NET.value_and_grad(inputs, targets, **more)
    return np.append(slopes, value)


def scores(*arguments: Any, **more: Any) -> Any:
    return np.array(list(gn.metrics.evaluate(NET, *arguments, **more).values()))


def standardized(*arguments: Any, **more: Any) -> Any:
    drawn = gn.graphs.standardized(gn.graphs.elman(1, 2, 1), *arguments, **more)
    return gn.compile(drawn, seed=0).run(INPUTS)


class Entry(NamedTuple):
    """Data where they enter: a call that takes them, and what they are as floats."""

    call: Callable[[Any], Any]
    data: Any


ENTRIES = {
    "run inputs": Entry(lambda x: NET.run(x), INPUTS),
    "value_and_grad inputs": Entry(lambda x: gradient(x, TARGETS), INPUTS),
    "value_and_grad targets": Entry(lambda y: gradient(INPUTS, y), TARGETS),
    "targets of a function": Entry(lambda y: gradient(INPUTS, y, loss=squares), TARGETS),
    "vjp inputs": Entry(lambda x: NET.vjp(x, TARGETS).parameters, INPUTS),
    "vjp grad_outputs": Entry(lambda y: NET.vjp(INPUTS, y).parameters, TARGETS),
    "hvp inputs": Entry(lambda x: NET.hvp(x, TARGETS, HALF), INPUTS),
    "hvp targets": Entry(lambda y: NET.hvp(INPUTS, y, HALF), TARGETS),
    "hvp vector": Entry(lambda v: NET.hvp(INPUTS, TARGETS, v), HALF),
    "state values": Entry(
        lambda v: NET.run(INPUTS, state=NET.state(2, dict.fromkeys(NET.to_graph(), v))), np.array([1.0, 0.0])
    ),
    "parameters": Entry(with_parameters, HALF),
    "simulator": Entry(lambda x: NET.simulator(2).step(x), INPUTS[:, 0]),
    "scaled": Entry(lambda f: NET.scaled(f).run(INPUTS), np.arange(NET.n_edges) % 2.0),
    "fit inputs": Entry(lambda x: fitted(x, TARGETS), INPUTS),
    "fit targets": Entry(lambda y: fitted(INPUTS, y), TARGETS),
    "fit weights": Entry(lambda w: fitted(INPUTS, TARGETS, weights=w), WEIGHTS),
    "fit validation": Entry(lambda x: fitted(INPUTS, TARGETS, validation=(x, TARGETS), patience=1), INPUTS),
    "evaluate inputs": Entry(lambda x: scores(x, TARGETS), INPUTS),
    "evaluate targets": Entry(lambda y: scores(INPUTS, y), TARGETS),
    "evaluate weights": Entry(lambda w: scores(INPUTS, TARGETS, weights=w), WEIGHTS),
    "Weighted": Entry(lambda w: gradient(INPUTS, TARGETS, loss=Weighted("mse", w)), WEIGHTS),
    "class_weights": Entry(lambda w: gn.losses.CrossEntropy(class_weights=w).class_weights, np.array([1.0, 0.0])),
    "metrics outputs": Entry(lambda y: gn.metrics.r2(y, TARGETS), INPUTS),
    "metrics targets": Entry(lambda y: gn.metrics.mae(INPUTS, y), TARGETS),
    "classes": Entry(lambda y: gn.metrics.confusion_matrix(np.eye(2)[[[0, 0, 1], [1, 0, 1]]], y), TARGETS[:, :, 0]),
    "standardized inputs": Entry(lambda x: standardized(x), INPUTS),
    "standardized weights": Entry(lambda w: standardized(INPUTS, TARGETS, weights=w), WEIGHTS),
    "bench inputs": Entry(lambda x: gn.bench.time_network(NET, x, TARGETS, rounds=1).rows[0].synapse_steps, INPUTS),
    "check_gradients inputs": Entry(lambda x: str(gn.testing.check_gradients(NET, x, TARGETS)), INPUTS),
}
LENGTHS_OF = {
    "run": Entry(lambda n: NET.run(INPUTS, lengths=n), LENGTHS),
    "value_and_grad": Entry(lambda n: gradient(INPUTS, TARGETS, lengths=n), LENGTHS),
    "vjp": Entry(lambda n: NET.vjp(INPUTS, TARGETS, lengths=n).parameters, LENGTHS),
    "hvp": Entry(lambda n: NET.hvp(INPUTS, TARGETS, HALF, lengths=n), LENGTHS),
    "fit": Entry(lambda n: fitted(INPUTS, TARGETS, lengths=n), LENGTHS),
    "evaluate": Entry(lambda n: scores(INPUTS, TARGETS, lengths=n), LENGTHS),
    "metrics": Entry(lambda n: gn.metrics.r2(INPUTS, TARGETS, lengths=n), LENGTHS),
    "standardized": Entry(lambda n: standardized(INPUTS, lengths=n), LENGTHS),
}


def strided(array: Any) -> Any:
    """Return the same numbers with negative strides."""
    flip = (slice(None, None, -1),) * array.ndim
    return np.ascontiguousarray(array[flip])[flip]


def read_only(array: Any) -> Any:
    copied = array.copy()
    copied.flags.writeable = False
    return copied


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "list": lambda array: array.tolist(),
    "list of arrays": list,
    "tuple": lambda array: tuple(array.tolist()),
    "read-only": read_only,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "Fortran order": np.asfortranarray,
    "negative strides": strided,
    "every other": lambda array: np.repeat(array, 2, axis=0)[::2],
    "mask of nothing": np.ma.masked_array,
    "list with a mask of nothing": lambda array: [np.ma.masked_array(row) for row in array],
}
NUMBERS: dict[str, Callable[[Any], Any]] = {
    **LAYOUTS,
    **{dtype: lambda array, dtype=dtype: array.astype(dtype) for dtype in ("f2", "f4", "g", "b", "B", "?", ">i4", "Q")},
}
WHOLE: dict[str, Callable[[Any], Any]] = {
    **LAYOUTS,
    **{dtype: lambda array, dtype=dtype: array.astype(dtype) for dtype in ("b", "B", ">i4", "Q")},
    "Series": pd.Series,
    "nullable": lambda array: pd.array(array, dtype="Int8"),
}


def masked(array: Any) -> Any:
    """Mask the last entry, which may be past a sequence's end."""
    mask = np.zeros(array.shape, bool)
    mask[(-1,) * array.ndim] = True
    return np.ma.masked_array(array, mask)


def ragged(array: Any) -> Any:
    return [[1.0], [1.0, 0.0]]


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "masked": (masked, r"1 of \d+ entr(y|ies) is masked.*: give "),
    "list of masked": (lambda array: [*array[:-1], masked(array[-1:])[0]], r"1 of \d+ entr(y|ies) is masked.*: give "),
    "text": (lambda array: array.astype(str), "text become floats with .*astype"),
    "bytes": (lambda array: array.astype(bytes), "text become floats with .*astype"),
    "objects": (lambda array: array.astype(object), "become floats with .*astype"),
    "Fraction": (lambda array: np.vectorize(Fraction, otypes=[object])(array).tolist(), "become floats with .*astype"),
    "Decimal": (lambda array: np.vectorize(Decimal, otypes=[object])(array).tolist(), "become floats with .*astype"),
    "None": (lambda array: np.where(array > 1, array, None), "become floats with .*astype"),
    "beyond 64 bits": (lambda array: array.astype(int).astype(object) + (1 << 64), "become floats with .*astype"),
    "complex": (lambda array: array + 0j, r"take \.real"),
    "dates": (lambda array: array.astype("M8[D]"), "times become numbers"),
    "durations": (lambda array: array.astype("m8[D]"), "times become numbers"),
    "fields": (lambda array: array.astype([("a", float), ("b", int)]), "structured_to_unstructured"),
    "masked fields": (lambda array: np.ma.masked_all(array.shape, [("a", float), ("b", int)]), "masked"),
    "ragged": (ragged, "ragged"),
    "sparse": (lambda array: csr_array(array.reshape(len(array), -1)), r"\.toarray\(\)"),
    "generator": (lambda array: (each for each in array), "instead of a generator"),
    "dict": (lambda array: dict(enumerate(array)), "instead of a dict"),
    "nullable": (lambda array: pd.DataFrame({"a": pd.array([True, None]), "b": [0.5, 1.0]}), "become floats"),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_of_any_dtype_and_layout_give_those_of_floats(entry: str, kind: str) -> None:
    call, data = ENTRIES[entry]
    assert np.array_equal(call(NUMBERS[kind](data)), call(data))


@pytest.mark.parametrize("entry", LENGTHS_OF)
@pytest.mark.parametrize("kind", WHOLE)
def test_lengths_of_any_dtype_and_layout_give_those_of_int64(entry: str, kind: str) -> None:
    call, data = LENGTHS_OF[entry]
    assert np.array_equal(call(WHOLE[kind](data)), call(data))


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (entry, kind)
        for entry in ENTRIES
        for kind in REFUSED
        # a function may take targets of any dtype
        if entry != "targets of a function" or kind in ("masked", "list of masked", "masked fields", "ragged")
        # class weights are settings, which may be numbers of any type
        if entry != "class_weights" or kind not in ("Fraction", "Decimal")
    ],
)
def test_what_is_not_numbers_is_refused_with_what_to_give(entry: str, kind: str) -> None:
    call, data = ENTRIES[entry]
    make, advice = REFUSED[kind]
    with pytest.raises(gn.DataError, match=advice):
        call(make(data))


@pytest.mark.parametrize("entry", LENGTHS_OF)
@pytest.mark.parametrize("kind", [*REFUSED, "floats", "booleans", "missing", "one"])
def test_lengths_that_are_not_whole_numbers_are_refused(entry: str, kind: str) -> None:
    more: dict[str, Callable[[Any], Any]] = {
        "floats": lambda array: array.astype(float),
        "booleans": lambda array: array > 2,
        "missing": lambda array: pd.array([3, None], dtype="Int64"),
        "one": lambda array: 3,
    }
    call, data = LENGTHS_OF[entry]
    with pytest.raises(gn.DataError, match=r"^lengths"):
        call((more.get(kind) or REFUSED[kind][0])(data))


@pytest.mark.parametrize("dtype", ["u1", "i1"])
def test_long_sequences_have_lengths_in_one_byte(dtype: str) -> None:
    inputs, lengths = np.ones((2, 300, 1)), np.array([100, 7])
    assert np.array_equal(NET.run(inputs, lengths=lengths.astype(dtype)), NET.run(inputs, lengths=lengths))
