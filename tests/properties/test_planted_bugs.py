"""Properties find each of eleven bugs, planted in a copy of the reference executor, on a drawing of a few neurons."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib import import_module

import networkx as nx
import numpy as np
import pytest
from hypothesis import Phase

import graphnet as gn
from graphnet.execute.contract import Executor
from graphnet.testing.properties import OF_EXECUTORS
from tests.properties.planted import (
    BEGIN,
    BUGS,
    BUGS_OF_COMPILING,
    COPIED,
    END,
    PAGE,
    Bug,
    case_compiled_with,
    compiler,
    compiling_with,
    fails,
    first_case,
    is_caught,
    planted,
    smallest_case,
    source_of,
)

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_bug_is_caught(bug: Bug) -> None:
    assert bug.caught_by in OF_EXECUTORS
    case = first_case(bug)
    assert fails(bug.caught_by, case, compiler(bug))
    bug.caught_by(case, compiler(None))
    bug.caught_by(case, gn.compile)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_bug_is_caught_on_a_small_drawing(bug: Bug) -> None:
    case = smallest_case(bug)
    assert len(case.graph) <= 4, case
    assert fails(bug.caught_by, case, compiler(bug))
    bug.caught_by(case, compiler(None))
    bug.caught_by(case, gn.compile)


@pytest.mark.parametrize("bug", BUGS_OF_COMPILING, ids=str)
def test_a_bug_of_the_compiler_is_caught(bug: Bug) -> None:
    """And planting it leaves the library as it is."""
    case = case_compiled_with(bug, Phase.generate)
    with compiling_with(bug):
        assert is_caught(bug, case)
    assert not is_caught(bug, case)
    bug.caught_by(case, gn.compile)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS_OF_COMPILING, ids=str)
def test_a_bug_of_the_compiler_is_caught_on_a_small_drawing(bug: Bug) -> None:
    case = case_compiled_with(bug, Phase.generate, Phase.shrink)
    assert len(case.graph) <= 4, case
    bug.caught_by(case, gn.compile)


@pytest.mark.parametrize("bug", [*BUGS, *BUGS_OF_COMPILING], ids=str)
def test_a_bug_is_at_one_place_of_the_source(bug: Bug) -> None:
    assert bug.module in COPIED or bug in BUGS_OF_COMPILING
    assert source_of(bug.module).count(bug.old) == 1
    assert bug.new != bug.old


def test_bugs_are_different_and_so_are_their_names() -> None:
    assert len({bug.name for bug in BUGS}) == len({(bug.module, bug.old) for bug in BUGS}) == len(BUGS) == 11


def attribute_of_package(name: str) -> object:
    """Return a module as the attribute of the package that it is in."""
    package, _, module = name.rpartition(".")
    return getattr(sys.modules[package], module)


def test_planting_leaves_the_library_as_it_is() -> None:
    before = [sys.modules[name] for name in COPIED]
    assert [attribute_of_package(name) for name in COPIED] == before
    members = {name: dict(vars(module)) for name, module in zip(COPIED, before, strict=True)}
    for bug in BUGS:
        planted.__wrapped__(bug)
    assert [attribute_of_package(name) for name in COPIED] == before
    assert [sys.modules[name] for name in COPIED] == [import_module(name) for name in COPIED] == before
    assert {name: dict(vars(module)) for name, module in zip(COPIED, before, strict=True)} == members


def test_a_bug_that_cannot_be_planted_leaves_the_library_as_it_is() -> None:
    before = [sys.modules[name] for name in COPIED]
    with pytest.raises(SyntaxError):
        planted.__wrapped__(replace(BUGS[0], new="("))
    assert [sys.modules[name] for name in COPIED] == before


def test_a_copy_is_an_executor_of_its_own_with_the_contract_of_all() -> None:
    real, copy, other = sys.modules[COPIED[-1]], planted(None), planted(BUGS[0])
    assert isinstance(copy, Executor)
    for name in ("advance", "Block", "Segment", "Past", "activate"):
        assert len({id(vars(module)[name]) for module in (real, copy, other)}) == 3
    for name in ("State", "Tape", "Gradients", "Program"):
        assert vars(real)[name] is vars(copy)[name] is vars(other)[name]


def test_a_copy_without_a_bug_gives_the_same_bits() -> None:
    drawing = gn.graphs.bidirectional(gn.graphs.lstm(2, 3, 1))
    ours, theirs = (gn.compile(drawing, seed=0, backend=backend) for backend in (planted(None), "reference"))
    inputs = np.random.default_rng(0).uniform(-1, 1, (3, 5, 2))
    backs = [net.vjp(inputs, np.ones((3, 5, net.n_outputs)), lengths=[5, 2, 3]) for net in (ours, theirs)]
    assert np.array_equal(ours.run(inputs), theirs.run(inputs))
    assert np.array_equal(backs[0].parameters, backs[1].parameters)
    assert np.array_equal(backs[0].inputs, backs[1].inputs)


def test_what_a_bug_changes_is_a_number_and_no_more() -> None:
    """A gate's gradient of the wrong sign, on a network small enough to do by hand: y = w x g."""
    drawing = nx.DiGraph()
    drawing.add_nodes_from(["x", "g"], role="input")
    drawing.add_node("y", role="output", train_bias=False)
    drawing.add_edge("x", "y", weight=2.0, gate="g")
    inputs, ones = [[[3.0, 5.0]]], [[[1.0]]]
    for bug, of_gate in ((None, 6.0), (BUGS[0], -6.0)):
        net = gn.compile(drawing, backend=planted(bug))
        assert net.run(inputs).item() == 30.0
        assert net.vjp(inputs, ones).parameters.tolist() == [15.0]
        assert net.vjp(inputs, ones).inputs.ravel().tolist() == [10.0, of_gate]


def test_the_page_has_every_bug_and_its_property() -> None:
    """In the order of the code; the figures are measured by the command, and not again here."""
    measured = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^(.+?) \| `(\w+)` \d+ \| (\d), \d+ \| ", measured, re.M)
    assert [row[:2] for row in rows] == [(bug.name, bug.caught_by.__name__) for bug in BUGS]
    assert all(int(n_nodes) <= 4 for *_, n_nodes in rows)
