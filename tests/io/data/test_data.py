"""Data as npz: what is read is sound, and what is not names the file and the array."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

import graphnet as gn
from graphnet.io import read_data, write_arrays


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.npz"


def good(**changes):
    arrays = {"x": np.arange(24.0).reshape(3, 4, 2), "y": np.ones((3, 4, 1)), "lengths": np.array([4, 1, 2]), **changes}
    return {name: array for name, array in arrays.items() if array is not None}


def assert_refused(path, *says, **options):
    with pytest.raises(gn.DataError) as caught:
        read_data(path, **options)
    assert str(caught.value).startswith(f"{path}: ")
    for part in says:
        assert part in str(caught.value)


def npy(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), **options)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_what_numpy_writes_is_read(path, compressed):
    (np.savez_compressed if compressed else np.savez)(path, **good(), other=np.zeros(2))
    data = read_data(path)
    assert data.x.tolist() == good()["x"].tolist()
    assert data.y.tolist() == good()["y"].tolist()
    assert (data.lengths.tolist(), data.lengths.dtype) == ([4, 1, 2], np.int64)


def test_lengths_may_be_left_out_and_targets_where_none_are_asked_for(path):
    np.savez(path, **good(y=None, lengths=None))
    data = read_data(path, targets=False)
    assert (data.y, data.lengths) == (None, None)
    assert_refused(path, "there is no array 'y'; it has 'x'")


@pytest.mark.parametrize(
    "y", [np.ones((3, 4, 5), np.float32), np.array([0, 1, 2]), np.zeros((3, 4), np.uint8), np.ones((3, 7))]
)
def test_targets_of_all_kinds(path, y):
    np.savez(path, **good(y=y))
    assert read_data(path).y.dtype == y.dtype


def test_what_we_write_is_read_by_numpy_and_the_same_each_time(path):
    arrays = {"x": np.arange(6.0).reshape(1, 2, 3), "names": np.array(["a", "('b', 1)"]), "lengths": [2]}
    write_arrays(path, arrays)
    first = path.read_bytes()
    with np.load(path, allow_pickle=False) as found:
        assert {name: found[name].tolist() for name in found} == {n: np.asarray(a).tolist() for n, a in arrays.items()}
    write_arrays(path, arrays)
    assert path.read_bytes() == first
    assert read_data(path, targets=False).x.shape == (1, 2, 3)


def test_objects_are_not_written(path):
    with pytest.raises(gn.DataError, match=r"data\.npz: array 'x' holds Python objects"):
        write_arrays(path, {"x": np.array([None])})
    assert not path.exists()


def test_no_file_a_folder_and_nothing_in_it(path):
    assert_refused(path, "no such file")
    path.touch()
    assert_refused(path, "the file is empty")
    path.unlink()
    path.mkdir()
    assert_refused(path, "a folder, not a file")


@pytest.mark.parametrize("content", [b"{}", b"PK\3\4", b"x,y\n1,2\n"])
def test_other_files(path, content):
    path.write_bytes(content)
    assert_refused(path, "not a complete .npz file")


def test_a_single_array_under_the_name_of_named_ones(path):
    path.write_bytes(npy(np.zeros(3)))
    assert_refused(path, "a single array, and .npz holds named ones: call the file .npy")


@pytest.mark.parametrize("tenths", range(1, 10))
def test_cut_short(path, tenths):
    np.savez_compressed(path, **good())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenths // 10])
    assert_refused(path, "not a complete .npz file")


def test_flipped_bytes_give_a_data_error_or_data(path):
    np.savez_compressed(path, **good())
    whole = path.read_bytes()
    outcomes = {"refused": 0, "data": 0}
    for position in range(len(whole)):
        for change in (1 << position % 8, 0xFF):
            broken = bytearray(whole)
            broken[position] ^= change
            path.write_bytes(broken)
            data, message = None, ""
            try:
                data = read_data(path)
            except gn.DataError as error:
                message = str(error)
            assert data.x.shape[:2] == data.y.shape[:2] if data else message.startswith(f"{path}: ")
            outcomes["data" if data else "refused"] += 1
    assert min(outcomes.values()) > 100


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x": None}, "there is no array 'x'; it has 'y', 'lengths'"),
        ({"x": None, "y": None}, "there is no array 'x' and no 'y'; it has 'lengths'"),
        ({"x": np.zeros((3, 4))}, "array 'x' has shape (3, 4), not (n_samples, n_steps, n_inputs)"),
        ({"x": np.zeros((0, 4, 2)), "y": np.zeros((0, 4, 1))}, "array 'x' has shape (0, 4, 2)"),
        ({"x": np.zeros((3, 0, 2)), "y": np.zeros((3, 0, 1))}, "array 'x' has shape (3, 0, 2)"),
        ({"x": np.zeros((3, 4, 2), complex)}, "array 'x' is complex128, not real numbers"),
        ({"y": np.full((3, 4, 1), "a")}, "array 'y' is <U1, not real numbers"),
        ({"y": np.zeros((4, 3, 1))}, "array 'y' has shape (4, 3, 1) (float64), and 'x' (3, 4, 2)"),
        ({"y": np.zeros((3, 5), int)}, "array 'y' has shape (3, 5)"),
        ({"y": np.zeros((2, 5))}, "array 'y' has shape (2, 5)"),
        ({"y": np.float64(1)}, "array 'y' has shape ()"),
        ({"y": np.zeros((3, 4, 1, 1))}, "array 'y' has shape (3, 4, 1, 1)"),
        ({"lengths": np.array([4, 1])}, "array 'lengths' is int64 of shape (2,), not one whole number for each of 3"),
        ({"lengths": np.array([4.0, 1.0, 1.0])}, "array 'lengths' is float64"),
        ({"lengths": np.array([4, 0, 1])}, "lengths[1] is 0: a length is 1 to 4"),
        ({"lengths": np.array([4, 1, 5])}, "lengths[2] is 5: a length is 1 to 4"),
    ],
)
def test_arrays_that_do_not_fit(path, changes, says):
    np.savez(path, **good(**changes))
    assert_refused(path, says)


def test_objects_are_not_unpickled(path):
    np.savez(path, **good(y=np.array([None, 1, "a"], object)))
    assert_refused(path, "array 'y' cannot be read: it holds Python objects")


def zipped(path, member):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member)


def test_a_forged_header_takes_no_memory(path):
    header = npy(np.zeros((1, 1, 1)))
    zipped(path, header.replace(b"(1, 1, 1), } " + b" " * 16, b"(99999999999, 9, 9), }       "))
    assert_refused(
        path, "array 'x' cannot be read: its header says float64 of shape (99999999999, 9, 9)", targets=False
    )


def test_a_member_that_is_no_array(path):
    zipped(path, b"hello")
    assert_refused(path, "array 'x' cannot be read", targets=False)
    zipped(path, npy(np.zeros((1, 1, 1)), version=(3, 0)))
    assert_refused(path, "array 'x' cannot be read: version (3, 0)", targets=False)
    zipped(path, npy(np.zeros((1, 1, 1)), version=(2, 0)))
    assert read_data(path, targets=False).x.shape == (1, 1, 1)


def test_an_empty_archive(path):
    with zipfile.ZipFile(path, "w"):
        pass
    assert_refused(path, "there is no array 'x' and no 'y'; it has none")


def test_only_rows_that_count_weigh(tmp_path):
    """Of the row whose value is asked for: with ``ahead``, the later one."""
    path = tmp_path / "years.csv"
    path.write_text("year,x\n1700,1\n1701,2\n1702,3\n1703,4\n")
    assert read_data(path, targets=False).weights is None
    found = read_data(path, ahead=1, count=["year>=1702", "year<1703"])
    assert found.y.ravel().tolist() == [2.0, 3.0, 4.0]
    assert found.weights.tolist() == [[0.0, 1.0, 0.0]]
    assert read_data(path, targets=False, where="year>1700", count="year>=1702").weights.tolist() == [[0.0, 1.0, 1.0]]
    with pytest.raises(gn.DataError, match=r"years.csv: count='yaer>1': there is no column 'yaer'; it has 'year'"):
        read_data(path, ahead=1, count="yaer>1")


def test_weights_of_an_npz_file(tmp_path):
    path = tmp_path / "data.npz"
    x = np.zeros((2, 3, 1))
    for weights in (np.array([1.0, 0.5]), np.ones((2, 3))):
        np.savez(path, x=x, y=x, weights=weights)
        assert read_data(path).weights.tolist() == weights.tolist()
    assert read_data(path, ahead=1).weights.shape == (2, 2)
    np.savez(path, x=x, y=x, weights=np.ones(3))
    with pytest.raises(gn.DataError, match=r"array 'weights' has shape \(3,\), not \(2,\) or \(2, 3\)"):
        read_data(path)


def test_arrays_of_other_names_are_chosen(tmp_path):
    path = tmp_path / "trials.npz"
    arrays = {"stimulus": np.ones((3, 4, 2)), "choice": np.array([0, 1, 0]), "n": np.array([4, 2, 1])}
    np.savez(path, **arrays, x=np.zeros((9, 1, 1)), target=np.zeros(3))
    data = read_data(path, x="stimulus", y=["choice"], lengths="n")
    assert (data.x.shape, data.y.tolist(), data.lengths.tolist()) == ((3, 4, 2), [0, 1, 0], [4, 2, 1])
    assert read_data(path, x="stimulus", targets=False).lengths is None
    assert read_data(path, x="stimulus", ahead=1).y.shape == (3, 3, 2)
    assert read_data(path, x="stimulus", y="stimulus", ahead=1).y.shape == (3, 3, 2)
    for options, says in (
        (
            {"x": "stimuli", "y": "choice"},
            "there is no array 'stimuli'; it has 'stimulus', 'choice', 'n', 'x', 'target'",
        ),
        ({"x": "stimulus", "y": "answer"}, "there is no array 'answer'; it has 'stimulus'"),
        ({"x": "stimulus", "y": "choice", "lengths": "m"}, "there is no array 'm'; it has 'stimulus'"),
        ({"x": ["stimulus", "x"], "y": "choice"}, "x names 2 arrays, 'stimulus', 'x'; of .npz it is one"),
        (
            {},
            "there is no array 'y'; it has 'stimulus', 'choice', 'n', 'x', 'target'; arrays of other names are chosen",
        ),
        ({"x": "choice", "y": "n"}, "array 'choice' has shape (3,), not (n_samples, n_steps, n_inputs)"),
        ({"x": "stimulus", "y": "x"}, "array 'x' has shape (9, 1, 1) (float64), and 'stimulus' (3, 4, 2): it is"),
        (
            {"x": "stimulus", "y": "choice", "lengths": "choice"},
            "choice[0] is 0: a length is 1 to 4, the steps of 'sti",
        ),
    ):
        with pytest.raises(gn.DataError) as caught:
            read_data(path, **options)
        assert str(caught.value).startswith(f"{path}: {says}")


def test_a_table_has_no_array_of_lengths_and_a_single_array_no_name(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    with pytest.raises(gn.DataError, match=r"lengths= \(--lengths\) names an array of \.npz; of a table, sequence="):
        read_data(tmp_path / "a.csv", lengths="n")
    np.save(tmp_path / "a.npy", np.ones(3))
    with pytest.raises(gn.DataError, match=r"\.npy is a single array, without a name; x, y and lengths name arrays"):
        read_data(tmp_path / "a.npy", x="x", ahead=1)
