"""``graphnet tour``: networks are drawn and trained, and what is said of them is what was measured."""

from __future__ import annotations

import re
import shlex
import signal
from pathlib import Path

import numpy as np
import pytest
from graphnet_cli.verbs import tour
from graphnet_cli.verbs.tour import QUICK, RECALLED, WHY, Plan, measure, recall

import graphnet as gn

from .runs import stop_when

pytestmark = pytest.mark.costly
SMALL = Plan(lags=(0, 1), n_seeds=2, n_samples=32, epochs=2)


def rows_of(text: str) -> dict[str, list[str]]:
    """Return the rows of the table at the end, without bars."""
    table = text.partition("Who remembers?")[2].partition("A test of the reason")[0]
    return {words[0]: words[1:] for words in (re.sub("[▁-█]", "", line).split() for line in table.splitlines()[2:-1])}


def test_the_quick_tour_shows_who_remembers(call, here) -> None:
    """Run the tour that continuous integration runs, and the commands with which it ends."""
    result = call("tour", "--quick", "-o", "tour")
    assert result.code == 0
    text = result.out
    assert max(map(len, text.splitlines())) <= 80
    places = [text.index(f"{i} of 5: {kind}") for i, kind in enumerate(WHY, start=1)]
    assert places == sorted(places)
    rows = rows_of(text)
    assert list(rows) == ["k=0", *WHY]
    up_to = {kind: int(rows[kind][-1]) for kind in WHY}
    assert up_to["feedforward"] == 0
    assert up_to["direct"] >= 1
    assert up_to["lateral"] == up_to["complete"] == QUICK.lags[-1]
    assert up_to["indirect"] < up_to["lateral"]
    assert re.search(r"4 outputs, one for each k, recalls\s+up to [124] steps? ago", text)
    assert all(45 <= int(share) <= 55 for share in rows["feedforward"][1:-1])
    assert {path.name for path in Path("tour").iterdir()} == {
        "recall.npz",
        *(f"{kind}.{suffix}" for kind in WHY for suffix in ("json", "html")),
    }
    commands = [line.strip() for line in text.partition("next:")[2].splitlines() if line.startswith("  graphnet")]
    assert len(commands) == 6
    for command in commands:
        if "--list" not in command and "plot" not in command:  # these have their tests
            short = ["--epochs", "1"] if " train " in command else []
            assert call(*shlex.split(command)[1:], *short).code == 0, command
    assert "lateral: the output is the sign of 2 steps ago" in Path("tour/lateral.html").read_text()


def test_targets_are_the_signs_of_so_many_steps_ago() -> None:
    inputs, targets = recall(5, (0, 3), seed=1, part="train")
    assert set(np.unique(inputs)) == {-1, 1}
    assert (targets[:, :, 0] == inputs[:, :, 0]).all()
    assert (targets[:, 3:, 1] == inputs[:, :-3, 0]).all()
    assert not targets[:, :3, 1].any()
    assert not np.array_equal(inputs, recall(5, (0, 3), seed=1, part="test")[0])


def test_the_result_as_json_is_the_same_for_a_seed(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "QUICK", SMALL)
    told, again, other = (call("tour", "--quick", "--json", "--seed", seed).json() for seed in (3, 3, 4))
    assert (told["seeds"], told["lags"]) == ([3, 4], [0, 1])
    assert [row["kind"] for row in told["networks"]] == list(WHY)
    assert told["networks"] == again["networks"] != other["networks"]
    for row in told["networks"]:
        graph = getattr(gn.graphs, row["kind"])(1, 8, 1)
        assert row["synapses"] == graph.number_of_edges()
        assert row["feedback"] == gn.feedback(graph).counts()
        assert all(row["worst"][lag] <= row["recalled"][lag] for lag in row["recalled"])
        reached = [int(lag) for lag, share in row["worst"].items() if share >= RECALLED]
        assert row["remembers"] == (max(reached) if 0 in reached else None)


def test_in_a_terminal_it_waits_for_enter(call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(tour, "WHOLE", SMALL)
    monkeypatch.setattr(tour, "QUICK", SMALL)
    monkeypatch.setattr(tour, "_is_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", asked.append)
    for options, n_waits in (((), len(WHY)), (("--quick",), 0), (("--json",), 0)):
        asked.clear()
        assert call("tour", *options).code == 0
        assert len(asked) == n_waits, options


def test_it_is_interrupted_as_other_commands_are(here) -> None:
    """Interrupt it once the page of the first network shows that a training is over."""
    code, out, err = stop_when(Path("tour/feedforward.html").exists, signal.SIGINT, "tour", "--quick", "-o", "tour")
    assert code == 130
    assert err.endswith("graphnet: interrupted\n")
    assert "Who remembers" not in out


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_what_the_tour_says_of_each_kind_holds_for_other_seeds(seed: int) -> None:
    up_to = {kind: measure(kind, QUICK, seed)["remembers"] for kind in WHY}
    assert up_to["feedforward"] == 0
    assert up_to["indirect"] == 0
    assert 1 <= up_to["direct"] <= 2
    assert up_to["lateral"] == up_to["complete"] == 4
    assert tour.measure_wide(QUICK, seed)["remembers"] >= 1
