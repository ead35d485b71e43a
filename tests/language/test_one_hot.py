"""Whole numbers as inputs are one-hot, in every method and in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet import io
from graphnet.language.checks import valid_steps
from graphnet.language.one_hot import OneHot
from graphnet.train.data import check_sequences, fingerprint

NET = gn.compile(gn.graphs.elman(4, 3, 2), seed=0)
RNG = np.random.default_rng(0)
NUMBERS, LENGTHS = RNG.integers(0, 4, (5, 6)), np.array([6, 1, 3, 6, 2])
NUMBERS[~valid_steps(LENGTHS, 6)] = 99  # whatever is in the padding
DENSE = np.zeros((5, 6, 4))
for _sample, _length in enumerate(LENGTHS):
    for _step in range(_length):
        DENSE[_sample, _step, NUMBERS[_sample, _step]] = 1
TARGETS = RNG.normal(size=(5, 6, 2))


@given(st.integers(1, 4), st.integers(1, 5), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_the_number_k_is_input_k(n_samples: int, n_steps: int, n_inputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers, mask = rng.integers(0, n_inputs, (n_samples, n_steps)), rng.random((n_samples, n_steps)) < 0.7
    inputs = OneHot(np.where(mask, numbers, -5), mask, n_inputs, np.dtype(np.float32))
    whole = np.eye(n_inputs, dtype=np.float32)[numbers] * mask[:, :, np.newaxis]
    assert inputs.shape == whole.shape
    assert inputs[:, :].dtype == np.float32
    np.testing.assert_array_equal(inputs[:, :], whole)
    np.testing.assert_array_equal(inputs[[n_samples - 1, 0], :1], whole[[n_samples - 1, 0], :1])


def test_every_method_takes_them() -> None:
    given: dict[str, Any] = {"lengths": LENGTHS}
    assert NET.run(NUMBERS, **given).tobytes() == NET.run(DENSE, **given).tobytes()
    (value, gradient), (expected, there) = (NET.value_and_grad(x, TARGETS, **given) for x in (NUMBERS, DENSE))
    assert value == expected
    assert gradient.tobytes() == there.tobytes()
    back = NET.vjp(NUMBERS, TARGETS, **given)
    assert back.inputs.tobytes() == NET.vjp(DENSE, TARGETS, **given).inputs.tobytes()
    vector = np.ones(len(gradient))
    assert NET.hvp(NUMBERS, TARGETS, vector, **given).tobytes() == NET.hvp(DENSE, TARGETS, vector, **given).tobytes()
    assert gn.evaluate(NET, NUMBERS, TARGETS, **given) == gn.evaluate(NET, DENSE, TARGETS, **given)
    assert NET.run(NUMBERS.astype(np.uint8), **given).tobytes() == NET.run(DENSE, **given).tobytes()


def test_a_fit_takes_them_and_keeps_them_small(tmp_path: Path) -> None:
    nets = []
    for inputs in (NUMBERS, DENSE):
        net = gn.compile(gn.graphs.elman(4, 3, 2), seed=0)
        settings: dict[str, Any] = {"epochs": 2, "batch_size": 2, "validation": 0.4, "truncation": 3, "seed": 1}
        gn.fit(net, inputs, TARGETS, lengths=LENGTHS, **settings)
        nets.append(net)
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes()
    some = [check_sequences(NET, gn.losses.LOSSES["mse"], x, TARGETS, LENGTHS) for x in (NUMBERS, DENSE)]
    assert isinstance(some[0].inputs, OneHot)
    assert fingerprint(some[0]) == fingerprint(some[1])


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([[0, 4]], r"^inputs at sample 0, step 1: 4; whole numbers .* from 0 to 3, the last of the 4 inputs; 1 such$"),
        ([[0, 1], [-1, -2]], r"^inputs at sample 1, step 0: -1; .*; 2 such$"),
        (np.zeros((0, 3), int), r"^inputs have shape \(0, 3\): at least one sample and one step"),
        (np.zeros((2, 3)), r"^inputs have shape \(2, 3\), not \(n_samples, n_steps, 4\)"),
        (np.zeros((2, 3), bool), r"^inputs have shape \(2, 3\), not \(n_samples, n_steps, 4\)"),
    ],
)
def test_numbers_that_are_no_inputs_are_refused(numbers: Any, said: str) -> None:
    with pytest.raises(gn.DataError, match=said):
        NET.run(numbers)


def test_one_input_takes_none() -> None:
    with pytest.raises(gn.DataError, match=r"^inputs have shape \(1, 2\), not \(n_samples, n_steps, 1\)"):
        gn.compile(gn.graphs.elman(1, 2, 1), seed=0).run([[0, 0]])


def test_a_file_of_whole_numbers_and_of_those_that_follow(tmp_path: Path) -> None:
    np.savez(tmp_path / "text.npz", x=NUMBERS, lengths=LENGTHS + 0)
    data = io.read_data(tmp_path / "text.npz", targets=False)
    assert NET.run(data.x, lengths=data.lengths).tobytes() == NET.run(DENSE, lengths=LENGTHS).tobytes()
    np.savez(tmp_path / "text.npz", x=np.array([[0, 1, 2, 3]]))
    data = io.read_data(tmp_path / "text.npz", ahead=1)
    assert data.y is not None
    assert (data.x.tolist(), data.y.tolist()) == ([[0, 1, 2]], [[1, 2, 3]])
    np.savez(tmp_path / "text.npz", x=np.zeros((2, 3)))
    with pytest.raises(gn.DataError, match=r"or \(n_samples, n_steps\) of whole numbers, which are one-hot"):
        io.read_data(tmp_path / "text.npz", targets=False)
