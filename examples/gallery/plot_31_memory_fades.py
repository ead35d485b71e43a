"""
The memory of a plain recurrent network fades
=============================================

Look at the first picture: how well the neurons know the input of so many steps ago, before any training. The further
back, the less is left. The last picture says that training shifts the border and does not remove it: the network
learns to recall what is a few steps back, not what is many.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# Before training
# ---------------
# ``gn.analysis.memory_horizon`` drives a network with noise and reads the input of each lag from all neurons by linear
# regression (Jaeger 2001). R² of 1 says that it is known exactly, 0 that nothing is left. The spectral radius is the
# factor by which feedback grows or shrinks at each step. A larger one lets the past fade more slowly, and mixes more
# of it into what the neurons hold, so that recent inputs are read less exactly.

N_HIDDEN = 16
RADII = {0.5: "#56B4E9", 0.8: "#0072B2", 0.95: "#000000"}
horizon = {}
figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for radius, colour in RADII.items():
    start = gn.initializers.SpectralRadius(radius=radius)
    net = gn.compile(gn.graphs.elman(1, N_HIDDEN, 1), seed=seed, initializer=start)
    horizon[radius] = gn.analysis.memory_horizon(net, n_steps=3000, seed=seed)["r2"].to_numpy()
    ax.plot(horizon[radius][:41], color=colour, label=f"spectral radius {radius}")
ax.axvline(N_HIDDEN, color="black", linestyle=":", label="number of neurons")
ax.set(xlabel="lag (steps)", ylabel="R² of the input so long ago")
_ = ax.legend()

# %%
# A trace that fades
# ------------------
# The same, seen in a few neurons of the last network: a pulse at step 5 is followed by a trace that gets weaker until
# it is lost.

pulse = np.zeros((1, 60, 1))
pulse[0, 5] = 1.0
figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
_ = gn.plots.activity(net, pulse, [("hidden", i) for i in range(5)], ax=ax)

# %%
# After training
# --------------
# The input is a stream of random signs, and each network is trained to say the sign of ``lag`` steps ago, for one lag.
# All have the same number of sequences and epochs. Where the lag is out of reach, ``gn.fit`` may warn that gradients
# vanish, which is the reason; the warning is silenced here.

N_STEPS, LAGS = 50, [1, 4, 8, 12, 16, 20, 25, 30]
rng = np.random.default_rng(seed)
signs = rng.choice([-1.0, 1.0], size=(400, N_STEPS))
accuracy = {}
SETTINGS = {"epochs": 40, "learning_rate": 0.01, "clip_norm": 1.0, "seed": seed, "progress": False}
for n_hidden in (4, N_HIDDEN):
    accuracy[n_hidden] = []
    for lag in LAGS:
        targets = np.pad(signs, ((0, 0), (lag, 0)))[:, :N_STEPS, np.newaxis]
        counted = np.broadcast_to(np.arange(N_STEPS) >= lag, signs.shape).astype(float)  # no sign before the first
        net = gn.compile(gn.graphs.elman(1, n_hidden, 1), seed=seed, dtype="float32")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.GradientWarning)
            gn.fit(net, signs[:300, :, np.newaxis], targets[:300], weights=counted[:300], **SETTINGS)
        right = np.sign(net.run(signs[300:, :, np.newaxis])) == targets[300:]
        accuracy[n_hidden].append(float(right[:, lag:].mean()))

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for (n_hidden, values), colour, marker in zip(accuracy.items(), ("#E69F00", "#000000"), "so", strict=True):
    ax.plot(LAGS, values, marker + "-", color=colour, label=f"{n_hidden} hidden neurons")
ax.axhline(0.5, color="black", linestyle=":", label="chance")
ax.set(xlabel="lag (steps)", ylabel="share of signs told right", ylim=(0.4, 1.05))
_ = ax.legend(loc="lower left")

# %%
# Each new input displaces older ones: what n neurons hold of a stream of independent numbers is about n of them, for
# linear neurons at most n (Jaeger 2001). The network with more neurons reaches further back, and its memory ends too.
# What a network can keep for longer, where it may ignore what comes in, is shown in
# :ref:`sphx_glr_gallery_plot_32_lstm_stores.py`.
#
# The claim
# ---------

measured = {
    "r2_at_1": float(horizon[0.95][1]),
    "r2_at_40": float(horizon[0.95][40]),
    "trained_at_8": accuracy[N_HIDDEN][LAGS.index(8)],
    "trained_at_30": accuracy[N_HIDDEN][LAGS.index(30)],
    "small_trained_at_12": accuracy[4][LAGS.index(12)],
}
assert measured["r2_at_1"] > 0.9 > 0.1 > measured["r2_at_40"], measured
assert measured["trained_at_8"] > 0.95 > 0.75 > measured["trained_at_30"], measured
assert measured["trained_at_8"] > measured["small_trained_at_12"] + 0.1, measured
