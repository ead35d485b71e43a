"""The formulas of compiled kernels against those of the language, and the names that each table of formulas has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphnet.execute.fast.kernels import formulas
from graphnet.execute.fast.kernels import scan as kernels
from graphnet.language.activations import ACTIVATIONS, OVER_GROUPS, POINTWISE
from graphnet.torch.formulas import GROUP_FORMULAS, POINTWISE_FORMULAS


def test_language_kernels_and_torch_know_the_same_activations() -> None:
    assert set(POINTWISE) == set(formulas.CODES) == set(POINTWISE_FORMULAS)
    assert set(OVER_GROUPS) == set(formulas.GROUP_CODES) == set(GROUP_FORMULAS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", formulas.CODES)
def test_formulas_are_right_to_a_few_units_in_the_last_place(name: str, dtype: Any) -> None:
    code = formulas.CODES.index(name)
    near, far = np.linspace(-2, 2, 20001), np.linspace(-80, 80, 20001)
    z = np.concatenate([near, far, [0.0, -0.0, 1e-30, -1e-30]]).astype(dtype)
    y = z.copy()
    kernels.apply_everywhere(code, y)
    expected = ACTIVATIONS[name].function(z.astype(np.longdouble if name != "gelu" else np.float64))
    # gelu is a product with a difference, and what an exponent is rounded by grows with it
    size = {"gelu": np.maximum(np.abs(expected), np.abs(z)), "gaussian": np.abs(expected) * np.maximum(1, z * z)}
    error = np.abs(y - expected) / (size.get(name, np.abs(expected)) + 1e-30)
    assert error.max() <= 4 * np.finfo(dtype).eps
    ends = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30], dtype)
    with np.errstate(all="ignore"):
        there = ACTIVATIONS[name].function(ends)
    kernels.apply_everywhere(code, ends)
    if name not in ("sin", "gelu"):
        np.testing.assert_allclose(ends, there, rtol=1e-6, atol=0)


BY_OUTPUT = [(name, False) for name in formulas.CODES if ACTIVATIONS[name].from_output]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "of_z"), [*BY_OUTPUT, *((name, True) for name in formulas.CODES)])
def test_slopes_are_the_derivatives(name: str, of_z: bool, dtype: Any) -> None:
    activation = ACTIVATIONS[name]
    z = np.linspace(-5, 5, 1001).astype(dtype)
    y = activation.function(z)
    expected = activation.derivative(y if activation.from_output else z)
    found = np.ones_like(z)
    kernels.apply_slope_everywhere(formulas.CODES.index(name), found, z if of_z else y, of_z)
    np.testing.assert_allclose(found, expected, rtol=0, atol=8 * np.finfo(dtype).eps)
