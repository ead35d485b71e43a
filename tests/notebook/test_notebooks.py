"""The notebooks of the examples: as they are stored, and run in fresh kernels."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.kernels import run_notebook

nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "examples" / "notebooks"
LARGEST = 300_000
"""Bytes of a notebook with its outputs."""

FINDINGS = {
    "first_network": {
        "4 nodes are no better than a guess": "abs(error_of(small) - guess) < 0.01",
        "8 lateral neurons remember": "error_of(lateral) < 0.002",
        "a delay of two steps is exact": "error_of(delayed) < 1e-9",
        "the weight of the delay is 1": "abs(delayed.matrices()[2].max() - 1) < 1e-3",
        "the page is there": "'<script' in page.html",
    },
    "bring_a_connectome": {
        "the worm chooses": "accuracy > 0.85",
        "all neurons reach each other": "len(gn.feedback(worm).components[0]) == 302",
        "some classes matter, most do not": "(cut['change'] > 0.2).sum() in range(1, 12)",
        "five seeds are too few": "compared.n_seeds == 5 and (compared.pairs['p_holm'] > 0.05).all()",
        "notes are given": "len(notes) == 2",
    },
    "time_series": {
        "the line beats the last value": "(final.loc['AR(9)'] < final.loc['same as this year']).all()",
        "networks win where they are chosen": "final['validation'].idxmin() == chosen",
        "and lose on later years": "final.loc[chosen, 'later test'] > 1.1 * final.loc['AR(9)', 'later test']",
        "AR(9) as in the literature": "abs(final.loc['AR(9)', 'test'] - 14.1) < 0.1",
    },
    "feedback_and_memory": {
        "without feedback only the present": "abs(capacity['feedforward'] - 1) < 0.05",
        "memory by kind": "capacity['indirect'] < capacity['direct'] < capacity['lateral']",
        "no more than neurons": "max(capacity.values()) < 21",
        "gradients vanish": "flow[0.6]['norm'].iloc[-1] < 1e-8 < 1 < flow[1.6]['norm'].iloc[-1]",
        "gates help": "errors['LSTM'] < 0.002 < errors['lateral']",
    },
}
"""What each notebook says, as expressions of its names."""


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_all_notebooks_are_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(FINDINGS)
    pages = (ROOT / "examples" / "README.md").read_text()
    assert all(f"notebooks/{name}.ipynb" in pages for name in FINDINGS)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_stored_notebook_has_its_outputs(name: str) -> None:
    """After a change of a notebook, ``make notebooks`` runs it anew."""
    notebook = read(name)
    nbformat.validate(notebook)
    assert (FOLDER / f"{name}.ipynb").stat().st_size <= LARGEST
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"display_data", "execute_result", "stream"}
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4
    headings = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert headings[0].startswith("# ")
    assert any("## Questions" in text for text in headings)
    for link in [line for text in headings for line in text.split("](")[1:]]:
        assert (FOLDER / link.split(")")[0]).exists(), link


@pytest.mark.slow
@pytest.mark.parametrize("name", FINDINGS)
def test_a_notebook_runs(name: str, tmp_path: Path) -> None:
    """Run it without a display, and ask the kernel for what the notebook says that it finds."""
    folder = tmp_path / "examples" / "notebooks"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "examples" / "data", folder.parent / "data")
    notebook = read(name)
    for finding, expression in FINDINGS[name].items():
        notebook.cells.append(nbformat.v4.new_code_cell(f"assert {expression}, {finding!r}"))
    run_notebook(notebook, folder)
    assert [*folder.iterdir()] == []
