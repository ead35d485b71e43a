"""What a long run writes down, so that it goes on where it was: lines of JSON, and hashes of what they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def written_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The lines that are there; one that was cut off is none."""
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def hash_of_files(files: Iterable[Path]) -> str:
    """One hash of all that the files hold."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:20]
