"""
Three losses, three kinds of targets
====================================

Mean squared error is for values, cross-entropy for one class out of several, binary cross-entropy for questions that
are answered yes or no.  The first picture shows each loss on each task, and which it refuses or fails.  The last two
show why squared error on a sigmoid is a poor teacher: where an output is confidently wrong, its gradient is almost 0,
and the network does not unlearn.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# What each loss asks of outputs and targets:
#
# ====================  =========================  ========================================
# Loss                  Outputs                    Targets
# ====================  =========================  ========================================
# mean squared error    numbers                    numbers, one for each output
# cross-entropy         a logit for each class     the number of the right class, at a step
# binary cross-entropy  a logit for each question  0 or 1 for each question
# ====================  =========================  ========================================
#
# A logit is any number: the losses of graphnet apply softmax or sigmoid themselves, so outputs stay linear.
#
# Three tasks on one stream of four numbers a step.  *Values*: the sum of this step and the last.  *One class*: which of
# the four was largest at the last step.  *Yes or no*: whether each of the four rose since the last step.
rng = np.random.default_rng(seed)


def draw(n_samples, n_steps=12):
    """Return inputs and the targets of the three tasks."""
    inputs = rng.normal(size=(n_samples, n_steps, 4))
    last = np.concatenate([np.zeros((n_samples, 1, 4)), inputs[:, :-1]], axis=1)
    tasks = {"values": inputs + last, "one class": last.argmax(axis=2), "yes or no": (inputs > last).astype(float)}
    return inputs, tasks


(x, tasks), (x_test, tests) = draw(200), draw(100)
losses = ["mse", "cross_entropy", "binary_cross_entropy"]


def score(task, loss):
    """Train the same drawing; return the share that is right (of values: explained), nan where a loss refuses."""
    given, wanted = tasks[task], tests[task]
    if task == "one class" and loss != "cross_entropy":
        given = np.eye(4)[given]  # one-hot: 1 for the right class, 0 for the others
    if task == "yes or no" and loss == "cross_entropy":
        given = given.argmax(axis=2)  # it takes one class: the first yes
    net = gn.compile(gn.graphs.elman(4, 16, 4), seed=seed)
    try:
        gn.fit(net, x, given, loss=loss, learning_rate=0.01, epochs=30, seed=seed, progress=False)
    except gn.DataError as error:
        print(f"{task}, {loss}: {str(error)[:100]} ...")
        return np.nan
    outputs = net.run(x_test)
    if task == "values":
        return 1 - np.mean((outputs - wanted) ** 2) / wanted.var()
    if task == "one class":
        return np.mean(outputs.argmax(axis=2) == wanted)
    # yes above a threshold; that which is best for the loss, as one for all would favour some
    return max(np.mean((outputs > threshold) == wanted) for threshold in np.linspace(-2, 2, 41))


scores = {(task, loss): score(task, loss) for task in tasks for loss in losses}

# %%
# Cross-entropies refuse values, which are neither classes nor 0 or 1.  Cross-entropy fails at yes or no: it takes one
# right class, so that of several answers that are yes it can learn one.  Squared error and binary cross-entropy on
# one-hot targets name the right class about as often as cross-entropy does: on clean data like these the textbook's
# warning does not show in the accuracy.  What they lack are probabilities of the classes, which sum to 1.
found = np.array([[scores[task, loss] for loss in losses] for task in tasks])
figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
ax.imshow(np.ma.masked_invalid(found), cmap="viridis", vmin=0, vmax=1, aspect="auto")
for (row, column), value in np.ndenumerate(found):
    words = "refused" if np.isnan(value) else f"{value:.2f}"
    ax.text(column, row, words, ha="center", va="center", color="black" if not value < 0.7 else "white")
ax.set_xticks(range(3), ["mean squared\nerror", "cross-entropy", "binary\ncross-entropy"])
ax.set_yticks(range(3), tasks)
ax.set(xlabel="loss", ylabel="task", title="share that is right on new data (of values: variance explained)")

# %%
# **Confidently wrong.**  The target is 1, so a large negative logit is confidently wrong.  Through binary cross-entropy
# the gradient there stays near -1: the more wrong, the louder.  Squared error on a sigmoid has a gradient that
# goes to 0, because the sigmoid is flat there.
logits = np.linspace(-10, 10, 201)
one, counted = np.ones((1, 201, 1)), np.ones((1, 201), bool)
binary = gn.losses.BinaryCrossEntropy()(logits.reshape(1, -1, 1), one, counted)[1].ravel() * 201
sigmoid = 1 / (1 + np.exp(-logits))
of_outputs = gn.losses.MeanSquaredError()(sigmoid.reshape(1, -1, 1), one, counted)[1].ravel() * 201
squared = of_outputs * sigmoid * (1 - sigmoid)

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.plot(logits, binary, color="#0072B2", label="binary cross-entropy of a logit")
ax.plot(logits, squared, color="#D55E00", label="squared error of a sigmoid")
ax.axvspan(-10, -4, color="0.93", zorder=0)
ax.text(-7, 0.03, "confidently wrong", ha="center", fontsize=9)
ax.set(xlabel="logit, where the target is 1", ylabel="gradient by the logit", ylim=(-1.1, 0.12))
ax.legend(frameon=False, loc="lower right")

# %%
# In training: the same network starts undecided (output bias 0) or confidently says no to everything (bias -8), and
# learns *yes or no* by plain SGD.  (Adam divides the
# gradient by its own size, and so helps: with Adam at a learning rate of 0.03 the squared error of a sigmoid came to
# between 0.71 and 0.95 in five seeds.)
accuracies = {}
for start in (0.0, -8.0):
    for loss, activation in (("binary_cross_entropy", "identity"), ("mse", "sigmoid")):
        drawing = gn.graphs.elman(4, 16, 4)
        for i in range(4):
            drawing.nodes["output", i].update(bias=start, activation=activation)
        net = gn.compile(drawing, seed=seed)
        border = 0.5 if activation == "sigmoid" else 0.0
        rows = []

        def right(row, net=net, border=border, rows=rows):
            """Note the share of right answers after an epoch."""
            rows.append(np.mean((net.run(x_test) > border) == tests["yes or no"]))

        options = {"optimizer": "sgd", "learning_rate": 1.0, "epochs": 30, "seed": seed, "progress": False}
        gn.fit(net, x, tasks["yes or no"], loss=loss, callback=right, **options)
        accuracies[loss, start] = rows

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
colours = {"binary_cross_entropy": "#0072B2", "mse": "#D55E00"}
for (loss, start), rows in accuracies.items():
    words = f"{'binary cross-entropy' if loss != 'mse' else 'squared error of a sigmoid'}, from bias {start:g}"
    ax.plot(range(1, 31), rows, color=colours[loss], linestyle="-" if start else ":", label=words)
ax.set(xlabel="epoch", ylabel="share of right answers", ylim=(0.45, 1), title="unlearning a confident no")
ax.legend(frameon=False, fontsize=8, loc="center right")

# %%
# The claim: each loss does its own task, cross-entropy cannot say yes twice, and squared error on a sigmoid does not
# unlearn what it is wrongly sure of, while binary cross-entropy does.
wrong = int(np.argmin(abs(logits + 8)))
measured = {
    "values by squared error": scores["values", "mse"],
    "one class by cross-entropy": scores["one class", "cross_entropy"],
    "yes or no by binary cross-entropy": scores["yes or no", "binary_cross_entropy"],
    "yes or no by cross-entropy": scores["yes or no", "cross_entropy"],
    "gradient at logit -8, binary": binary[wrong],
    "gradient at logit -8, squared": squared[wrong],
    "from bias 0, squared": accuracies["mse", 0.0][-1],
    "from bias -8, binary": accuracies["binary_cross_entropy", -8.0][-1],
    "from bias -8, squared": accuracies["mse", -8.0][-1],
}
assert measured["values by squared error"] > 0.95, measured
assert measured["one class by cross-entropy"] > 0.85, measured
assert measured["yes or no by binary cross-entropy"] > 0.9 > 0.8 > measured["yes or no by cross-entropy"], measured
assert all(np.isnan(scores["values", loss]) for loss in losses[1:]), scores
assert abs(measured["gradient at logit -8, squared"]) < 0.001 < 0.99 < -measured["gradient at logit -8, binary"], (
    measured
)
assert measured["from bias 0, squared"] > 0.85 < measured["from bias -8, binary"], measured
assert measured["from bias -8, squared"] < 0.6, measured
