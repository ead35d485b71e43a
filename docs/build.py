"""Write what the pages say of the code from the code itself, so that nothing is written twice.

docs/language.md is the table of attributes, docs/commands.md the help of every command; in docs/verification.md the
list of properties is their docstrings.

python docs/build.py          # write them
python docs/build.py --check  # fail where one is not what it should be
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, fill
from types import ModuleType

import click
from graphnet_cli.main import main

from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from graphnet.testing.properties import OF_EXECUTORS, PROPERTIES, batches, drawings, files, gradients

LANGUAGE, VERIFICATION, COMMANDS = (
    Path(__file__).with_name(name) for name in ("language.md", "verification.md", "commands.md")
)
BEGIN, END = "<!-- properties: python docs/build.py -->\n", "<!-- end of properties -->\n"

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
  number. `gn.compile(..., initializer=...)` makes other weights of the same draws: `"glorot"` and `"he"` of another
  deviation; `"orthogonal"`, where synapses fill a matrix, one that keeps lengths; `"spectral_radius"` such that the
  matrix of all recurrent synapses has a spectral radius of 1. In the last two a synapse more changes all weights of the
  matrix that it enters. `gn.initializers` has them with settings.
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


def language() -> str:
    """The whole page of the language."""
    return BEGINNING + table("Nodes", NODE_ATTRIBUTES) + table("Edges", EDGE_ATTRIBUTES)


def properties(title: str, module: ModuleType) -> str:
    """What holds by the properties of one module, and what they catch."""
    lines = [f"\n**{title}**\n"]
    for each in dict.fromkeys((*OF_EXECUTORS, *PROPERTIES)):
        if each.__module__ == module.__name__:
            said = " ".join(inspect.cleandoc(each.__doc__ or "").split())
            lines.append(f"- `{each.__name__}`: {said}")
    return "\n".join(lines) + "\n"


def verification() -> str:
    """The page of verification with the properties as they are now."""
    before, begin, rest = VERIFICATION.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    named = {"Gradients": gradients, "Drawings": drawings, "Batches, states and time": batches, "Files": files}
    listed = "".join(properties(title, module) for title, module in named.items())
    return f"{before}{begin}{listed}\n{end}{after}"


def commands() -> str:
    """The page of commands: what ``graphnet COMMAND --help`` says of each."""
    root = click.Context(main, info_name="graphnet", **main.context_settings)
    return "# Commands\n" + "".join(map(command, walk(root)))


def walk(ctx: click.Context) -> Iterator[click.Context]:
    """A command and all below it."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            below = ctx.command.get_command(ctx, name)
            assert below is not None
            yield from walk(click.Context(below, parent=ctx, info_name=name))


def command(ctx: click.Context) -> str:
    """One command: its usage, its help and its options."""
    level = max(2, len(ctx.command_path.split()))
    usage = " ".join((ctx.command_path, *ctx.command.collect_usage_pieces(ctx)))
    parts = [f"\n{'#' * level} {ctx.command_path}\n", f"`{usage}`\n"]
    for paragraph in inspect.cleandoc(ctx.command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            parts.append(f"```\n{dedent(paragraph[2:])}\n```\n")
        else:
            parts.append(fill(escape(" ".join(paragraph.split())), 120, break_on_hyphens=False) + "\n")
    helps = [param.get_help_record(ctx) for param in ctx.command.params if isinstance(param, click.Option)]
    parts.extend(f"- `{names}`: {escape(said)}" for names, said in filter(None, helps))
    return "\n".join(parts).rstrip() + "\n"


def escape(text: str) -> str:
    """Text without what Markdown would read as its own signs, but for code."""
    return text.replace("*", r"\*").replace("<", r"\<")


if __name__ == "__main__":
    for place, page in ((LANGUAGE, language()), (VERIFICATION, verification()), (COMMANDS, commands())):
        if "--check" not in sys.argv[1:]:
            place.write_text(page)
        elif not place.exists() or place.read_text() != page:
            sys.exit(f"docs/{place.name} is not what the code says: run `make docs`")
