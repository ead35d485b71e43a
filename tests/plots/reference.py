"""Reference images: a plot is compared with the image of it that was last looked at.

``GRAPHNET_RENEW_IMAGES=1 pytest tests/plots`` writes the images anew, to be looked at before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np

IMAGES = Path(__file__).parent / "images"
DPI = 60
BLOCK = 6
"""Images are compared by means over squares of so many pixels, so that versions of fonts make little difference."""
TOLERANCE = 0.03
"""Largest root mean square difference, of values in [0, 1]."""


def image_of(figure: Any) -> np.ndarray:
    """Return a figure as an image, (height, width, 3) in [0, 1]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Return the root mean square difference of two images, which is infinite if their sizes differ."""
    if a.shape != b.shape:
        return np.inf
    height, width = (n // BLOCK * BLOCK for n in a.shape[:2])
    blocks = (a - b)[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).mean((1, 3))
    return float(np.sqrt((blocks**2).mean()))


def check_image(ax: Any, name: str) -> None:
    """Compare the figure of some axes with ``images/NAME.png``, and close it."""
    from matplotlib import pyplot

    figure = ax.get_figure()
    image, place = image_of(figure), IMAGES / f"{name}.png"
    pyplot.close(figure)
    if os.environ.get("GRAPHNET_RENEW_IMAGES"):
        matplotlib.image.imsave(place, image)
        return
    assert place.exists(), f"no reference image {place.name}: see tests/plots/reference.py"
    found = difference(image, matplotlib.image.imread(place)[..., :3])
    if found > TOLERANCE:
        seen = place.with_name(f"{name}.seen.png")
        matplotlib.image.imsave(seen, image)
        raise AssertionError(f"{name}: differs by {found:.3f} from the reference image; look at {seen}")
