"""Missing cells of tables: masked, carried forward, or their rows dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import read_data
from tests.profiles import scaled

TABLE = "a,b\n1,10\n,20\n3,\n4,40\n5,50\n"


@pytest.fixture
def path(tmp_path):
    """``data.csv``."""
    (tmp_path / "data.csv").write_text(TABLE)
    return tmp_path / "data.csv"


def test_masked_inputs_are_the_last_value_and_a_column_that_says_so(path):
    data = read_data(path, x=["b", "a"], y="a", ahead=1, missing="mask")
    assert data.x[0].tolist() == [[10, 1, 0, 0], [20, 1, 0, 1], [20, 3, 1, 0], [40, 4, 0, 0]]
    assert data.series.inputs == ("b", "a", "b is missing", "a is missing")
    assert data.weights.tolist() == [[0, 1, 1, 1]]
    assert data.y[0, 1:].ravel().tolist() == [3, 4, 5]


def test_there_are_as_many_inputs_where_nothing_is_missing(path):
    path.write_text("a\n1\n2\n")
    assert read_data(path, x="a", targets=False, missing="mask").x.tolist() == [[[1, 0], [2, 0]]]


def test_forward(path):
    data = read_data(path, x=["b", "a"], y="a", ahead=1, missing="forward")
    assert data.x[0].tolist() == [[10, 1], [20, 1], [20, 3], [40, 4]]
    assert data.weights.tolist() == [[0, 1, 1, 1]]
    assert np.isnan(data.series.values).ravel().tolist() == [False, True, False, False, False]


def test_drop(path):
    data = read_data(path, x="a", y="b", ahead=1, missing="drop")
    assert (data.x.ravel().tolist(), data.y.ravel().tolist(), data.weights) == ([1, 4], [40, 50], None)


def test_windows_with_missing_targets_are_left_out(path):
    data = read_data(path, x="a", ahead=1, window=1, missing="mask")
    assert data.y.ravel().tolist() == [3, 4, 5]
    assert data.x[:, 0].tolist() == [[1, 1], [3, 0], [4, 0]]


def test_before_the_first_value(path):
    path.write_text("sequence,x\n0,1\n0,2\n1,\n1,4\n")
    assert read_data(path, targets=False, missing="mask").x.tolist() == [[[1, 0], [2, 0]], [[0, 1], [4, 0]]]
    with pytest.raises(gn.DataError, match="line 4, column 'x': nothing is there, and no value before it; begin later"):
        read_data(path, targets=False, missing="forward")


def test_missing_classes_do_not_count(path):
    path.write_text("x,y\n1,2\n2,\n3,0\n")
    data = read_data(path, missing="mask")
    assert (data.y.tolist(), data.y.dtype, data.weights.tolist()) == ([[2, 0, 0]], np.int64, [[1, 0, 1]])


def test_targets_of_sequences_stay(path):
    path.write_text("sequence,x,y\na,1,\na,,1\nb,3,\nb,4,0\n")
    for missing in ("mask", "forward"):
        assert read_data(path, missing=missing).y.tolist() == [1, 0]
    path.write_text("sequence,x,y\na,1,\na,2,1\nb,,\nb,4,0\n")
    data = read_data(path, missing="drop")
    assert (data.y.tolist(), data.lengths.tolist()) == ([1, 0], [2, 1])


@settings(max_examples=scaled(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=2, max_size=12))
def test_masked_and_forward_agree_with_pandas(path, cells):
    import pandas

    path.write_text("i,x\n" + "".join(f"{i},{'' if cell is None else cell}\n" for i, cell in enumerate(cells)))
    column = pandas.Series(cells, dtype=float)
    if column.isna().all():
        with pytest.raises(gn.DataError, match=r"column 'x': nothing is there in any of .* rows, from line 2 on"):
            read_data(path, targets=False, missing="mask")
        return
    found = read_data(path, targets=False, missing="mask").x[0].T.tolist()
    assert found == [column.ffill().fillna(0).tolist(), column.isna().astype(float).tolist()]
    if not column.isna()[0]:
        assert read_data(path, targets=False, missing="forward").x.ravel().tolist() == column.ffill().tolist()


def test_what_is_missing_is_named_with_what_allows_it(path):
    with pytest.raises(gn.DataError, match=r"line 3, column 'a': nothing is there, .* missing= \(--missing mask\|for"):
        read_data(path, x="a", ahead=1)
    path.write_text("x,y\n1,2\n2,\n3,0\n")
    with pytest.raises(gn.DataError, match="line 3, column 'y': nothing is there; targets stand on every row"):
        read_data(path)


def test_choices_that_cannot_be(path, tmp_path):
    with pytest.raises(gn.DataError, match="missing='zero' is not one of 'mask', 'forward', 'drop'"):
        read_data(path, x="a", missing="zero")
    path.write_text("x,y\n1,\n,2\n3,\n")
    with pytest.raises(gn.DataError, match="every row lacks a cell, and missing='drop'"):
        read_data(path, missing="drop")
    path.write_text("x,y\n1,2\n3,\n")
    with pytest.raises(gn.DataError, match="line 3, column 'y': nothing is there, and there has to be a number"):
        read_data(path, x="x", ahead=1, where="y>1", missing="mask")
    np.savez(tmp_path / "data.npz", x=np.zeros((1, 2, 1)))
    with pytest.raises(gn.DataError, match="times and missing cells are theirs"):
        read_data(tmp_path / "data.npz", missing="mask")
