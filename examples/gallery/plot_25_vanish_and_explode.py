"""
Gradients vanish and explode with the spectral radius
=====================================================

The upper row of the first picture shows the eigenvalues of three random recurrent networks, which differ in nothing but
the size of their weights.  The lower row shows how much gradient reaches back so many steps: it vanishes, or lasts, or
explodes.  The second picture shows the factor of one step at eleven radii.  In a linear network it is the radius.  With
tanh it is smaller, so that a radius above 1 does not suffice for an explosion.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The recurrent weights are those of an echo state network: random, and scaled so that the largest absolute eigenvalue
# of their matrix is the radius.  Back through each step, the gradient is multiplied by this matrix and by the slopes of
# the activations (Pascanu et al., 2013).  The loss is at the last of 41 steps.
n_neurons, n_steps = 64, 41
rng = np.random.default_rng(seed)
inputs, targets = rng.normal(0, 0.3, (16, n_steps, 1)), rng.normal(size=(16, 1))


def compiled(radius, activation):
    """Return a random network of one spectral radius; the others have the same weights but for a factor."""
    drawing = gn.graphs.echo_state(1, n_neurons, 1, spectral_radius=radius, seed=seed)
    for i in range(n_neurons):
        drawing.nodes["hidden", i]["activation"] = activation
    return gn.compile(drawing, seed=seed)


figure, axes = plt.subplots(2, 3, figsize=(11, 7), layout="constrained")
for radius, (above, below) in zip((0.5, 1.0, 1.5), axes.T, strict=True):
    net = compiled(radius, "identity")
    gn.plots.spectrum(net, ax=above)
    above.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7))
    gn.plots.gradient_flow(net, inputs, targets, ax=below)
    below.set_ylim(1e-16, 1e16)

# %%
# The factor of one step, from lag 10 to lag 40, in linear networks and in those of tanh neurons.  Slopes of tanh are at
# most 1, and the larger the activity, the smaller they are: strong weights saturate the neurons and so damp the
# explosion that they cause.
radii = np.round(np.arange(0.5, 1.55, 0.1), 1)
factors = {}
for activation in ("identity", "tanh"):
    for radius in radii:
        norm = gn.analysis.gradient_flow(compiled(radius, activation), inputs, targets)["norm"].to_numpy()
        factors[activation, radius] = (norm[40] / norm[10]) ** (1 / 30)

figure, ax = plt.subplots(figsize=(6, 4.4), layout="constrained")
ax.plot(radii, radii, ":", color="0.5", label="factor = radius")
for activation, colour in (("identity", "#0072B2"), ("tanh", "#D55E00")):
    words = "linear" if activation == "identity" else activation
    ax.plot(radii, [factors[activation, radius] for radius in radii], "o-", color=colour, label=words)
ax.axhline(1, color="black", linewidth=0.8)
ax.text(0.5, 1.02, "explodes above", fontsize=8)
ax.text(0.5, 0.98, "vanishes below", fontsize=8, va="top")
ax.set(xlabel="spectral radius", ylabel="factor of the gradient a step", title="from lag 10 to lag 40")
ax.legend(frameon=False, loc="lower right")
for activation in ("identity", "tanh"):
    print(activation, {float(radius): round(float(factors[activation, radius]), 3) for radius in radii})

# %%
# The claim: of a linear network the factor is the radius, to a few per cent; with tanh gradients also grow with the
# radius, but at 1.1 they still vanish, and explode only at larger ones.
measured = {f"linear, radius {radius}": factors["identity", radius] for radius in (0.5, 1.0, 1.5)}
measured |= {f"tanh, radius {radius}": factors["tanh", radius] for radius in (0.5, 0.9, 1.1, 1.5)}
for radius in radii:
    assert abs(factors["identity", radius] / radius - 1) < 0.05, factors
    assert factors["tanh", radius] < radius, factors
assert factors["tanh", 0.5] < factors["tanh", 0.9] < factors["tanh", 1.1] < 1 < factors["tanh", 1.5] < 1.3, measured
