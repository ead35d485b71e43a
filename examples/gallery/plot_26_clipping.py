"""
Clipping the gradient saves a run that explodes
===============================================

The same network, data and learning rate, with and without ``clip_norm``.  The first picture shows that the gradient
grows on its way back.  In the second one run blows up in its first epochs, and the clipped one learns.  The third shows
what diverges: a few steps are so long that the readout weights grow without bound; the recurrent ones stop, as no
gradient passes their saturated neurons.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

# sphinx_gallery_thumbnail_number = 2
seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The task: the output is the input of three steps ago.  The recurrent weights are drawn with a spectral radius of 2, at
# which gradients grow on their way back (:ref:`sphx_glr_gallery_plot_25_vanish_and_explode.py`), and as a control with
# one of 1.
n_hidden, n_samples, n_steps = 16, 128, 30
rng = np.random.default_rng(seed)
inputs = rng.uniform(-1, 1, (n_samples, n_steps, 1))
targets = np.concatenate([np.zeros((n_samples, 3, 1)), inputs[:, :-3]], axis=1)
recurrent = rng.normal(size=(n_hidden, n_hidden))
recurrent /= abs(np.linalg.eigvals(recurrent)).max()


def compiled(radius):
    """Return an Elman network whose recurrent weights have a spectral radius."""
    drawing = gn.graphs.elman(1, n_hidden, 1)
    for (target, source), weight in np.ndenumerate(radius * recurrent):
        drawing.edges[("hidden", source), ("hidden", target)]["weight"] = weight
    return gn.compile(drawing, seed=seed)


gn.plots.gradient_flow(compiled(2.0), inputs, targets)

# %%
# Clipping scales a gradient that is longer than ``clip_norm`` down to that length, and leaves its direction
# alone.  Four runs by plain SGD: exploding, clipped, one at a tenth of the learning rate, and the control.
runs = {
    "exploding": {"radius": 2.0, "learning_rate": 0.3},
    "clipped": {"radius": 2.0, "learning_rate": 0.3, "clip_norm": 1.0},
    "a tenth of the rate": {"radius": 2.0, "learning_rate": 0.03},
    "radius 1": {"radius": 1.0, "learning_rate": 0.3},
}
courses, finals = {}, {}
for name, options in runs.items():
    options = dict(options)
    net = compiled(options.pop("radius"))
    rows = net.parameter_table()
    to_output = np.array([row.kind == "weight" and row.key[1][0] == "output" for row in rows])
    recurring = np.array([row.kind == "weight" and row.key[0][0] == row.key[1][0] for row in rows])
    course = courses[name] = []

    def note(row, net=net, course=course, to_output=to_output, recurring=recurring):
        """Note the loss of an epoch and the largest weights after it."""
        course.append((row["loss"], abs(net.parameters[to_output]).max(), abs(net.parameters[recurring]).max()))

    options |= {"epochs": 30, "batch_size": 16, "seed": seed, "progress": False, "callback": note}
    with warnings.catch_warnings(record=True) as caught:  # gn.fit warns of some exploding gradients by itself
        warnings.simplefilter("always")
        try:
            gn.fit(net, inputs, targets, optimizer="sgd", **options)
        except gn.DivergedError as error:
            print(f"{name}: {str(error)[:60]} ...")
    for each in caught:
        print(f"{name}: {each.category.__name__}: {each.message}")
    courses[name] = np.array(course)
    finals[name] = courses[name][-1, 0]

# %%
# The exploding run leaves the picture at its top.  The clipped one learns, and ends below the one at a tenth of the
# learning rate, which is slow everywhere because of a few steep places.
top = 1e30  # far above both pictures
colours = dict(zip(runs, ["#D55E00", "#0072B2", "#E69F00", "0.5"], strict=True))
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, course in courses.items():
    ax.semilogy(np.arange(len(course)) + 1, np.minimum(course[:, 0], top), color=colours[name], label=name)
ax.axhline(targets.var(), color="black", linewidth=0.8, linestyle=":")
ax.text(30, targets.var() * 1.15, "nothing learnt", ha="right", fontsize=8)
ax.set(xlabel="epoch", ylabel="loss", xlim=(0.5, 30.5), ylim=(1e-3, 1e4), title="training loss")
ax.legend(frameon=False, fontsize=8, loc="upper right")

# %%
# What diverges.  Outputs are linear, so that a readout weight thrown far off makes a large error, which throws it
# further the other way.  The tanh neurons saturate: no gradient passes through them any more, so that the recurrent
# weights stay where the first steps threw them.
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, line in (("exploding", "-"), ("clipped", ":")):
    sizes = np.minimum(courses[name][:8, 1:], top).T
    for size, words, colour in zip(sizes, ("readout", "recurrent"), ("#CC79A7", "#009E73"), strict=True):
        ax.semilogy(np.arange(len(size)) + 1, size, line, color=colour, label=f"{words}, {name}")
ax.set(xlabel="epoch", ylabel="largest weight (absolute)", ylim=(1e-1, 1e20), title="what diverges")
ax.legend(frameon=False, fontsize=8, loc="upper left")

# %%
# The claim: without clipping the loss ends above a million or is no number, with clipping it falls below a tenth of the
# variance of the targets, at the same learning rate and from the same start.
measured = {f"loss, {name}": float(loss) for name, loss in finals.items()}
measured["variance of the targets"] = targets.var()
measured["readout over recurrent, exploding"] = float(np.divide(*courses["exploding"][-1, 1:]))
assert not finals["exploding"] < 1e6, measured
assert finals["clipped"] < 0.1 * targets.var(), measured
assert finals["radius 1"] < 0.1 * targets.var(), measured
assert finals["clipped"] < finals["a tenth of the rate"], measured
assert measured["readout over recurrent, exploding"] > 1e6, measured
