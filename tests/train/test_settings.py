"""Settings: each said once, and the same everywhere; read as plain numbers, so that what runs can be stored."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.errors import DataError
from graphnet.language.checks import COUNT
from graphnet.language.nearest import OTHER_NAMES, nearest_names
from graphnet.language.registry import Named, setting
from graphnet.train.rules.optimizers import SGD, Adam
from graphnet.train.rules.schedules import StepDecay, WarmUp, resolve_schedule
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


class Word(str):
    """Text of a class of its own."""


class Choice(str, Enum):  # noqa: UP042 - a StrEnum is a str that prints as one, this is not
    """Words as members."""

    MSE = "mse"
    ADAM = "adam"
    CONSTANT = "constant"
    AUTO = "auto"


WHOLE = (np.int16, np.int64, np.uint64, np.array, lambda value: IntEnum("N", {"n": value}).n)
REAL = (np.float16, np.float32, np.float64, np.longdouble, np.array, Fraction, Decimal)
FLAGS = (np.bool_, np.array)
GIVEN = {
    "learning_rate": 0.5, "epochs": 2, "batch_size": 4, "validation": 0.25, "patience": 3, "restore_best": True,
    "clip_norm": 0.5, "clip_value": 0.25, "truncation": 3, "stateful": True, "bucket": True, "noise": 0.125,
    "dropout": 0.25,
    "neuron_dropout": 0.25, "checkpoint_memory": 20_000, "checkpoint_every": 2, "shards": 2, "time_limit": 512.0,
    "seed": 3,
}  # fmt: skip
"""A value of every setting that is a number or a flag, exact in every type."""


def kinds_of(value: bool | float) -> tuple[Any, ...]:
    """Types that hold this value, too."""
    return FLAGS if isinstance(value, bool) else WHOLE if isinstance(value, int) else REAL


def test_every_number_of_a_fit_is_tried() -> None:
    numbers = {each.name for each in fields(FitSettings) if not isinstance(each.metadata["kind"], Named)}
    assert set(GIVEN) == numbers


@pytest.mark.parametrize("name", GIVEN)
def test_a_setting_of_any_type_is_stored_plain_and_resumed_to_the_same_bits(name: str, tmp_path: Path) -> None:
    plain = GIVEN[name]
    small = {"epochs": 2, name: plain, "batch_size": 4}
    whole = train(tmp_path / "plain", **small | {"epochs": 3})
    for number, kind in enumerate(kinds_of(plain)):
        run = tmp_path / f"of another type {number}"
        train(run, **small | {name: kind(plain)})
        stored = gn.open_run(run).settings["settings"]
        found = stored["optimizer"]["learning_rate"] if name == "learning_rate" else stored[name]
        assert (type(found), found) == (type(plain), plain)
        if name != "time_limit":
            assert same(go_on(run, epochs=3).parameters, whole.parameters)


def settings_with_numbers() -> Iterator[tuple[Any, str, Any]]:
    """Every setting of every class with settings, with its value by default."""
    tables = (
        gn.optimizers.OPTIMIZERS, gn.schedules.SCHEDULES, gn.initializers.INITIALIZERS,
        {"cross_entropy": lambda: gn.losses.CrossEntropy(class_weights=(1.0, 2.0))},
    )  # fmt: skip
    for table in tables:
        for make in table.values():
            made = make()
            for each in fields(made) if is_dataclass(made) else ():
                yield made, each.name, getattr(made, each.name)


@pytest.mark.parametrize(
    ("made", "name", "value"),
    [pytest.param(*each, id=f"{type(each[0]).__name__}-{each[1]}") for each in settings_with_numbers()],
)
def test_a_setting_of_every_class_is_stored_plain(made: Any, name: str, value: Any) -> None:
    if isinstance(value, tuple):
        ways = [np.array(value), [Fraction(each) for each in value], [Decimal(each) for each in value], list(value)]
    elif isinstance(value, bool | int | float):
        ways = [kind(value) for kind in kinds_of(value) if kind is not np.float16]  # which has no 1e-10
    else:
        ways = [Word("cosine")] if isinstance(value, str) or name == "then" else []
        assert ways, f"{name}: nothing is tried"
    for way in ways:
        found = getattr(replace(made, **{name: way}), name)
        if name == "then":
            assert found == resolve_schedule("cosine")
            continue
        assert type(found) is type(value)
        assert found == pytest.approx(value, rel=1e-6)
        assert json.loads(json.dumps(found)) == (list(found) if isinstance(found, tuple) else found)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("loss", "mse"), ("optimizer", "adam"), ("schedule", "constant"), ("checkpoint_memory", "auto")],
)
def test_a_word_of_any_class_is_stored_plain(setting: str, value: str, tmp_path: Path) -> None:
    for number, word in enumerate((Word(value), Choice(value), np.str_(value))):
        train(tmp_path / str(number), epochs=1, **{setting: word})
        found = gn.open_run(tmp_path / str(number)).settings["settings"][setting]
        assert (found["name"] if isinstance(found, dict) else found) == value
        go_on(tmp_path / str(number), epochs=2)


def test_what_is_no_number_is_refused() -> None:
    for name, value in GIVEN.items():
        wrong = ["1", None if fields_by_name()[name].default is not None else "none", 1j, np.ma.masked, np.array([1])]
        if not isinstance(value, bool):
            wrong += [True, np.True_, np.array(True)]
        if isinstance(value, int) and not isinstance(value, bool):
            wrong += [float(value), np.float64(value), Fraction(value), Decimal(value)]
        for each in wrong:
            with pytest.raises(DataError, match=rf"^{name}: "):
                FitSettings(**{name: each})


def fields_by_name() -> dict[str, Any]:
    return {each.name: each for each in fields(FitSettings)}


@pytest.mark.parametrize("dt", [np.float32(0.5), Fraction(1, 2), Decimal("0.5"), np.array(0.5)])
def test_numbers_of_compile_and_evaluate_are_plain(dt: Any) -> None:
    for seed in (np.int64(3), np.array(3), np.uint8(3)):
        net = gn.compile(gn.graphs.elman(1, 2, 1), dt=dt, seed=seed)
        assert (type(net.dt), net.dt, type(net.seed), net.seed) == (float, 0.5, int, 3)
        inputs = np.ones((3, 2, 1))
        assert gn.evaluate(net, inputs, inputs, batch_size=seed) == gn.evaluate(net, inputs, inputs, batch_size=3)
    for wrong in (True, 1.5, "1", Fraction(1)):
        with pytest.raises(DataError, match="is not a whole number"):
            gn.compile(gn.graphs.elman(1, 2, 1), seed=wrong)


def net_and_data() -> tuple[gn.Network, np.ndarray, np.ndarray]:
    return gn.compile(gn.graphs.elman(1, 2, 1), seed=0), np.ones((4, 2, 1)), np.ones((4, 2, 1))


@pytest.mark.parametrize(
    ("call", "given", "meant"),
    [
        ("fit", "lr", "learning_rate"),
        ("fit", "learn_rate", "learning_rate"),
        ("fit", "batchsize", "batch_size"),
        ("fit", "n_epochs", "epochs"),
        ("fit", "val", "validation"),
        ("fit", "validation_split", "validation"),
        ("fit", "random_state", "seed"),
        ("fit", "sample_weight", "weights"),
        ("fit", "criterion", "loss"),
        ("compile", "random_state", "seed"),
        ("compile", "device", "backend"),
        ("evaluate", "batchsize", "batch_size"),
        ("evaluate", "criterion", "loss"),
        ("Adam", "lr", "learning_rate"),
        ("Adam", "eps", "epsilon"),
        ("SGD", "momentun", "momentum"),
        ("LBFGS", "history_size", "memory"),
        ("StepDecay", "gamma", "factor"),
        ("StepDecay", "milestones", "at"),
        ("CrossEntropy", "weight", "class_weights"),
        ("Glorot", "gian", "gain"),
        ("FitSettings", "lr", "learning_rate"),
    ],
)
def test_a_keyword_that_is_unknown_suggests_the_one_that_was_meant(call: str, given: str, meant: str) -> None:
    net, inputs, targets = net_and_data()
    places = (gn, gn.optimizers, gn.schedules, gn.losses, gn.initializers)
    function: Any = next(getattr(place, call) for place in places if hasattr(place, call))
    arguments = {
        "fit": (net, inputs, targets),
        "evaluate": (net, inputs, targets),
        "compile": (gn.graphs.elman(1, 2, 1),),
    }
    with pytest.raises(
        TypeError, match=rf"^{call}\(\) got an unexpected keyword argument '{given}'; did you mean '{meant}'"
    ):
        function(*arguments.get(call, ()), **{given: 1})


def test_every_other_name_is_that_of_a_keyword() -> None:
    functions = (gn.fit, gn.compile, gn.analysis.compare)
    known = {name for function in functions for name in inspect.signature(function).parameters}
    known |= {name for _, name, _ in settings_with_numbers()}
    assert set(OTHER_NAMES) <= known
    for meant, others in OTHER_NAMES.items():
        for other in others:
            assert nearest_names(other, [meant]) == [meant]
            if other in known:
                (with_both, *_) = nearest_names(other, [meant, other])
                assert with_both in (meant, other)


def test_an_unknown_part_of_a_setting_and_an_unknown_change_suggest_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="adam has no setting 'lr'; did you mean 'learning_rate'"):
        FitSettings(optimizer={"name": "adam", "lr": 0.1})
    train(tmp_path / "run", epochs=1)
    with pytest.raises(DataError, match="n_epochs: no setting of a fit; did you mean 'epochs'"):
        go_on(tmp_path / "run", n_epochs=2)


def test_a_word_that_is_no_setting_is_refused() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    with pytest.raises(TypeError, match="epoch"):
        gn.fit(net, [[[1.0]]], [[[1.0]]], epoch=3)  # type: ignore[call-arg]
