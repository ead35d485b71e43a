"""A fit that goes on from a file is the fit that was never stopped, to the last bit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.train.runs import folder as run_folder

from .runs import OPTIMIZERS, assert_same_state, data, draw, go_on, same, states, train, without_seconds

PERTURBED: dict[str, Any] = {"noise": 0.1, "dropout": 0.1, "neuron_dropout": 0.1}
WAYS: dict[str, dict[str, Any]] = {
    **{name: {"optimizer": name, **PERTURBED} for name in OPTIMIZERS},
    "decay": {"optimizer": {"name": "adamw", "weight_decay": 0.1}, "schedule": "cosine", "clip_norm": 0.5},
    "windows": {"truncation": 3, "epochs": 8, **PERTURBED},
    "one series": {"stateful": True, "batch_size": 3, "truncation": 3, "epochs": 5, **PERTURBED},
    "buckets": {"bucket": True, "clip_value": 0.01, "schedule": "warmup"},
    "plateau": {"schedule": {"name": "plateau", "patience": 1}, "learning_rate": 0.5, "patience": 50},
}

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GradientWarning")


@pytest.mark.costly
@pytest.mark.parametrize("way", WAYS)
def test_every_update_from_a_checkpoint_is_the_next_update(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each checkpoint of a run, gone on with for one update, is the next one: so any of them leads to the same end."""
    monkeypatch.setattr(run_folder, "KEPT", 1000)
    train(tmp_path / "whole", checkpoint_every=1, **WAYS[way])
    whole = states(tmp_path / "whole")
    assert len(whole) >= 100 or way in ("windows", "one series", "buckets")
    assert [state.update for state in whole] == list(range(len(whole)))
    files = sorted((tmp_path / "whole" / "checkpoints").glob("*.safetensors"))
    for position, file in enumerate(files[:-1]):
        one = tmp_path / "one"
        copy_run(tmp_path / "whole", one, file)
        go_on(one, time_limit=1e-9)
        if states(one)[-1].epoch < whole[position + 1].epoch:  # it stopped before the epoch's end
            go_on(one, time_limit=1e-9)
        assert_same_state(states(one)[-1], whole[position + 1])
        shutil.rmtree(one)


def copy_run(run: Path, to: Path, checkpoint: Path) -> None:
    """The run as it was when one checkpoint was the newest."""
    shutil.copytree(run, to, ignore=shutil.ignore_patterns("*.safetensors"))
    shutil.copy(run / "network.safetensors", to)
    shutil.copy(checkpoint, to / "checkpoints")


def test_lbfgs_from_every_iteration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder, "KEPT", 1000)
    settings = {"optimizer": "lbfgs", "epochs": 30, "learning_rate": None}
    net = train(tmp_path / "whole", checkpoint_every=1, **settings)
    whole = states(tmp_path / "whole")
    files = sorted((tmp_path / "whole" / "checkpoints").glob("*.safetensors"))
    assert len(files) == 31
    for file in files[:-1:5]:
        one = tmp_path / "one"
        copy_run(tmp_path / "whole", one, file)
        assert same(go_on(one).parameters, net.parameters)
        assert_same_state(states(one)[-1], whole[-1])
        shutil.rmtree(one)


def test_for_longer(tmp_path: Path) -> None:
    """A run of 6 epochs, and one of 2 that is gone on with to 6."""
    long = train(tmp_path / "long", epochs=6)
    train(tmp_path / "short", epochs=2)
    assert same(go_on(tmp_path / "short", epochs=6).parameters, long.parameters)
    rows = [gn.open_run(tmp_path / name).rows() for name in ("long", "short")]
    assert without_seconds(rows[0]) == without_seconds(rows[1])
    assert len(rows[0]) == 6
    assert gn.open_run(tmp_path / "short").settings["settings"]["epochs"] == 6


def test_what_is_done_stays_as_it_is(tmp_path: Path) -> None:
    net = train(tmp_path / "run", epochs=3, patience=2)
    again = go_on(tmp_path / "run")
    assert same(again.parameters, net.parameters)
    assert same(gn.open_run(tmp_path / "run").network().parameters, net.parameters)


def test_a_run_that_has_not_ended_has_the_network_of_its_checkpoint(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=3, time_limit=1e-9)
    (state,) = states(tmp_path / "run")[-1:]
    assert state.update == 1
    assert same(gn.open_run(tmp_path / "run").network().parameters, state.parameters)


def test_settings_can_change(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=2)
    inputs, targets, lengths = data()
    _, history = gn.resume(
        tmp_path / "run", inputs, targets, lengths=lengths, epochs=4, optimizer={"learning_rate": 1e-30}, clip_norm=1.0
    )
    assert [row["learning_rate"] for row in history.epochs] == [0.01, 0.01, 1e-30, 1e-30]
    settings = gn.open_run(tmp_path / "run").settings["settings"]
    assert settings["optimizer"]["learning_rate"] == 1e-30
    assert settings["clip_norm"] == 1.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"optimizer": "sgd"}, "the run was begun with the optimizer 'adam', and 'sgd' remembers other things"),
        ({"epoch": 5}, "epoch: no setting of a fit"),
        ({"epochs": -1}, "epochs: -1; must be a whole number >= 1"),
    ],
)
def test_settings_that_cannot(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    train(tmp_path / "run", epochs=1)
    before = (tmp_path / "run" / "settings.json").read_bytes()
    with pytest.raises(gn.DataError, match=says):
        go_on(tmp_path / "run", **changes)
    assert (tmp_path / "run" / "settings.json").read_bytes() == before


def test_other_data_are_noticed(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=1)
    inputs, targets, lengths = data()
    inputs[3, 0, 0] += 1e-9
    with pytest.raises(gn.DataError, match="the data are not those that the run was begun with"):
        gn.resume(tmp_path / "run", inputs, targets, lengths=lengths, epochs=2)
    gn.resume(tmp_path / "run", inputs, targets, lengths=lengths, epochs=2, other_data=True)


def test_a_broken_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=4, checkpoint_every=1)
    old, new = sorted((tmp_path / "run" / "checkpoints").glob("*.safetensors"))
    new.write_bytes(new.read_bytes()[:-1])
    assert gn.open_run(tmp_path / "run").state().update == int(old.stem)
    old.write_bytes(b"")
    with pytest.raises(gn.DataError, match=r"the file is empty"):
        gn.open_run(tmp_path / "run").state()


def test_a_state_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=1)
    folder = gn.open_run(tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run" / "checkpoints").iterdir()}
    for part, name in (("parameters", None), ("optimizer", "mean")):
        state = folder.state()
        state.update += 1
        array = getattr(state, part) if name is None else getattr(state, part)[name]
        array[1] = np.nan
        folder.write_state(state)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run" / "checkpoints").iterdir()} == before


def test_two_processes_do_not_share_a_run(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=1)
    with gn.open_run(tmp_path / "run").locked(), pytest.raises(gn.DataError, match="another process is training"):
        go_on(tmp_path / "run", epochs=2)
    go_on(tmp_path / "run", epochs=2)


def test_what_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name, says in (
        ("none", "no such run folder"),
        ("file", "a file, not a run folder"),
        ("empty", "it has no settings.json"),
    ):
        with pytest.raises(gn.DataError, match=says):
            gn.open_run(tmp_path / name)
    train(tmp_path / "run", epochs=1)
    path = tmp_path / "run" / "settings.json"
    for text, says in (
        ("{", "not JSON"),
        ("[]", "does not hold the settings of a run"),
        ('{"format": 99, "settings": {}}', "written by a newer graphnet"),
    ):
        path.write_text(text)
        with pytest.raises(gn.DataError, match=says):
            gn.open_run(tmp_path / "run")


def test_a_run_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    train(tmp_path / "empty", epochs=1)
    before = {path: path.read_bytes() for path in (tmp_path / "empty").rglob("*") if path.is_file()}
    with pytest.raises(gn.DataError, match="the folder exists and is not empty"):
        train(tmp_path / "empty", epochs=1)
    assert {path: path.read_bytes() for path in (tmp_path / "empty").rglob("*") if path.is_file()} == before


def test_a_network_that_cannot_be_written_leaves_no_run(tmp_path: Path) -> None:
    graph = draw()
    graph.nodes["hidden", 0]["mine"] = object()
    inputs, targets, lengths = data()
    with pytest.raises(gn.GraphError, match="attribute 'mine'"):
        gn.fit(gn.compile(graph), inputs, targets, lengths=lengths, run=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
