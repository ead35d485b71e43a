"""Pages of made-up networks, packed here as the format says, without the code that packs those of networks."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import graphnet

ASSETS = Path(graphnet.__file__).parent / "page" / "assets"


def filled(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return the page of a header and its arrays."""
    placed, body = {}, b""
    for name, values in arrays.items():
        body += bytes(-len(body) % 8)
        placed[name] = {"dtype": str(values.dtype), "shape": values.shape, "offset": len(body)}
        body += values.tobytes()
    words = json.dumps({**header, "arrays": placed}).encode()
    words += b" " * (-(len(words) + 4) % 8)
    packed = base64.b64encode(gzip.compress(struct.pack("<I", len(words)) + words + body, mtime=0)).decode()
    css, js = ((ASSETS / name).read_bytes().decode() for name in ("page.css", "page.js"))
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (js, css)]
    parts = {
        "title": html.escape(header["title"]),
        "csp": (
            f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
            "img-src data: blob:; base-uri 'none'; form-action 'none'"
        ),
        "css": css,
        "js": js,
        "data": packed,
    }
    template = (ASSETS / "page.html").read_bytes().decode()
    return re.sub(r"\{\{(title|csp|css|js|data)\}\}", lambda found: parts[found[1]], template)


def page_of(
    n_nodes: int,
    edges: Sequence[tuple[int, int]] | np.ndarray,
    *,
    names: Sequence[str] | None = None,
    n_samples: int = 3,
    n_steps: int = 40,
    n_outputs: int = 2,
    layered: bool = False,
    seed: int = 0,
    **header: Any,
) -> str:
    """Return the page of a network with random strengths and activity."""
    rng = np.random.default_rng(seed)
    ends = np.asarray(edges, dtype=np.uint32).reshape(-1, 2)
    n_edges = len(ends)
    n_outputs = min(n_outputs, n_nodes)
    role = np.zeros(n_nodes, np.uint8)
    if n_nodes > 2:
        role[:2] = 1
    role[n_nodes - n_outputs :] = 2
    if layered:
        column = np.sort(rng.integers(0, 3, n_nodes)).astype(np.uint16)
        x = column.astype(np.float32)
        y = np.concatenate([np.arange(k) - k / 2 for k in np.bincount(column, minlength=3)]).astype(np.float32)
    else:
        column = np.zeros(n_nodes, np.uint16)
        x, y = rng.normal(size=(2, n_nodes)).astype(np.float32) * [[12], [7]]
    step = column[ends[:, 1]].astype(int) - column[ends[:, 0]]
    kind = np.where(ends[:, 0] == ends[:, 1], 1, np.where(step > 0, 0, np.where(step == 0, 2, 3)))
    strength = rng.normal(size=n_edges)
    strength[::17] = np.nan
    arrays = {
        "x": np.float32(x),
        "y": np.float32(y),
        "role": role,
        "column": column,
        "source": ends[:, 0].copy(),
        "target": ends[:, 1].copy(),
        "kind": kind.astype(np.uint8),
        "delay": rng.integers(1, 5, n_edges).astype(np.uint16),
        "strength": strength.astype(np.float32),
        "gate": np.where(rng.random(n_edges) < 0.05, rng.integers(0, n_nodes, n_edges), -1).astype(np.int32),
        "tau": np.where(rng.random(n_nodes) < 0.1, np.nan, rng.gamma(2, 2, n_nodes)).astype(np.float32),
        "bias": rng.normal(size=n_nodes).astype(np.float32),
        "class": rng.integers(0, 5, n_nodes).astype(np.uint16),
    }
    outputs = list(range(n_nodes - n_outputs, n_nodes))
    if n_steps:
        time = np.arange(n_steps)
        phase, pace = rng.random((2, n_samples, 1, n_nodes))
        waves = np.sin((time[:, None] * (0.1 + 0.3 * pace) + 6 * phase))
        arrays["activity"] = np.uint8(np.round((waves + 1) * 127))
        arrays["length"] = np.full(n_samples, n_steps, np.uint16)
        arrays["length"][-1] = max(1, n_steps - 5)
        arrays["activity"][-1, n_steps - 5 :] = 255
        size = rng.random(n_nodes)
        arrays["low"], arrays["high"] = np.float32(-size), np.float32(size)
        arrays["wanted"] = np.float32(waves[:, :, outputs] * 0.8)
    else:
        n_samples = 0
    words = {
        "format": 1,
        "title": "a synthetic network",
        "subtitle": f"{n_nodes:,} neurons, {n_edges:,} synapses",
        "version": "0",
        "layout": "layered" if layered else "given",
        "n_nodes": n_nodes,
        "n_edges": n_edges,
        "n_samples": n_samples,
        "n_steps": n_steps,
        "dt": None,
        "names": list(names or (f"neuron {i}" for i in range(n_nodes))),
        "kinds": ["forward", "direct", "lateral", "indirect"],
        "node_attributes": [
            {"name": "tau", "type": "number", "array": "tau", "source": "language"},
            {"name": "bias", "type": "number", "array": "bias", "source": "parameter"},
            {
                "name": "class",
                "type": "category",
                "array": "class",
                "source": "custom",
                "categories": ["sensory", "inter", "motor", "<b>bold</b>", "العربية"],
            },
        ],
        "edge_attributes": [],
        "samples": [f"sample {k}" for k in range(n_samples)],
        "inputs": [0, 1] if n_nodes > 2 else [],
        "outputs": outputs,
        "targets": {"kind": "values", "array": "wanted"} if n_steps else None,
        "notes": ["activity of the first 3 of 370 samples"] if n_steps else [],
        **header,
    }
    return filled(words, arrays)


def random_edges(n_nodes: int, n_edges: int, seed: int = 0) -> np.ndarray:
    """Return the ends of so many different synapses."""
    rng = np.random.default_rng(seed)
    found = rng.choice(n_nodes * n_nodes, n_edges, replace=False)
    return np.stack([found // n_nodes, found % n_nodes], axis=1)
