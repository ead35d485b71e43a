"""
Attention sees everything at once, and its mask hides the future
================================================================

Attention has no feedback: an output reaches back to every step of its window by one synapse.  The second picture shows
a trained head that has found the marked step and looks there from all later ones.  The last one is the proof of the
mask: changing one input changes no earlier output, not by the last bit, unless a second head looks into the future.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# A head in a window of three steps.  The score of lag ``k`` multiplies query and key of ``k`` steps ago, all scores
# together are a softmax, and each weights the value of its lag.  The mask is in the drawing: there are synapses from
# earlier steps and none from later ones, and a lag that reaches before the start is left out.
small = gn.graphs.attention(1, 1, width=1, window=3)
print("feedback:", gn.feedback(small).counts())
gn.plots.draw(small)

# %%
# The task: a stream of numbers, one of which is marked in a second channel.  From the mark on, the output is the marked
# number.  Steps before the mark do not count (``weights``).
n_steps = 16
rng = np.random.default_rng(seed)


def draw_sequences(n_samples):
    """Return inputs, targets, and weights that are 1 from the mark on."""
    values, mark = rng.normal(size=(n_samples, n_steps)), rng.integers(0, n_steps // 2, n_samples)
    steps = np.arange(n_steps)
    marked = values[np.arange(n_samples), mark]
    inputs = np.stack([values, steps == mark[:, np.newaxis]], axis=2)
    return inputs, np.tile(marked[:, np.newaxis, np.newaxis], (1, n_steps, 1)), 1.0 * (steps >= mark[:, np.newaxis])


x, y, weights = draw_sequences(256)
masked = gn.compile(gn.graphs.attention(2, 1, width=8, window=n_steps), seed=seed)
gn.fit(masked, x, y, weights=weights, learning_rate=0.03, epochs=40, seed=seed, progress=False)

# %%
# Where it looks, by step and lag.  Before the mark there is nothing to find, and it looks everywhere.  From then on the
# lag of the marked step grows by one each step: a straight line.
x_test, y_test, counted = draw_sequences(200)
outputs = masked.run(x_test)
wrong, truth = (outputs - y_test)[counted > 0], y_test[counted > 0]
explained = 1 - np.mean(wrong**2) / truth.var()
print(f"explains {explained:.4f} of the variance on new sequences")
sample = int(np.argmax(x_test[:, 4, 1]))  # one that is marked at step 4
gn.plots.attention(masked, x_test, sample=sample)

# %%
# The proof: change the input of one step, and see which outputs change.  The twin without a mask is the same attention
# together with its mirror in reversed time (``gn.graphs.bidirectional``), which sees the future, trained in the same
# way.
unmasked = gn.compile(gn.graphs.bidirectional(gn.graphs.attention(2, 1, width=8, window=n_steps)), seed=seed)
gn.fit(unmasked, x, y, weights=weights, learning_rate=0.03, epochs=40, seed=seed, progress=False)


def changes(net):
    """Return how much each output (rows) changes with each input step (columns)."""
    found = np.zeros((n_steps, n_steps))
    for step in range(n_steps):
        changed = x_test.copy()
        changed[:, step] += rng.normal(size=(len(x_test), 2))
        found[:, step] = abs(net.run(changed) - net.run(x_test)).mean(axis=(0, 2))
    return found


changed = {"with the mask": changes(masked), "without": changes(unmasked)}
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.9), sharey=True, layout="constrained")
for ax, (name, found) in zip(axes, changed.items(), strict=True):
    shown = np.ma.masked_equal(found, 0)  # white: not the last bit has changed
    image = ax.imshow(np.ma.log10(shown), cmap="viridis", vmin=-4, vmax=0.5)
    ax.set(xlabel="step of the changed input", title=name, xticks=range(0, 16, 5), yticks=range(0, 16, 5))
axes[0].set_ylabel("step of the output")
figure.colorbar(image, ax=axes, label="mean change of the output (log10)")

# %%
# The claim: the masked network solves the task, every step of its window reaches the output, and no later input changes
# an earlier output at all.
measured = {
    "explained": explained,
    "feedback synapses": sum(n for kind, n in gn.feedback(masked.to_graph()).counts().items() if kind != "forward"),
    "change by a later input, with the mask": np.triu(changed["with the mask"], 1).max(),
    "least change by an earlier input": changed["with the mask"][np.tril_indices(n_steps)].min(),
    "change by a later input, without": np.triu(changed["without"], 1).max(),
}
assert explained > 0.99, measured
assert measured["feedback synapses"] == 0, measured
assert measured["change by a later input, with the mask"] == 0, measured
assert measured["least change by an earlier input"] > 0, measured
assert measured["change by a later input, without"] > 1e-4, measured
