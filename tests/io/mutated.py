"""Files that were changed at random are refused with an error of ours, or read: ``python -m tests.io.mutated``.

Every case is a number: its seed decides which good file is changed, and how.  A worker with a limit on its memory reads
one case after another and says so; one that falls silent is ended, and the case that it was at is a failure, as is one
that dies.  ``python -m tests.io.mutated --kind .gml --case 17 --keep case.gml`` writes the file of a case.
"""

from __future__ import annotations

import io
import json
import random
import re
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click
import networkx as nx
import numpy as np

import graphnet as gn
from graphnet.io import FORMATS, LossWarning, read_data, write_table

from .files import gated_drawing

ROOT = Path(__file__).parents[2]
SECONDS = 1.0
"""Of processor time that one file may take; of a good one they are thousandths."""
MOST_BYTES = 4 << 30
"""Of address space, which libraries reserve plenty of."""
MOST_GROWTH = 300 << 20
"""Of memory that one file may take."""


class Kind(NamedTuple):
    """Files of one kind: how they are read, and good ones to change."""

    read: Callable[[Path], Any]
    good: Callable[[Path], list[bytes]]


def drawings() -> list[nx.DiGraph]:
    """Good drawings of several sizes."""
    lstm = gn.graphs.lstm(1, 2, 1)
    strange = nx.DiGraph([("a,b", 'c"d', {"weight": -1e-300, "own": [1, {"x": (2.5, None)}]}), ('c"d', "&<é>\n")])
    return [gated_drawing(), lstm, gn.graphs.elman(2, 4, 1), strange, nx.DiGraph()]


def good_columns(folder: Path) -> list[bytes]:
    """Drawings as columns, among them values that no tensor holds, and networks."""
    graph = gated_drawing()
    graph.nodes["y", 0].update(bias="heavy", own=[1, {"x": (2.5, None)}], kind="T4a")
    return [*good_drawings(".safetensors")(folder), *good_networks(folder), *good_drawing(graph, folder)]


def good_drawing(graph: nx.DiGraph, folder: Path) -> list[bytes]:
    """One drawing as columns."""
    gn.write_graph(graph, folder / "one.safetensors")
    return [(folder / "one.safetensors").read_bytes()]


def good_drawings(suffix: str) -> Callable[[Path], list[bytes]]:
    """Files that graphnet writes, and files that networkx writes."""

    def make(folder: Path) -> list[bytes]:
        files = []
        shifted = np.roll(np.eye(4), 1, axis=1) / 2
        matrices = [gn.graphs.from_matrix(shifted).to_networkx(), nx.cycle_graph(5, nx.DiGraph)]
        lossy = suffix in (".npz", ".mtx")
        for graph in matrices if lossy else drawings():
            gn.write_graph(graph, folder / f"good{suffix}")
            files.append((folder / f"good{suffix}").read_bytes())
        theirs = {".graphml": nx.write_graphml, ".gml": nx.write_gml, ".gexf": nx.write_gexf}
        if suffix in theirs:
            graph = nx.DiGraph([("a", "b", {"weight": 0.5, "delay": 2}), ("b", "b", {"trainable": False})])
            theirs[suffix](graph, folder / "theirs")
            files.append((folder / "theirs").read_bytes())
        return files

    return make


def good_networks(folder: Path) -> list[bytes]:
    """Saved networks."""
    files = []
    for graph in (gn.graphs.elman(1, 3, 1), gn.graphs.lstm(1, 1, 1)):
        gn.save(gn.compile(graph, seed=0), folder / "good.safetensors")
        files.append((folder / "good.safetensors").read_bytes())
    return files


def columns() -> dict[str, Any]:
    """A table of three sequences."""
    rng = np.random.default_rng(0)
    sequence = np.repeat([0, 1, 2], [3, 1, 4])
    return {"sequence": sequence, "x1": rng.normal(size=8), "x_2": np.arange(8), "y": np.arange(8) % 3}


def good_tables(suffix: str) -> Callable[[Path], list[bytes]]:
    """CSV and TSV."""

    def make(folder: Path) -> list[bytes]:
        write_table(folder / f"good{suffix}", columns())
        return [(folder / f"good{suffix}").read_bytes()]

    return make


def good_parquet(folder: Path) -> list[bytes]:
    """Parquet."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns()), folder / "good.parquet")
    return [(folder / "good.parquet").read_bytes()]


def good_arrays(folder: Path) -> list[bytes]:
    """npz, packed and not."""
    arrays = {"x": np.arange(24.0).reshape(3, 4, 2), "y": np.array([0, 1, 2]), "lengths": np.array([4, 1, 2])}
    packed, plain = io.BytesIO(), io.BytesIO()
    np.savez_compressed(packed, **arrays)
    np.savez(plain, **arrays)
    return [packed.getvalue(), plain.getvalue()]


def good_array(folder: Path) -> list[bytes]:
    """npy."""
    file = io.BytesIO()
    np.save(file, np.arange(24.0).reshape(3, 4, 2))
    return [file.getvalue()]


def read_drawing(path: Path) -> None:
    """Read a drawing, and say what is wrong with it."""
    graph = gn.read_graph(path)
    assert isinstance(graph, nx.DiGraph | gn.GraphTable)
    with suppress(gn.GraphError):
        gn.validate(graph)


def read_columns(path: Path) -> None:
    """Read a drawing, say what is wrong with it, and make a networkx graph of it."""
    table = gn.read_graph(path)
    assert isinstance(table, gn.GraphTable)
    with suppress(gn.GraphError):
        gn.validate(table)
    table.to_networkx()
    with suppress(gn.DataError):
        gn.load(path)


def read_sequences(path: Path) -> None:
    """Read data with targets, and then without."""
    data = read_data(path, ahead=int(path.suffix == ".npy"))
    assert data.x.shape[0] == len(data.y)
    read_data(path, targets=False)


KINDS = {
    **{suffix: Kind(read_drawing, good_drawings(suffix)) for suffix in FORMATS},
    ".safetensors": Kind(read_columns, good_columns),
    "net.safetensors": Kind(gn.load, good_networks),
    "data.npz": Kind(read_sequences, good_arrays),
    "data.npy": Kind(read_sequences, good_array),
    "data.csv": Kind(read_sequences, good_tables(".csv")),
    "data.tsv": Kind(read_sequences, good_tables(".tsv")),
}
if find_spec("pyarrow"):
    KINDS["data.parquet"] = Kind(read_sequences, good_parquet)


# --- changes ---------------------------------------------------------------------------------------------------------

NUMBERS = [
    *(
        str(sign * (1 << bits) - low)
        for bits in (7, 8, 15, 16, 31, 32, 53, 63, 64, 70)
        for sign in (1, -1)
        for low in (0, 1)
    ),
    *(
        "0",
        "-1",
        "-0.0",
        "1e308",
        "1e309",
        "-1e400",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e-400",
        "0x10",
        "1_0",
        "\u0661",
    ),
    *("9" * 400, "9" * 5000, "1000000000", "1000000000000000", "null", "true", '""', "[]"),
]
SIGNS = [
    *(
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "</",
        "/>",
        ",",
        ";",
        "#",
        "%",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?x?>",
    ),
    *("&", "&amp;", "&#0;", "&#xD800;", "&x;", "\\u0000", "\\ud800"),
]
SPACES = ["\t", "\n", "\r", "\0", "\ufeff", "\ud800", "\u00e9", "\x1b[31m", "<!DOCTYPE a>"]
NAMES = ["directed", "undirected", "source", "target", "key", "id", "node", "graph", "weight", "graphnet", "NaN"]
NESTS = ["[" * 300, "<a>" * 300, "{" * 300, '{"a":' * 300, "graph [ " * 300, "(" * 300]
WORDS = [*SIGNS, *SPACES, *NAMES, *NESTS]


def change(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The file with one to four changes, each of a byte, a stretch, a number or a word."""
    if zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.7:
        return change_member(data, chance)
    if b'"__metadata__"' in data[:32] and chance.random() < 0.7:
        return change_tensor(data, chance)
    for _ in range(chance.choice([1, 1, 2, 4])):
        data = chance.choice(CHANGES)(data, others, chance)
    return data


def change_member(data: bytes, chance: random.Random) -> bytes:
    """A zip file that is sound, with one of its members changed, left out or there twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    position = chance.randrange(len(members))
    name, member = members[position]
    members[position] = (name, chance.choice(CHANGES)(member, [other for _, other in members], chance))
    if chance.random() < 0.1:
        del members[chance.randrange(len(members))]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, member in members:
            archive.writestr(name, member)
    return file.getvalue()


def change_tensor(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file that is sound, with one of its tensors changed: more often than not the names."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    parts = {name: data[start:][slice(*said["data_offsets"])] for name, said in header.items()}
    name = "json" if chance.random() < 0.7 else chance.choice(sorted(parts))
    # numbers stay as many as they were, and of the JSON the length may change
    changed = chance.choice(CHANGES if name == "json" else [flip])(parts[name], [*parts.values()], chance)
    parts[name] = changed
    end = 0
    for each, part in parts.items():
        shape = [len(part)] if each == "json" else header[each]["shape"]
        header[each] |= {"shape": shape, "data_offsets": [end, end := end + len(part)]}
    text = json.dumps({"__metadata__": metadata, **header}).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts.values())


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice([1, 2, 4, 16, 64, 1000]))


def flip(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One bit of a byte, or the whole of it, changed."""
    if not data:
        return data
    changed, position = bytearray(data), chance.randrange(len(data))
    changed[position] ^= chance.choice([1 << chance.randrange(8), 0xFF, 0x80])
    return bytes(changed)


def delete(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A stretch left out."""
    start, stop = _stretch(data, chance)
    return data[:start] + data[stop:]


def duplicate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A stretch there several times."""
    start, stop = _stretch(data, chance)
    return data[:start] + data[start:stop] * chance.choice([2, 3, 50]) + data[stop:]


def truncate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Cut short."""
    return data[: chance.randrange(len(data) + 1)]


def splice(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A stretch of another file put in."""
    other = chance.choice(others)
    start, stop = _stretch(other, chance)
    position = chance.randrange(len(data) + 1)
    return data[:position] + other[start:stop] + data[position:]


def replace_number(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A number that is another: huge, negative, none at all."""
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
    if not found:
        return flip(data, others, chance)
    number = chance.choice(found)
    return data[: number.start()] + chance.choice(NUMBERS).encode() + data[number.end() :]


def replace_word(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A word that is another one of the file, or a sign that means something."""
    found = list(re.finditer(rb"\w+|[^\w\s]", data))
    if not found:
        return flip(data, others, chance)
    old = chance.choice(found)
    new = chance.choice(found)[0] if chance.random() < 0.5 else chance.choice(WORDS).encode("utf-8", "surrogatepass")
    return data[: old.start()] + new + data[old.end() :]


def move_line(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A line somewhere else, or there again."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return duplicate(data, others, chance)
    line = chance.choice(lines)
    if chance.random() < 0.5:
        lines.remove(line)
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"".join(lines)


CHANGES = (
    flip,
    delete,
    duplicate,
    truncate,
    splice,
    replace_number,
    replace_number,
    replace_word,
    replace_word,
    move_line,
)


@cache
def good_files(kind: str) -> list[bytes]:
    """The good files of a kind."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        return KINDS[kind].good(Path(folder))


def file_of(kind: str, case: int) -> bytes:
    """The file of a case."""
    chance = random.Random(f"{kind} {case}")
    files = good_files(kind)
    return change(chance.choice(files), files, chance)


# --- reading them ----------------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """The end of a case, ``read``, ``refused`` or ``failed``; what was said, and the time and memory that it took."""

    case: int
    end: str
    said: str
    seconds: float = 0.0
    megabytes: int = 0


def try_case(kind: str, case: int, path: Path) -> Outcome:
    """Read the file of a case."""
    path.write_bytes(file_of(kind, case))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    outcome, said = "read", ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", LossWarning)
            KINDS[kind].read(path)
    except gn.DataError as error:
        outcome, said = "refused", str(error)
        if not said.startswith(str(path)) or any("\ud800" <= letter <= "\udfff" for letter in said):
            outcome = "failed"  # no terminal could show it
    except gn.GraphError as error:
        outcome, said = "refused", str(error)
    except Exception:
        outcome, said = "failed", traceback.format_exc()
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    seconds = time.process_time() - started
    if growth > MOST_GROWTH or seconds > SECONDS:
        outcome, said = "failed", f"it took {growth >> 20} MB and {seconds:.1f} s: {said}"
    return Outcome(case, outcome, said, seconds, growth >> 20)


def work(kind: str, first: int, stop: int) -> None:
    """Read cases, and print a line of JSON for each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (f"net{kind}" if kind.startswith(".") else kind)
        for good in good_files(kind):
            # libraries are loaded with the first file
            path.write_bytes(good)
            KINDS[kind].read(path)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        for case in range(first, stop):
            outcome = try_case(kind, case, path)
            said = outcome.said if outcome.end == "failed" else outcome.said[:300]
            print(json.dumps(outcome._replace(said=said)), flush=True)


def outcomes(kind: str, first: int, stop: int) -> Iterator[Outcome]:
    """Yield the outcome of every case of a kind, each in a worker that may die."""
    while first < stop:
        command = [sys.executable, "-m", "tests.io.mutated", "--kind", kind, "--worker", str(first), str(stop)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
            assert worker.stdout is not None
            assert worker.stderr is not None
            patience = 60.0  # the first has to import first
            while first < stop:
                ready, _, _ = select.select([worker.stdout], [], [], patience)
                line = worker.stdout.readline() if ready else b""
                if not line:
                    break
                yield Outcome(*json.loads(line))
                first, patience = first + 1, 20.0
            silent = worker.poll() is None and first < stop
            worker.kill()
            if first < stop:
                said = worker.stderr.read().decode(errors="replace")[-2000:]
                end = "no answer" if silent else f"ended with {worker.wait()}"
                yield Outcome(first, "failed", f"{end}: {said}")
                first += 1


@click.command()
@click.option("--count", default=10_000, show_default=True, help="Files in all, as many of each kind.")
@click.option("--first", default=0, show_default=True, help="The number of the first case of each kind.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only files of this kind.")
@click.option("--case", type=int, help="Only this case, with its traceback.")
@click.option("--keep", type=click.Path(path_type=Path), help="Where to write the file of that case.")
@click.option("--worker", nargs=2, type=int, hidden=True)
def main(
    count: int, first: int, kind: str | None, case: int | None, keep: Path | None, worker: tuple[int, int] | None
) -> None:
    """Read files that were changed at random; the exit code is 1 where one was not refused as it should be."""
    if worker is not None:
        assert kind is not None
        work(kind, *worker)
        return
    if case is not None:
        assert kind is not None
        if keep is not None:
            keep.write_bytes(file_of(kind, case))
        with tempfile.TemporaryDirectory() as folder:
            click.echo(try_case(kind, case, Path(folder) / (f"net{kind}" if kind[0] == "." else kind)))
        return
    kinds, failed, started = [kind] if kind else list(KINDS), 0, time.perf_counter()
    for name in kinds:
        counts = {"read": 0, "refused": 0, "failed": 0}
        worst, megabytes = Outcome(first, "read", ""), 0
        for outcome in outcomes(name, first, first + -(-count // len(kinds))):
            counts[outcome.end] += 1
            worst, megabytes = max(worst, outcome, key=lambda each: each.seconds), max(megabytes, outcome.megabytes)
            if outcome.end == "failed":
                click.echo(f"{name} case {outcome.case}: {outcome.said}", err=True)
        failed += counts["failed"]
        ends = "  ".join(f"{number} {end}" for end, number in counts.items())
        click.echo(f"{name:<14}{ends}, at most {worst.seconds:.3f} s (case {worst.case}) and {megabytes} MB")
    click.echo(f"{time.perf_counter() - started:.0f} s")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
