"""Train the nervous system of a worm to distinguish nine speakers.

The 302 neurons and 4,797 connections of *C. elegans* form a recurrent network.  The 12 channels of real speech
(Japanese vowels) feed its sensory neurons, and nine outputs read its motor neurons, without a direct connection from
inputs to outputs.  The predicted speaker is the largest output at the last step of each utterance.

The last lines name a picture (with matplotlib) and a page, which opens in any browser, to look at.

    python examples/worm_speakers.py --seeds 5 -o runs/worm_speakers --plot
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import networkx as nx
import numpy as np

import graphnet as gn

from worm import DATA, LAYERS, between, read_worm

N_CHANNELS, N_SPEAKERS = 12, 9
UTTERANCES = 3
"""Number of utterances of each speaker that the page shows."""


def read_speech() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Read inputs, classes and lengths of both sets, with channels standardised by the training set."""
    speech = np.load(DATA / "japanese_vowels.npz")
    x, lengths = speech["x_train"], speech["lengths_train"]
    spoken = x[np.arange(x.shape[1]) < lengths[:, None]]
    return {
        name: ((speech[f"x_{name}"] - spoken.mean(0)) / spoken.std(0), speech[f"y_{name}"], speech[f"lengths_{name}"])
        for name in ("train", "test")
    }


def describe(worm: nx.DiGraph) -> None:
    """Describe the graph on stdout."""
    kinds = [kind for _, kind in worm.nodes(data="kind") if kind]
    own = worm.subgraph(neuron for neuron, kind in worm.nodes(data="kind") if kind)
    components = [c for c in nx.strongly_connected_components(own) if len(c) > 1]
    print(f"C. elegans: {len(own)} neurons ({', '.join(f'{kinds.count(k)} {k}' for k in LAYERS)})")
    print(f"{own.number_of_edges()} connections within it, in the order sensory - inter - motor:")
    for kind, number in gn.feedback(own).counts().items():
        print(f"  {kind:9} {number:5}")
    print(f"{len(components)} strongly connected component of {len(components[0])} neurons")


def train(worm: nx.DiGraph, speech: dict, seed: int, epochs: int) -> tuple[gn.Network, gn.History]:
    """Train one network; the best epoch is that of the least loss on a fifth of the training set, held out."""
    inputs, speakers, lengths = speech["train"]
    net = gn.compile(worm, dtype="float32", seed=seed)
    history = gn.fit(
        net,
        inputs,
        speakers,
        lengths=lengths,
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=3e-3,
        schedule="cosine",
        epochs=epochs,
        batch_size=16,
        validation=0.2,
        patience=epochs,
        clip_norm=1.0,
        seed=seed,
    )
    return net, history


def draw(place: Path, worm: nx.DiGraph, confusion: np.ndarray) -> None:
    """Draw the wiring, by classes of neurons, beside the confusion of all networks."""
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(14, 5), width_ratios=(3, 2))
    gn.plots.draw(worm, positions="kind", ax=left)
    gn.plots.confusion(confusion, names=[f"speaker {i}" for i in range(N_SPEAKERS)], ax=right)
    figure.savefig(place, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


def view(place: Path, net: gn.Network, test: tuple, epochs: int) -> None:
    """Write a page of a network: activity on some utterances of each speaker, and the loss without each neuron."""
    inputs, of_speaker, lengths = test
    accuracy = gn.evaluate(net, inputs, of_speaker, lengths=lengths, loss="cross_entropy")["accuracy"]
    effects = gn.analysis.lesions(net, inputs, of_speaker, lengths=lengths, loss="cross_entropy", of="neurons")
    rows = [row for speaker in range(N_SPEAKERS) for row in np.flatnonzero(of_speaker == speaker)[:UTTERANCES].tolist()]
    gn.view(
        net,
        place,
        inputs=inputs,
        targets=of_speaker,
        lengths=lengths,
        lesions=effects,
        samples={f"speaker {of_speaker[row]}, utterance {row}": row for row in rows},
        title="C. elegans tells nine speakers apart",
        notes=[
            f"Twelve channels of speech feed the sensory neurons, nine outputs read the motor neurons. After {epochs} "
            f"epochs the largest output at the last step is the speaker in {accuracy:.1%} of {len(inputs)} utterances "
            "that the worm was not trained on.",
            f"{UTTERANCES} utterances of each speaker. The lesion effect of a neuron is the change of the loss without "
            "its synapses, on all of them.",
        ],
    )


def plot(folder: Path, net: gn.Network, test: tuple, histories: dict[str, gn.History], confusion: np.ndarray) -> None:
    """Draw the course of all fits, the confusion of all networks, and lesions and gradients of the last network."""
    inputs, speakers, lengths = test
    data = {"loss": "cross_entropy", "lengths": lengths}
    figures = {
        "history": gn.plots.history(histories),
        "confusion": gn.plots.confusion(confusion, names=[f"speaker {i}" for i in range(N_SPEAKERS)]),
        "feedback": gn.plots.lesions(gn.analysis.lesions(net, inputs, speakers, **data)),
        "neurons": gn.plots.lesions(gn.analysis.lesions(net, inputs, speakers, of="neurons", **data)),
        "gradient_flow": gn.plots.gradient_flow(net, inputs, speakers, **data),
        "spectrum": gn.plots.spectrum(net),
    }
    for name, axes in figures.items():
        axes.get_figure().savefig(folder / f"{name}.png", dpi=150)


def main() -> None:
    """Train with several seeds, evaluate each network on the test set, and save drawing, data and networks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of networks to train, with seeds from 0 on")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/worm_speakers"), help="folder to save them in")
    parser.add_argument("--plot", action="store_true", help="draw more figures into the folder, with matplotlib")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    worm = between(
        read_worm(), [("channel", i) for i in range(N_CHANNELS)], [("speaker", i) for i in range(N_SPEAKERS)]
    )
    speech = read_speech()
    describe(worm)
    gn.write_graph(worm, options.output / "worm.json")
    for name, (inputs, speakers, lengths) in speech.items():
        np.savez(options.output / f"{name}.npz", x=inputs, y=speakers, lengths=lengths)
    print(f"{len(speech['train'][0])} utterances for training, {len(speech['test'][0])} for testing\n")

    nets, histories = [], {}
    accuracies, confusion = [], np.zeros((N_SPEAKERS, N_SPEAKERS), int)
    started = perf_counter()
    for seed in range(options.seeds):
        begun = perf_counter()
        net, history = train(worm, speech, seed, options.epochs)
        seconds = perf_counter() - begun
        nets.append(net)
        histories[f"seed {seed}"] = history
        if seed == 0:
            print(f"{net!r}\n")
            print(history, "\n")
        best = history.epochs[history.best_epoch - 1]
        inputs, speakers, lengths = speech["test"]
        outputs = net.run(inputs, lengths=lengths)
        accuracies.append(gn.metrics.accuracy(outputs, speakers, lengths=lengths))
        confusion += gn.metrics.confusion_matrix(outputs, speakers, lengths=lengths)
        gn.save(net, options.output / f"seed_{seed}.safetensors")
        (options.output / f"seed_{seed}.json").write_text(json.dumps(history.to_dict(), indent=1))
        print(
            f"seed {seed}: best epoch {best['epoch']:2} (validation loss {best['validation_loss']:.3f}), "
            f"test accuracy {accuracies[-1]:.3f}, {seconds:.1f} s"
        )
    print(f"\nconfusion matrix over {options.seeds} seeds (rows: true speaker, columns: predicted)")
    for row in confusion:
        print("  " + " ".join(f"{number:5}" for number in row))
    if options.plot:
        plot(options.output, net, speech["test"], histories, confusion)
    print(f"\ndrawing, data, networks and histories are in {options.output}/ ({perf_counter() - started:.0f} s)")
    print(f"test accuracy {np.mean(accuracies):.3f} (mean of {options.seeds} seeds, worst {min(accuracies):.3f})")
    view(options.output / "worm.html", nets[0], speech["test"], options.epochs)
    print("\nlook at it:")
    if find_spec("matplotlib"):
        draw(options.output / "worm.png", worm, confusion)
        print(f"  the picture, wiring and confusion: {options.output / 'worm.png'}")
    else:
        print("  a picture needs matplotlib: pip install '.[plot]'")
    print(f"  the page, seed 0 at work, in any browser: {options.output / 'worm.html'}")


if __name__ == "__main__":
    main()
