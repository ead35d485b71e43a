"""Write docs/language.md from graphnet's own table of attributes, so that nothing is written twice.

python docs/build.py          # write it
python docs/build.py --check  # fail where it is not what it should be
"""

from __future__ import annotations

import sys
from pathlib import Path

from graphnet.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute

PLACE = Path(__file__).with_name("language.md")

BEGINNING = """\
# The language

A network is a `networkx.DiGraph` or `MultiDiGraph`; parallel synapses of a `MultiDiGraph` are synapses of their own.
Any hashable is a node. All that can be said is said in these attributes; any other name is your own, travels along
untouched and comes back from `to_graph`, unless it resembles one of these so closely that it must be a slip
(`activaton`, `dealy`).

For neuron i at step t, over its incoming synapses e = (j -> i):

    z_i(t) = b_i + sum_e scale_e * w_e * g_e(t) * y_j(t - delay_e),     g_e(t) = y_gate(t - gate_delay_e), or 1
    y_i(t) = f_i(z_i(t))

- **Default delay.** Inputs come before every layer, an output without `layer` after every layer, hidden neurons without
  `layer` share layer 0. A synapse that runs forward in this order takes 0 steps, any other takes 1. A gate counts as a
  synapse from the gate to the target.
- **Feedback**, in the same order: *direct* is a self-loop, *lateral* stays in its layer, *indirect* goes to an earlier
  one, *forward* to a later. A neuron has *complete* feedback when it feeds every neuron that is not an input, itself
  included.
- **Time belongs to the target.** For a `reverse` target, t - delay reads t + delay, and the start is the end of the
  sequence.
- **Values before the start** are `initial`, 0 for inputs, on both sides of the sequence.
- **A padded batch means what each of its sequences alone means**: steps past a sequence's end touch no output, no loss
  and no gradient, whatever stands there; reverse neurons start at each sequence's own end.
- **Leak, time constant, onset.** A leaky neuron keeps a share of its last value: y(t) = (1 - leak) y(t-1) + leak
  f(z(t)). A continuous-time neuron moves its state: s(t) = s(t-1) + dt/tau (z(t) - s(t-1)), y = f(s). Before its onset
  a neuron's value is `initial`.
- **Groups.** `softmax` and `standardize` (mean 0, variance 1, with 1e-5 added to the variance) act over the members of
  a group that are past their onset.
- **A cycle without delay is an error** that names it; so is one between forward and reverse neurons. A group counts as
  one neuron.
- **On an input** only `role`, `layer` and `sign` are allowed, and no edge may enter it.
- **Ties**: what members declare must agree; members that declare nothing take what the others declare; signs combine.
- **Signs** (Dale's law): a weight is drawn with its sign, and every step of training keeps it.
- **Open weights** are drawn from a normal distribution with deviation 1/sqrt(number of synapses into the target), each
  by a key of its own (seed, source, target, edge key), so that adding a synapse changes no other draw but through that
  number.
"""


def table(title: str, attributes: dict[str, Attribute]) -> str:
    """One table of attributes."""
    lines = [f"\n## {title}\n", "Attribute | takes | default | meaning", "---|---|---|---"]
    for a in attributes.values():
        takes = f"{a.kind} {a.range}".strip()
        if a.kind == "choice":
            takes = ", ".join(f"`{choice}`" for choice in a.choices)
        takes += f" ({a.unit})" if a.unit else ""
        default = a.computed or ("none" if a.default is None else f"`{a.default}`")
        lines.append(f"`{a.name}` | {takes} | {default} | {a.meaning}")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page."""
    return BEGINNING + table("Nodes", NODE_ATTRIBUTES) + table("Edges", EDGE_ATTRIBUTES)


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        PLACE.write_text(page())
    elif PLACE.read_text() != page():
        sys.exit("docs/language.md is not what the code says: run `make docs`")
