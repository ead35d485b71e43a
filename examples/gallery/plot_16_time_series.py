"""
A time series needs the past, and a linear forecast is hard to beat
===================================================================

Look at the last picture: forecasts of the next year's sunspots. A network that sees this year alone is about as bad as
repeating the last number. With a window of the past, or with feedback, the error falls by a quarter. A linear
autoregression, which needs no network, does better still.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# Four periods
# ------------
# Yearly means from 1700 to 2008 (SIDC, Royal Observatory of Belgium). Twelve years are the input, and the next one is
# the target. Networks learn from the years to 1880, keep the epoch that is best on 1881 to 1920, and are tested on what
# comes after. Numbers are scaled by mean and deviation of the training years.

WINDOW = 12
path = Path(__file__).parents[1] / "data" / "sunspots.csv"
years, spots = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
mean, deviation = spots[years <= 1880].mean(), spots[years <= 1880].std()
scaled = (spots - mean) / deviation


def cut_windows(first, last):
    """Return the twelve years before each year of a period, and the year's value."""
    at = [i for i in range(WINDOW, len(years)) if first <= years[i] <= last]
    return np.stack([scaled[i - WINDOW : i] for i in at])[:, :, np.newaxis], scaled[at][:, np.newaxis]


train, validation, test = cut_windows(1700, 1880), cut_windows(1881, 1920), cut_windows(1921, 2008)

# %%
# Three drawings
# --------------
# *No past* sees the last of the twelve years only. The *window* has a synapse with a delay for each of them. The
# *recurrent* network reads year after year, and has to remember. Small ones are drawn here.

figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
small = {
    "no past": gn.graphs.feedforward(1, 2, 1),
    "window": gn.graphs.convolution(1, 2, 1, kernel_size=3, activation="tanh"),
    "recurrent": gn.graphs.elman(1, 2, 1),
}
for (name, drawing), panel in zip(small.items(), panels, strict=True):
    gn.plots.draw(drawing, ax=panel)
    panel.set_title(name)

# %%
# Baselines and networks
# ----------------------
# *Last year* says that the next year is like this one. AR(9) is a linear autoregression on nine years.

lags = {
    name: np.column_stack([data[0][:, -9:, 0], np.ones(len(data[0]))])
    for name, data in (("train", train), ("test", test))
}
coefficients = np.linalg.lstsq(lags["train"], train[1], rcond=None)[0]
forecasts = {"last year": test[0][:, -1], "AR(9)": lags["test"] @ coefficients}
drawings = {
    "no past": gn.graphs.feedforward(1, 8, 1),
    "window": gn.graphs.convolution(1, 8, 1, kernel_size=WINDOW, activation="tanh"),
    "recurrent": gn.graphs.elman(1, 8, 1),
}
nets = {}
for name, drawing in drawings.items():
    nets[name] = net = gn.compile(drawing, seed=seed)
    rule = gn.optimizers.AdamW(weight_decay=1.0)
    settings = {"optimizer": rule, "learning_rate": 0.01, "epochs": 150, "patience": 40}
    gn.fit(net, *train, validation=validation, **settings, seed=seed, progress=False)
    forecasts[name] = net.run(test[0])[:, -1]
error = {name: float(deviation * np.sqrt(np.mean((each - test[1]) ** 2))) for name, each in forecasts.items()}

# %%
# Each point is the forecast for one year of the test, made from the twelve years before it.

test_years = years[years > 1920]
figure, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
_ = gn.plots.predictions(nets["recurrent"], *test, steps=test_years, names=["sunspots (scaled)"], ax=ax)

# %%
# What the past is worth
# ----------------------

COLOURS = {
    "last year": "#7F7F7F",
    "AR(9)": "#000000",
    "no past": "#E69F00",
    "window": "#0072B2",
    "recurrent": "#D55E00",
}
figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
bars = ax.barh(list(error), list(error.values()), color=[COLOURS[name] for name in error])
ax.bar_label(bars, fmt="%.1f", padding=3)
ax.invert_yaxis()
_ = ax.set(xlim=(0, 36), xlabel="error of the next year, 1921 to 2008 (root mean square, sunspots)")

# %%
# The sun's cycle is about eleven years: whether this year's number is on its way up or down, only the past says. How
# the past is seen, through delays or through feedback, matters less. With fewer than 170 years to learn from, networks
# do not reach the linear forecast, and after 1956 come cycles that are higher than any that they have seen.
#
# The claim
# ---------

measured = {f"{name}, rmse": value for name, value in error.items()}
assert max(error["window"], error["recurrent"]) < 0.85 * min(error["no past"], error["last year"]), measured
assert error["AR(9)"] < min(error["window"], error["recurrent"]), measured
