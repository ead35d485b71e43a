"""Cells that a fresh kernel runs, as a notebook has them afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest


def run_cells(*cells: str, folder: Path, **environment: str) -> list[list[Any]]:
    """Return the outputs of each cell, run one after the other in a kernel of its own."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    run_notebook(nbclient, made, folder, **environment)
    return [cell.outputs for cell in made.cells]


def run_notebook(nbclient: Any, notebook: Any, folder: Path, **environment: str) -> None:
    """Run a notebook in place, in a kernel of this interpreter without a display."""
    pytest.importorskip("ipykernel")
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    without_display = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "MPLBACKEND")}
    client = nbclient.NotebookClient(notebook, km=manager, timeout=120, resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel(env=without_display | environment):
        for position, cell in enumerate(notebook.cells):
            client.execute_cell(cell, position)
