"""Order of the thumbnails of the gallery, and how its examples are run."""

from pathlib import Path
from typing import Any


def file_name(path: str) -> str:
    """Return the name of an example, whose number gives its section and its place there."""
    return Path(path).name


def no_arguments(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """Return the arguments with which an example runs, none, and tell it its file, as Python tells a script."""
    script_vars["example_globals"]["__file__"] = script_vars["src_file"]
    return []
