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


def test_a_run_that_goes_on_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit replaces every checkpoint that a reader has found, before the reader opens the first."""
    train(tmp_path / "run", epochs=4, checkpoint_every=1)
    folder = gn.open_run(tmp_path / "run")
    state, read = folder.state(), run_folder.read_checkpoint

    def read_late(path: Path) -> Any:
        if state.update < 100:
            for state.update in (100, 101):
                folder.write_state(state)
        return read(path)

    monkeypatch.setattr(run_folder, "read_checkpoint", read_late)
    assert folder.state().update == 101


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


# --- changes on the way ----------------------------------------------------------------------------------------------


def history_of(run: Path, **changes: Any) -> gn.History:
    """The history of a run that is gone on with."""
    inputs, targets, lengths = data()
    return gn.resume(run, inputs, targets, **{"lengths": lengths, **changes})[1]


def stop_in_an_epoch(run: Path, **settings: Any) -> None:
    """Train until an update in the middle of the first epoch."""
    train(run, time_limit=1e-9, **settings)
    while states(run)[-1].batch < 3:
        go_on(run, time_limit=1e-9)


def test_patience_that_is_new_keeps_the_best_of_what_it_has_seen(tmp_path: Path) -> None:
    """The parameters of an older epoch are gone: it is no best epoch to keep."""
    train(tmp_path / "run", epochs=6, learning_rate=2.0)
    best = states(tmp_path / "run")[-1].best_epoch
    assert best is not None
    history = history_of(tmp_path / "run", epochs=12, patience=50)
    state = states(tmp_path / "run")[-1]
    seen = [row["validation_loss"] for row in history.epochs]
    assert state.best_parameters is not None
    assert history.kept_epoch == history.best_epoch == state.kept_epoch
    first = 0 if best == 6 else 6
    assert history.best_epoch == 1 + min(range(first, 12), key=lambda at: seen[at])


def test_patience_from_the_best_epoch_on_keeps_it(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=2, learning_rate=0.01)
    before = states(tmp_path / "run")[-1]
    assert before.best_epoch == 2
    history = history_of(tmp_path / "run", epochs=5, patience=2, learning_rate=100.0)
    assert history.best_epoch == 2
    assert same(gn.open_run(tmp_path / "run").network().parameters, before.parameters)


def test_without_patience_the_last_epoch_is_kept(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=4, patience=50, learning_rate=2.0)
    history = history_of(tmp_path / "run", epochs=6, patience=None)
    state = states(tmp_path / "run")[-1]
    assert history.kept_epoch == 6
    assert same(gn.open_run(tmp_path / "run").network().parameters, state.parameters)


@pytest.mark.parametrize("change", ["loss", "data"])
def test_a_best_loss_is_not_compared_with_that_of_something_else(tmp_path: Path, change: str) -> None:
    """Earlier measurements were tiny, by a loss or on data that are no longer those of the fit."""
    inputs, targets, lengths = data()
    net = gn.compile(draw(), seed=0)

    def tiny(outputs: Any, targets: Any, mask: Any) -> Any:
        return 1e-9, np.zeros_like(outputs)

    given: dict[str, Any] = {"loss": tiny} if change == "loss" else {}
    near = targets if change == "loss" else np.zeros_like(targets)
    gn.fit(
        net,
        inputs,
        near,
        lengths=lengths,
        epochs=2,
        patience=5,
        seed=0,
        run=tmp_path / "run",
        learning_rate=0.01,
        **given,
    )
    changes = {"loss": "mse"} if change == "loss" else {"other_data": True}
    history = history_of(tmp_path / "run", epochs=20, **changes)
    assert history.best_epoch is not None
    assert history.best_epoch > 2


def test_lbfgs_searches_anew_where_what_it_replays_is_of_something_else(tmp_path: Path) -> None:
    inputs, targets, lengths = data()
    settings = {"optimizer": "lbfgs", "learning_rate": None, "validation": None}
    for change in ({"optimizer": {"memory": 3}}, {"targets": -targets, "other_data": True}):
        run = tmp_path / str(len(list(tmp_path.iterdir())))
        half = train(run, epochs=5, **settings)
        wanted = change.get("targets", targets)
        more = {name: value for name, value in change.items() if name != "targets"}
        net, history = gn.resume(run, inputs, wanted, lengths=lengths, epochs=12, **more)
        other = gn.compile(draw(), seed=3)
        other.parameters = half.parameters
        optimizer = {"name": "lbfgs", **change.get("optimizer", {})}
        expected = gn.fit(other, inputs, wanted, lengths=lengths, epochs=7, optimizer=optimizer, seed=7)
        assert same(net.parameters, other.parameters)
        assert [row["loss"] for row in history.epochs[5:]] == [row["loss"] for row in expected.epochs]
        assert same(go_on_with(run, wanted, epochs=12).parameters, net.parameters)


def go_on_with(run: Path, targets: np.ndarray, **changes: Any) -> gn.Network:
    inputs, _, lengths = data()
    return gn.resume(run, inputs, targets, lengths=lengths, **changes)[0]


def test_what_remembers_more_than_before_begins_with_its_start(tmp_path: Path) -> None:
    train(tmp_path / "momentum", epochs=1, optimizer="sgd")
    go_on(tmp_path / "momentum", epochs=3, optimizer={"momentum": 0.9})
    assert "velocity" in states(tmp_path / "momentum")[-1].optimizer
    train(tmp_path / "plateau", epochs=1)
    go_on(tmp_path / "plateau", epochs=3, schedule={"name": "plateau", "patience": 0})
    assert states(tmp_path / "plateau")[-1].schedule["factor"] <= 1.0
    go_on(tmp_path / "plateau", epochs=4, schedule="cosine")
    assert states(tmp_path / "plateau")[-1].schedule == {}


def test_an_epoch_whose_batches_change_begins_again(tmp_path: Path) -> None:
    """Every sample is seen in every epoch, whatever the size of a batch becomes in the middle of one."""
    stop_in_an_epoch(tmp_path / "run")
    state = states(tmp_path / "run")[-1]
    net = gn.compile(draw(), seed=3)
    history = history_of(tmp_path / "run", batch_size=9, epochs=1, time_limit=1000)
    assert states(tmp_path / "run")[-1].update == state.update + 2
    assert len(history.epochs) == 1
    assert len(net.parameters) == len(state.parameters)
    stop_in_an_epoch(tmp_path / "stateful", stateful=True, truncation=3, batch_size=2)
    assert states(tmp_path / "stateful")[-1].carried
    go_on(tmp_path / "stateful", batch_size=3, epochs=1, time_limit=1000)


def test_a_change_that_fits_the_batches_goes_on_in_the_epoch(tmp_path: Path) -> None:
    stop_in_an_epoch(tmp_path / "run")
    before = states(tmp_path / "run")[-1]
    go_on(tmp_path / "run", time_limit=1e-9, clip_norm=1.0)
    assert states(tmp_path / "run")[-1].batch == before.batch + 1


def test_fewer_epochs_than_are_done_are_refused(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=3)
    before = (tmp_path / "run" / "settings.json").read_bytes()
    with pytest.raises(gn.DataError, match="epochs: 2; the run has done 3 already"):
        go_on(tmp_path / "run", epochs=2)
    assert (tmp_path / "run" / "settings.json").read_bytes() == before


def test_the_message_says_which_data_differ(tmp_path: Path) -> None:
    inputs, targets, lengths = data()
    held_out = inputs[:3], targets[:3]
    net = gn.compile(draw(), seed=0)
    gn.fit(net, inputs, targets, lengths=lengths, epochs=1, validation=held_out, seed=0, run=tmp_path / "given")
    train(tmp_path / "fraction", epochs=1)
    train(tmp_path / "none", epochs=1, validation=None)
    for run, validation, says in (
        ("given", None, r"the run was begun with other data to validate on; give them again as validation="),
        ("given", (inputs[:2], targets[:2]), "validation: the data are not those that the run was begun with"),
        ("fraction", 0.3, "validation: 0.3 holds out other samples than 0.1, with which the run was begun"),
        ("none", held_out, "validation: the run was begun without"),
    ):
        with pytest.raises(gn.DataError, match=says):
            history_of(tmp_path / run, epochs=2, validation=validation)
    assert len(history_of(tmp_path / "given", epochs=2, validation=held_out).epochs) == 2


def test_a_diverged_run_is_gone_on_with(tmp_path: Path) -> None:
    """At a smaller rate it is the run that had it from the start."""
    inputs, targets, lengths = data()
    given = {"lengths": lengths, "epochs": 2, "optimizer": "sgd", "seed": 7}
    with pytest.raises(gn.DivergedError):
        gn.fit(gn.compile(draw(), seed=3), inputs, 1e6 * targets, run=tmp_path / "run", learning_rate=1e308, **given)
    whole = gn.compile(draw(), seed=3)
    gn.fit(whole, inputs, 1e6 * targets, learning_rate=1e-9, **given)
    for _ in range(2):  # the second time it is done
        net = go_on_with(tmp_path / "run", 1e6 * targets, learning_rate=1e-9)
        assert same(net.parameters, whole.parameters)
    assert gn.open_run(tmp_path / "run").settings["settings"]["optimizer"]["learning_rate"] == 1e-9


def test_out_of_time_with_patience_network_and_run_have_the_best_epoch(tmp_path: Path) -> None:
    """The network in memory is that of the folder."""
    inputs, targets, lengths = data()
    net = gn.compile(draw(), seed=3)
    run = tmp_path / "run"
    given = {"lengths": lengths, "validation": 0.1, "patience": 50, "learning_rate": 2.0, "seed": 7}
    gn.fit(net, inputs, targets, epochs=6, batch_size=4, run=run, **given)
    net, history = gn.resume(run, inputs, targets, lengths=lengths, epochs=20, time_limit=1e-9)
    assert history.timed_out
    assert history.kept_epoch == history.best_epoch
    assert same(gn.open_run(run).network().parameters, net.parameters)
    state = states(run)[-1]
    assert state.best_parameters is not None
    assert same(net.parameters, state.best_parameters)
