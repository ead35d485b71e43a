"""The report of a gradient check, as text and as JSON."""

from __future__ import annotations

import json
import math

import pytest

from graphnet.testing import GradientEntry, GradientReport, Kink, WrongDerivative

RIGHT = GradientEntry("bias", "h", False, 0.25, 0.25, 1e-16)
WRONG = GradientEntry("weight", ("x", "h"), False, 0.5, 0.25, 0.5)
DERIVATIVE = WrongDerivative("cube", "h", 1, 2, 1.5, 4.5, 6.75, 6.7500001)
KINK = Kink("h", "relu", 0, 1, 0.0, 3, True)


def report(*entries: GradientEntry, derivatives=(), kinks=(), totals=None) -> GradientReport:
    return GradientReport(list(entries), list(derivatives), list(kinks), totals or {"weight": (1, 1)}, 1e-10)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (("weight", ("x", "h"), False), "'x' -> 'h'"),
        (("weight", (("input", 0), 3, "slow"), False), "('input', 0) -> 3, key 'slow'"),
        (("weight", "shared", True), "tie 'shared'"),
        (("weight", (1, 2, 3), True), "tie (1, 2, 3)"),
        (("bias", "h", False), "'h'"),
        (("bias", ("hidden", 0, 1), False), "('hidden', 0, 1)"),
        (("tau", ("hidden", 0), False), "('hidden', 0)"),
        (("initial", 3, False), "3"),
        (("input", ("x", 1, 4), False), "'x', sample 1, step 4"),
        (("output", (("y", 0), 0, 0), False), "('y', 0), sample 0, step 0"),
        (("state", ("h", 2, 1), False), "'h', sample 2, 1 step before the start"),
        (("state", ("h", 2, 3), False), "'h', sample 2, 3 steps before the start"),
        (("direction", 4, False), "all numbers together, number 4"),
    ],
)
def test_names(entry: tuple, name: str) -> None:
    assert GradientEntry(*entry, 1.0, 1.0, 0.0).name == name


def test_an_entry_in_words() -> None:
    assert str(WRONG) == "weight 'x' -> 'h': backward 0.5, complex step 0.25, relative error 5.0e-01"
    noise = GradientEntry("bias", "h", False, 1e-30, 0.0, math.inf)
    assert str(noise) == "bias 'h': backward 1e-30, complex step 0; no output depends on it, so that it has to be 0"


def test_a_report_that_agrees() -> None:
    totals = {"weight": (1, 1), "bias": (2, 2), "initial": (1, 2), "tau": (0, 0), "input": (3, 9), "state": (0, 4)}
    found = report(RIGHT, totals=totals)
    assert found.ok
    assert found.largest_error == 1e-16
    assert str(found).splitlines() == [
        "gradients agree, largest relative error 1.0e-16 (tolerance 1e-10)",
        "  compared: 1 weight, 2 biases, 1 of 2 initial values, 3 of 9 inputs, 0 of 4 states",
    ]


def test_a_report_that_does_not() -> None:
    found = report(WRONG, WRONG._replace(key=("x", "y")), RIGHT, derivatives=[DERIVATIVE], kinks=[KINK, KINK])
    assert not found.ok
    assert found.wrong == found.entries[:2]
    assert str(found).splitlines() == [
        "gradients DISAGREE in 2 of 3 numbers, largest relative error 5.0e-01 (tolerance 1e-10)",
        "  compared: 1 weight",
        "  activation 'cube': its derivative is not that of its function, at z = 1.5 of 'h' (sample 1, step 2): "
        "derivative 4.5, complex step 6.75, difference 6.75",
        *["  'h' was at the kink of relu (z = 0) 3 times, first in sample 0 at step 1: a convention is compared "
          "there, not a derivative"] * 2,
        "  weight 'x' -> 'h': backward 0.5, complex step 0.25, relative error 5.0e-01",
        "  weight 'x' -> 'y': backward 0.5, complex step 0.25, relative error 5.0e-01",
    ]  # fmt: skip
    assert found.describe(worst=1).splitlines()[3:] == [
        "  'h' was at the kink of relu (z = 0) 3 times, first in sample 0 at step 1: a convention is compared "
        "there, not a derivative",
        "  and 1 more",
        "  weight 'x' -> 'h': backward 0.5, complex step 0.25, relative error 5.0e-01",
        "  and 1 more",
    ]


def test_a_report_of_nothing() -> None:
    found = report(totals={"weight": (0, 0)})
    assert found.ok
    assert found.largest_error == 0
    assert str(found).splitlines()[1] == "  compared: nothing"


def test_no_number_is_the_worst_number() -> None:
    nan = RIGHT._replace(error=math.nan)
    assert nan.severity == math.inf > WRONG.severity == 0.5
    assert report(nan).wrong == [nan]


def test_as_json() -> None:
    key = (("input", 0), 1, frozenset({2}))
    found = report(WRONG._replace(key=key), RIGHT, derivatives=[DERIVATIVE], kinks=[KINK._replace(node=("h", 0))])
    written = found.as_json(worst=1)
    entry = {"kind": "weight", "key": [["input", 0], 1, "frozenset({2})"], "tied": False}
    entry |= {"backward": 0.5, "complex_step": 0.25, "error": 0.5}
    assert json.loads(json.dumps(written)) == {
        "ok": False,
        "tolerance": 1e-10,
        "largest_error": 0.5,
        "totals": {"weight": {"compared": 1, "there": 1}},
        "wrong": [entry],
        "worst": [entry],
        "derivatives": [DERIVATIVE._asdict()],
        "kinks": [{**KINK._asdict(), "node": ["h", 0]}],
    }
    assert len(found.as_json()["worst"]) == 2
