"""Notebooks that run in fresh kernels, started by a process that ends with them.

python tests/notebook/kernels.py FILE
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run_cells(*cells: str, folder: Path) -> list[list[Any]]:
    """Return the outputs of each cell, run one after the other in a kernel of its own."""
    nbformat = pytest.importorskip("nbformat")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return [cell.outputs for cell in run_notebook(made, folder).cells]


def run_notebook(notebook: Any, folder: Path) -> Any:
    """Return a notebook after it has run in a folder, without a display; a cell that fails fails the test."""
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    file = folder / "notebook.ipynb"
    nbformat.write(notebook, file)
    without_display = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "MPLBACKEND")}
    done = subprocess.run(
        [sys.executable, __file__, str(file)], capture_output=True, text=True, env=without_display, check=False
    )
    assert done.returncode == 0, done.stderr
    made = nbformat.read(file, as_version=4)
    file.unlink()
    return made


def main() -> None:
    """Run a notebook in place, in a kernel of this interpreter."""
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    file = Path(sys.argv[1])
    notebook = nbformat.read(file, as_version=4)
    kernels = AsyncKernelManager()
    kernels.kernel_spec.argv[0] = sys.executable
    NotebookClient(notebook, km=kernels, timeout=300, resources={"metadata": {"path": str(file.parent)}}).execute()
    nbformat.write(notebook, file)


if __name__ == "__main__":
    main()
