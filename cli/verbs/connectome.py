"""``graphnet connectome``: tables of synapses and neurons become a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from ..options import types as _options
from ..options.group import Choice
from ..options.numbers import Number
from ..options.pairs import Pair, Signs, chosen_by
from ..render import print_json, print_rows

PARAMETERS = ("source", "target", "node", "key", "count", "min_count", "gap", "sign", "signs", "per", "unlisted")
"""Parameters of ``from_tables`` that are options of the same name."""
_COLUMNS = re.compile(r"columns=\{'([^']*)': (?:'([^']*)'|None)\}")
"""A renamed column, as messages of ``from_tables`` write it."""
DROPPED = {
    "unlisted": "rows of neurons that NODES lacks",
    "count": "rows without a count",
    "min_count": "synapses below --min-count",
    "gap": "gap junctions of a neuron with itself",
}


@click.command()
@click.argument("edges", type=click.Path())
@click.option("-o", "--output", metavar="OUT", type=click.Path(), required=True, help="The drawing to write.")
@click.option("--nodes", type=click.Path(), help="The table of neurons, in node order.  [default: those of EDGES]")
@click.option(
    "--source", metavar="COLUMN", help="Column of sources.  [default: source, pre, pre_root_id, body_pre, ...]"
)
@click.option(
    "--target", metavar="COLUMN", help="Column of targets.  [default: target, post, post_root_id, body_post, ...]"
)
@click.option(
    "--node", metavar="COLUMN", help="Column of names in NODES.  [default: node, id, name, root_id or bodyId]"
)
@click.option("--key", metavar="COLUMN", help="Column that tells parallel synapses apart.")
@click.option(
    "--count", metavar="COLUMN", help="Column of numbers of synapses, which become scale; rows of a pair add up."
)
@click.option(
    "--min-count",
    type=Number("[0, inf)"),
    default=1,
    show_default=True,
    help="Drop synapses whose counts add up to less.",
)
@click.option("--gap", metavar="COLUMN", help="Column of numbers of gap junctions.")
@click.option("--sign", metavar="COLUMN", help="Column of signs, or of words of --signs, in EDGES or else in NODES.")
@click.option("--signs", metavar="gaba=-1,ach=1", type=Signs(), help="Signs of words; case does not matter.")
@click.option("--per", metavar="COLUMN", help="Column of types in NODES: one weight for each pair of types.")
@click.option(
    "--column",
    "columns",
    metavar="tau_ms=tau",
    type=Pair(or_nothing=True),
    multiple=True,
    help="Another name of a column; `x=` leaves it out; may be given again.",
)
@click.option(
    "--unlisted",
    type=Choice(["error", "drop"]),
    default="error",
    show_default=True,
    help="What becomes of edges of neurons that NODES lacks.",
)
@click.option("--inputs", metavar="N", type=_options.COUNT, help="Add so many inputs.")
@click.option(
    "--to",
    metavar="kind=sensory",
    type=Pair(),
    multiple=True,
    help="Inputs feed the neurons with this attribute, of several values with commas between; may be given again.",
)
@click.option("--by-input", metavar="COLUMN", help="Each input feeds the neurons of one value of this attribute.")
@click.option("--outputs", metavar="N", type=_options.COUNT, help="Add so many outputs.")
@click.option(
    "--from",
    "from_",
    metavar="kind=motor",
    type=Pair(),
    multiple=True,
    help="Outputs read the neurons with this attribute, as --to.",
)
@click.option("--by-output", metavar="COLUMN", help="Each output reads the neurons of one value of this attribute.")
@_options.as_json
def connectome(
    edges: str,
    output: str,
    nodes: str | None,
    columns: Sequence[tuple[str, str]],
    inputs: int | None,
    to: Sequence[tuple[str, str]],
    by_input: str | None,
    outputs: int | None,
    from_: Sequence[tuple[str, str]],
    by_output: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Draw a network from the table EDGES, a row for each synapse, such as that of a connectome.

    \b
    EDGES and NODES are .csv or .tsv (also .gz), .parquet, .feather, .xlsx
    or edges of SONATA (.h5). A column named like an attribute of the
    language is that attribute; all others are custom attributes.

    What is dropped is reported on stderr.  The suffix of OUT gives the format.
    """  # noqa: D301 - click wants the character itself
    import graphnet as gn

    _check_needs("--inputs", inputs, {"--to": to, "--by-input": by_input})
    _check_needs("--outputs", outputs, {"--from": from_, "--by-output": by_output})
    with _in_options(to="--to", by="--by-input"):
        table = gn.graphs.from_tables(edges, nodes, columns={name: new or None for name, new in columns}, **options)
        n_neurons, n_synapses = table.n_nodes, table.n_edges
        if inputs is not None:
            table = gn.graphs.with_inputs(table, inputs, chosen_by(table.node_frame(), to), by=_attributes(by_input))
    if outputs is not None:
        with _in_options(to="--from", by="--by-output"):
            table = gn.graphs.with_readout(
                table, outputs, chosen_by(table.node_frame(), from_), by=_attributes(by_output)
            )
    gn.write_graph(table, output)
    came = table.attributes["from_tables"]
    roles = {"inputs": int(table.has_role("input").sum()), "outputs": int(table.has_role("output").sum())}
    result = {"file": output, "neurons": n_neurons, "synapses": n_synapses, **roles, "rows": came["rows"]}
    if as_json:
        print_json({**result, "dropped": came["dropped"], "unknown_words": came["unknown_words"]})
        return
    dropped = [f"{came['dropped'][name]} {what}" for name, what in DROPPED.items() if came["dropped"].get(name)]
    print_rows({**result, "dropped": ", ".join(dropped) or "nothing"})


def _check_needs(option: str, value: Any, others: dict[str, Any]) -> None:
    """Raise a usage error for options that need another."""
    for other, given in others.items():
        if given and value is None:
            raise click.UsageError(f"{other} needs {option}, the number of nodes to add")


def _attributes(by: str | None) -> str | list[str] | None:
    """Return one attribute, or the list of several with commas between."""
    return None if by is None else [part.strip() for part in by.split(",")] if "," in by else by


@contextmanager
def _in_options(*, to: str, by: str) -> Iterator[None]:
    """Raise errors about parameters of the library as errors about options."""
    import graphnet as gn

    try:
        yield
    except gn.GraphError as error:
        raise gn.GraphError([_as_options(problem, to, by) for problem in error.problems]) from error


def _as_options(message: str, to: str, by: str) -> str:
    """Return a message about parameters as one about options.

    >>> _as_options("count='n': e.csv has no such column; columns={'tau': None} leaves it out", "--to", "--by-input")
    "--count='n': e.csv has no such column; --column tau= leaves it out"
    """
    message = _COLUMNS.sub(
        lambda found: f"--column {found[1]}={'NAME' if found[2] == '...' else found[2] or ''}", message
    )
    for name in PARAMETERS:
        message = re.sub(rf"(?<![\w-]){name}(?==)", f"--{name.replace('_', '-')}", message)
    message = re.sub(r"\b(to_nodes|from_nodes)\b", to, message)
    message = re.sub(r"(?<![\w-])by(?=[=:])", by, message)
    return re.sub(r"(?<![\w-])(inputs|outputs)(?=[=:])", r"--\1", message)
