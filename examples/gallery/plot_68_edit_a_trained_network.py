"""
A trained network can be edited: it keeps what it has learnt, and learns what is missing
========================================================================================

Look at the last picture: a trained network loses its most important neuron, and with it nearly all that it could do.
Training that goes on from what is left is back in a few epochs, and ahead of a new network of the same drawing.  A
neuron that is added later changes nothing at first, and then learns too.
"""

# sphinx_gallery_thumbnail_number = 3
import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn
from graphnet.plots.figure import COLOURS

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# A network of eight neurons that feed each other learns to repeat its input of four steps ago.

LAG = 4


def make_sequences(n_samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    inputs = rng.uniform(-1, 1, (n_samples, 40, 1))
    return inputs, np.pad(inputs[:, :-LAG], ((0, 0), (LAG, 0), (0, 0)))


rng = np.random.default_rng(seed)
training, test = make_sequences(200, rng), make_sequences(200, rng)


def error(net: gn.Network) -> float:
    """Mean squared error on new sequences, as a part of the variance of the targets."""
    return gn.evaluate(net, *test)["loss"] / test[1].var()


def fit(net: gn.Network, epochs: int) -> list[float]:
    """Train, and return the error before the first epoch and after each."""
    settings = {"batch_size": 20, "learning_rate": 0.005, "clip_norm": 1.0, "validation": test}
    history = gn.fit(net, *training, epochs=epochs, seed=seed, progress=False, **settings)
    return [epoch["validation_loss"] / test[1].var() for epoch in history.epochs]


net = gn.compile(gn.graphs.elman(1, 8, 1), seed=seed)
of_training = [error(net), *fit(net, epochs=40)]
_ = gn.plots.draw(net)

# %%
# What does each neuron contribute?  ``gn.analysis.lesions`` silences one at a time, without training:

lesions = gn.analysis.lesions(net, *test, of="neurons")
gn.plots.lesions(lesions)
inner = lesions[[isinstance(name, tuple) and name[0] == "hidden" for name in lesions["removed"]]]
most_important = inner.loc[inner["change"].idxmax(), "removed"]
print("the most important neuron is", most_important)

# %%
# ``net.to_graph()`` is the drawing with the numbers that were learnt.  It can be changed like any other: here the most
# important neuron goes, with all its synapses.  The twin has the same drawing, but starts from new weights.

graph = gn.graphs.without(net.to_graph(), nodes=[most_important])
cut = gn.compile(graph, seed=seed)
twin = gn.compile(gn.graphs.without(gn.graphs.elman(1, 8, 1), nodes=[most_important]), seed=seed)
of_cut, of_twin = ([error(each), *fit(each, epochs=20)] for each in (cut, twin))

# %%
# Now a new neuron reads the input and all others, and feeds them and the output with weights of 0.  The network that
# this gives computes the same as before, up to rounding, and goes on learning.  ``like=cut`` takes over what has the
# same name in both; ``net.to_graph()`` above did so too.

grown = cut.to_graph()
hidden = [node for node in grown if node[0] == "hidden"]
grown.add_node("new", layer=grown.nodes[hidden[0]]["layer"])
grown.add_edges_from((source, "new") for source in [("input", 0), *hidden])
grown.add_edges_from((("new", target) for target in [*hidden, ("output", 0)]), weight=0.0)
larger = gn.compile(grown, like=cut, seed=seed)
difference = np.abs(larger.run(test[0]) - cut.run(test[0])).max()
print(f"largest difference of the outputs: {difference}")
of_larger = [error(larger), *fit(larger, epochs=20)]

# %%
# The whole life of the network, beside that of the twin.  Each training starts with a fresh optimizer:

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for name, begin, errors, colour in [
    ("training", 0, of_training, COLOURS[0]),
    ("without a neuron", 40, of_cut, COLOURS[1]),
    ("with a new neuron", 60, of_larger, COLOURS[2]),
    ("new weights, without this neuron", 40, of_twin, "0.6"),
]:
    ax.semilogy(np.arange(begin, begin + len(errors)), errors, color=colour, label=name)
for epoch in (40, 60):
    ax.axvline(epoch, color="0.4", linestyle=":")
ax.set(xlabel="epoch", ylabel="error / variance", xlim=(0, 80))
_ = ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))

# %%
# What a neuron did can be learnt again by the others, since most of what the network knows is in the weights that are
# left.

# %%
# The claim
measured = {
    "error of the trained network": of_training[-1],
    "error after the cut": of_cut[0],
    "error 5 epochs later": of_cut[5],
    "error of new weights after 5 epochs": of_twin[5],
    "difference by the new neuron": difference,
    "error with the new neuron": of_larger[-1],
}
assert measured["error of the trained network"] < 0.02, measured
assert measured["error after the cut"] > 0.3, measured
assert measured["error 5 epochs later"] < 0.1 < 0.25 < measured["error of new weights after 5 epochs"], measured
assert measured["difference by the new neuron"] < 1e-12, measured
assert measured["error with the new neuron"] < measured["error of the trained network"], measured
