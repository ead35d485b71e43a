"""
What gates cost and what they give: plain, minimal gated, GRU and LSTM
======================================================================

Look at the three bar charts: at equal size, each gate adds synapses, parameters and time to a step, and on a task that
needs them the networks with gates leave a fraction of the error of the plain one. Between the three kinds of gated
networks the difference in cost is larger than the difference in what they give here.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# A GRU
# -----
# A GRU (Cho et al. 2014) has no cell beside its hidden neurons, and two gates for the three of an LSTM: *update* says
# how much of the old value stays, and what comes in is one minus that; *reset* says how much of the past the new value
# sees. The minimal gated unit (Zhou et al. 2016) has one gate for both.

_ = gn.plots.draw(gn.graphs.gru(n_inputs=1, n_hidden=1, n_outputs=1))

# %%
# What each costs
# ---------------
# All have 16 hidden neurons, two inputs and one output. Time is processor time of a forward and a backward pass,
# divided by the number of steps and of sequences; it is that of this machine.

N_HIDDEN = 16
KINDS = {
    "plain": gn.graphs.elman,
    "minimal gated": gn.graphs.minimal_gated,
    "GRU": gn.graphs.gru,
    "LSTM": gn.graphs.lstm,
}
rng = np.random.default_rng(seed)


def make_data(n_samples, n_steps=30):
    """Return noise and marks, and the noise of the last marked step."""
    numbers = rng.uniform(-1, 1, size=(n_samples, n_steps))
    marks = rng.random((n_samples, n_steps)) < 0.12
    marks[:, 0] = True
    last = np.maximum.accumulate(np.where(marks, np.arange(n_steps), 0), axis=1)
    return np.stack([numbers, marks], axis=2), np.take_along_axis(numbers, last, axis=1)[:, :, np.newaxis]


def time_step(net, inputs, targets, n_times=20):
    """Return the processor time of a forward and a backward pass in microseconds for a step of a sequence."""
    net.value_and_grad(inputs, targets)  # the first call prepares
    start = time.process_time()
    for _ in range(n_times):
        net.value_and_grad(inputs, targets)
    return 1e6 * (time.process_time() - start) / n_times / inputs.shape[0] / inputs.shape[1]


inputs, targets = make_data(400)
new_inputs, new_targets = make_data(200)
rows = {}
for name, draw in KINDS.items():
    drawing = draw(2, N_HIDDEN, 1)
    net = gn.compile(drawing, seed=seed, dtype="float32")
    rows[name] = {
        "synapses": drawing.number_of_edges(),
        "parameters": len(net.parameters),
        "microseconds": time_step(net, inputs, targets),
    }

# %%
# What each gives
# ---------------
# The task is to say the number at the last marked step, among noise, however long ago it was. Error is that on new
# sequences, as a share of the variance of the targets. *Plain, larger* is a plain network with about as many parameters
# as the LSTM: is it the gates, or only the size? The error has a logarithmic axis.

drawings = {name: draw(2, N_HIDDEN, 1) for name, draw in KINDS.items()} | {"plain, larger": gn.graphs.elman(2, 34, 1)}
for name, drawing in drawings.items():
    net = gn.compile(drawing, seed=seed, dtype="float32")
    settings = {"epochs": 20, "batch_size": 16, "learning_rate": 0.01, "clip_norm": 1.0}
    gn.fit(net, inputs, targets, **settings, seed=seed, progress=False)
    rows.setdefault(name, {"synapses": drawing.number_of_edges(), "parameters": len(net.parameters)})
    rows[name]["error"] = 1 - gn.evaluate(net, new_inputs, new_targets)["r2"]
    print(f"{name:14}", {what: round(value, 4) for what, value in rows[name].items()})

figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
WORDS = {
    "parameters": "parameters",
    "microseconds": "µs a step (forward, backward)",
    "error": "error (share of variance)",
}
COLOURS = {
    "plain": "#D55E00",
    "plain, larger": "#CC79A7",
    "minimal gated": "#E69F00",
    "GRU": "#009E73",
    "LSTM": "#0072B2",
}
for panel, (what, words) in zip(panels, WORDS.items(), strict=True):
    shown = {name: row[what] for name, row in rows.items() if what in row}
    panel.barh(list(shown), list(shown.values()), color=[COLOURS[name] for name in shown])
    panel.invert_yaxis()
    panel.set_xlabel(words)
    if what == "error":
        panel.set(xscale="log", xlim=(1e-3, 1.2))
    if panel is panels[1]:
        panel.set_ylim(len(rows) - 0.5, -0.5)

# %%
# The larger plain network does not do what the gated ones do; with the same number of epochs it is often worse than the
# smaller one. Seeds differ much for plain networks, and little for gated ones.
#
# Per hidden neuron and step a plain network has one sum over all hidden neurons, the minimal gated unit two, the GRU
# three and the LSTM four. Time grows less than that: the matrices of all gates are multiplied together, and much of a
# step is spent on other things than products.
#
# The claim
# ---------

measured = {f"{name}, {what}": float(value) for name, row in rows.items() for what, value in row.items()}
parameters = [rows[name]["parameters"] for name in KINDS]
assert parameters == sorted(parameters), measured
assert 3.5 < parameters[3] / parameters[0] < 4, measured
gated = max(rows[name]["error"] for name in ("minimal gated", "GRU", "LSTM"))
assert gated < 0.5 * min(rows["plain"]["error"], rows["plain, larger"]["error"]), measured
