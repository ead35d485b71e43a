"""
A feedforward network passes forward and cannot remember
========================================================

Look at the last picture: both networks know the input of this step, but only the one with feedback knows those
before it. Without feedback the outputs of a step depend on the inputs of that step alone, so that no training can
teach the network what was seen before; feedback carries values from one step to the next.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# Two drawings
# ------------
# They differ in one thing: in the second, an Elman network (Elman 1990), the hidden neurons also feed themselves and
# each other. Each of these synapses has a delay of one step.

figure, panels = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for name, panel in zip(["feedforward", "elman"], panels, strict=True):
    gn.plots.draw(getattr(gn.graphs, name)(n_inputs=1, n_hidden=3, n_outputs=1), ax=panel)
    panel.set_title(name)

# %%
# The task
# --------
# The input is a stream of signs, +1 or -1, drawn at random. Output k has to tell the sign of k steps ago, for k from 0
# to 4. Guessing is right half of the time. Steps before the first sign count as 0 and are not scored.

N_LAGS, N_STEPS = 5, 30
rng = np.random.default_rng(seed)


def make_signs(n_samples):
    signs = rng.choice([-1.0, 1.0], size=(n_samples, N_STEPS))
    past = [np.pad(signs, ((0, 0), (lag, 0)))[:, :N_STEPS] for lag in range(N_LAGS)]
    return signs[:, :, np.newaxis], np.stack(past, axis=2)


inputs, targets = make_signs(300)
new_inputs, new_targets = make_signs(200)

accuracy, nets = {}, {}
for name in ("feedforward", "elman"):
    drawing = getattr(gn.graphs, name)(n_inputs=1, n_hidden=12, n_outputs=N_LAGS)
    nets[name] = net = gn.compile(drawing, seed=seed, dtype="float32")
    gn.fit(net, inputs, targets, epochs=30, learning_rate=0.01, clip_norm=1.0, seed=seed, progress=False)
    right = np.sign(net.run(new_inputs)) == new_targets
    accuracy[name] = right[:, N_LAGS:].mean(axis=(0, 1))  # one for each lag
    print(f"{name:12} right by lag:", np.round(accuracy[name], 2))

# %%
# Same input, other past
# ----------------------
# Two sequences end with the same four inputs and differ before. The feedforward network gives the same outputs for
# both from there on, to the last bit. In the Elman network the past makes a difference as long as it is remembered.

pair = np.ones((2, 12, 1))
pair[1, 4:8] = -1.0  # differs from step 4 to step 7
difference = {name: np.abs(np.diff(net.run(pair), axis=0))[0].max(axis=1) for name, net in nets.items()}

figure, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 4.4), sharex=True, layout="constrained")
for values, style in zip(pair[:, :, 0], ("-", "--"), strict=True):
    top.step(range(12), values, "k" + style, where="mid")
top.set_ylabel("the two inputs")
for (name, values), colour in zip(difference.items(), ("#7F7F7F", "#D55E00"), strict=True):
    bottom.plot(values, "o-", color=colour, label=name)
bottom.set(xlabel="step", ylabel="largest difference\nof the outputs")
bottom.legend()
print("differences after step 7, feedforward:", difference["feedforward"][8:].max())

# %%
# What each remembers
# -------------------

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for (name, values), colour, width in zip(accuracy.items(), ("#7F7F7F", "#D55E00"), (-0.4, 0.4), strict=True):
    ax.bar(np.arange(N_LAGS), values, width, align="edge", color=colour, label=name)
ax.axhline(0.5, color="black", linestyle=":", label="chance")
ax.set(xlabel="how many steps ago", ylabel="share of signs told right", ylim=(0, 1.2))
_ = ax.legend(loc="upper center", ncols=3)

# %%
# The claim
# ---------
# Both know the present. Of the past, the feedforward network knows nothing.

measured = {
    "feedforward_now": float(accuracy["feedforward"][0]),
    "feedforward_past": float(accuracy["feedforward"][1:].max()),
    "elman_past": float(accuracy["elman"][1:].min()),
    "feedforward_other_past": float(difference["feedforward"][8:].max()),
}
assert measured["feedforward_now"] == 1.0, measured
assert measured["feedforward_other_past"] == 0.0, measured
assert measured["elman_past"] > 0.95 > 0.55 > measured["feedforward_past"], measured
