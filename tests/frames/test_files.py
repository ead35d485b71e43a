"""Tables in files: CSV of many writers, Parquet, Feather, spreadsheets and SONATA."""

from __future__ import annotations

import builtins
import gzip
import importlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

import graphnet as gn
from graphnet.frames import csv_files
from graphnet.frames.table import open_table

LARGE = 720575940621039145


def cells(path: Any, *names: str) -> list[list[Any]]:
    """Return columns of a file as lists, None for missing cells."""
    table = open_table(path, "edges")
    read = table.read(names)
    found = [read(name) for name in names]
    return [[each.value(row) for row in range(len(each))] for each in found]


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "pre,post,n\n1,2,3\n4,5,\n"),
        ("a.csv", "pre;post;n\r\n1;2;3\r\n4;5;\r\n"),
        ("a.csv", "pre\tpost\tn\n1\t2\t3\n4\t5\t\n"),
        ("a.csv", " pre , post , n \n 1, 2, 3\n4 ,5 , \n"),
        ("a.csv", "\n\npre,post,n\n\n1,2,3\n\n4,5,\n\n"),
        ("a.csv", '"pre","post","n"\n"1","2","3"\n"4","5",""\n'),
        ("a.csv", "pre,post,n,\n1,2,3,\n4,5,,\n"),
        ("a.tsv", "pre\tpost\tn\n1\t2\t3\n4\t5\t\n"),
        ("A.CSV", "pre|post|n\n1|2|3\n4|5|\n"),
    ],
)
def test_csv_of_many_writers(tmp_path: Path, name: str, text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig"):  # with and without a BOM
        path = written(tmp_path / name, text, encoding)
        assert cells(path, "pre", "post", "n") == [[1, 4], [2, 5], [3, None]]
        zipped = tmp_path / f"{name}.gz"
        zipped.write_bytes(gzip.compress(path.read_bytes()))
        assert cells(zipped, "n", "pre") == [[3, None], [1, 4]]


@pytest.mark.parametrize("mark", [",", "'", " ", "\u202f"])
def test_separators_of_thousands(tmp_path: Path, mark: str) -> None:
    path = written(tmp_path / "a.csv", f"pre;post;n\na;b;1{mark}234{mark}567\nb;a;12\nb;b;\n")
    assert cells(path, "n") == [[1234567, 12, None]]
    # a decimal comma is none: such a column is text
    path = written(tmp_path / "b.csv", "pre;post;n\na;b;1,5\nb;a;0,250\n")
    assert cells(path, "n") == [["1,5", "0,250"]]


def test_large_whole_numbers_stay_exact_beside_missing_ones(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"pre,post\n{LARGE},{2**64 - 1}\n,\n{LARGE + 2},7\n")
    assert cells(path, "pre", "post") == [[LARGE, None, LARGE + 2], [2**64 - 1, None, 7]]
    # no 64 bits hold these: they stay text
    path = written(tmp_path / "b.csv", f"pre,post\n{2**64},1\n5,-1\n")
    assert cells(path, "pre") == [[str(2**64), "5"]]


def test_na_is_a_name_in_text_and_missing_among_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "pre,post,n\nNA,b,NA\nnull,c,2\n,d,nan\n")
    assert cells(path, "pre") == [["NA", "null", None]]
    table = open_table(path, "edges")
    numbers = table.read(["n"])("n").numbers()
    assert [numbers.value(row) for row in range(3)] == [None, 2.0, None]


def test_numbers_in_one_part_of_a_file_and_text_in_another_are_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "ROWS", 2)
    path = written(tmp_path / "a.csv", "a,b,c,d,e\n07,1,1.5,,x\n2,2,2,,y\nz,3,,5,x\n4,18446744073709551615,1,,\n")
    assert cells(path, "a", "c", "d", "e") == [
        ["07", "2", "z", "4"],
        [1.5, 2.0, None, 1.0],
        [None, None, 5, None],
        ["x", "y", "x", None],
    ]
    assert cells(path, "b") == [[1, 2, 3, 2**64 - 1]]


def test_decimals_are_read_with_all_digits(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).standard_normal(50).tolist()
    path = written(tmp_path / "a.csv", "x,y\n" + "".join(f"{number!r},1\n" for number in numbers))
    assert cells(path, "x") == [numbers]


def test_places_are_lines_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", '\npre,post\n"a\nb",c\n\nd,e\nf,g\n')
    assert open_table(path, "edges").places([2, 0, 1]) == ["line 7", "line 3", "line 6"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "a.csv: the file is empty"),
        (b" \n \n", "a.csv: the file is empty"),
        (b"a,b\n1,2,3\n", "a.csv: line 2: 3 cells, and the header has 2: each column needs a name"),
        (b"a,b\n1,2\n3,4,5\n", "a.csv: Expected 2 fields in line 3, saw 3"),
        (b'a,b\n1,"2\n', "a.csv: EOF inside string"),
        (b"a,b\n1,\xff\n", "a.csv: not UTF-8 text"),
        (b"\xffa,b\n1,2\n", "a.csv: not UTF-8 text"),
        (b"a,,b\n1,2,3\n", r"a.csv: column 2 has no name \(pandas writes none for an index: to_csv\(index=False\)\)"),
        (b"a,b,a\n1,2,3\n", "a.csv: 2 columns are named 'a': rename or remove all but one"),
    ],
)
def test_broken_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_bytes(text)
    with pytest.raises(gn.DataError, match=says):
        cells("a.csv", "a", "b")


@pytest.mark.parametrize(
    "broken", [b"not gzip at all", gzip.compress(b"a,b\n1,2\n" * 1000)[:-20]], ids=["another file", "cut"]
)
def test_broken_gzip(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(broken)
    with pytest.raises(gn.DataError, match=r"a\.csv\.gz: not a complete gzip file"):
        cells(path, "a")


def frame() -> pd.DataFrame:
    """Return a frame with columns of many types."""
    return pd.DataFrame(
        {
            "id": pd.array([LARGE, LARGE + 1, None], "Int64"),
            "big": np.array([2**64 - 1, 1, 2], np.uint64),
            "x": [0.5, np.nan, 2.0],
            "on": pd.array([True, None, False], "boolean"),
            "word": ["a", None, " b "],
            "kind": pd.Categorical(["p", "q", None]),
            "none": pd.array([None, None, None], "Int64"),
            "small": np.array([1, 2, 3], np.int8),
        }
    )


EXPECTED = [
    [LARGE, LARGE + 1, None],
    [2**64 - 1, 1, 2],
    [0.5, None, 2.0],
    [True, None, False],
    ["a", None, "b"],
    ["p", "q", None],
    [None, None, None],
    [1, 2, 3],
]


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_arrow_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    getattr(frame(), f"to_{suffix[1:]}")(path)
    assert cells(path, *frame().columns) == EXPECTED
    assert open_table(path, "edges").places([2]) == ["row 2"]


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_types_of_arrow(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    table = pa.table(
        {
            " dictionary ": pa.array([7, None, 8]).dictionary_encode(),
            "floats": pa.array([0.5, None, 1.5]).dictionary_encode(),
            "words": pa.array(["x", "x ", None]).dictionary_encode(),
            "large": pa.array(["x", "y", "x"], pa.large_string()),
            "decimal": pa.array([1, None, 3], pa.decimal128(5)),
            "single": pa.array([1, 2, 3], pa.float32()),
            "null": pa.nulls(3),
            "list": [[1], [2, 3], None],
        }
    )
    write = pa.parquet.write_table if suffix == ".parquet" else pa.feather.write_feather
    write(table, path)
    assert cells(path, *map(str.strip, table.column_names)) == [
        [7, None, 8],
        [0.5, None, 1.5],
        ["x", "x", None],
        ["x", "y", "x"],
        [1.0, None, 3.0],
        [1.0, 2.0, 3.0],
        [None, None, None],
        [[1], [2, 3], None],
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_broken_arrow_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    getattr(frame(), f"to_{suffix[1:]}")(path)
    kind = suffix[1:].capitalize()
    for broken in (b"PAR1 no", path.read_bytes()[:-30]):
        path.write_bytes(broken)
        with pytest.raises(gn.DataError, match=rf"a{suffix}: not a complete {kind} file"):
            cells(path, "id")


def test_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"pre": ["a", "NA"], "post": ["b", "c"], "n": [1, None]}).to_excel(path, index=False)
    assert cells(path, "pre", "n") == [["a", "NA"], [1.0, None]]
    assert open_table(path, "edges").places([0]) == ["line 2"]
    path.write_bytes(b"no")
    with pytest.raises(gn.DataError, match=r"a\.xlsx: not a spreadsheet that openpyxl reads"):
        cells(path, "pre")


def sonata(path: Path, **more: Any) -> Path:
    """Write edges of SONATA."""
    with h5py.File(path, "w") as file:
        edges = file.create_group("edges/v1_to_v1")
        for name, values in {"source_node_id": [3, 3, 5], "target_node_id": [5, 4, 3]}.items():
            edges[name] = np.array(values, np.uint64)
            edges[name].attrs["node_population"] = "v1"
        edges["edge_type_id"] = np.array([100, 100, 101])
        edges["0/nsyns"] = np.array([2, 1, 4])
        edges["0/syn_weight"] = np.array([0.5, 0.25, np.nan])
        edges["0/model"] = np.array([b"exc", b"inh", b"exc"])
        edges["0/dynamics_params/x"] = np.zeros(3)
        for place, values in more.items():
            file[place.replace("__", "/")] = values
    return path


def test_edges_of_sonata(tmp_path: Path) -> None:
    path = sonata(tmp_path / "edges.h5")
    table = gn.graphs.from_tables(path, count="nsyns", sign="model", signs={"exc": 1, "inh": -1})
    assert table.nodes == [3, 5, 4]
    assert table.edge_keys() == [(3, 5), (3, 4), (5, 3)]
    assert table.edge("scale").tolist() == [2.0, -1.0, 4.0]
    frame = table.edge_frame()
    assert frame["edge_type_id"].tolist() == [100, 100, 101]
    assert frame["syn_weight"].tolist()[:2] == [0.5, 0.25]
    assert frame["syn_weight"].isna().tolist() == [False, False, True]
    assert set(frame) == {"source", "target", "scale", "sign", "edge_type_id", "syn_weight"}


def test_broken_sonata(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(b"no")
    with pytest.raises(gn.DataError, match=r"a\.h5: no edges of SONATA"):
        cells(path, "x")
    with h5py.File(path, "w") as file:
        file["nodes/x"] = 1
    with pytest.raises(gn.DataError, match=r"a\.h5: no edges of SONATA: .*edges"):
        cells(path, "x")
    with pytest.raises(gn.DataError, match=r"populations of edges \['other', 'v1_to_v1'\]: one is read; write each"):
        cells(sonata(path, edges__other__source_node_id=[1]), "x")
    with pytest.raises(gn.DataError, match="groups of attributes 1: only group 0 is read"):
        cells(sonata(path, edges__v1_to_v1__1__x=[1.0]), "x")
    with pytest.raises(gn.DataError, match=r"columns of \[2, 3\] rows, not of one length"):
        cells(sonata(path, edges__v1_to_v1__0__y=[1.0, 2.0]), "x")
    sonata(path)
    with h5py.File(path, "a") as file:
        file["edges/v1_to_v1/source_node_id"].attrs["node_population"] = b"lgn"
    with pytest.raises(gn.DataError, match="sources are of population 'lgn' and targets of 'v1', and numbers of two"):
        cells(path, "x")


@pytest.mark.parametrize(
    ("name", "module", "says"),
    [
        ("a.parquet", "pyarrow.parquet", r".parquet takes pyarrow: pip install 'graphnet-engine\[parquet\]'"),
        ("a.feather", "pyarrow", r".feather takes pyarrow: pip install 'graphnet-engine\[parquet\]'"),
        ("a.h5", "h5py", r".h5 takes h5py: pip install 'graphnet-engine\[sonata\]'"),
        ("a.xlsx", "openpyxl", r".xlsx takes openpyxl: pip install 'graphnet-engine\[excel\]'"),
    ],
)
def test_packages_that_are_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, says: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    if name == "a.xlsx":
        pd.DataFrame({"pre": ["a"]}).to_excel(tmp_path / name)
    real, of_builtins = importlib.import_module, builtins.__import__

    def refuse(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted.startswith(module):
            raise ImportError(f"No module named {wanted!r}")
        return real(wanted, *rest, **more)

    def refuse_import(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted.startswith(module):
            raise ImportError(f"No module named {wanted!r}")
        return of_builtins(wanted, *rest, **more)

    for file in ("arrow_cells", "sonata", "table"):
        monkeypatch.setattr(f"graphnet.frames.{file}.import_module", refuse)
    if module == "openpyxl":
        monkeypatch.setattr("pandas.compat._optional.importlib.import_module", refuse)
    monkeypatch.setattr(builtins, "__import__", refuse_import)
    with pytest.raises(gn.DataError, match=says):
        open_table(tmp_path / name, "edges")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing.csv", "nothing.csv: no such file"),
        ("nothing.parquet", "nothing.parquet: no such file"),
        ("nothing.h5", "nothing.h5: no such file"),
        ("nothing.xlsx", "nothing.xlsx: no such file"),
        ("folder.csv", "folder.csv: a folder, not a file"),
        ("a.txt", r"a.txt: tables are not read from files named .txt; supported: .csv, .tsv \(also .gz\), .parquet"),
        ("a", "a: tables are not read from files ; supported"),
        ("a.gz", "a.gz: tables are not read from files named .gz"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    with pytest.raises(gn.DataError, match=says):
        gn.graphs.from_tables(name)
