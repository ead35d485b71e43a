"""
Stochastic gradient descent: the step, the batch and the epoch
==============================================================

The first picture shows fits that differ in nothing but the learning rate: one that is too small hardly learns, one that
is too large diverges, and the right one lies between.  The second shows that a small batch gives a noisy guess at the
gradient of all data, and that this noise falls as one over the square root of the batch size.  The third compares batch
sizes over the same number of epochs: small batches make more steps.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The task: the output is the input of two steps ago.  The network is an Elman network of eight neurons.
n_samples, n_steps, n_epochs = 256, 12, 20
rng = np.random.default_rng(seed)
inputs = rng.uniform(-1, 1, (n_samples, n_steps, 1))
targets = np.concatenate([np.zeros((n_samples, 2, 1)), inputs[:, :-2]], axis=1)


def fit(learning_rate, batch_size):
    """Train by plain SGD, always from the same start; return network and history, or None if training diverged."""
    net = gn.compile(gn.graphs.elman(1, 8, 1), seed=seed)
    options = {"batch_size": batch_size, "epochs": n_epochs, "seed": seed, "progress": False}
    try:
        return net, gn.fit(net, inputs, targets, optimizer="sgd", learning_rate=learning_rate, **options)
    except gn.DivergedError as error:
        print(f"learning rate {learning_rate:g}: {str(error).splitlines()[0]}")
        return None


def loss_of(net):
    """Return the loss over all data."""
    return gn.evaluate(net, inputs, targets)["loss"]


# %%
# **Learning rate.**  Each fit makes the same 320 steps against the gradient: 20 epochs of 16 batches.  Their length is
# the learning rate times the gradient.
rates = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 3.0]
fits = {rate: fit(rate, batch_size=16) for rate in rates}
losses = {rate: np.inf if found is None else loss_of(found[0]) for rate, found in fits.items()}

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shown = {f"learning rate {rate:g}": fits[rate][1] for rate in (0.0003, 0.003, 0.1)}
gn.plots.history(shown, ax=left)
left.set_yscale("log")
left.legend_.set_loc("center right")
finite = [rate for rate in rates if np.isfinite(losses[rate])]
right.loglog(finite, [losses[rate] for rate in finite], "o-", color="black")
diverged = [rate for rate in rates if rate not in finite]
right.loglog(diverged, [max(losses[rate] for rate in finite)] * len(diverged), "x", color="#D55E00", markersize=9)
right.annotate(
    "diverged",
    (diverged[0], max(losses[rate] for rate in finite)),
    (-6, -14),
    ha="center",
    color="#D55E00",
    textcoords="offset points",
)
right.axhline(targets.var(), color="0.5", linestyle=":")
right.text(rates[-1], targets.var() * 1.15, "nothing learnt", fontsize=8, color="0.3", ha="right")
right.set(xlabel="learning rate", ylabel="loss after 20 epochs", title="too small, right, too large", ylim=(None, 1))

# %%
# **Batch size.**  Before training, the gradient of a batch is compared with that of all 256 sequences: the noise is the
# length of the difference, relative to the length of the whole gradient, over 40 random batches.
net = gn.compile(gn.graphs.elman(1, 8, 1), seed=seed)
_, whole = net.value_and_grad(inputs, targets)
sizes = [1, 4, 16, 64]
noise = []
for size in sizes:
    batches = [rng.integers(0, n_samples, size) for _ in range(40)]
    wrong = [net.value_and_grad(inputs[batch], targets[batch])[1] - whole for batch in batches]
    noise.append(np.sqrt(np.mean(np.square(wrong).sum(axis=1)) / np.square(whole).sum()))

figure, ax = plt.subplots(figsize=(5.4, 3.8), layout="constrained")
ax.loglog(sizes, noise, "o-", color="black", label="measured")
ax.loglog(sizes, noise[0] / np.sqrt(sizes), ":", color="0.5", label="one over the square root")
ax.set(xlabel="batch size (sequences)", ylabel="noise of the gradient (relative)", title="larger batches, less noise")
ax.set_xticks(sizes, sizes)
ax.set_yticks([0.1, 0.2, 0.5, 1], ["0.1", "0.2", "0.5", "1"])
ax.minorticks_off()
ax.legend(frameon=False)

# %%
# **Epochs.**  An epoch has passed when each sequence was used once.  In one epoch a batch size of 1 makes 256 steps,
# and one of 256 makes a single step.  So over the same 20 epochs, and at the same learning rate, small batches come
# further here although each of their steps is noisier.  Their price is time, which the last column shows: a step of a
# large batch computes all its sequences side by side.
by_size = {size: fit(0.1, size) for size in (1, 16, 256)}
gn.plots.history({f"batch size {size}": found[1] for size, found in by_size.items()})
print(f"{'batch size':>10}{'steps an epoch':>16}{'loss after 20 epochs':>22}{'seconds':>9}")
for size, (trained, history) in by_size.items():
    seconds = sum(row["seconds"] for row in history.epochs)
    print(f"{size:10}{-(-n_samples // size):16}{loss_of(trained):22.5f}{seconds:9.2f}")

# %%
# The claim: a learning rate can be too small and too large, noise falls with the square root of the batch size, and
# over the same epochs small batches come further.
measured = {
    "variance of the targets": targets.var(),
    "loss, rate 0.0003": losses[0.0003],
    "loss, rate 0.1": losses[0.1],
    "loss, rate 3": losses[3.0],
    "noise of batch size 1 over that of 64": noise[0] / noise[-1],
    "loss, batch size 1": loss_of(by_size[1][0]),
    "loss, batch size 256": loss_of(by_size[256][0]),
}
assert losses[0.1] < 0.1 * targets.var() < 0.5 * targets.var() < losses[0.0003], measured
assert losses[3.0] == np.inf, measured
assert 6 < measured["noise of batch size 1 over that of 64"] < 10.7, measured  # the square root of 64 is 8
assert measured["loss, batch size 1"] < 0.2 * measured["loss, batch size 256"], measured
