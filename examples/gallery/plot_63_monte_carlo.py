"""
The mean of many noisy runs gets better only with the square root of their number
=================================================================================

A neuron that feeds itself holds a pulse, until noise throws it over. Look at the curves: single runs jump, their mean
fades, and the run without noise does neither. Then look at the straight line in the last picture: for one more digit of
the mean it takes a hundred times as many runs.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The drawing: a pulse starts the neuron ``latch``, whose synapse to itself is strong enough to hold either sign.
# Noise is one more input, through a fixed synapse whose weight is its standard deviation.

drawing = nx.DiGraph()
drawing.add_node("pulse", role="input")
drawing.add_node("noise", role="input")
drawing.add_node("latch", train_bias=False)
drawing.add_node("reading", role="output")
drawing.add_edge("pulse", "latch", weight=2.0)
drawing.add_edge("noise", "latch", weight=0.7, trainable=False)
drawing.add_edge("latch", "latch", weight=1.5)
drawing.add_edge("latch", "reading", weight=1.0)
net = gn.compile(drawing, seed=seed, dtype="float32")
gn.plots.draw(net)

# %%
# Many runs are one batch: the same pulse in each, and its own noise.

N_STEPS = 30
rng = np.random.default_rng(seed)


def run_many(n_runs):
    """Return the readings of runs that differ only in their noise, (n_runs, n_steps)."""
    inputs = np.zeros((n_runs, N_STEPS, 2), "float32")
    inputs[:, 0, 0] = 1  # the pulse
    inputs[:, :, 1] = rng.standard_normal((n_runs, N_STEPS))
    return net.run(inputs)[:, :, 0]


pulse = np.zeros((1, N_STEPS, 2))
pulse[0, 0, 0] = 1
without_noise = net.run(pulse)[0, :, 0]

# %%
# Twenty runs, the mean of 100,000, and the run without noise.

many = run_many(100_000)
fig, ax = plt.subplots(figsize=(6.8, 3.8), layout="constrained")
ax.plot(many[:20].T, color="0.8", linewidth=0.8)
ax.plot(without_noise, color="#D55E00", linewidth=2, label="without noise")
ax.plot(many.mean(axis=0), color="#0072B2", linewidth=2, label="mean of 100,000 runs")
ax.plot([], [], color="0.8", label="20 single runs")
ax.set(xlabel="step", ylabel="reading of the neuron", ylim=(-1.05, 1.05))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower left")

# %%
# The noise has mean 0, and yet the mean of the runs is not the run without noise: tanh is not linear. No single run
# shows it, which is why one takes the mean of many.
#
# How many? The mean of n runs at the last step, 256 times for each n: its error is the root of the mean squared
# distance from the mean of 400,000 runs, which is known far better.

last = np.concatenate([many[:, -1], *(run_many(100_000)[:, -1] for _ in range(3))]).astype(float)
truth = last.mean()
sizes, n_means = 2 ** np.arange(9), 256
errors = []
for n_runs in sizes:
    means = run_many(n_means * int(n_runs))[:, -1].astype(float).reshape(n_means, n_runs).mean(axis=1)
    errors.append(np.sqrt(np.mean((means - truth) ** 2)))
slope, intercept = np.polyfit(np.log(sizes), np.log(errors), 1)

fig, ax = plt.subplots(figsize=(6.8, 3.8), layout="constrained")
ax.loglog(sizes, last.std() / np.sqrt(sizes), color="0.6", label="deviation of one run / square root of n")
ax.loglog(sizes, errors, "o", color="#0072B2", label=f"measured; slope of the fit {slope:.2f}")
ax.set(xlabel="number n of runs", ylabel="error of their mean (root mean square)", ylim=(0.03, 1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

# %%
# So the error is known before the runs are: the deviation of single runs, divided by the square root of their number.
#
# The claim: the slope is -1/2, and the run without noise is far from the mean, in units of the error of the latter.

error_of_truth = last.std() / np.sqrt(len(last))
measured = {"slope": float(slope), "distance in errors": float(abs(without_noise[-1] - truth) / error_of_truth)}
print(measured)
assert abs(measured["slope"] + 0.5) < 0.05, measured
assert measured["distance in errors"] > 10, measured
