"""
A bidirectional network sees what follows, and has to wait for it
=================================================================

The answer at each step depends on two steps before and two after.  The first picture shows a bidirectional network: a
part of it lives in reversed time.  In the second it comes close to the target, and its twin that reads forward only
does not.  The third shows why: which inputs an output depends on.  The price is twice the synapses and time, and that
no answer comes before the sequence is over.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# ``gn.graphs.bidirectional`` mirrors a drawing in time: neurons of the mirror read the steps from the last to the
# first, and the output reads both.
gn.plots.unrolled(gn.graphs.bidirectional(gn.graphs.elman(1, 1, 1)), 5)

# %%
# The task: at each step the sum of five inputs, from two steps before to two after.  The inputs are independent, so
# that whoever sees only the past knows three of five terms, and can explain at most 3/5 of the variance.
n_steps, reach = 20, 2
rng = np.random.default_rng(seed)


def draw(n_samples):
    """Return inputs and their sums over five steps."""
    inputs = rng.normal(size=(n_samples, n_steps, 1))
    padded = np.pad(inputs, ((0, 0), (reach, reach), (0, 0)))
    return inputs, sum(padded[:, i : i + n_steps] for i in range(2 * reach + 1))


training, (x, y) = draw(200), draw(200)
late = [np.pad(each, ((0, 0), (reach, 0), (0, 0)))[:, :n_steps] for each in (training[1], y)]
drawings = {
    "forward": gn.graphs.elman(1, 12, 1),
    "forward, more neurons": gn.graphs.elman(1, 18, 1),
    "bidirectional": gn.graphs.bidirectional(gn.graphs.elman(1, 12, 1)),
    "forward, two steps late": gn.graphs.elman(1, 12, 1),
}
nets, explained = {}, {}
for name, drawing in drawings.items():
    wanted, truth = late if "late" in name else (training[1], y)
    net = nets[name] = gn.compile(drawing, seed=seed)
    gn.fit(net, training[0], wanted, epochs=40, learning_rate=0.01, seed=seed, progress=False)
    explained[name] = 1 - np.mean((net.run(x) - truth) ** 2) / truth.var()
    print(f"{name:24} {net.n_edges:4} synapses, explains {explained[name]:.3f} of the variance")

# %%
# More neurons do not help: what is missing is not capacity, it is the future.  But a forward network that may answer
# two steps late knows as much as it needs.  Where the future that counts is short, a delay does what a bidirectional
# network does, and it works on a stream.
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(y[0, :, 0], "o--", color="0.5", label="target")
for name, colour in (("forward", "#D55E00"), ("bidirectional", "#0072B2")):
    ax.plot(nets[name].run(x[:1])[0, :, 0], "o-", color=colour, markersize=4, label=name)
ax.set(xlabel="step", ylabel="sum of five inputs", title="one sequence, after training", xticks=range(0, 20, 5))
ax.legend(frameon=False, fontsize=8)

# %%
# Which inputs does an output depend on?  Each row is the gradient of one output by all inputs, from ``net.vjp``: to the
# left of the diagonal lies the past, to the right the future.
influence = {}
for name in ("forward", "bidirectional"):
    rows = np.eye(n_steps)[:, :, np.newaxis]  # as many copies of one sequence as outputs
    influence[name] = nets[name].vjp(np.repeat(x[:1], n_steps, axis=0), rows).inputs[:, :, 0]

figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.9), sharey=True, layout="constrained")
for ax, (name, found) in zip(axes, influence.items(), strict=True):
    image = ax.imshow(found, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.plot([-0.5, n_steps - 0.5], [-0.5, n_steps - 0.5], color="black", linewidth=0.6)
    ax.set(xlabel="step of the input", title=name, xticks=range(0, 20, 5), yticks=range(0, 20, 5))
axes[0].set_ylabel("step of the output")
figure.colorbar(image, ax=axes, label="gradient")

# %%
# The price.  Time is that of many sequences, the fastest of several runs.  A forward network answers step by step with
# ``net.simulator``; a bidirectional one refuses, since its first answer needs the last input.
many = rng.normal(size=(200, 200, 1))


def seconds(net):
    """Return the time of a run, the fastest of seven."""
    took = []
    for _ in range(7):
        start = time.perf_counter()
        net.run(many)
        took.append(time.perf_counter() - start)
    return min(took)


times = {name: seconds(nets[name]) for name in ("forward", "bidirectional")}
print(
    f"time of the bidirectional network over that of the forward one: {times['bidirectional'] / times['forward']:.1f}"
)
stream = nets["forward"].simulator()
streamed = np.array([stream.step(x[:1, t])[0, 0] for t in range(n_steps)])
print("streamed, forward:", streamed.round(2)[:4], "...")
try:
    nets["bidirectional"].simulator()
    streams = True
except gn.DataError as error:
    streams = False
    print("streamed, bidirectional:", error)

# %%
# The claim: the forward network stays at what the past explains, the bidirectional one comes beyond it with twice the
# synapses, cannot stream, and an answer two steps late does as well here.
measured = {f"explained, {name}": value for name, value in explained.items()}
measured["synapses, bidirectional over forward"] = nets["bidirectional"].n_edges / nets["forward"].n_edges
measured["influence of the future, forward"] = abs(np.triu(influence["forward"], 1)).max()
measured["influence of the future, bidirectional"] = abs(np.triu(influence["bidirectional"], 1)).max()
measured["difference of stream and run"] = abs(streamed - nets["forward"].run(x[:1])[0, :, 0]).max()
for name in ("forward", "forward, more neurons"):
    assert 0.5 < explained[name] < 0.65, measured
assert explained["bidirectional"] > 0.95 < explained["forward, two steps late"], measured
assert measured["synapses, bidirectional over forward"] == 2, measured
assert measured["influence of the future, forward"] == 0 < 0.5 < measured["influence of the future, bidirectional"]
assert not streams
assert measured["difference of stream and run"] < 1e-9, measured
