"""The tests that a mutant has to pass to survive, in two steps.

The first and quick step compares everything that a network computes with the numbers of the unchanged code, on drawings
that are made once.  The properties compare that code with the interpreter, so a difference found here would be found
there too.  The second step is the unit tests of the file.
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
    "tests/language/test_delays.py",
    "tests/language/test_ties.py",
    "tests/test_losses.py",
    "tests/compiler",
    "tests/execute",
    "tests/test_reprs.py",
)
REPRS = "tests/test_reprs.py"
N_RANDOM = 40
ROOT = Path(__file__).parents[2]


def drawn_cases() -> list[tuple[nx.DiGraph, np.ndarray, np.ndarray | None, int, dict[str, Any]]]:
    """Return drawings, inputs, lengths, seeds and options of ``compile``: some with dense blocks, then random ones."""
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
    """Yield all numbers that a network computes on a case, always in the same order."""
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
        "huber": rng.uniform(-1, 1, grad_outputs.shape),
        "cosine": rng.uniform(-1, 1, grad_outputs.shape),
    }
    for loss, wanted in targets.items():
        yield from net.value_and_grad(inputs, wanted, loss=loss, lengths=lengths)
    if seed % 3 == 0:
        yield net.hvp(inputs, targets["mse"], rng.uniform(-1, 1, len(net.parameters)), lengths=lengths)


def differs(ours: Any, theirs: Any) -> bool:
    """Return True if two results differ by more than rounding."""
    if not isinstance(theirs, np.ndarray | float):
        return bool(ours != theirs)
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return True
    tolerance = 1e-4 if ours.dtype == np.float32 else 1e-9
    return not np.allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def first_step(known: list[tuple[Any, list[Any]]]) -> Callable[[], bool]:
    """Return the first step: a function that returns True if all results are the known ones."""

    def passes() -> bool:
        for case, expected in known:
            ours = list(everything_of(*case))
            if len(ours) != len(expected) or any(map(differs, ours, expected)):
                return False
        return True

    return passes


class FewExamples:
    """A plugin of pytest that has hypothesis try few drawings and shrink none."""

    def pytest_collection(self) -> None:
        """Load the profile, after conftest.py has registered it."""
        from hypothesis import settings

        settings.load_profile("mutants")


def second_step(file: str | None) -> bool:
    """Run the unit tests of a file, or of all files, until one fails; return True if none does."""
    import pytest

    # a mutant changes nothing in another process, nor the drawings that exist
    chosen = ["-k", "not another_process and not in_these_drawings and not these_drawings_have"]
    quiet = ["-x", "-q", "--assert=plain", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # the compiled kernels are not mutated
    quiet += ["--ignore=tests/execute/fast/test_run.py"]
    tests = TESTS if file is None else tests_of(file)
    return pytest.main([*quiet, *chosen, "--override-ini", "addopts=", *tests], [FewExamples()]) in (0, 5)


def tests_of(file: str) -> tuple[str, ...]:
    """Return the tests of a file: the one of its name if it exists, otherwise those of its folder, and those of reprs.

    The parts of the reference executor are tested together.
    """
    folder = Path("tests", *Path(file).parts[1:-1])
    own = folder / f"test_{Path(file).stem}.py"
    if folder.parts[:2] == ("tests", "execute"):
        return "tests/execute", REPRS
    if not (ROOT / own).exists():
        return folder.as_posix(), REPRS
    if own.name == "test_parameters.py":
        return own.as_posix(), "tests/compiler/test_within_bounds.py", "tests/compiler/initial/test_draws.py", REPRS
    return own.as_posix(), REPRS


def forget_the_library() -> None:
    """Remove graphnet and its tests from the imported modules."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("graphnet", "tests", "conftest")]:
        del sys.modules[name]
