"""The classifier, on sequences of equal and unequal length."""

from __future__ import annotations

import pickle
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import graphnet as gn

from .data import ragged, speech

QUICK: dict[str, Any] = {"options": {"n_hidden": 4}, "epochs": 3, "learning_rate": 0.03, "random_state": 0}


def quick(**named: Any) -> gn.GraphClassifier:
    return gn.GraphClassifier("elman", **{**QUICK, **named})


def labelled() -> tuple[list[Any], Any]:
    sequences, sums = ragged()
    return sequences, np.where(sums > 0, "up", "down")


def with_slopes(sequences: list[Any]) -> list[Any]:
    return [np.hstack([each, np.gradient(each, axis=0)]) for each in sequences]


@pytest.mark.costly
def test_four_lines_on_ragged_speech() -> None:
    """Input that differs in length goes through a pipeline and a search, and is recognised."""
    (sequences, speakers), (unheard, theirs) = speech()["train"], speech()["test"]
    model = make_pipeline(
        FunctionTransformer(with_slopes), gn.GraphClassifier(epochs=8, learning_rate=0.02, random_state=0)
    )
    search = GridSearchCV(model, {"graphclassifier__options__n_hidden": [4, 24]}, cv=2)
    search.fit(sequences, speakers)
    assert search.score(unheard, theirs) > 0.9
    assert search.best_params_ == {"graphclassifier__options__n_hidden": 24}
    assert search.best_estimator_[-1].n_features_in_ == 24


def test_it_is_a_fit_of_a_network() -> None:
    """The settings go to gn.fit as they are, and so does the seed."""
    x, y = np.random.default_rng(0).normal(size=(20, 5, 2)), np.arange(20) % 3
    given: dict[str, Any] = {"epochs": 3, "batch_size": 7, "clip_norm": 1.0, "optimizer": "sgd", "validation": 0.2}
    model = gn.GraphClassifier("elman", {"n_hidden": 4}, standardize=False, random_state=3, **given).fit(x, y)
    net = gn.compile(gn.graphs.elman(2, 4, 3), seed=3)
    history = gn.fit(net, x, y, loss="cross_entropy", seed=3, **given)
    assert (model.net_.parameters == net.parameters).all()
    assert [row["loss"] for row in model.history_.epochs] == [row["loss"] for row in history.epochs]
    logits = net.run(x)[:, -1]
    assert (model.decision_function(x) == logits).all()
    assert (model.predict(x) == logits.argmax(axis=1)).all()
    np.testing.assert_allclose(model.predict_proba(x), np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))


def test_padding_does_not_matter() -> None:
    sequences, labels = labelled()
    model = quick().fit(sequences, labels)
    alone = np.concatenate([model.predict_proba([each]) for each in sequences])
    np.testing.assert_allclose(model.predict_proba(sequences), alone, rtol=1e-12)


def test_forms_of_the_same_sequences_are_equal() -> None:
    """A panel, a list, an array of arrays, nested lists, frames, and channels first; rows are one step."""
    x, y = np.random.default_rng(0).normal(size=(20, 5, 2)), np.arange(20) % 2
    expected = quick().fit(x, y).predict_proba(x)
    objects = np.empty(20, object)
    objects[:] = list(x)
    for same in (list(x), tuple(x), objects, x.tolist(), [pd.DataFrame(each) for each in x], np.asfortranarray(x)):
        model = quick().fit(same, y)
        assert (model.predict_proba(same) == expected).all()
        assert (model.predict_proba(x) == expected).all()
    first = x.transpose(0, 2, 1)
    for same in (first, list(first)):
        assert (quick(channels_first=True).fit(same, y).predict_proba(same) == expected).all()
    rows = x[:, 0]
    assert (
        quick().fit(rows, y).predict_proba(rows) == quick().fit(rows[:, None], y).predict_proba(rows[:, None])
    ).all()


def test_a_label_for_each_step() -> None:
    sequences, _ = ragged()
    labels = [np.where(np.cumsum(each[:, 0]) > 0, "up", "down") for each in sequences]
    model = quick(epochs=60).fit(sequences, labels)
    assert model.per_step_
    found = model.predict(sequences)
    assert [len(each) for each in found] == [len(each) for each in sequences]
    right = np.concatenate(found) == np.concatenate(labels)
    assert model.score(sequences, labels) == right.mean() > 0.9
    weights = np.arange(24.0)
    of_steps = np.repeat(weights, [len(each) for each in sequences])
    assert model.score(sequences, labels, weights) == pytest.approx(np.average(right, weights=of_steps))
    assert [each.shape for each in model.predict_proba(sequences)] == [(len(each), 2) for each in sequences]
    assert [each.shape for each in model.decision_function(sequences)] == [(len(each),) for each in sequences]
    panel = np.random.default_rng(0).normal(size=(6, 4, 2))
    assert model.predict(panel).shape == (6, 4)
    assert quick().fit(panel, panel[:, :, 0] > 0).predict(panel).shape == (6, 4)


def test_two_classes_with_one_output() -> None:
    sequences, labels = labelled()
    model = quick(loss="binary_cross_entropy", epochs=40).fit(sequences, labels)
    assert model.net_.n_outputs == 1
    assert model.score(sequences, labels) > 0.9
    logits = model.decision_function(sequences)
    np.testing.assert_allclose(model.predict_proba(sequences)[:, 1], 1 / (1 + np.exp(-logits)))
    assert ((model.predict(sequences) == "up") == (logits > 0)).all()


def test_a_drawing_of_the_users() -> None:
    sequences, labels = labelled()
    drawing = gn.graphs.lateral(2, 4, 2)
    expected = (
        quick(options={"n_hidden": 4}).set_params(graph="lateral").fit(sequences, labels).predict_proba(sequences)
    )
    for graph in (drawing, gn.GraphTable.from_networkx(drawing)):
        model = clone(quick(options=None).set_params(graph=graph))
        np.testing.assert_allclose(model.fit(sequences, labels).predict_proba(sequences), expected)
    assert nx.utils.graphs_equal(drawing, gn.graphs.lateral(2, 4, 2))


def test_rows_of_weight_zero_are_left_out() -> None:
    sequences, labels = labelled()
    weights = np.arange(24) % 3
    kept = np.flatnonzero(weights)
    without = quick(batch_size=5).fit([sequences[i] for i in kept], labels[kept], weights[kept])
    assert (quick(batch_size=5).fit(sequences, labels, weights).net_.parameters == without.net_.parameters).all()


def test_epochs_one_by_one_are_a_fit() -> None:
    """partial_fit keeps the memory of the optimizer."""
    sequences, labels = labelled()
    whole = quick(epochs=4, batch_size=7).fit(sequences, labels)
    parts = quick(batch_size=7)
    for _ in range(4):
        parts.partial_fit(sequences, labels, classes=["down", "up"])
    np.testing.assert_allclose(parts.net_.parameters, whole.net_.parameters, rtol=1e-12)
    assert [row["epoch"] for row in parts.history_.epochs] == [1, 2, 3, 4]
    assert [row["loss"] for row in parts.history_.epochs] == [row["loss"] for row in whole.history_.epochs]
    whole.partial_fit(sequences, labels)
    assert [row["epoch"] for row in whole.history_.epochs] == [1, 2, 3, 4, 5]
    again = pickle.loads(pickle.dumps(parts)).partial_fit(sequences[:9], labels[:9])
    assert (again.net_.parameters == parts.partial_fit(sequences[:9], labels[:9]).net_.parameters).all()


def test_a_warm_start_goes_on() -> None:
    sequences, labels = labelled()
    model = quick(warm_start=True).fit(sequences, labels)
    before = model.net_.parameters.copy()
    model.set_params(learning_rate=1e-9).fit(sequences, labels)
    np.testing.assert_allclose(model.net_.parameters, before, atol=1e-6)
    model.set_params(warm_start=False).fit(sequences, labels)
    assert np.abs(model.net_.parameters - before).max() > 1e-3
    assert len(model.history_.epochs) == 3
    with pytest.raises(gn.DataError, match=r"y: 'left' is none of the classes \['down', 'up'\]"):
        model.set_params(warm_start=True).fit(sequences, np.where(labels == "up", "left", "down"))


def test_other_data_to_validate_on() -> None:
    sequences, labels = labelled()
    held_out = sequences[16:], labels[16:]
    model = quick(validation=held_out, patience=2, epochs=20).fit(sequences[:16], labels[:16])
    assert model.history_.kept["validation_accuracy"] == model.score(*held_out)
    with pytest.raises(gn.DataError, match=r"validation: a tuple of 4; must be \(X, y\) or \(X, y, sample_weight\)"):
        quick(validation=(1, 2, 3, 4)).fit(sequences, labels)


@pytest.mark.slow
def test_workers_of_joblib() -> None:
    sequences, labels = labelled()
    alone = cross_val_score(quick(epochs=10), sequences, labels, cv=3)
    assert (cross_val_score(quick(epochs=10), sequences, labels, cv=3, n_jobs=2) == alone).all()


def test_options_are_parameters() -> None:
    model = gn.GraphClassifier("gru", {"n_hidden": 4})
    assert model.get_params()["options__n_hidden"] == 4
    assert "options__n_hidden" not in model.get_params(deep=False)
    model.set_params(options__n_layers=2, epochs=5)
    assert (model.options, model.epochs) == ({"n_hidden": 4, "n_layers": 2}, 5)
    assert gn.GraphClassifier().set_params(options__n_hidden=3).options == {"n_hidden": 3}
    assert repr(model) == "GraphClassifier(epochs=5, options={'n_hidden': 4, 'n_layers': 2})"


def test_names_of_channels() -> None:
    x, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": 1.0}), [0, 0, 1, 1]
    assert quick().fit(x, y).feature_names_in_.tolist() == ["a", "b"]
    model = quick().fit([x, x], [0, 1])
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(
        gn.DataError, match=r"X has the columns \['b', 'a'\]; GraphClassifier was fitted with \['a', 'b'\]"
    ):
        model.predict([x[["b", "a"]]])
    with pytest.raises(gn.DataError, match=r"X: sequence 1 has the columns \['b', 'a'\], sequence 0 has \['a', 'b'\]"):
        model.fit([x, x[["b", "a"]]], [0, 1])
    model.fit([x.to_numpy(), x.to_numpy()], [0, 1])
    assert not hasattr(model, "feature_names_in_")


SEQUENCES, LABELS = labelled()
PANEL = np.ones((4, 3, 2))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([*SEQUENCES[:3], SEQUENCES[3][:, :1]], LABELS[:4], "X: sequence 3 has 1 channels, sequence 0 has 2"),
        (
            [*SEQUENCES[:3], SEQUENCES[3][0]],
            LABELS[:4],
            r"X: sequence 3 has shape \(2,\); must be \(n_steps, n_channels\)",
        ),
        ([*SEQUENCES[:3], SEQUENCES[3][:0]], LABELS[:4], "X: sequence 3 has 0 steps of 2 channels; needs one of each"),
        (
            [np.ones(3), np.ones(4)],
            [0, 1],
            r"X: sequences of 3 to 4 numbers without channels.*\[x\[:, np.newaxis\] for x in X\]",
        ),
        ([[[1.0, 2.0], [3.0]], [[1.0, 2.0]]], [0, 1], "X: sequence 0: are ragged"),
        ([[["a"]], [["b"]]], [0, 1], "X: sequence 0: are <U1, not real numbers"),
        (PANEL[:, :0], [0, 1, 0, 1], r"X: shape \(4, 0, 2\); at least one sample, one step and one channel are needed"),
        (
            PANEL * np.nan,
            [0, 1, 0, 1],
            "X: sequence 0, step 0, channel 0 is NaN; fill it, or leave the sequence out; X: seq",
        ),
        ([PANEL[0], PANEL[1] * np.inf], [0, 1], "X: sequence 1, step 0, channel 0 is infinity"),
        (PANEL, ["a"] * 4, "y: only one class, 'a'; a classifier needs two classes or more"),
        (SEQUENCES[:2], [["a"], ["b", "a", "b"]], r"y: sequence 0 has 1 targets for \d steps of X"),
        (PANEL, np.zeros((4, 3, 2)), r"y: shape \(4, 3, 2\); must have a label for each sequence or for each step"),
        (PANEL, None, "requires y to be passed, but the target y is None"),
        (PANEL, [0.5, 1.5, 2.5, 0.5], "Unknown label type: continuous"),
        (PANEL, [0, 1], "inconsistent numbers of samples"),
    ],
)
def test_data_that_do_not_fit(x: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quick().fit(x, y)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"graph": "gruu"}, "graph: 'gruu'; did you mean 'gru'. There are 'attention', 'complete'"),
        ({"graph": "stack"}, "graph: 'stack'; must be a drawing, or one of 'attention', 'complete'"),
        ({"graph": 3}, "graph: 3; must be a drawing, or one of"),
        ({"options": {"hidden": 3}}, "options: elman has no option 'hidden'; did you mean 'n_hidden'"),
        ({"options": {"n_inputs": 3}}, "options: n_inputs comes from the data; leave it out"),
        ({"options": 3}, "options: 3; must be a dict of options by name"),
        ({"options": {"n_hidden": 0}}, "n_hidden"),
        ({"graph": gn.graphs.elman(2, 3, 2)}, r"options: \{'n_hidden': 4\}; a drawing has none"),
        ({"graph": gn.graphs.elman(1, 3, 2), "options": None}, "graph: it has 1 input, and X has 2 channels"),
        (
            {"graph": gn.graphs.elman(2, 3, 1), "options": None},
            "graph: it has 1 output, and 2 classes of y need 2 outputs, or 1 with loss='binary_cross_entropy'",
        ),
        (
            {"graph": gn.graphs.elman(2, 3, 3), "options": None},
            "graph: it has 3 outputs, and 2 classes of y need 2 outputs",
        ),
        ({"loss": "mse"}, "loss: 'mse'; a classifier has 'cross_entropy', or 'binary_cross_entropy'"),
        ({"epochs": 0}, "epochs: 0; must be a whole number >= 1"),
        ({"standardize": 3}, "standardize: 3; must be True or False"),
        ({"channels_first": "yes"}, "channels_first: 'yes'; must be True or False"),
        ({"warm_start": 1}, "warm_start: 1; must be True or False"),
        ({"dtype": "fp64"}, "did you mean 'float64'"),
    ],
)
def test_parameters_that_do_not_fit(named: dict[str, Any], message: str) -> None:
    """Each is found by the fit; making an estimator checks nothing, as scikit-learn asks."""
    with pytest.raises(ValueError, match=message):
        gn.GraphClassifier(**{"graph": "elman", **QUICK, **named}).fit(SEQUENCES, LABELS)


def test_more_classes_than_a_binary_loss_has() -> None:
    with pytest.raises(gn.DataError, match="loss: binary_cross_entropy is for two classes, y has 3"):
        quick(loss="binary_cross_entropy").fit(SEQUENCES[:3], [0, 1, 2])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((24, 2)), r"sample_weight: shape \(24, 2\); must be \(24,\), one for each sample"),
        (-np.ones(24), "sample_weight: -1 of sample 0; must be finite numbers >= 0; 24 such"),
        (np.zeros(24), "sample_weight: every weight is zero; let some be positive"),
    ],
)
def test_weights_that_do_not_fit(weights: Any, message: str) -> None:
    with pytest.raises(gn.DataError, match=message):
        quick().fit(SEQUENCES, LABELS, weights)


def test_keywords_that_do_not_exist() -> None:
    with pytest.raises(TypeError, match=r"'learning_rte'; did you mean 'learning_rate'\?"):
        gn.GraphClassifier(learning_rte=0.1)


def test_bad_input_changes_nothing() -> None:
    """An estimator that was fitted is as before, whatever is refused later."""
    model = quick().fit(SEQUENCES, LABELS)
    before = model.predict_proba(SEQUENCES)
    with pytest.raises(gn.DataError, match="X has 1 channel, but GraphClassifier was fitted with 2"):
        model.predict([each[:, :1] for each in SEQUENCES])
    with pytest.raises(gn.DataError, match="X has 3 channels, but GraphClassifier was fitted with 2"):
        model.predict(np.ones((2, 4, 3)))
    with pytest.raises(gn.DataError, match="y: 'left' is none of the classes"):
        model.partial_fit(SEQUENCES, ["left"] * 24)
    with pytest.raises(gn.DataError, match=r"classes: \['a', 'b'\]; at the first call they were \['down', 'up'\]"):
        model.partial_fit(SEQUENCES, LABELS, classes=["a", "b"])
    with pytest.raises(gn.DataError, match="y has one target a step; it was one a sequence at the first fit"):
        model.partial_fit(SEQUENCES, [np.repeat("up", len(each)) for each in SEQUENCES])
    with pytest.raises(gn.DataError, match="only one class"):
        model.fit(np.ones((3, 2, 5)), ["a", "a", "a"])
    with pytest.raises(gn.DataError, match="epochs"):
        model.set_params(epochs=0).fit(np.ones((3, 2, 5)), ["a", "b", "a"])
    assert (model.predict_proba(SEQUENCES) == before).all()
    with pytest.raises(gn.DataError, match=r"the first call of partial_fit needs all labels, as classes=np\.unique"):
        quick().partial_fit(SEQUENCES, LABELS)
