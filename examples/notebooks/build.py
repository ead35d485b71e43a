"""Run the notebooks of this folder anew, each in a fresh kernel, and keep their outputs in them.

Outputs are kept small, so that notebooks can be read where they are stored: pages, which a reader gets by running the
notebook, leave their name only.

    python examples/notebooks/build.py [NAME ...]
"""

from __future__ import annotations

import argparse
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parent
LARGEST_HTML = 40_000
"""Number of characters above which the HTML of an output is left out."""
LARGEST = 300_000
"""Bytes of the largest notebook."""


def run(path: Path) -> None:
    """Run a notebook, and write it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    kernels = AsyncKernelManager()
    kernels.kernel_spec.argv[0] = sys.executable  # of this environment, whatever kernels are installed elsewhere
    client = NotebookClient(notebook, km=kernels, timeout=300, resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    for i, cell in enumerate(notebook.cells):
        # the same each time, so that a change of a notebook is seen as what it is
        cell.id, cell.metadata = f"cell-{i}", {}
        if cell.cell_type == "code":
            cell.outputs = [shortened(output) for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    size = len(text.encode())
    if size > LARGEST:
        raise SystemExit(f"{path.name}: {size:,} bytes; must be at most {LARGEST:,}: draw fewer or smaller figures")
    path.write_text(text + "\n")
    print(f"{path.name}: {size / 1000:.0f} kB")


def shortened(output: Any) -> Any:
    """Return an output without large HTML, and with pictures of few colours."""
    data = output.get("data", {})
    if len(data.get("text/html", "")) > LARGEST_HTML:
        del data["text/html"]
    if "image/png" in data:
        data["image/png"] = with_few_colours(data["image/png"])
    output.get("metadata", {}).clear()
    return output


def with_few_colours(png: str) -> str:
    """Return a picture, in base64, with 128 colours, which take a third of the bytes."""
    picture = Image.open(BytesIO(b64decode(png))).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return b64encode(file.getvalue()).decode()


def main() -> None:
    """Run those named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="such as first_network; by default all")
    names = parser.parse_args().names or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    for name in names:
        run(FOLDER / f"{name}.ipynb")


if __name__ == "__main__":
    main()
