"""The code of the page: it is built from the sources beside it, small, and needs nothing else."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

import graphnet

ASSETS = Path(graphnet.__file__).parent / "page" / "assets"
SOURCE = ASSETS.parent / "source"
SOURCES = re.compile(r".*\.(js|mjs|css)|package(-lock)?\.json")
MOST = 120_000


def hash_of_sources(folder: Path) -> str:
    """Return the hash of the sources as build.mjs computes it."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if SOURCES.fullmatch(path.name):
            digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


@pytest.mark.parametrize("name", ["page.js", "page.css"])
def test_the_code_is_built_from_its_sources(name):
    header = (ASSETS / name).read_text("utf-8").split("\n", 1)[0]
    assert hash_of_sources(SOURCE) in header, f"{name} is not built from these sources: make page-code"


def test_another_source_has_another_hash(tmp_path):
    for path in SOURCE.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    assert hash_of_sources(tmp_path) == hash_of_sources(SOURCE)
    (tmp_path / "main.js").write_text("//")
    assert hash_of_sources(tmp_path) != hash_of_sources(SOURCE)


def test_code_size():
    code = b"".join((ASSETS / name).read_bytes() for name in ("page.html", "page.css", "page.js"))
    assert len(gzip.compress(code)) <= MOST


def test_versions_are_pinned_without_a_registry():
    package, lock = (json.loads((SOURCE / name).read_text()) for name in ("package.json", "package-lock.json"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    for name, locked in lock["packages"].items():
        assert "resolved" not in locked
        assert not name or locked["integrity"]
    assert not package.get("dependencies"), "code of others needs its licence in LICENSES.txt"


def test_names_are_never_read_as_html():
    for path in SOURCE.glob("*.js"):
        found = re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text("utf-8")
        )
        assert found is None, f"{path.name}: {found}"
