"""The records of a long run, by which it continues where it was: lines of JSON, and hashes of their sources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def written_lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file, without one that was cut off."""
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def hash_of_files(files: Iterable[Path]) -> str:
    """Return one hash of the contents of files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:20]
