"""Measure frames per second of the page of a network in Chromium, while it plays, is moved and is zoomed.

The worm's 302 neurons and 4,797 synapses, and a random network of 5,000 neurons and 200,000 synapses, both with
activity that changes at each frame; "a step" is the time of the page's own work for a frame, which other programs on
the machine lengthen less than the time between frames.  Needs playwright, and Chromium as the system installs it.

    python benchmarks/page_fps.py --seconds 4
"""

from __future__ import annotations

import argparse
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import networkx as nx
import numpy as np

import graphnet as gn

sys.path.append(str(Path(__file__).parent.parent / "examples"))
from random_network import draw_random
from worm import read_worm

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
DEEDS = {
    "playing": "page.store.set({ playing: true, speed: 60 });",
    "playing, one selected": "page.store.set({ playing: true, speed: 60, selected: 5 });",
    "panning": "page.view.camera.pan(4 * Math.cos(k / 20), 3 * Math.sin(k / 20)); page.view.moved();",
    "zooming": "page.view.camera.zoom(Math.exp(0.02 * Math.sin(k / 25))); page.view.moved();",
}
FRAMES = """
(milliseconds) => new Promise((resolve) => {
  const page = window.graphnetPage;
  const times = [];
  let k = 0;
  const frame = (now) => {
    times.push(now);
    if (now - times[0] > milliseconds) {
      page.store.set({ playing: false, selected: -1 });
      page.view.camera.fit();
      page.view.moved();
      return resolve(times);
    }
    if (k === 0 || !DEED.includes("playing:")) { DEED_ITSELF }
    k++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""

WORK = """
async (deed) => {
  const page = window.graphnetPage;
  const lasted = [];
  if (deed.includes("selected")) page.store.set({ selected: 5 });
  // the picture gives way to the panel, and synapses are drawn anew
  do await new Promise((resolve) => setTimeout(resolve, 300));
  while (page.view.gliding || page.view.dirty.has("edges"));
  for (let k = 0; k < 40; k++) {
    const began = performance.now();
    page.store.set({ step: k });
    page.view.frame(began);
    // strokes are drawn at the latest when a pixel is read
    page.view.nodes.context.getImageData(0, 0, 1, 1);
    lasted.push(performance.now() - began);
  }
  page.store.set({ selected: -1 });
  return lasted;
}
"""


def draw_worm() -> nx.DiGraph:
    """Return the worm, whose motor neurons are outputs."""
    worm = read_worm()
    for _, attributes in worm.nodes(data=True):
        if attributes["kind"] == "motor":
            attributes["role"] = "output"
    return worm


def write_page(network: str, place: Path) -> tuple[int, int]:
    """Write the page of a network with the activity of one sample, and return its neurons and synapses."""
    drawn: Any = draw_worm() if network == "worm" else draw_random(5_000, 200_000)
    net = gn.compile(drawn, dtype="float32", seed=0)
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1, 100, net.n_inputs))
    gn.view(net, place, inputs=inputs)
    return net.n_nodes, net.n_edges


def measure(page: Any, deed: str, seconds: float) -> tuple[float, float]:
    """Return frames per second of the median frame, and of the slowest in twenty."""
    program = FRAMES.replace("DEED_ITSELF", DEEDS[deed]).replace("DEED", repr(DEEDS[deed]))
    times = page.evaluate(program, 1000 * seconds)
    lasted = [after - before for before, after in pairwise(times)]
    return 1000 / median(lasted), 1000 / quantiles(lasted, n=20)[-1]


def main() -> None:
    """Measure all networks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["worm", "random"], help="worm, random")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds of each measurement")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit("this needs playwright: pip install playwright") from None
    if chromium is None:
        raise SystemExit("this needs Chromium: apt-get install chromium")
    print("network | neurons, synapses | first picture | deed | frames per second | slowest in twenty | a step, ms")
    print("---|---|---|---|---|---|---")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for network in options.networks:
            place = Path(folder) / f"{network}.html"
            sizes = write_page(network, place)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(place.as_uri())
            while not page.evaluate("Boolean(window.graphnetPage?.view.edges.front)"):
                page.wait_for_timeout(20)
            opened = page.evaluate("performance.now()")
            for deed in DEEDS:
                usual, slow = measure(page, deed, options.seconds)
                counts = "{:,}, {:,}".format(*sizes)
                work = f"{median(page.evaluate(WORK, deed)):.1f}" if deed.startswith("playing") else "-"
                row = f"{network} | {counts} | {opened / 1000:.1f} s | {deed} | {usual:.0f} | {slow:.0f} | {work}"
                print(row, flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
