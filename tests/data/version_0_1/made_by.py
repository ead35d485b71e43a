"""Write the files of this folder, with graphnet 0.1.0: ``python made_by.py FOLDER``."""

import sys
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np

import graphnet as gn


def drawing():
    """Return a drawing with signs of nodes, edges and ties, and scales of both signs."""
    g = nx.MultiDiGraph(name="written by version 0.1")
    for k in range(3):
        g.add_node(("input", k), role="input", sign=(1, -1, 0)[k])
    g.add_node("a", sign=1, bias=0.1)
    g.add_node("b", sign=-1, tau=3.0, train_tau=True)
    g.add_node("c", leak=0.5)
    g.add_node("d", tie="type", bias=0.2, sign=1)
    g.add_node("e", tie="type", initial=0.3, train_initial=True)
    g.add_node("f", group="g", activation="softmax", onset=1)
    g.add_node("h", group="g", activation="softmax")
    g.add_node("r", reverse=True)
    g.add_node("o", role="output")
    for k in range(3):
        for t in "abcde":
            g.add_edge(("input", k), t)
    g.add_edge("a", "b", scale=-2.0)
    g.add_edge("a", "c", scale=3.0)
    g.add_edge("a", "d", scale=0.0)
    g.add_edge("a", "a", delay=2)
    g.add_edge("b", "a", scale=-1.0)
    g.add_edge("b", "c", trainable=False)
    g.add_edge("b", "e", weight=-0.4)
    g.add_edge("c", "a", tie="gap", sign=1, scale=1.0)
    g.add_edge("a", "c", key="gap", tie="gap", scale=-1.0)
    g.add_edge("c", "b", sign=-1, scale=-0.5, delay=3)
    g.add_edge("d", "f")
    g.add_edge("e", "h", scale=-1.5, sign=1)
    g.add_edge("f", "o", gate="h")
    g.add_edge("h", "o", gate="d", gate_delay=1, tie="t")
    g.add_edge("c", "o", tie="t", scale=2.0)
    g.add_edge("r", "o")
    g.add_edge("a", "r")
    g.add_edge("r", "r")
    g.add_edge("d", "e", sign=1, delay=1, custom="kept")
    return g


def main(out: Path) -> None:
    """Write all files."""
    net = gn.compile(drawing(), seed=3, dt=0.5)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 9, 3)), rng.normal(size=(12, 9, 1))
    lengths = np.array([9, 4, 9, 7, 1, 9, 9, 5, 9, 9, 2, 9])
    gn.save(net, out / "network.safetensors")
    loss, gradient = net.value_and_grad(x, y, lengths=lengths)
    outputs = net.run(x, lengths=lengths)
    found = {"x": x, "y": y, "lengths": lengths, "outputs": outputs, "loss": loss, "gradient": gradient}

    def train(run, epochs):
        trained = gn.compile(drawing(), seed=3, dt=0.5, backend="reference")
        fit = {"batch_size": 5, "optimizer": "adam", "learning_rate": 0.05, "clip_norm": 1.0, "seed": 1}
        gn.fit(trained, x, y, lengths=lengths, epochs=epochs, run=run, **fit)
        return trained.parameters

    after_2 = train(out / "run", 2)
    with tempfile.TemporaryDirectory() as temporary:
        after_4 = train(f"{temporary}/run", 4)
    np.savez_compressed(
        out / "expected.npz", parameters=net.parameters, bounds=net.bounds, after_2=after_2, after_4=after_4, **found
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
