"""A small site is built without a warning; in Chromium it opens from disk, asks no network, and finds names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sphinx_gallery", reason="the site needs pip install '.[docs]'")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore"),  # those of playwright's event loop
]
ROOT = Path(__file__).parents[2]
FRONT = """\
# Front

A table:

Name | meaning
---|---
a | [a place](reference/analysis.md), {func}`graphnet.analysis.memory_horizon`, {ref}`sphx_glr_gallery_plot_11_two.py`

```{math}
y_i(t) = f(\\sum_j w_{ij} y_j(t - d_{ij}))
```

```{toctree}
reference/analysis
gallery/plot_11_two
```
"""
EXAMPLE = '''\
"""
Two neurons
===========

They feed each other.
"""

import graphnet as gn

gn.plots.draw(gn.graphs.lateral(1, 2, 1))
'''


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site of three pages and the names of one of them, with the settings of the whole."""
    folder = tmp_path_factory.mktemp("site")
    docs = folder / "docs"
    (docs / "reference").mkdir(parents=True)
    for name in ("conf.py", "_extensions", "_static", "_templates"):
        place = ROOT / "docs" / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, docs / name)
    analysis = (ROOT / "docs/reference/analysis.md").read_text().replace("{doc}`plots`", "plots")
    (docs / "reference/analysis.md").write_text(analysis)
    (docs / "index.md").write_text(FRONT)
    gallery = folder / "examples/gallery"
    gallery.mkdir(parents=True)
    (gallery / "plot_11_two.py").write_text(EXAMPLE)
    shutil.copy(ROOT / "examples/gallery/GALLERY_HEADER.rst", gallery)
    options = ("-q", "-W", "-n", "--keep-going", "-d", str(folder / "doctrees"))
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "docs", "built"], cwd=folder, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder / "built"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(params=[1280, 390])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return an empty page, of a desk and of a phone; the test fails if it complains or asks the network."""
    found: list[str] = []
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or found.append(asked.url))
    opened.on("pageerror", lambda error: found.append(str(error)))
    opened.on("console", lambda said: said.type in ("error", "warning") and found.append(said.text))
    yield opened
    context.close()
    assert found == []


@pytest.mark.parametrize(
    "name",
    ["index.html", "reference/names/graphnet.analysis.compare.html", "gallery/plot_11_two.html", "genindex.html"],
)
def test_pages_open_from_disk_and_are_no_wider_than_the_screen(site: Path, page: Any, name: str) -> None:
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].filter(each => each.complete && !each.naturalWidth).length") == 0


def test_equations_are_drawn(site: Path, page: Any) -> None:
    page.goto((site / "index.html").as_uri())
    assert page.locator("math msub").count() >= 4


def test_search_finds_a_name(site: Path, page: Any) -> None:
    page.goto((site / "search.html").as_uri() + "?q=memory_horizon")
    page.locator("#search-results a", has_text="graphnet.analysis.memory_horizon").first.wait_for()


def test_links_lead_somewhere(site: Path) -> None:
    checked = [sys.executable, str(ROOT / "docs/check_links.py"), str(site)]
    assert subprocess.run(checked, capture_output=True).returncode == 0
    page = site / "index.html"
    kept = page.read_text()
    page.write_text(kept.replace("reference/analysis.html", "reference/analyses.html"))
    failed = subprocess.run(checked, capture_output=True, text=True)
    page.write_text(kept + '<img src="https://example.org/picture.png"><a href="#nowhere">there</a>')
    other = subprocess.run(checked, capture_output=True, text=True)
    page.write_text(kept)
    assert "reference/analyses.html: no such file" in failed.stderr
    assert "is loaded from the network" in other.stderr
    assert "#nowhere: no such place" in other.stderr
