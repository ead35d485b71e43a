"""Conditions of the command line on ids that a float cannot tell apart."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn

ID = 720575940621039145


@pytest.fixture
def trained(call, here):
    """``run``, of a table of ids."""
    gn.write_graph(gn.graphs.elman(1, 2, 1), "net.json")
    (here / "data.csv").write_text(f"id,x,y\n{ID},1,0.5\n{ID + 1},2,0.5\n{ID - 1},3,0.5\n")
    assert call("train", "net.json", "data.csv", "-o", "run", "--epochs", 1, "--seed", 0).code == 0
    return "run"


@pytest.mark.parametrize(
    ("condition", "taken"),
    [(f"id=={ID}", [1.0]), (f"id!={ID}", [2.0, 3.0]), (f"id>{ID}", [2.0]), (f"id<={ID}", [1.0, 3.0])],
)
def test_ids_are_compared_exactly(call, trained, condition, taken):
    assert call("predict", trained, "data.csv", "--where", condition, "-o", "out.npz").code == 0
    with np.load("out.npz") as arrays:
        expected = gn.open_run(trained).network().run(np.reshape(taken, (1, -1, 1)))
        assert np.array_equal(arrays["outputs"], expected)


def test_an_id_that_is_not_there_is_said_so(call, trained):
    done = call("predict", trained, "data.csv", "--where", f"id=={ID + 2}", "-o", "out.npz")
    assert done.code == 3
    assert f"no row is left where 'id=={ID + 2}'" in done.err
