"""Things with names and settings: from what a user says and back, and what is said of a wrong word."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import graphnet as gn
from graphnet.errors import DataError
from graphnet.language.nearest import nearest_names
from graphnet.language.registry import make_named, settings_of
from graphnet.train.rules.optimizers import OPTIMIZERS
from graphnet.train.rules.schedules import SCHEDULES, StepDecay, WarmUp


@pytest.mark.parametrize("table", [OPTIMIZERS, SCHEDULES])
def test_everything_with_a_name_comes_back_from_its_settings(table: dict) -> None:
    for name in table:
        made = make_named("it", name, table)
        assert make_named("it", settings_of(made), table) == made


def test_what_is_within_another_has_settings_too() -> None:
    warm = WarmUp(fraction=0.25, then=StepDecay(factor=0.5, at=(0.5,)))
    said = json.loads(json.dumps(settings_of(warm)))
    assert said == {"name": "warmup", "fraction": 0.25, "then": {"name": "step", "factor": 0.5, "at": [0.5]}}
    again = make_named("schedule", said, SCHEDULES)
    assert [again(step, 40) for step in range(40)] == [warm(step, 40) for step in range(40)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("adm", "optimizer: 'adm'; did you mean 'adam'? There are 'sgd', "),
        ({"learning_rate": 1.0}, "optimizer: None; must be one of 'sgd', "),
        ({"name": 3}, "optimizer: 3; must be one of 'sgd', "),
        ({"name": "adam", "bata1": 0.5}, "optimizer: adam has no setting 'bata1'; did you mean 'beta1'?"),
        ({"name": "sgd", "q": 1}, "optimizer: sgd has no setting 'q'; it has learning_rate, momentum"),
        ({"name": "adam", "beta1": 2}, "beta1: 2; must be a number >= 0 and < 1"),
    ],
)
def test_a_wrong_word_is_named_with_what_is_near(given: object, says: str) -> None:
    with pytest.raises(DataError) as caught:
        make_named("optimizer", given, OPTIMIZERS)
    assert says in str(caught.value)


def test_what_is_the_users_own_has_only_a_name() -> None:
    @dataclass
    class Mine:
        rate: float = 1.0

    def rule() -> None: ...

    assert settings_of(Mine())["name"].endswith("Mine")
    assert settings_of(rule)["name"].startswith(f"{__name__}.")


@pytest.mark.parametrize(
    ("what", "given", "meant"),
    [
        *(("losses", given, "mse") for given in ("mes", "l2", "MSE", " mse", "mean_squared_error", "L2")),
        *(("losses", given, "mae") for given in ("l1", "MAE", "mean_absolute_error")),
        *(("losses", given, "huber") for given in ("smooth_l1", "Huber")),
        *(("losses", given, "cross_entropy") for given in ("crossentropy", "CrossEntropy", "cross-entropy", "CE")),
        *(("losses", given, "binary_cross_entropy") for given in ("bce", "binary_crossentropy")),
        *(("optimizers", given, "adam") for given in ("Adam", "ADAM", "adam ", "addam")),
        *(("optimizers", given, "adamw") for given in ("AdamW", "adamw ", "adam_w")),
        *(("initializers", given, "glorot") for given in ("Glorot", "xavier", "glorrot")),
    ],
)
def test_a_name_that_is_none_gets_the_nearest(what: str, given: str, meant: str) -> None:
    table = getattr(getattr(gn, what), what.upper())
    with pytest.raises(gn.DataError, match=f"did you mean '{meant}'"):
        make_named(what, given, table)
    assert nearest_names(given, table)[0] == meant


def test_a_name_that_resembles_none_gets_the_list() -> None:
    assert nearest_names("qqq", gn.losses.LOSSES) == []
    assert nearest_names(3, gn.losses.LOSSES) == []
    with pytest.raises(gn.DataError, match="must be one of 'mse'"):
        make_named("loss", "qqq", gn.losses.LOSSES)
