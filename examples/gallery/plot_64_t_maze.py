"""
An agent finds its way only if it can remember the sign
=======================================================

At the start of a corridor a sign says left or right; at its end, six steps later, the agent has to turn. Look at the
curves: with feedback the agent learns to turn to the right side, without feedback it stays at chance, since at the
junction all mazes look the same. Then look at the activity: after the same steps, the lines of the two signs differ.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The maze is the one of Bakker (2002) with three actions: 0 goes on, 1 turns left, 2 turns right. What the agent sees
# is three bits, of which only those of the start depend on the sign. Turning to the right side at the junction is
# worth 4, the other side and every bump into a wall cost 0.1.

LENGTH, LIMIT, DISCOUNT = 6, 18, 0.98


def see(place, sign):
    corridor, junction = [1, 0, 1], [0, 1, 0]
    at_start = np.where(sign[:, None] == 0, [0, 1, 1], [1, 1, 0])
    seen = np.where(place[:, None] == LENGTH, junction, corridor)
    return np.where(place[:, None] == 0, at_start, seen).astype(float)


def act(place, sign, action):
    """Return the next place, the reward, and True where the agent has turned at the junction."""
    turns = (place == LENGTH) & (action > 0)
    reward = np.where(turns & (action == 1 + sign), 4.0, np.where((action == 0) & (place < LENGTH), 0.0, -0.1))
    return np.minimum(place + (action == 0), LENGTH), reward, turns


# %%
# The drawing is a GRU of six units. Its three outputs are the values Q of the three actions. Its twin has the same
# neurons, but no feedback.

drawing = gn.graphs.gru(3, 6, 3)
twin = drawing
for kind in ("direct", "lateral", "indirect"):
    if gn.feedback(twin).counts()[kind]:
        twin = gn.graphs.without(twin, edges=kind)
print("drawing:", gn.feedback(drawing).counts())
print("twin:   ", gn.feedback(twin).counts())

# %%
# Many agents walk at once, one a sample of the batch. ``net.run`` goes on from the state of the step before.


def walk(net, sign, exploration, rng):
    n = len(sign)
    place, over, steps, state = np.zeros(n, int), np.zeros(n, bool), np.zeros(n, int), net.state(n)
    won, rows = np.zeros(n, bool), []
    while not over.all() and len(rows) < LIMIT:
        seen = see(place, sign)
        found = net.run(seen[:, None], state=state, return_state=True)
        values, state = found.outputs[:, 0], found.state
        action = np.where(rng.random(n) < exploration, rng.integers(0, 3, n), values.argmax(axis=1))
        place, reward, turns = act(place, sign, action)
        rows.append((seen, values, action, reward))
        steps += ~over
        won |= ~over & turns & (reward > 0)
        over |= turns
    return [np.stack(column, axis=1) for column in zip(*rows, strict=True)], steps, won


# %%
# SARSA moves the value of the action taken towards the reward plus the discounted value of the next action taken. As
# targets of the mean squared error these are exactly the semi-gradient rule: the other actions have their own values as
# targets, and so no gradient, and ``net.value_and_grad`` carries the error back through all steps of the walk.


def learn(graph, n_updates=600, n_agents=64):
    net, rng = gn.compile(graph, seed=seed, dtype="float32"), np.random.default_rng(seed)
    adam = gn.optimizers.Adam()
    memory, successes = adam.start(net.parameters), []
    for update in range(n_updates):
        exploration = max(0.05, 0.3 * (1 - update / n_updates))
        rate = 0.02 * (1 - update / n_updates)
        (seen, values, action, reward), steps, won = walk(net, rng.integers(0, 2, n_agents), exploration, rng)
        taken = np.take_along_axis(values, action[..., None], axis=2)[..., 0]
        following = np.append(taken[:, 1:], np.zeros((n_agents, 1)), axis=1)
        following[np.arange(n_agents), steps - 1] = 0  # nothing follows the last step
        targets = values.copy()
        np.put_along_axis(targets, action[..., None], (reward + DISCOUNT * following)[..., None], axis=2)
        _, gradient = net.value_and_grad(seen, targets, lengths=steps)
        gradient *= min(1, 1 / max(np.linalg.norm(gradient), 1e-12))
        net.parameters = adam.step(net.parameters, gradient, memory, rate)
        successes.append(won.mean())
    return net, np.array(successes)


nets, successes = {}, {}
for name, graph in {"with feedback": drawing, "without feedback": twin}.items():
    nets[name], successes[name] = learn(graph)

fig, ax = plt.subplots(figsize=(6.8, 3.6), layout="constrained")
for name, curve in successes.items():
    line = ax.plot(np.convolve(curve, np.ones(20) / 20, mode="valid"), label=name)[0]
    line.set_color({"with feedback": "#D55E00", "without feedback": "#7F7F7F"}[name])
ax.axhline(0.5, color="0.25", linewidth=0.8, linestyle="dotted")
ax.text(2, 0.51, "chance", fontsize=9, color="0.25")
ax.set(xlabel="update (64 walks each; mean of 20 updates)", ylabel="share of walks with the right turn", ylim=(0, 1.02))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower right")

# %%
# Both start below chance, since an agent that bumps into walls does not arrive. The one without feedback learns to
# arrive, and then guesses.
#
# What tells the signs apart on the way? The same walk, six steps on and one at the junction, once for each sign: the
# hidden units of the agent with feedback. Units whose lines differ in the corridor carry the sign.

both = np.array([0, 1])
path = np.minimum(np.arange(LENGTH + 1), LENGTH)
walks = np.stack([see(np.full(2, place), both) for place in path], axis=1)
fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True, layout="constrained")
for sign, ax in enumerate(axes):
    gn.plots.activity(nets["with feedback"], walks, [("hidden", i) for i in range(6)], sample=sign, ax=ax)
    ax.set_title(f"the sign says {['left', 'right'][sign]}", fontsize=10)

# %%
# And what the network makes of it: the values of the two turns at the junction, for both signs.

for name, net in nets.items():
    at_junction = net.run(walks)[:, -1, 1:]
    print(name, {sign: at_junction[i].round(2).tolist() for i, sign in enumerate(("sign left", "sign right"))})

# %%
# The claim: of walks without exploration, the agent with feedback turns to the right side in all, and its twin in half.

measured = {}
for name, net in nets.items():
    _, _, won = walk(net, np.arange(64) % 2, 0.0, np.random.default_rng(seed))
    measured[name] = float(won.mean())
print(measured)
assert measured["with feedback"] > 0.95, measured
assert measured["without feedback"] <= 0.5, measured
