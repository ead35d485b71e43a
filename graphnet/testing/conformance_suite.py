"""Conformance suite for executors, as a class that pytest collects."""

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
    """Return a class of tests of an executor over random drawings of the whole language, a method for each property.

    Parameters
    ----------
    executor : str, or an executor
        Name of a backend, or a module or object with the functions of ``graphnet.execute.contract.Executor``.
    properties : iterable of functions
        Properties to test, of ``graphnet.testing.properties``; by default all that concern executors.
    **switches
        Switches of ``neuron_graphs``, to exclude features that the executor does not support.

    Returns
    -------
    class
        The number of drawings per test is that of hypothesis' profile.

    Examples
    --------
    In a test file:

    >>> from graphnet.testing import conformance
    >>> TestMyExecutor = conformance("reference")
    >>> TestMyExecutor.test_padding_changes_no_bit.__doc__.splitlines()[0]
    "Outputs and gradients do not depend on the values past a sequence's end, NaN included, nor on their number."
    """
    tests = {f"test_{each.__name__}": _as_test(each, executor, switches) for each in properties}
    return type("Conformance", (), {"__doc__": f"Conformance of {executor!r}.", **tests})


def _as_test(of_case: Property, executor: str | Executor, switches: dict[str, Any]) -> Any:
    def test(self: Any, case: Case) -> None:
        of_case(case, partial(compile, backend=executor))

    # derandomised runs seed their examples with the source of the test, so that of the property is used
    test.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    wraps(of_case)(test)
    test.__name__ = f"test_{of_case.__name__}"
    test.__doc__ = inspect.cleandoc(of_case.__doc__ or "")
    return given(case=cases(**switches))(test)
