"""Checks of what a caller gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphnet import DataError, GraphError
from graphnet.language.checks import refuse_masked

MASKED = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])


@pytest.mark.parametrize(
    "given",
    [MASKED, MASKED[np.newaxis], [MASKED, MASKED], ([[1.0], MASKED],), np.ma.masked, [1.0, np.ma.masked], MASKED > 2],
    ids=["array", "2-D", "list", "nested", "masked itself", "masked in a list", "bool"],
)
def test_what_is_masked_is_refused_wherever_it_is(given: Any) -> None:
    with pytest.raises(DataError, match=r"^weights: \d of \d entr.* masked, .* use zeros$"):
        refuse_masked(given, "weights", "use zeros")
    with pytest.raises(GraphError, match="masked"):
        refuse_masked(given, "weights", "use zeros", GraphError)


@pytest.mark.parametrize(
    "given",
    [MASKED.data, np.ma.masked_array([1.0]), [np.ma.masked_array([1.0], [False])], [1.0, [2.0]], None, "a", ["a"], []],
)
def test_what_is_not_masked_passes(given: Any) -> None:
    refuse_masked(given, "weights", "use zeros")
