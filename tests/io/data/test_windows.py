"""Series cut into windows and horizons, and split in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import Data, read_data, write_table
from tests.profiles import scaled


@pytest.fixture
def series(tmp_path):
    """``series.csv``: steps 0 to 9 of ``a``, ten times that of ``b``."""
    path = tmp_path / "series.csv"
    write_table(path, {"a": np.arange(10.0), "b": 10.0 * np.arange(10)})
    return path


def test_windows_end_at_the_step_before_their_target(series):
    data = read_data(series, x="a", window=3, ahead=1)
    assert data.x[:, :, 0].tolist() == [[i, i + 1, i + 2] for i in range(7)]
    assert data.y.tolist() == [[i + 3] for i in range(7)]
    assert (data.lengths, data.weights, data.series.ends.tolist()) == (None, None, list(range(2, 9)))


def test_strides_count_from_the_end(series):
    assert read_data(series, x="a", window=3, ahead=1, stride=3).y.ravel().tolist() == [3, 6, 9]
    assert read_data(series, x="a", window=3, ahead=1, stride=4).y.ravel().tolist() == [5, 9]
    last = read_data(series, x="a", window=3, stride=4, targets=False)
    assert last.x[:, -1, 0].tolist() == [5, 9]


def test_several_horizons_are_outputs_those_of_the_first_in_front(series):
    for window in (None, 2):
        data = read_data(series, x=["a", "b"], y=["b", "a"], ahead=[1, 3], window=window)
        assert data.y.reshape(-1, 4)[-1].tolist() == [70, 7, 90, 9]
        assert data.series.outputs == ["b+1", "a+1", "b+3", "a+3"]
    assert read_data(series, x="a", y="b", ahead=[0, 1]).y[0, -1].tolist() == [80, 90]
    assert read_data(series, x="a", ahead=[2]).y.tolist() == read_data(series, x="a", ahead=2).y.tolist()


def test_counted_are_windows_whose_targets_all_are(series):
    data = read_data(series, x="a", window=2, ahead=[1, 2], count=["a>=5", "a<9"])
    assert data.y.tolist() == [[5, 6], [6, 7], [7, 8]]
    assert data.weights is None
    steps = read_data(series, x="a", ahead=[1, 2], count=["a>=5", "a<9"])
    assert steps.weights.tolist() == [[0, 0, 0, 0, 1, 1, 1, 0]]


def test_windows_of_arrays(tmp_path):
    x = np.arange(14.0).reshape(2, 7, 1)
    np.savez(tmp_path / "data.npz", x=x, lengths=np.array([7, 4]))
    data = read_data(tmp_path / "data.npz", window=3, ahead=[1])
    assert data.y.ravel().tolist() == [3, 4, 5, 6, 10]
    assert data.x[-1].ravel().tolist() == [7, 8, 9]
    np.save(tmp_path / "data.npy", x[0])
    assert read_data(tmp_path / "data.npy", ahead=[1, 2]).y.tolist() == [[[i + 1, i + 2] for i in range(5)]]


@settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(1, 3),
    st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True),
)
def test_each_window_is_a_part_of_its_series(tmp_path, lengths, window, stride, ahead):
    values = np.arange(float(sum(lengths)))
    names = np.repeat(np.arange(len(lengths)), lengths)
    write_table(tmp_path / "data.csv", {"sequence": names, "x": values})
    options = {"window": window, "stride": stride, "ahead": ahead}
    if min(lengths) < window + max(ahead):
        with pytest.raises(gn.DataError, match=r"steps?, and window="):
            read_data(tmp_path / "data.csv", **options)
        return
    data = read_data(tmp_path / "data.csv", **options)
    expected = [
        (values[end - window + 1 : end + 1].tolist(), [values[end + k] for k in ahead])
        for first, length in zip(np.cumsum(lengths) - lengths, lengths, strict=True)
        for end in range(first + window - 1, first + length - max(ahead))
        if (first + length - 1 - max(ahead) - end) % stride == 0
    ]
    found = [(x.ravel().tolist(), y.tolist()) for x, y in zip(data.x, data.y, strict=True)]
    assert found == expected


# --- split -----------------------------------------------------------------------------------------------------------


def test_the_last_windows_are_held_out_and_no_target_is_in_both(series):
    early, late = read_data(series, x="a", window=2, ahead=1).split(0.25)
    assert (early.y.ravel().tolist(), late.y.ravel().tolist()) == ([2, 3, 4, 5, 6, 7], [8, 9])
    early, late = read_data(series, x="a", window=2, ahead=[1, 3]).split(0.34)
    assert late.y.tolist() == [[5, 7], [6, 8], [7, 9]][1:]
    assert set(early.y.ravel()).isdisjoint(late.y.ravel())
    assert early.y.tolist() == [[2, 4], [3, 5]]


def test_the_last_part_of_each_series_is_held_out(tmp_path):
    write_table(tmp_path / "data.csv", {"sequence": np.repeat([0, 1], 6), "x": np.arange(12.0)})
    early, late = read_data(tmp_path / "data.csv", window=1, ahead=1).split(0.2)
    assert late.y.ravel().tolist() == [5, 11]
    assert early.y.ravel().tolist() == [1, 2, 3, 4, 7, 8, 9, 10]


def test_steps_of_one_series_are_held_out_by_weight(series):
    early, late = read_data(series, x="a", ahead=[1, 2], count="a>=2").split(0.3)
    assert late.weights.tolist() == [[0, 0, 0, 0, 0, 0, 1, 1]]
    assert (early.x.shape, early.weights.tolist()) == ((1, 5, 1), [[0, 1, 1, 1, 1]])
    counted = late.weights[0] > 0
    assert early.y.max() < late.y[0, counted].min()


def test_what_cannot_be_split(series):
    with pytest.raises(gn.DataError, match="neither windows nor one series"):
        Data(np.zeros((2, 3, 1)), np.zeros((2, 3, 1))).split(0.5)
    assert not Data(np.zeros((1, 3, 1)), np.zeros((1, 3))).in_time
    assert Data(np.zeros((1, 3, 1)), np.zeros((1, 3), int)).in_time
    data = read_data(series, x="a", ahead=1)
    with pytest.raises(gn.DataError, match=r"split: 1\.5 is not a fraction"):
        data.split(1.5)
    with pytest.raises(gn.DataError, match=r"validation: 0\.01 of 9 steps that count holds out 0"):
        data.split(0.01)
    far = read_data(series, x="a", ahead=[1, 6])
    with pytest.raises(gn.DataError, match=r"leaves none to train on .*, as horizons are 5 steps apart"):
        far.split(0.5)
    with pytest.raises(gn.DataError, match=r"0.5 of 3 windows leaves none to train on"):
        read_data(series, x="a", ahead=[1, 6], window=2).split(0.5)


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 11}, "series.csv: the series has 10 steps, and window=11 and ahead=1 take 12 at least"),
        ({"ahead": 10}, "series.csv: the series has 10 steps, and ahead=10 takes 11 at least"),
        ({"window": 0}, "window=0 is not a whole number of steps >= 1"),
        ({"stride": 2}, r"stride=2 is the step from window to window; give window= \(--window\) too"),
        ({"window": 2, "stride": 1.5}, "stride=1.5 is not a whole number of steps >= 1"),
        ({"ahead": [1, 2, 1]}, r"ahead=\[1, 2, 1\] names horizon 1 twice"),
        ({"ahead": []}, r"ahead=\[\] names no horizon"),
        ({"ahead": [1, -1]}, "ahead=-1 is not a whole number of steps >= 0"),
        ({"window": 5, "count": "a<2"}, r"series.csv: no window= \(--window\) has a target that counts"),
    ],
)
def test_windows_that_cannot_be(series, options, says):
    with pytest.raises(gn.DataError, match=says):
        read_data(series, x="a", **{"ahead": 1, **options})


def test_short_sequences_are_named(tmp_path):
    write_table(tmp_path / "data.csv", {"sequence": np.array([3, 7, 7, 7, 8]), "x": np.arange(5.0)})
    with pytest.raises(gn.DataError, match="sequence '3' has 1 step, and ahead=1 takes 2 at least, and 1 more"):
        read_data(tmp_path / "data.csv", ahead=1)


def test_targets_without_steps_have_no_windows(tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n1,\n2,\n3,0.5\n")
    for option in ({"window": 2}, {"ahead": 1}):
        with pytest.raises(gn.DataError, match=r"y has one target a sequence, and .* is for one a step"):
            read_data(tmp_path / "data.csv", **option)
    np.savez(tmp_path / "data.npz", x=np.zeros((2, 3, 1)), y=np.array([0, 1]))
    with pytest.raises(gn.DataError, match="one target a sequence: nothing is window=2 steps"):
        read_data(tmp_path / "data.npz", window=2)


def test_classes_have_one_horizon(tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n1,0\n2,1\n3,2\n4,1\n")
    assert read_data(tmp_path / "data.csv", ahead=1).y.tolist() == [[1, 2, 1]]
    with pytest.raises(gn.DataError, match="targets are classes, and 2 horizons are for numbers"):
        read_data(tmp_path / "data.csv", ahead=[1, 2])
