"""
Early stopping: what is learnt by heart does not help on new data
=================================================================

Both runs of the first picture go down on the training data.  On validation data, which they do not learn from, the loss
turns after some epochs: from there on the network learns the noise of its 24 sequences by heart.  Early stopping keeps
the epoch of the lowest validation loss.  The second picture is the verdict of test data, which no run has seen.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The task: the output is the input of two steps ago, and the targets are noisy.  The best that any network can do is a
# loss as large as the variance of the noise, 0.25.  There are few sequences and many weights: 24 sequences of 12 steps,
# and more than a thousand weights.
noise, n_hidden = 0.5, 32
rng = np.random.default_rng(seed)


def draw(n_samples, n_steps=12):
    """Return inputs, and as targets the inputs of two steps ago with noise."""
    inputs = rng.uniform(-1, 1, (n_samples, n_steps, 1))
    past = np.concatenate([np.zeros((n_samples, 2, 1)), inputs[:, :-2]], axis=1)
    return inputs, past + rng.normal(0, noise, past.shape)


training, validation, test = draw(24), draw(48), draw(500)
net = gn.compile(gn.graphs.elman(1, n_hidden, 1), seed=seed)
print(f"{training[1].size} numbers to learn from, {len(net.parameters)} parameters to learn them with")


def fit(**options):
    """Train from the same start; return network and history."""
    net = gn.compile(gn.graphs.elman(1, n_hidden, 1), seed=seed)
    options |= {"learning_rate": 0.01, "batch_size": 8, "epochs": 150, "seed": seed, "progress": False}
    return net, gn.fit(net, *training, validation=validation, **options)


# %%
# ``patience=15`` ends the fit after 15 epochs without a lower validation loss and keeps the best epoch.
# ``restore_best=True`` keeps the best epoch too, but goes on to the last, which takes longer and, here, finds the same
# epoch.
runs = {"to the end": fit(), "early stopping": fit(patience=15), "restore_best": fit(restore_best=True)}
ax = gn.plots.history({name: runs[name][1] for name in ("to the end", "early stopping")})
ax.axhline(noise**2, color="black", linewidth=0.8, linestyle=":")
ax.text(150, noise**2 * 0.98, "variance of the noise", ha="right", va="top", fontsize=8)
ax.set_ylim(0, 0.75)
ax.legend_.set_loc("upper right")
for name, (_, history) in runs.items():
    print(f"{name:15} trained {len(history.epochs):3} epochs, kept epoch {history.kept_epoch}")

# %%
# The loss on training data is no measure of what was learnt: below the variance of the noise it has learnt the noise.
kept = {
    name: {"training": gn.evaluate(net, *training)["loss"], "test": gn.evaluate(net, *test)["loss"]}
    for name, (net, _) in runs.items()
}
figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for offset, (what, colour) in zip((-0.18, 0.18), (("training", "#E69F00"), ("test", "#0072B2")), strict=True):
    bars = ax.bar(np.arange(3) + offset, [kept[name][what] for name in runs], 0.34, color=colour, label=f"{what} data")
    ax.bar_label(bars, fmt="%.2f", fontsize=8)
ax.axhline(noise**2, color="black", linewidth=0.8, linestyle=":", label="variance of the noise")
ax.set_xticks(range(3), runs)
ax.set(ylabel="loss of the network that is kept")
ax.legend(frameon=False)

# %%
# The claim: training to the end fits the training data far below the noise and is worse on new data; stopping early is
# better there, close to what is possible, and takes a fraction of the epochs.
measured = {f"{name}, {what}": value for name, both in kept.items() for what, value in both.items()}
measured["epochs of early stopping"] = len(runs["early stopping"][1].epochs)
assert measured["to the end, training"] < 0.5 * noise**2, measured
assert measured["to the end, test"] > 1.3 * measured["early stopping, test"], measured
assert measured["early stopping, test"] < 1.3 * noise**2, measured
assert measured["restore_best, test"] == measured["early stopping, test"], measured
assert measured["epochs of early stopping"] < 75, measured
