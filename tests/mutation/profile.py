"""The tests that a mutant has to pass to survive: two steps, the quick one first.

The first step compares a mutant with the code as it stands on drawings that are made once: everything that a network
gives.  That code is what the properties hold to the interpreter, so whatever differs here would differ there.  The
second step is the unit tests of the files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

TESTS = (
    "tests/language/test_activations.py",
    "tests/test_losses.py",
    "tests/compiler",
    "tests/execute",
)
N_RANDOM = 40


def drawn_cases() -> list[tuple[nx.DiGraph, np.ndarray, np.ndarray | None, int, dict[str, Any]]]:
    """Drawings, inputs, lengths, a seed and how to compile: random ones, and known ones that make dense blocks."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    import graphnet as gn
    from graphnet.testing import cases

    found: list[Any] = []

    def keep(case: Any) -> None:
        if case.graph.number_of_edges() > 3:
            found.append((case.graph, case.inputs, case.lengths, case.seed, {}))

    run = settings(
        max_examples=4 * N_RANDOM,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(cases())(keep))
    seed(1)(run)()
    rng = np.random.default_rng(0)
    known = []
    for graph, options in (
        (gn.graphs.complete(2, 9, 2), {}),
        (gn.graphs.lstm(3, 9, 2), {}),
        (gn.graphs.gru(2, 8, 1), {"dtype": "float32"}),
        (gn.graphs.jordan(2, 8, 8), {}),
        (gn.graphs.attention(3, 2, width=4, window=3), {}),
        (gn.graphs.feedforward(9, [9, 10], 3), {}),
        (gn.graphs.bidirectional(gn.graphs.elman(2, 8, 1)), {}),
        (gn.graphs.continuous_time(2, 9, 1, seed=0), {"dt": 0.25}),
    ):
        n_inputs = sum(role == "input" for _, role in graph.nodes(data="role"))
        inputs = rng.uniform(-1, 1, (3, 5, n_inputs)).round(2)
        known.append((graph, inputs, np.array([2, 5, 3]), 3, {"seed": 7, **options}))
    return [*known, *found[:N_RANDOM]]


def everything_of(
    graph: nx.DiGraph, inputs: np.ndarray, lengths: np.ndarray | None, seed: int, options: dict[str, Any]
) -> Iterator[Any]:
    """All numbers that a network gives on a case, in one order."""
    import graphnet as gn

    rng = np.random.default_rng(seed)
    net = gn.compile(graph, backend="reference", **options)
    yield [(row.kind, row.tied, row.key) for row in net.parameter_table()]
    yield net.parameters
    yield net.bounds
    for delay, matrix in net.matrices().items():
        yield delay
        yield matrix.toarray()
    yield [tuple(each) for each in net.matrices().gated]
    yield tuple(net.estimate(2, 3))
    n_samples = len(inputs)
    carries = not any(reverse for _, reverse in graph.nodes(data="reverse"))
    start = grad_state = None
    if carries:
        yield net.state(n_samples).history
        start, grad_state = net.state(n_samples), net.state(n_samples)
        for state in (start, grad_state):
            state.history[:] = rng.uniform(-1, 1, state.history.shape)
        start.steps[:] = rng.integers(0, 3, n_samples)
    for state in (None, start):
        run = net.run(inputs, lengths=lengths, state=state, record=list(graph), return_state=carries)
        yield run.outputs
        yield from run.recorded.values()
        if carries:
            yield run.state.history
            yield run.state.steps
        grad_outputs = rng.uniform(-1, 1, run.outputs.shape)
        back = net.vjp(inputs, grad_outputs, lengths=lengths, state=state, grad_state=grad_state)
        yield back.parameters
        yield back.inputs
        if state is not None:
            yield back.state.history
    targets = {
        "mse": rng.uniform(-1, 1, grad_outputs.shape),
        "binary_cross_entropy": rng.integers(0, 2, grad_outputs.shape),
        "cross_entropy": rng.integers(0, net.n_outputs, n_samples),
    }
    for loss, wanted in targets.items():
        yield from net.value_and_grad(inputs, wanted, loss=loss, lengths=lengths)
    if seed % 3 == 0:
        yield net.hvp(inputs, targets["mse"], rng.uniform(-1, 1, len(net.parameters)), lengths=lengths)


def differs(ours: Any, theirs: Any) -> bool:
    """Whether two things differ by more than rounding."""
    if not isinstance(theirs, np.ndarray | float):
        return bool(ours != theirs)
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return True
    tolerance = 1e-4 if ours.dtype == np.float32 else 1e-9
    return not np.allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def first_step(known: list[tuple[Any, list[Any]]]) -> Callable[[], bool]:
    """The first step, as a function that says whether everything is as it was."""

    def passes() -> bool:
        for case, expected in known:
            ours = list(everything_of(*case))
            if len(ours) != len(expected) or any(map(differs, ours, expected)):
                return False
        return True

    return passes


class FewExamples:
    """A plugin of pytest: hypothesis tries few drawings, and shrinks none."""

    def pytest_collection(self) -> None:
        """Called once, after the profiles are known."""
        from hypothesis import settings

        settings.load_profile("mutants")


def second_step(file: str | None) -> bool:
    """The unit tests of a file (of all, without one), until the first that fails."""
    import pytest

    # what another process does no mutant changes, nor which drawings there are
    chosen = ["-k", "not another_process and not in_these_drawings and not these_drawings_have"]
    quiet = ["-x", "-q", "--assert=plain", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # compiled kernels are held to the reference executor by properties, and are no part of it
    quiet += ["--ignore=tests/execute/fast/test_run.py"]
    tests = TESTS if file is None else tests_of(file)
    return pytest.main([*quiet, *chosen, "--override-ini", "addopts=", *tests], [FewExamples()]) in (0, 5)


def tests_of(file: str) -> tuple[str, ...]:
    """The tests of a file: those of its name where there are some, otherwise those of its folder."""
    path = Path(file)
    if path.stem == "parameters":
        return "tests/compiler/test_parameters.py", "tests/compiler/initial/test_draws.py"
    folder = {"compiler": "tests/compiler", "execute": "tests/execute"}.get(path.parent.name, "tests")
    own = Path(folder) / f"test_{path.stem}.py"
    return (own.as_posix(),) if own.exists() and folder != "tests/execute" else (folder,)


def forget_the_library() -> None:
    """Take graphnet and its tests out of the imported modules."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("graphnet", "tests", "conftest")]:
        del sys.modules[name]
