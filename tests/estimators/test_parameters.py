"""Parameters of the estimators are the settings of a fit, with their words."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import pytest

import graphnet as gn
from graphnet.estimators import absent
from graphnet.estimators.drawings import SIZE, draw, kinds
from graphnet.estimators.for_sktime import SktimeGraphForecaster

ESTIMATORS = [gn.GraphClassifier, gn.GraphRegressor, gn.GraphForecaster]


@pytest.mark.parametrize("made", ESTIMATORS)
def test_every_setting_of_a_fit_is_a_parameter(made: Any) -> None:
    """A setting that is added to FitSettings is one of the estimators, too."""
    signature = inspect.signature(made).parameters
    settings = {each.name: each for each in fields(gn.FitSettings)}
    assert set(settings) - set(signature) == {"seed", "checkpoint_every"}
    others = {name for name in settings if name in signature and signature[name].default != settings[name].default}
    assert others <= {"epochs", "loss"}
    assert list(signature)[:2] == ["graph", "options"]
    assert {each.kind for each in list(signature.values())[2:]} == {inspect.Parameter.KEYWORD_ONLY}
    text = inspect.getdoc(made) or ""
    for name in signature:
        assert f"\n{name} : " in text
    assert "".join(settings["clip_norm"].metadata["meaning"].split()) in "".join(text.split())
    assert "{parameters}" not in text
    assert max(map(len, (made.__doc__ or "").splitlines())) <= 120


@pytest.mark.parametrize("made", ESTIMATORS)
def test_an_estimator_keeps_what_it_is_given(made: Any) -> None:
    given = {"graph": object(), "epochs": "many", "random_state": -1}
    assert {name: made(**given).get_params()[name] for name in given} == given


def test_kinds_of_drawings() -> None:
    """They are those that the command line draws by numbers alone, with their first size by default."""
    from graphnet_cli.verbs.new import KINDS

    assert set(KINDS) - set(kinds()) == {"spatial_convolution"}  # it has pictures for inputs
    assert set(kinds()) <= set(KINDS)
    for kind in kinds():
        drawing = draw(kind, None, 2, 3, seed=0)
        roles = [role for _, role in drawing.nodes(data="role")]
        assert (roles.count("input"), roles.count("output")) == (2, 3)
    assert draw("elman", None, 1, 1, 0).number_of_nodes() == SIZE + 2


@pytest.mark.costly
def test_without_scikit_learn() -> None:
    """graphnet imports, with a star too, and an estimator says what to install."""
    for name in ("GraphClassifier", "GraphRegressor", "GraphForecaster"):
        with pytest.raises(
            ImportError, match=rf"{name} needs scikit-learn, .*: pip install 'graphnet-engine\[sklearn\]'"
        ):
            getattr(absent, name)("gru", epochs=3)
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'sklearn' else find(name, *rest)\n"
        "from graphnet import *\n"
        "try: GraphClassifier()\n"
        "except ImportError as error: print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.startswith("GraphClassifier needs scikit-learn, which is not installed")


def test_without_sktime() -> None:
    if find_spec("sktime") is not None:
        pytest.skip("sktime is installed")
    with pytest.raises(
        ImportError, match=r"SktimeGraphForecaster needs sktime, .*: pip install 'graphnet-engine\[sktime\]'"
    ):
        SktimeGraphForecaster("gru")
