"""Files that were changed at random: `mutated` has the changes, and many more of them to try."""

from __future__ import annotations

import sys

import pytest

from .mutated import KINDS, file_of, good_files, outcomes, try_case

CASES = 150


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are the system's")
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_file_holds_it_is_read_or_refused_in_our_words(kind):
    found = list(outcomes(kind, 0, CASES))
    assert [outcome.case for outcome in found] == list(range(CASES))
    assert [outcome for outcome in found if outcome.end == "failed"] == []
    # most changes are harm, and not all
    assert sum(outcome.end == "refused" for outcome in found) > CASES // 3
    assert sum(outcome.end == "read" for outcome in found) >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_were_not_changed_are_read(kind, tmp_path, monkeypatch):
    """Otherwise the refusals above would say nothing."""
    for good in good_files(kind):
        monkeypatch.setattr("tests.io.mutated.file_of", lambda kind, case, good=good: good)
        outcome = try_case(kind, 0, tmp_path / f"net{kind}" if kind[0] == "." else tmp_path / kind)
        assert (outcome.end, outcome.said) == ("read", "")


def test_a_case_is_the_same_each_time_and_another_one_is_not():
    assert file_of(".json", 3) == file_of(".json", 3)
    assert len({file_of(".json", case) for case in range(30)}) > 25


def test_an_error_that_is_not_ours_is_a_failure(tmp_path, monkeypatch):
    def fail(path):
        raise KeyError("weight")

    monkeypatch.setitem(KINDS, ".json", KINDS[".json"]._replace(read=fail))
    outcome = try_case(".json", 0, tmp_path / "net.json")
    assert outcome.end == "failed"
    assert "KeyError: 'weight'" in outcome.said
