"""
A convolution is a drawing with ties and delays
===============================================

Look at the first two pictures: a convolution over time is a neuron with one synapse for each delay, and a convolution
over space is a layer of neurons whose synapses share their weights, which is called a tie. Both compute what
``numpy.convolve`` and ``numpy.correlate`` compute, and train like any other drawing.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4
rng = np.random.default_rng(seed)
KERNEL = rng.normal(size=3)

# %%
# Over time: delays
# -----------------
# Three parallel synapses from x to y have delays of 0, 1 and 2 steps, so that y(t) is the sum of k(d) x(t - d). The
# network has no feedback: it sees three steps, and nothing before them.

in_time = nx.MultiDiGraph()
in_time.add_node("x", role="input")
in_time.add_node("y", role="output", train_bias=False)
for lag, value in enumerate(KERNEL):
    in_time.add_edge("x", "y", key=lag, delay=lag, weight=float(value))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=(1, 1.4), layout="constrained")
gn.plots.draw(in_time, ax=left)
left.set_title("one synapse for each delay")
gn.plots.unrolled(in_time, 5, ax=right)
right.set_title("the same, drawn once for each step")

signal = rng.normal(size=50)
outputs = gn.compile(in_time).run(signal[np.newaxis, :, np.newaxis])[0, :, 0]
difference_in_time = np.abs(outputs - np.convolve(signal, KERNEL)[:50]).max()
print("difference from numpy.convolve: ", difference_in_time)

# %%
# Over space: ties
# ----------------
# Each hidden neuron reads three neighbours. The synapses that read the left neighbour share one weight, and so do those
# that read the middle and the right one: circles of one colour are one weight, which is called a tie. It is the same
# kernel at each place.

in_space = gn.graphs.spatial_convolution(6, 1, 1, activation="identity")
_ = gn.plots.draw(in_space)

# %%
# The twelve synapses into the hidden layer are three weights, and the four neurons have one bias:

for row in gn.compile(in_space, seed=seed).parameter_table():
    if row.tied:
        print(row.kind, row.key)

for said in in_space.edges.values():
    if "tie" in said:
        said["weight"] = float(KERNEL[said["tie"][-1]])  # the last part of the tie is the offset in the kernel
field = rng.normal(size=6)
places = [("channel", 0, i) for i in range(4)]
recorded = gn.compile(in_space, seed=seed).run(field[np.newaxis, np.newaxis], record=places).recorded
hidden = np.array([recorded[place][0, 0] for place in places])
difference_in_space = np.abs(hidden - np.correlate(field, KERNEL)).max()
print("difference from numpy.correlate:", difference_in_space)

# %%
# What ties are good for
# ----------------------
# A pattern of three numbers is hidden in noise, or is not. In training it occurs only in the left half of 20 places.
# Two networks learn to tell whether it is there: one with ties, also those of the output, and the same drawing
# without any tie, in which each synapse has its own weight.

N_PLACES, PATTERN = 20, np.array([1.5, -1.5, 1.5])
tied = gn.graphs.spatial_convolution(N_PLACES, 4, 1)
for source, output in tied.in_edges(("output", 0)):
    tied.edges[source, output]["tie"] = ("readout", source[1])  # one weight for each channel, wherever it is
untied = tied.copy()
for said in (*untied.nodes.values(), *untied.edges.values()):
    said.pop("tie", None)


def make_fields(n_samples, first, last):
    fields = 0.5 * rng.normal(size=(n_samples, N_PLACES))
    there = rng.integers(0, 2, n_samples)
    for row in np.flatnonzero(there):
        place = rng.integers(first, last)
        fields[row, place : place + 3] += PATTERN
    return fields[:, np.newaxis], there[:, np.newaxis].astype(float)  # sequences of one step


train, left, right = make_fields(500, 0, 8), make_fields(500, 0, 8), make_fields(500, 10, 18)
accuracy = {}
for name, drawing in (("tied", tied), ("untied", untied)):
    net = gn.compile(drawing, seed=seed, dtype="float32", initializer="he")
    gn.fit(net, *train, loss="binary_cross_entropy", epochs=60, learning_rate=0.02, seed=seed, progress=False)
    accuracy[name] = [gn.evaluate(net, *data, loss="binary_cross_entropy")["accuracy"] for data in (left, right)]
    print(
        f"{name:7} {len(net.parameters):4} parameters, right where trained {accuracy[name][0]:.3f}, elsewhere",
        accuracy[name][1],
    )

figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
for (name, values), colour, shift in zip(accuracy.items(), ("#0072B2", "#D55E00"), (-0.2, 0.2), strict=True):
    ax.bar(np.arange(2) + shift, values, 0.4, color=colour, label=name)
ax.axhline(0.5, color="black", linestyle=":", label="chance")
ax.set_xticks([0, 1], ["where it was in training", "where it never was"])
ax.set(xlabel="place of the pattern", ylabel="accuracy", ylim=(0, 1.2))
_ = ax.legend(loc="upper center", ncols=3)

# %%
# The claim
# ---------
# A drawing computes a convolution to rounding, over time and over space. With ties a pattern is found where it never
# was in training; without, the network has to see it at each place.

measured = {
    "difference_in_time": float(difference_in_time),
    "difference_in_space": float(difference_in_space),
    "tied_elsewhere": accuracy["tied"][1],
    "untied_where_trained": accuracy["untied"][0],
    "untied_elsewhere": accuracy["untied"][1],
}
assert max(difference_in_time, difference_in_space) < 1e-12, measured
assert measured["tied_elsewhere"] > 0.9 > 0.65 > measured["untied_elsewhere"], measured
