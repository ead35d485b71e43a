"""
Unrolled in time, a network with feedback is a deep network
===========================================================

The first picture shows three neurons in a loop.  The second shows the same three at each of six steps: the loop has
become a chain, and the loss at each step sends its gradient backward along it.  The last picture shows where each part
of the gradient comes from: a step receives gradient from its own loss and from all later ones, and never from earlier
ones.  Every number is computed twice, by graphnet and by hand.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The drawing has one input ``x`` and three neurons.  ``a`` feeds ``b`` in the same step, ``b`` feeds ``a`` one step
# later, and the output ``y`` reads ``b``.  Four weights are all that is learnt.  They start near 1, so that
# the gradient is easy to see.
rng = np.random.default_rng(seed)
w_xa, w_ab, w_ba, w_by = rng.uniform(0.8, 1.4, 4)
drawing = nx.DiGraph()
drawing.add_node("x", role="input")
drawing.add_node("a", layer=1, train_bias=False)
drawing.add_node("b", layer=2, train_bias=False)
drawing.add_node("y", role="output", train_bias=False)
for start, end, weight in [("x", "a", w_xa), ("a", "b", w_ab), ("b", "a", w_ba), ("b", "y", w_by)]:
    drawing.add_edge(start, end, weight=weight)
net = gn.compile(drawing)
gn.plots.draw(net)

# %%
# Unrolled, each step has its own copy of the neurons, and all copies share the four weights.
n_steps = 6
gn.plots.unrolled(drawing, n_steps)

# %%
# The forward pass by hand.  The loss is the mean squared error; each step contributes ``(y - target)**2 / n_steps``.
x, target = rng.uniform(-0.8, 0.8, (2, n_steps))

a, b, y = np.zeros(n_steps), np.zeros(n_steps), np.zeros(n_steps)
for t in range(n_steps):
    before = b[t - 1] if t > 0 else 0.0
    a[t] = np.tanh(w_xa * x[t] + w_ba * before)
    b[t] = np.tanh(w_ab * a[t])
    y[t] = w_by * b[t]
loss_of_step = (y - target) ** 2 / n_steps

# %%
# The backward pass by hand: the same chain from its end.  What arrives at ``b`` is the gradient of this step's loss,
# plus what comes back from ``a`` of the next step.  The weights are shared, so their gradients are sums over the steps.
grad = dict.fromkeys(drawing.edges, 0.0)
at_a = np.zeros(n_steps)  # gradient of the loss by the sum that enters a, at each step
own, later = np.zeros(n_steps), np.zeros(n_steps)
for t in reversed(range(n_steps)):
    at_y = 2 * (y[t] - target[t]) / n_steps
    own[t] = w_by * at_y
    later[t] = w_ba * at_a[t + 1] if t + 1 < n_steps else 0.0
    at_b = (own[t] + later[t]) * (1 - b[t] ** 2)
    at_a[t] = w_ab * at_b * (1 - a[t] ** 2)
    grad["b", "y"] += at_y * b[t]
    grad["a", "b"] += at_b * a[t]
    grad["x", "a"] += at_a[t] * x[t]
    grad["b", "a"] += at_a[t] * (b[t - 1] if t > 0 else 0.0)

# %%
# The program's numbers beside those by hand.
inputs, targets = x.reshape(1, -1, 1), target.reshape(1, -1, 1)
outputs = net.run(inputs)
loss, gradient = net.value_and_grad(inputs, targets, loss="mse")
print(f"{'':18}{'graphnet':>20}{'by hand':>20}")
print(f"{'loss':18}{loss:20.15f}{loss_of_step.sum():20.15f}")
for (_, edge, _, _), found in zip(net.parameter_table(), gradient, strict=True):
    print(f"{'gradient of ' + edge[0] + ' → ' + edge[1]:18}{found:20.15f}{grad[edge]:20.15f}")
by_hand = np.array([grad[edge] for _, edge, _, _ in net.parameter_table()])

# %%
# Output and loss at each step, and the gradient that arrives at ``b``: from the loss of the same step, and from all
# later steps through the feedback.  The last step has no later one.
blue = "#0072B2"  # of indirect feedback, as in the drawing
steps = np.arange(n_steps)
figure, (above, middle, below) = plt.subplots(3, 1, figsize=(6.4, 6.4), sharex=True, layout="constrained")
above.plot(steps, target, "o--", color="0.5", label="target")
above.plot(steps, outputs[0, :, 0], "o-", color="black", label="output")
above.set(ylabel="value", title="forward: output at each step")
middle.bar(steps, loss_of_step, color="0.6", width=0.6)
middle.set(ylabel="loss", title="the loss is the sum over the steps")
below.bar(steps - 0.17, own, width=0.32, color="0.6", label="from the loss of the same step")
below.bar(steps + 0.17, later, width=0.32, color=blue, label="from later steps, through b → a")
below.axhline(0, color="black", linewidth=0.6)
below.set(xlabel="step", ylabel="gradient at b", title="backward: what arrives at b")
for ax in (above, below):
    ax.legend(frameon=False, fontsize=8)

# %%
# Which loss sends how much to which input?  ``net.vjp`` sends the gradient of one step's loss back alone.  Each row is
# one loss; it reaches its own step and earlier ones, and fades on the way.
parts = np.zeros((n_steps, n_steps))
for t in range(n_steps):
    grad_outputs = np.zeros((1, n_steps, 1))
    grad_outputs[0, t, 0] = 2 * (outputs[0, t, 0] - target[t]) / n_steps
    parts[t] = net.vjp(inputs, grad_outputs).inputs[0, :, 0]

figure, ax = plt.subplots(figsize=(5.4, 4.4), layout="constrained")
most = abs(parts).max()
image = ax.imshow(parts, cmap="RdBu_r", vmin=-most, vmax=most)
ax.set(xlabel="step of the input", ylabel="step of the loss", title="gradient of each loss by each input")
for t, s in zip(*np.nonzero(parts), strict=True):
    ax.text(
        s,
        t,
        f"{parts[t, s]:.3f}",
        ha="center",
        va="center",
        fontsize=8,
        color="white" if abs(parts[t, s]) > most / 2 else "black",
    )
figure.colorbar(image, label="gradient")

# %%
# The claim: by hand and by the program, loss and gradients are equal up to rounding, and no loss sends gradient to a
# later step.
measured = {
    "difference of losses": abs(loss - loss_of_step.sum()),
    "difference of outputs": abs(outputs[0, :, 0] - y).max(),
    "difference of gradients": abs(gradient - by_hand).max(),
    "difference of input gradients": abs(parts.sum(axis=0) - w_xa * at_a).max(),
    "gradient to later steps": abs(np.triu(parts, 1)).max(),
    "gradient to earlier steps": abs(np.tril(parts, -1)).max(),
}
assert all(measured[name] < 1e-13 for name in measured if "difference" in name), measured
assert measured["gradient to later steps"] == 0 < measured["gradient to earlier steps"], measured
