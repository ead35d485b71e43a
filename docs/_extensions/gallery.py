"""Order of the thumbnails of the gallery."""

from pathlib import Path


def file_name(path: str) -> str:
    """Return the name of an example, whose number gives its section and its place there."""
    return Path(path).name
