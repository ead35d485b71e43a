"""Schedules: their shapes, those of torch where it has the same, what they remember, their settings."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import DataError
from graphnet.language.registry import settings_of
from graphnet.train.rules.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    ReduceOnPlateau,
    StatefulSchedule,
    StepDecay,
    WarmUp,
    resolve_schedule,
)

BY_STEP = [name for name in SCHEDULES if name != "plateau"]


def factors(schedule: Any, total_steps: int) -> list[float]:
    return [schedule(step, total_steps) for step in range(total_steps)]


@pytest.mark.parametrize("name", BY_STEP)
@given(total_steps=st.integers(1, 200))
def test_every_schedule_begins_and_stays_between_0_and_1(name: str, total_steps: int) -> None:
    """Catches one that fails where training is one step, and one that raises the rate above the one asked for."""
    found = factors(resolve_schedule(name), total_steps)
    assert all(0 < factor <= 1 for factor in found)
    assert name == "warmup" or found[0] == 1
    if name not in ("warmup", "constant"):
        assert found == sorted(found, reverse=True)


def test_constant_is_1() -> None:
    assert factors(Constant(), 5) == [1.0] * 5


def test_cosine_goes_from_1_to_where_it_is_to_end() -> None:
    cosine = Cosine(final=0.2)
    assert [cosine(step, 4) for step in (0, 2, 4)] == pytest.approx([1.0, 0.6, 0.2], abs=1e-15)
    assert Cosine()(1, 4) == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert Cosine()(7, 7) == pytest.approx(0.0, abs=1e-15)


def test_step_decay_falls_at_its_places() -> None:
    assert factors(StepDecay(factor=0.5, at=(0.25, 0.5)), 8) == [1.0] * 2 + [0.5] * 2 + [0.25] * 4
    assert factors(StepDecay(), 4) == pytest.approx([1, 1, 0.1, 0.01])
    assert factors(StepDecay(at=(0.5,)), 3) == [1.0, 1.0, 0.1]
    assert factors(StepDecay(at=()), 3) == [1.0] * 3
    assert factors(StepDecay(at=(0,)), 2) == [0.1] * 2


@given(st.integers(1, 1000), st.data())
def test_step_decay_falls_at_the_very_step_that_a_fraction_says(total_steps: int, data: st.DataObject) -> None:
    """Catches 0.07 * 100, which is a little more than 7."""
    step = data.draw(st.integers(0, total_steps - 1))
    decay = StepDecay(factor=0.5, at=(step / total_steps,))
    assert decay(step, total_steps) == 0.5
    assert step == 0 or decay(step - 1, total_steps) == 1.0


def test_exponential_falls_by_the_same_factor_each_step() -> None:
    found = np.array(factors(Exponential(final=0.01), 8))
    np.testing.assert_allclose(found[1:] / found[:-1], 0.01 ** (1 / 8), rtol=1e-12)
    assert Exponential(final=0.01)(8, 8) == pytest.approx(0.01)
    assert Exponential(final=4.0)(1, 2) == 2.0


def test_a_warm_up_rises_in_equal_steps_and_then_goes_on() -> None:
    assert factors(WarmUp(fraction=0.3, then="constant"), 10) == [0.25, 0.5, 0.75] + [1.0] * 7
    warm = factors(WarmUp(fraction=0.2, then={"name": "exponential", "final": 0.5}), 20)
    np.testing.assert_allclose(np.diff([0.0, *warm[:5]]), 0.2)
    assert warm[4:] == pytest.approx(factors(Exponential(final=0.5), 16))
    assert factors(WarmUp(fraction=0.0, then=Cosine()), 6) == factors(Cosine(), 6)
    assert factors(WarmUp(fraction=0.9), 1) == [0.5]

    def mine(step: int, total_steps: int) -> float:
        return 100 * total_steps + step

    assert factors(WarmUp(fraction=0.5, then=mine), 4) == [1 / 3, 2 / 3, 200, 201]


TORCH: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "constant": (Constant(), "ConstantLR", {"factor": 1.0}),
    "cosine": (Cosine(final=0.1), "CosineAnnealingLR", {"T_max": 60, "eta_min": 0.1}),
    "step": (StepDecay(factor=0.3, at=(0.25, 0.5, 0.75)), "StepLR", {"step_size": 15, "gamma": 0.3}),
    "places": (StepDecay(factor=0.3, at=(0.1, 0.55)), "MultiStepLR", {"milestones": [6, 33], "gamma": 0.3}),
    "exponential": (Exponential(final=0.02), "ExponentialLR", {"gamma": 0.02 ** (1 / 60)}),
    "warmup": (
        WarmUp(fraction=0.15, then="constant"),
        "LinearLR",
        {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 9},
    ),
}


@pytest.mark.torch
@pytest.mark.parametrize("case", TORCH)
def test_factors_are_those_of_torch(case: str) -> None:
    torch = pytest.importorskip("torch")
    schedule, kind, settings = TORCH[case]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = getattr(torch.optim.lr_scheduler, kind)(optimizer, **settings)
    expected = []
    for _ in range(60):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert factors(schedule, 60) == pytest.approx(expected, rel=1e-12)


@pytest.mark.torch
@given(
    st.lists(st.sampled_from([1.0, 0.9, 0.899999, 0.5, 0.4999999, 0.1, 2.0]), max_size=30),
    st.integers(0, 3),
    st.sampled_from([0.5, 0.1]),
    st.sampled_from([0.0, 1e-4, 0.2]),
    st.sampled_from([0.0, 0.2]),
)
def test_a_plateau_is_that_of_torch(
    losses: list[float], patience: int, factor: float, threshold: float, least: float
) -> None:
    torch = pytest.importorskip("torch")
    ours = ReduceOnPlateau(factor=factor, patience=patience, threshold=threshold, least=least)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience, threshold=threshold, min_lr=least, eps=0.0
    )
    state = ours.start()
    for loss in losses:
        ours.observe(loss, state)
        theirs.step(loss)
        assert ours.current(state) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


def observed(schedule: ReduceOnPlateau, losses: list[float]) -> list[float]:
    state, found = schedule.start(), []
    for loss in losses:
        # what a file gives back
        state = json.loads(json.dumps(state))
        schedule.observe(loss, state)
        found.append(schedule.current(state))
    return found


def test_a_plateau_waits_and_begins_to_wait_anew_after_each_cut_and_each_gain() -> None:
    plateau = ReduceOnPlateau(factor=0.5, patience=1)
    assert observed(plateau, [1, 1, 1, 1, 1, 1]) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert observed(plateau, [1, 1, 0.5, 0.5, 0.5]) == [1, 1, 1, 1, 0.5]
    assert observed(ReduceOnPlateau(patience=0), [1, 1, 1]) == [1, 0.5, 0.25]
    assert observed(ReduceOnPlateau(), [1.0] * 7) == [1.0] * 6 + [0.5]


def test_a_gain_too_small_for_the_threshold_is_none() -> None:
    plateau = ReduceOnPlateau(patience=0, threshold=0.1)
    assert observed(plateau, [1.0, 0.91]) == [1.0, 0.5]
    assert observed(plateau, [1.0, 0.89]) == [1.0, 1.0]
    # below 0 a better loss is further from it
    assert observed(plateau, [-1.0, -1.05]) == [1.0, 0.5]
    assert observed(plateau, [-1.0, -1.2]) == [1.0, 1.0]


def test_the_factor_stops_at_the_least() -> None:
    assert observed(ReduceOnPlateau(patience=0, least=0.3), [1.0] * 4) == [1.0, 0.5, 0.3, 0.3]


def test_a_loss_that_is_nan_is_no_gain_and_no_best() -> None:
    nan = math.nan
    assert observed(ReduceOnPlateau(patience=0), [nan, 1.0, nan, 0.5, 0.4]) == [1.0, 1.0, 0.5, 0.5, 0.5]


def test_what_looks_at_the_loss_can_be_told_from_what_does_not() -> None:
    for name in SCHEDULES:
        assert isinstance(resolve_schedule(name), StatefulSchedule) == (name == "plateau")
    assert not isinstance(lambda step, total_steps: 1.0, StatefulSchedule)


def test_schedules_by_name_by_settings_and_as_they_are() -> None:
    def mine(step: int, total_steps: int) -> float:
        return 0.5

    assert resolve_schedule(mine) is mine
    assert list(SCHEDULES) == ["constant", "cosine", "step", "exponential", "warmup", "plateau"]
    assert resolve_schedule({"name": "step", "factor": 0.5, "at": [0.5]}) == StepDecay(factor=0.5, at=(0.5,))
    assert resolve_schedule({"name": "step", "at": 0.5}) == StepDecay(at=(0.5,))
    plateau = ReduceOnPlateau(patience=2)
    assert resolve_schedule(plateau) is plateau


def test_a_schedule_comes_back_from_what_a_file_can_say() -> None:
    made = [resolve_schedule(name) for name in SCHEDULES]
    made += [WarmUp(then={"name": "step", "at": [0.5]}), StepDecay(factor=0.2, at=(0.3, 0.6)), Cosine(final=0.5)]
    for schedule in made:
        assert resolve_schedule(json.loads(json.dumps(settings_of(schedule)))) == schedule


@pytest.mark.parametrize("schedule", ["cosinus", None, 1.0, Cosine, {"name": "plato"}])
def test_resolve_schedule_names_what_there_is(schedule: Any) -> None:
    with pytest.raises(DataError) as caught:
        resolve_schedule(schedule)
    name = schedule["name"] if isinstance(schedule, dict) else schedule
    for words in ["schedule", repr(name), *map(repr, SCHEDULES)]:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("cosine", {"final": 1}, "final: 1; must be a number >= 0 and < 1"),
        ("step", {"factor": 0}, "factor: 0; must be a positive finite number"),
        ("step", {"at": [0.5, 1.0]}, "at: 1.0; must be a number >= 0 and < 1"),
        ("step", {"at": "half"}, "at: 'half'; must be a number >= 0 and < 1"),
        ("exponential", {"final": 0}, "final: 0; must be a positive finite number"),
        ("warmup", {"fraction": 1.0}, "fraction: 1.0; must be a number >= 0 and < 1"),
        ("warmup", {"then": "plateau"}, "it looks at the loss, not at the step"),
        ("warmup", {"then": "cosinus"}, "did you mean 'cosine'?"),
        ("warmup", {"then": {"name": "step", "facto": 1}}, "step has no setting 'facto'; did you mean 'factor'?"),
        ("plateau", {"factor": 1.0}, "factor: 1.0; must be a number >= 0 and < 1"),
        ("plateau", {"patience": -1}, "patience: -1; must be a whole number >= 0"),
        ("plateau", {"threshold": -1e-4}, "threshold: -0.0001; must be a number >= 0 and < 1"),
        ("plateau", {"least": 2}, "least: 2; must be a number >= 0 and < 1"),
        ("cosine", {"fnal": 0.5}, "schedule: cosine has no setting 'fnal'; did you mean 'final'?"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(name: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError) as caught:
        resolve_schedule({"name": name, **settings})
    assert says in str(caught.value)
