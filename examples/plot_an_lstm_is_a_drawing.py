"""Draw an LSTM neuron by neuron.

graphnet has no LSTM layer: an LSTM is a drawing.  This example draws one, compares it with torch's LSTM if torch is
installed, and deletes its forget gates with their synapses, to show what these contribute.

    python examples/plot_an_lstm_is_a_drawing.py -o runs/lstm.png

The task is to sum a stream of numbers, and to restart from 0 whenever a second channel is 1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import networkx as nx
import numpy as np

import graphnet as gn

N_UNITS, N_STEPS = 4, 40
GATES = ("input", "forget", "output")
SHOWN, UNIT = 0, 2
"""Sequence and unit of the plot."""


def draw_lstm(n_inputs: int, n_units: int, n_outputs: int) -> nx.DiGraph:
    """Draw an LSTM, each unit of which has a cell that feeds itself, and input, forget and output gates."""
    graph = nx.DiGraph()
    channels = [("channel", i) for i in range(n_inputs)]
    graph.add_nodes_from(channels, role="input")
    hidden = [("hidden", i) for i in range(n_units)]
    fixed = {"weight": 1.0, "trainable": False}
    for i in range(n_units):
        # three gates and a candidate: neurons that read the inputs and, with a delay of one step, all hidden neurons
        for name in GATES:
            graph.add_node((name, i), layer=1, activation="sigmoid", bias=1.0 if name == "forget" else 0.0)
        graph.add_node(("candidate", i), layer=1, activation="tanh")
        for name in (*GATES, "candidate"):
            graph.add_edges_from((source, (name, i)) for source in channels + hidden)
        # the cell: its last value times the forget gate, plus the candidate times the input gate
        graph.add_node(("cell", i), layer=2, activation="identity", train_bias=False)
        graph.add_edge(("cell", i), ("cell", i), gate=("forget", i), gate_delay=0, **fixed)
        graph.add_edge(("candidate", i), ("cell", i), gate=("input", i), **fixed)
        # the hidden neuron: tanh of the cell times the output gate
        graph.add_node(("shown", i), layer=3, activation="tanh", train_bias=False)
        graph.add_node(("hidden", i), layer=4, activation="identity", train_bias=False)
        graph.add_edge(("cell", i), ("shown", i), **fixed)
        graph.add_edge(("shown", i), ("hidden", i), gate=("output", i), **fixed)
    readouts = [("readout", i) for i in range(n_outputs)]
    graph.add_nodes_from(readouts, role="output")
    graph.add_edges_from((neuron, readout) for neuron in hidden for readout in readouts)
    return graph


def difference_from_torch(graph: nx.DiGraph) -> float | None:
    """Return the largest difference from torch's nn.LSTM and nn.Linear with the same numbers; None without torch."""
    try:
        import torch
    except ImportError:
        return None
    cell, head = torch.nn.LSTM(2, N_UNITS, batch_first=True).double(), torch.nn.Linear(N_UNITS, 1).double()
    numbers = {name: tensor.detach().numpy() for name, tensor in cell.named_parameters()}
    copy = graph.copy()
    for row, (name, i) in enumerate(
        (name, i) for name in ("input", "forget", "candidate", "output") for i in range(N_UNITS)
    ):
        for j in range(2):
            copy.edges[("channel", j), (name, i)]["weight"] = float(numbers["weight_ih_l0"][row, j])
        for j in range(N_UNITS):
            copy.edges[("hidden", j), (name, i)]["weight"] = float(numbers["weight_hh_l0"][row, j])
        copy.nodes[name, i]["bias"] = float(numbers["bias_ih_l0"][row] + numbers["bias_hh_l0"][row])
    for j in range(N_UNITS):
        copy.edges[("hidden", j), ("readout", 0)]["weight"] = float(head.weight.detach()[0, j])
    copy.nodes["readout", 0]["bias"] = float(head.bias.detach()[0])
    inputs = np.random.default_rng(0).standard_normal((16, N_STEPS, 2))
    theirs = head(cell(torch.tensor(inputs))[0]).detach().numpy()
    return float(np.abs(gn.compile(copy).run(inputs) - theirs).max())


def delete_forget_gates(graph: nx.DiGraph) -> nx.DiGraph:
    """Delete the forget gates with all their synapses, so that cells never decay, as in the LSTM of 1997."""
    left = graph.copy()
    for i in range(N_UNITS):
        own = left.edges[("cell", i), ("cell", i)]
        del own["gate"], own["gate_delay"]
        left.remove_node(("forget", i))
    return left


def sums_since_reset(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Generate inputs (numbers and reset signals) and targets (the sums since the last reset)."""
    rng = np.random.default_rng(seed)
    inputs = np.zeros((n_samples, N_STEPS, 2))
    inputs[:, :, 0] = rng.uniform(-0.5, 0.5, (n_samples, N_STEPS))
    inputs[:, :, 1] = rng.random((n_samples, N_STEPS)) < 0.1
    sums = np.zeros((n_samples, N_STEPS, 1))
    total = np.zeros(n_samples)
    for step in range(N_STEPS):
        total = np.where(inputs[:, step, 1] > 0, 0, total + inputs[:, step, 0])
        sums[:, step, 0] = total
    return inputs, sums


def train(graph: nx.DiGraph) -> gn.Network:
    """Train a drawing on the task."""
    net = gn.compile(graph, seed=0)
    inputs, sums = sums_since_reset(128, seed=0)
    gn.fit(net, inputs, sums, epochs=40, learning_rate=0.03, schedule="cosine", clip_norm=1.0, seed=0, progress=False)
    return net


def main() -> None:
    """Draw the LSTM, compare it with torch's, train it with and without forget gates, and plot both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/lstm.png"), help="file of the plot")
    options = parser.parse_args()

    whole = draw_lstm(2, N_UNITS, 1)
    print(f"an LSTM of {N_UNITS} units: {len(whole)} neurons, {whole.number_of_edges()} synapses")
    print(f"its feedback: {gn.feedback(whole).counts()}")
    difference = difference_from_torch(whole)
    print(
        "not compared with torch's LSTM, since torch is not installed"
        if difference is None
        else f"the largest difference from torch's LSTM with the same numbers: {difference:.1e}"
    )

    unforgetting = delete_forget_gates(whole)
    print(f"without its forget gates: {len(unforgetting)} neurons, {unforgetting.number_of_edges()} synapses\n")

    inputs, sums = sums_since_reset(128, seed=1)
    nets = {"whole": train(whole), "without forget gates": train(unforgetting)}
    outputs = {name: net.run(inputs) for name, net in nets.items()}
    print("error on new sequences (mean squared error relative to the variance):")
    for name, found in outputs.items():
        print(f"  {name:21} {((found - sums) ** 2).mean() / sums.var():.3f}")
    plot(nets["whole"], inputs, sums, outputs, options.output)


def plot(net: gn.Network, inputs: np.ndarray, sums: np.ndarray, outputs: dict, place: Path) -> None:
    """Plot one sequence: targets and outputs of both networks, and the gates of one unit of the whole one."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("\nno plot: matplotlib is not installed (pip install 'graphnet-engine[plot]')")
        return
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 8), height_ratios=[1, 2], layout="constrained")
    for step in np.flatnonzero(inputs[SHOWN, :, 1]):
        above.axvline(step, color="0.85", linewidth=4, zorder=0)
    above.plot(sums[SHOWN, :, 0], color="black", linewidth=3, alpha=0.3, label="sum since the last reset")
    for (name, found), colour in zip(outputs.items(), ("tab:blue", "tab:red"), strict=True):
        above.plot(found[SHOWN, :, 0], color=colour, label=name)
    above.set(ylabel="output", xlim=(0, N_STEPS - 1), title="grey: reset")
    above.legend(loc="best", fontsize=8, frameon=False)
    gn.plots.gates(net, inputs, unit=UNIT, sample=SHOWN, ax=below)
    place.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(place, dpi=120)
    plt.close(figure)
    print(f"\nthe plot is in {place}")


if __name__ == "__main__":
    main()
