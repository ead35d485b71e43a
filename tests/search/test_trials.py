"""Trials whose process is gone, torn journals, and searches of one study side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

import graphnet as gn
from graphnet.search.owner import Owner, start_of, this_process
from graphnet.search.space import read_space
from graphnet.search.storage import Store, read_store
from graphnet.search.trials import Outcome, Trials

from .problems import results, search, states

SPACE = read_space({"a": [1, 2, 3]})
POINTS = [{"a": 1}, {"a": 2}, {"a": 3}]


def trials_in(store: Store, storage: Any = None, name: str = "s", **changes: Any) -> Trials:
    storage = store.open() if storage is None else storage
    optuna.create_study(study_name=name, storage=storage, load_if_exists=True)
    given = {"points": POINTS, "n_trials": 3, "seed": 0, "pruner": optuna.pruners.NopPruner(), **changes}
    return Trials(storage, name, store, SPACE, **given)


@pytest.fixture(autouse=True)
def silent() -> Any:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def owned_by(study: Any, owner: Owner, index: int) -> None:
    """Add a running trial of another process."""
    study.add_trial(
        optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params=POINTS[index],
            distributions={"a": SPACE["a"].distribution()},
            user_attrs={"index": index, **owner._asdict(), "session": "x", "token": "y"},
        )
    )


def forbidden(*args: Any) -> None:
    raise PermissionError


def test_a_process_that_has_ended_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = this_process()
    assert mine.process == os.getpid()
    assert mine.start == start_of(os.getpid()) != ""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        other = Owner(mine.host, process.pid, start_of(process.pid))
        assert not other.is_gone()
        assert other._replace(start="long ago").is_gone()  # another process of the same number
        process.kill()
        for _ in range(200):
            if other.is_gone():  # although nobody has asked yet how it ended
                break
            time.sleep(0.01)
        assert other.is_gone()
    assert other.is_gone()
    monkeypatch.setattr(os, "kill", forbidden)
    assert not other.is_gone()  # there may be one of another user, which the system hides
    assert not other._replace(host="elsewhere").is_gone()
    assert not other._replace(start="").is_gone()


def test_trials_of_a_process_that_is_gone_are_begun_again(tmp_path: Path) -> None:
    with trials_in(Store(path=tmp_path / "s.journal")) as trials:
        study = trials.study()
        owned_by(study, this_process()._replace(start="long ago"), 0)
        owned_by(study, Owner("elsewhere", 1, "then"), 1)
        first, second = trials.begin(), trials.begin()
        assert [(each.index, each.number, each.point) for each in (first, second)] == [
            (0, 2, {"a": 1}),
            (2, 3, {"a": 3}),
        ]
        assert trials.begin() is None
        assert study.trials[0].user_attrs["lost"].endswith("is gone")
        assert study.trials[0].state.name == "FAIL"
        assert [each.number for each in trials.running_elsewhere()] == [1, 2, 3]


def test_trials_of_a_search_that_this_process_has_left_are_begun_again() -> None:
    store = Store()
    storage = store.open()
    with trials_in(store, storage) as left:
        assert left.begin().index == 0
        with trials_in(store, storage) as beside:
            assert beside.begin().index == 1
    with trials_in(store, storage) as trials:
        assert [trials.begin().index for _ in range(3)] == [0, 1, 2]


def test_a_trial_that_was_failed_by_hand_is_begun_again() -> None:
    with trials_in(Store()) as trials:
        claim = trials.begin()
        trials.study().tell(claim.number, state=optuna.trial.TrialState.FAIL)
        assert trials.begin().index == 0
        trials.end(claim, Outcome((1.0,)))  # too late: nothing happens
        assert states(trials.study()) == ["FAIL", "RUNNING"]


def test_without_a_lock_the_first_of_two_has_a_trial() -> None:
    storage = Store().open()
    with trials_in(Store(), storage) as one, trials_in(Store(), storage) as two:
        add, begun = two._add, []

        def add_later(*args: Any) -> Any:
            if not begun:
                begun.append(one.begin())  # between the look and the leap of the other
            return add(*args)

        two._add = add_later  # type: ignore[method-assign]
        assert two.begin().index == 1
        assert begun[0].index == 0
        assert states(one.study()) == ["RUNNING", "FAIL", "RUNNING"]


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    whole = results(search(trials=4, storage=path))
    lines = path.read_bytes().splitlines(keepends=True)
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1):
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:cut])
        assert results(search(trials=4, storage=path)) == whole
    path.write_bytes(lines[0][:12])
    assert results(search(trials=4, storage=path)) == whole


def test_a_journal_that_is_cut_anywhere_leads_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    whole = results(search(trials=4, storage=path))
    data = path.read_bytes().replace(this_process().start.encode(), b"long ago")
    for cut in range(0, len(data), len(data) // 12):
        path.write_bytes(data[:cut])
        assert results(search(trials=4, storage=path)) == whole


def test_a_journal_that_is_broken_in_its_middle(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    search(trials=1, storage=path)
    lines = path.read_bytes().splitlines(keepends=True)
    for broken in (b"nonsense\n", b'{"op_code": 99}\n', b'{"op_code": 4, "worker_id": "x"}\n'):
        path.write_bytes(b"".join([*lines[:3], broken, *lines[3:]]))
        with pytest.raises(gn.DataError, match=r"s.journal: the journal cannot be read"):
            search(trials=2, storage=path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello\n", "s.journal: not a journal of Optuna; name another file"),
        (b"hello", "not a journal of Optuna"),
        (b'{"a": 1}\n', "not a journal of Optuna"),
        (b"[1]\n", "not a journal of Optuna"),
        (b"SQLite format 3\0", "s.journal: a database; give its URL, sqlite:///"),
    ],
)
def test_files_of_another_kind_are_left_alone(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "s.journal"
    path.write_bytes(content)
    with pytest.raises(gn.DataError, match=message):
        search(storage=path)
    assert path.read_bytes() == content
    with pytest.raises(gn.DataError, match=r"a folder, not a journal; name a file in it, such as .*study.journal"):
        read_store(tmp_path, None)


@pytest.mark.costly
def test_no_lock_outlives_its_process(tmp_path: Path) -> None:
    """Optuna's own lock of a journal would make the next one wait for 30 s."""
    path = tmp_path / "s.journal"
    code = (
        "import os, sys; from pathlib import Path; from graphnet.search.storage import Store;"
        "store = Store(path=Path(sys.argv[1])); storage = store.open(); held = store.locked(); held.__enter__();"
        "storage._backend._lock.acquire(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    begun = time.monotonic()
    search(trials=1, storage=path)
    assert time.monotonic() - begun < 10
