"""The suite that every executor passes, as a class for pytest to collect."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import partial, wraps
from typing import Any

from hypothesis import given

from ..execute.contract import Executor
from ..network.network import compile
from .properties import OF_EXECUTORS, Property
from .property_cases import Case, cases


def conformance(
    executor: str | Executor, *, properties: Iterable[Property] = OF_EXECUTORS, **switches: Any
) -> type[Any]:
    """Tests of an executor over random drawings of the whole language, one method for each property.

    Parameters
    ----------
    executor : str, or an executor
        A backend's name, or a module or object with the functions of ``graphnet.execute.contract.Executor``.
    properties : functions of ``graphnet.testing.properties``
        Those that concern executors, unless others are given.
    **switches
        As for ``neuron_graphs``, to leave features out that an executor does not have.

    Returns
    -------
    class
        How many drawings each test tries is what hypothesis' profile says.

    Examples
    --------
    In a file of tests, this one line:

    >>> from graphnet.testing import conformance
    >>> TestMyExecutor = conformance("reference")
    >>> TestMyExecutor.test_padding_changes_no_bit.__doc__.splitlines()[0]
    "Whatever stands past a sequence's end, NaN included, and however much of it: outputs and gradients are the same."
    """
    tests = {f"test_{each.__name__}": _as_test(each, executor, switches) for each in properties}
    return type("Conformance", (), {"__doc__": f"Conformance of {executor!r}.", **tests})


def _as_test(of_case: Property, executor: str | Executor, switches: dict[str, Any]) -> Any:
    def test(self: Any, case: Case) -> None:
        of_case(case, partial(compile, backend=executor))

    # a derandomised run draws its examples by a test's source, so that is the property's
    test.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    wraps(of_case)(test)
    test.__name__ = f"test_{of_case.__name__}"
    test.__doc__ = inspect.cleandoc(of_case.__doc__ or "")
    return given(case=cases(**switches))(test)
