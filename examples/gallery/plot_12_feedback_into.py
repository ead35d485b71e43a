"""
Feedback goes into the neuron itself, its layer or an earlier layer
===================================================================

Look at the last picture: the same pulse enters four small networks. Without feedback it is gone after one step. Fed
back into itself, a neuron holds a trace that fades; within its layer the pulse goes to and fro between neurons; fed
back into an earlier layer it passes through the same neurons again.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# Four drawings
# -------------
# Neurons are linear here (activation ``identity``), so that what is seen is feedback and nothing else.
#
# - *none*: a feeds b, and nothing goes back;
# - *itself*: a feeds itself, which is direct feedback;
# - *its layer*: a and b are one layer and feed each other, which is lateral feedback;
# - *an earlier layer*: b feeds a, a layer before it, with a delay of three steps, which is indirect feedback.

FEEDBACK = {
    "none": [],
    "itself": [("a", "a", 1)],
    "its layer": [("a", "b", 1), ("b", "a", 1)],
    "an earlier layer": [("b", "a", 3)],
}


def draw_network(kind):
    graph = nx.DiGraph()
    graph.add_node("x", role="input")
    for number, name in enumerate("ab", 1):
        graph.add_node(name, activation="identity", layer=1 if kind == "its layer" else number)
    graph.add_node("y", role="output")
    graph.add_edges_from(["xa", "by"] if kind == "its layer" else ["xa", "ab", "by"])
    graph.add_edges_from((source, target, {"delay": delay}) for source, target, delay in FEEDBACK[kind])
    return graph


drawings = {kind: draw_network(kind) for kind in FEEDBACK}
figure, panels = plt.subplots(2, 2, figsize=(10, 6), layout="constrained")
for (kind, drawing), panel in zip(drawings.items(), panels.flat, strict=True):
    gn.plots.draw(drawing, ax=panel)
    panel.set_title(kind)
    print(f"{kind:18}", gn.feedback(drawing).counts())

# %%
# The same, drawn once for each step
# ----------------------------------
# A synapse of feedback goes to a later step, by as many steps as its delay. Unrolled in time no loop is left.

figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), width_ratios=(1, 1.3), layout="constrained")
for kind, panel in zip(["itself", "an earlier layer"], panels, strict=True):
    gn.plots.unrolled(drawings[kind], 5, ax=panel)
    panel.set_title(kind)

# %%
# A pulse enters
# --------------
# The input is 1 at step 0, and 0 from then on. Forward synapses have weight 1, and synapses of feedback have one weight
# w, drawn between 0.7 and 0.9.

w = float(np.random.default_rng(seed).uniform(0.7, 0.9))
for drawing in drawings.values():
    for edge, kind in gn.feedback(drawing).edges.items():
        drawing.edges[edge]["weight"] = 1.0 if kind == "forward" else w

N_STEPS = 13
pulse = np.zeros((1, N_STEPS, 1))
pulse[0, 0] = 1.0
COLOURS = ("#0072B2", "#E69F00")
values = {}
figure, panels = plt.subplots(2, 2, figsize=(9, 5), sharex=True, sharey=True, layout="constrained")
for (kind, drawing), panel in zip(drawings.items(), panels.flat, strict=True):
    recorded = gn.compile(drawing, seed=seed).run(pulse, record=["a", "b"]).recorded
    values[kind] = np.stack([recorded[name][0] for name in "ab"])
    for shift, name, row, colour in zip((-0.2, 0.2), "ab", values[kind], COLOURS, strict=True):
        panel.bar(np.arange(N_STEPS) + shift, row, 0.4, color=colour, label=f"neuron {name}")
    panel.set_title(kind)
    panel.label_outer()
figure.supxlabel("step")
figure.supylabel("value")
_ = panels[0, 0].legend()

# %%
# - *itself*: a holds w to the power of t. Its trace fades, and b passes it on.
# - *its layer*: one neuron at a time has the pulse, and gives it to the other.
# - *an earlier layer*: the pulse runs through a and b again every third step, weaker by w each time.
#
# The claim
# ---------
# These are exact statements, so that the program can be held to them: the pulse that is left is computed by hand.

t = np.arange(N_STEPS)
by_hand = {
    "none": np.where(t == 0, 1.0, 0.0) * np.ones((2, 1)),
    "itself": w**t * np.ones((2, 1)),
    "its layer": np.where(t % 2 == [[0], [1]], w**t, 0.0),
    "an earlier layer": np.where(t % 3 == 0, w ** (t // 3), 0.0) * np.ones((2, 1)),
}
measured = {f"{kind}_error": float(np.abs(values[kind] - by_hand[kind]).max()) for kind in by_hand}
measured |= {f"{kind}_left_at_12": float(values[kind][:, 12].max()) for kind in by_hand}
for name, value in measured.items():
    print(f"{name:32} {value:.2g}")
assert max(measured[f"{kind}_error"] for kind in by_hand) < 1e-12, measured
assert measured["none_left_at_12"] == 0.0, measured
assert min(measured[f"{kind}_left_at_12"] for kind in by_hand if kind != "none") > 0.01, measured
