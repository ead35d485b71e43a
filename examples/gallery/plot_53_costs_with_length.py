"""
Attention costs more the longer the sequence, a recurrent step does not
=======================================================================

Attention over a whole sequence looks at every earlier step, at every step.  The first picture shows what a step takes:
synapses counted in the drawing, and seconds measured.  Of attention both grow with the length, of an Elman network and
an LSTM neither does.  The last two show the price that recurrent networks pay instead: their steps wait for one
another.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# Networks of width 8.  Those with attention have a window as long as the sequence.  More lags are more score neurons
# and more synapses, but not more parameters: the weights of query, key and value are the same at all lags.
rng = np.random.default_rng(seed)
lengths = [32, 64, 128, 256, 512]
kinds = {
    "attention": lambda length: gn.graphs.attention(2, 1, width=8, window=length),
    "Elman": lambda length: gn.graphs.elman(2, 8, 1),
    "LSTM": lambda length: gn.graphs.lstm(2, 8, 1, seed=seed),
}


def microseconds(net, length):
    """Return the computing time of a step and sample, the least of nine runs of four sequences."""
    inputs = rng.normal(size=(4, length, 2)).astype("float32")
    net.run(inputs)
    took = []
    for _ in range(9):
        start = time.process_time()
        net.run(inputs)
        took.append(time.process_time() - start)
    return 1e6 * min(took) / (4 * length)


synapses, times, parameters, remembered = {}, {}, {}, {}
for name, kind in kinds.items():
    for length in lengths:
        net = gn.compile(kind(length), seed=seed, dtype="float32")
        synapses[name, length], parameters[name, length] = net.n_edges, len(net.parameters)
        times[name, length] = microseconds(net, length)
        remembered[name, length] = len(net.state(1).history)

print(f"{'':10}{'length':>8}{'synapses':>10}{'parameters':>12}{'past values':>13}{'time (µs)':>11}")
for name in kinds:
    for length in (lengths[0], lengths[-1]):
        at = name, length
        print(f"{name:10}{length:8}{synapses[at]:10}{parameters[at]:12}{remembered[at]:13}{times[at]:11.2f}")

# %%
# Synapses and time of a step.  The time of a recurrent step even falls with the length, since what a call costs once is
# shared by more steps.  *Past values*, in the table, are what a network has to keep to go on from a step: attention all
# keys and values of its window, a recurrent network its last state.
colours = {"attention": "#0072B2", "Elman": "#D55E00", "LSTM": "#009E73"}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, values, label in zip(axes, (synapses, times), ("synapses a step", "time a step (µs)"), strict=True):
    for name in kinds:
        ax.loglog(lengths, [values[name, length] for length in lengths], "o-", color=colours[name], label=name)
    ax.set(xlabel="length of the sequence (steps)", ylabel=label)
    ax.set_xticks(lengths, lengths)
    ax.minorticks_off()
axes[0].legend(frameon=False)

# %%
# The other side: what has to be computed one after the other.  In an Elman network the first input reaches the last
# output through all steps between.
gn.plots.unrolled(gn.graphs.elman(1, 1, 1), 4)

# %%
# In attention there is one delayed synapse from each step to each later one, here of the window's four lags, and the
# steps do not wait for one another.
gn.plots.unrolled(gn.graphs.attention(1, 1, width=1, window=4), 4)

# %%
# The claim: sixteen times the length takes a step of attention almost sixteen times the synapses and much more time,
# with as many parameters; a recurrent step takes as many synapses and no more time.
short, long = lengths[0], lengths[-1]
measured = {}
for name in kinds:
    measured[f"synapses a step, {name}, 512 over 32"] = synapses[name, long] / synapses[name, short]
    measured[f"parameters, {name}, 512 over 32"] = parameters[name, long] / parameters[name, short]
    measured[f"time a step, {name}, 512 over 64"] = times[name, long] / times[name, 64]
for name in ("Elman", "LSTM"):
    assert measured[f"synapses a step, {name}, 512 over 32"] == 1, measured
    assert measured[f"time a step, {name}, 512 over 64"] < 1.5, measured
assert measured["synapses a step, attention, 512 over 32"] > 12, measured
assert measured["parameters, attention, 512 over 32"] == 1, measured
assert measured["time a step, attention, 512 over 64"] > 2.5, measured
