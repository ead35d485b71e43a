"""Settings: each said once, and the same everywhere; read as plain numbers, so that what runs can be stored."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.errors import DataError
from graphnet.language.checks import COUNT
from graphnet.language.registry import setting
from graphnet.train.rules.optimizers import SGD, Adam
from graphnet.train.rules.schedules import StepDecay, WarmUp
from graphnet.train.settings import FitSettings
from graphnet.train.signature import called_like

from .runs import go_on, same, train


@dataclass(frozen=True, kw_only=True, eq=False)
class More(FitSettings):
    """The settings, and one that nothing uses."""

    made_up: int = setting(3, COUNT, "Number that nothing uses.", of_batches=True)


def test_a_new_setting_is_in_signature_docstring_and_file() -> None:
    @called_like(More)
    def fit(*args: Any, **named: Any) -> None:
        """Fit.

        {parameters}
        """

    parameter = inspect.signature(fit).parameters["made_up"]
    assert (parameter.default, parameter.annotation, parameter.kind) == (3, "int", parameter.KEYWORD_ONLY)
    assert "made_up : int\n    Number that nothing uses." in str(fit.__doc__)
    described = json.loads(json.dumps(More(made_up=np.int64(5), seed=1).describe()))
    assert described["made_up"] == 5
    assert More(**described).describe() == described
    with pytest.raises(DataError, match=r"^made_up: 0; must be a whole number >= 1$"):
        More(made_up=0)
    with pytest.raises(DataError, match="made_up: 3; lbfgs takes the exact gradient"):
        More(optimizer="lbfgs")


def test_fit_and_resume_take_every_setting_and_say_what_it_means() -> None:
    taken = inspect.signature(gn.fit).parameters
    kept = inspect.signature(gn.resume).parameters
    text = " ".join(str(gn.fit.__doc__).split())
    for each in fields(FitSettings):
        assert taken[each.name].default == each.default
        assert each.name in kept
        assert each.metadata["meaning"].endswith(".")
        assert f"{each.name} : " in text
        assert " ".join(each.metadata["meaning"].split()) in text
    assert list(taken)[:3] == ["net", "inputs", "targets"]
    assert repr(kept["epochs"].default) == "unchanged"


def test_what_a_file_holds_makes_the_same_settings() -> None:
    settings = FitSettings(
        optimizer=Adam(beta1=0.5), learning_rate=0.1, schedule=WarmUp(then=StepDecay(at=(0.5,))), validation=0.5, seed=3
    )
    described = json.loads(json.dumps(settings.describe()))
    assert set(described) == {each.name for each in fields(FitSettings)} - {"learning_rate"}
    assert described["optimizer"]["learning_rate"] == 0.1
    again = FitSettings(**described)
    assert again.rate == 0.1
    assert again.describe() == settings.describe()


def test_settings_of_any_number_type_are_stored_as_plain_numbers() -> None:
    given: dict[str, Any] = {
        "epochs": np.int64(3), "batch_size": np.uint8(4), "clip_norm": np.float32(0.5), "noise": Fraction(1, 4),
        "patience": np.int32(2), "stateful": np.bool_(True), "learning_rate": Fraction(1, 8), "seed": np.int64(1),
        "time_limit": np.int64(1000), "validation": np.float32(0.25), "checkpoint_memory": np.int64(10**9),
    }  # fmt: skip
    settings = FitSettings(**given)
    for name, value in given.items():
        found = getattr(settings, name)
        assert found == value
        assert type(found) in (int, float, bool), name
    assert json.loads(json.dumps(settings.describe()))["validation"] == 0.25
    assert type(SGD(learning_rate=Fraction(1, 2)).learning_rate) is float
    assert StepDecay(at=(np.float32(0.5), Fraction(1, 4))).at == (0.5, 0.25)
    for name in ("epochs", "noise"):
        with pytest.raises(DataError, match=f"^{name}: True; must be"):
            FitSettings(**{name: True})
    with pytest.raises(DataError, match=r"^clip_norm: 1000.*; must be a positive finite number"):
        FitSettings(clip_norm=10**400)


def test_a_run_with_numbers_of_other_types_is_written_and_gone_on_with(tmp_path: Path) -> None:
    settings = {"optimizer": SGD(momentum=np.float32(0.5)), "clip_norm": Fraction(1, 2), "validation": np.float64(0.1)}
    whole = train(tmp_path / "whole", epochs=np.int64(4), **settings)
    train(tmp_path / "part", epochs=2, **settings)
    assert same(go_on(tmp_path / "part", epochs=np.int64(4)).parameters, whole.parameters)


def test_a_word_that_is_no_setting_is_refused() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    with pytest.raises(TypeError, match="epoch"):
        gn.fit(net, [[[1.0]]], [[[1.0]]], epoch=3)  # type: ignore[call-arg]
