"""Generate pages of the documentation from the code.

explain/language.md is generated from the table of attributes, reference/commands.md from the help of every command,
the tables of reference/settings.md from the fields of the settings, and the list of properties in
development/verification.md from their docstrings.

python docs/build.py          # write the pages
python docs/build.py --check  # fail if a page is not up to date
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from textwrap import dedent, fill
from types import ModuleType
from typing import Any

import click
from graphnet_cli.main import main

from graphnet.compiler.initial.initializers import INITIALIZERS
from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute
from graphnet.losses import LOSSES
from graphnet.testing.properties import OF_EXECUTORS, PROPERTIES, batches, drawings, files, gradients
from graphnet.train import FitSettings
from graphnet.train.fit import FitArguments
from graphnet.train.rules.optimizers import OPTIMIZERS
from graphnet.train.rules.schedules import SCHEDULES

LANGUAGE, VERIFICATION, COMMANDS, SETTINGS = (
    Path(__file__).parent / name
    for name in ("explain/language.md", "development/verification.md", "reference/commands.md", "reference/settings.md")
)
BEGIN, END = "<!-- properties: python docs/build.py -->\n", "<!-- end of properties -->\n"
BEGIN_TABLES, END_TABLES = "<!-- tables: python docs/build.py -->\n", "<!-- end of tables -->\n"

BEGINNING = """\
# The language

A network is a `networkx.DiGraph` or a `MultiDiGraph`, whose parallel edges are separate synapses. Any hashable can be a
node. The attributes below are the whole language. Attributes with other names are custom: they are kept unchanged and
returned by `to_graph`, unless the name resembles one of the language so closely that it is taken for a misspelling
(`activaton`, `dealy`), which is an error.

For neuron i at step t, over its incoming synapses e = (j -> i):

$$
z_i(t) = b_i + \\sum_{e = (j \\to i)} \\mathrm{scale}_e \\, w_e \\, g_e(t) \\, y_j(t - \\mathrm{delay}_e),
$$

$$
y_i(t) = f_i(z_i(t)),
$$

where $g_e(t)$ is, for a synapse with a gate, the value of the gate `gate_delay` steps ago, and 1 for others.

- **Default delay.** Inputs come before every layer, outputs without `layer` after every layer, and hidden neurons
  without `layer` are in layer 0. A synapse that runs forward in this order has delay 0, any other has delay 1. A gate
  counts as a synapse from the gate to the target.
- **Feedback**, in the same order: a *direct* synapse is a self-loop, a *lateral* one stays in its layer, an *indirect*
  one goes to an earlier layer, a *forward* one to a later layer. A neuron has *complete* feedback if it feeds every
  neuron that is not an input, itself included.
- **Direction of time** is a property of the target. For a `reverse` target, t - delay is replaced by t + delay, and the
  start is the end of the sequence.
- **Values before the start** are `initial`, 0 for inputs, on both sides of the sequence.
- **A padded batch gives the same results as each of its sequences alone**: steps past a sequence's end, whatever their
  values, affect no output, no loss and no gradient; reverse neurons start at each sequence's own end.
- **Leak, time constant, onset.** A leaky neuron keeps a share of its last value: y(t) = (1 - leak) y(t-1) + leak
  f(z(t)); in a group, of the group's f. A continuous-time neuron integrates: s(t) = s(t-1) + dt/tau (z(t) - s(t-1)),
  y = f(s). Before its onset a neuron's value is `initial`. Leaks (`train_leak`) and time constants (`train_tau`) can be
  learnt.
- **Groups.** `softmax` and `standardize` (mean 0, variance 1, with 1e-5 added to the variance) act over the members of
  a group that are past their onset.
- **A cycle without delay is an error** that names the cycle; so is a cycle between forward and reverse neurons. A group
  counts as one neuron.
- **On an input** only `role`, `layer` and `sign` are allowed, and no edge may enter it.
- **Ties**: values declared by members of a tie must agree, also whether they train; members that declare none take the
  declared value.
- **Signs** (Dale's law) are those of the strength scale * w: it is drawn with its sign, and keeps it in training. A
  synapse has its own sign or that of its source; `sign=0` on an edge frees it. In a tie each synapse asks for its sign
  times that of its scale of w, and for none if either is 0. If two ask for different signs, as the two halves of a gap
  junction out of neurons with a sign do, that is an error, and `sign=0` on one of them resolves it.
- **Open weights** are drawn from a normal distribution with standard deviation 1/fan, where fan^2 is the sum, over the
  weights w that enter the target, of (the sum of |scale| of the synapses into it that carry w)^2; a fan of 0 counts as
  1. Without ties and scales, fan^2 is the number of synapses into the target. With numbers of synapses as `scale` the
  input of a neuron still has deviation 1. The draw of a weight with a sign takes that sign. Synapses whose weight is
  declared and gated synapses count, gates do not. A tie is drawn once, keyed by its name, with the largest fan among
  its targets. Other draws are keyed by (seed, source, target, edge key), so that adding a synapse changes them only
  through the fan; an edge of a DiGraph has the key 0. `gn.compile(..., initializer=...)` computes other weights from
  the same draws: `"glorot"` and `"he"` use other deviations of the same fan, and of that out of the source;
  `"orthogonal"` makes orthogonal matrices where synapses fill a matrix; `"spectral_radius"` scales the matrix of all
  recurrent synapses to a spectral radius of 1. With the last two, adding a synapse changes all weights of its matrix.
  `gn.initializers` has them as objects with settings.
- **Names count by value** in draws: nodes, edge keys and ties that are equal in Python draw alike, in every process.
  Names may be None, str, bytes, numbers (int, float, bool, Fraction, scalars of numpy), tuples, members of an Enum,
  frozen dataclasses and frozensets of these. A name of any other type is an error if an open weight is drawn by it;
  `nx.relabel_nodes` renames nodes.
"""


def table(title: str, attributes: dict[str, Attribute]) -> str:
    """Return a table of attributes."""
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
    """Return the page about the language."""
    return BEGINNING + table("Nodes", NODE_ATTRIBUTES) + table("Edges", EDGE_ATTRIBUTES)


def properties(title: str, module: ModuleType) -> str:
    """Return the list of the properties of one module, with their docstrings."""
    lines = [f"\n**{title}**\n"]
    for each in dict.fromkeys((*OF_EXECUTORS, *PROPERTIES)):
        if each.__module__ == module.__name__:
            said = " ".join(inspect.cleandoc(each.__doc__ or "").split())
            lines.append(f"- `{each.__name__}`: {said}")
    return "\n".join(lines) + "\n"


def verification() -> str:
    """Return the page about verification with the current properties."""
    named = {"Gradients": gradients, "Drawings": drawings, "Batches, states and time": batches, "Files": files}
    listed = "".join(properties(title, module) for title, module in named.items())
    return between(VERIFICATION, BEGIN, f"{listed}\n", END)


def between(place: Path, begin: str, written: str, end: str) -> str:
    """Return a page with other text between two of its lines."""
    before, begin, rest = place.read_text().partition(begin)
    _, end, after = rest.partition(end)
    return f"{before}{begin}{written}{end}{after}"


def settings() -> str:
    """Return the page about settings with the current tables."""
    own = {each.name for each in fields(FitSettings)}
    parts = [
        "\n## Of a fit\n",
        "Arguments of `gn.fit`, which `settings.json`, TOML files and the options of `graphnet train` have too "
        "(`learning_rate` as `--learning-rate`).\n",
        *fit_settings(lambda name: name in own, exact=True),
        "\nArguments of `gn.fit` that files do not hold:\n",
        *fit_settings(lambda name: name not in own and name != "_", exact=False),
    ]
    for title, registry in (
        ("Losses", LOSSES),
        ("Optimizers", OPTIMIZERS),
        ("Schedules", SCHEDULES),
        ("Initializers", INITIALIZERS),
    ):
        parts += [f"\n## {title}\n", *named_objects(registry)]
    return between(SETTINGS, BEGIN_TABLES, "\n".join(parts) + "\n\n", END_TABLES)


def fit_settings(wanted: Callable[[str], bool], *, exact: bool) -> Iterator[str]:
    """Yield the lines of a table of the arguments of a fit; ``exact`` says which values are allowed, not their type."""
    yield "Setting | takes | default | meaning\n---|---|---|---"
    for each in sorted(fields(FitArguments), key=lambda each: each.default is not MISSING):
        if wanted(each.name):
            said = each.metadata
            takes = said["shape"] if "shape" in said and not exact else said["kind"].takes
            default = "needed" if each.default is MISSING else code(each.default)
            meaning = f"{said['meaning']}  {said.get('details', '')}".strip().replace("``", "`").replace("  ", " ")
            yield f"`{each.name}` | {cell(takes)} | {default} | {cell(meaning)}"


def named_objects(registry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table of the objects that a setting can name."""
    yield "Name | is | settings and their defaults\n---|---|---"
    for name, made in registry.items():
        made = made() if isinstance(made, type | partial) else made
        about = inspect.cleandoc(type(made).__doc__ or "").partition("\n\n")[0].replace("``", "`")
        about = " ".join(about.split())
        own = ", ".join(f"`{each.name}={getattr(made, each.name)!r}`" for each in fields(made))
        yield f"`{name}` | {cell(about)} | {own or 'none'}"


def code(value: object) -> str:
    """Return a default as code."""
    return "none" if value is None else f"`{value!r}`"


def cell(text: str) -> str:
    """Return text that can be in a cell of a table."""
    return text.replace("|", r"\|")


def commands() -> str:
    """Return the page about commands: the output of ``graphnet COMMAND --help`` for each."""
    root = click.Context(main, info_name="graphnet", **main.context_settings)
    return "# Commands\n" + "".join(map(command, walk(root)))


def walk(ctx: click.Context) -> Iterator[click.Context]:
    """Yield a command and all its subcommands."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            below = ctx.command.get_command(ctx, name)
            assert below is not None
            yield from walk(click.Context(below, parent=ctx, info_name=name))


def command(ctx: click.Context) -> str:
    """Return usage, help and options of a command."""
    level = max(2, len(ctx.command_path.split()))
    usage = " ".join((ctx.command_path, *ctx.command.collect_usage_pieces(ctx)))
    parts = [f"\n{'#' * level} {ctx.command_path}\n", f"`{usage}`\n"]
    for paragraph in inspect.cleandoc(ctx.command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            parts.append(f"```text\n{dedent(paragraph[2:])}\n```\n")
        else:
            parts.append(fill(escape(" ".join(paragraph.split())), 120, break_on_hyphens=False) + "\n")
    helps = [param.get_help_record(ctx) for param in ctx.command.params if isinstance(param, click.Option)]
    parts.extend(f"- `{names}`: {escape(said)}" for names, said in filter(None, helps))
    return "\n".join(parts).rstrip() + "\n"


def escape(text: str) -> str:
    """Return text with the special characters of Markdown escaped."""
    return text.replace("*", r"\*").replace("<", r"\<")


if __name__ == "__main__":
    for place, page in (
        (LANGUAGE, language()),
        (VERIFICATION, verification()),
        (COMMANDS, commands()),
        (SETTINGS, settings()),
    ):
        if "--check" not in sys.argv[1:]:
            place.write_text(page)
        elif not place.exists() or place.read_text() != page:
            sys.exit(f"docs/{place.name} is not up to date: run `make doc-pages`")
