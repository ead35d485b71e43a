"""Every command and option is documented, in its help and in docs/reference/commands.md."""

from __future__ import annotations

import doctest
import pkgutil
import re
import runpy
from importlib import import_module
from pathlib import Path

import click
import graphnet_cli
import pytest
from graphnet_cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/commands.md"


def below(command, ctx):
    """Return [(command path, command)] of a command and all its subcommands."""
    found = [(ctx.command_path, command)]
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            found += below(inner, click.Context(inner, parent=ctx, info_name=name))
    return found


EVERY = dict(below(main, click.Context(main, info_name="graphnet", **main.context_settings)))


def test_the_verbs_that_there_are():
    assert {"new", "inspect", "validate", "simulate", "train", "evaluate", "check-gradients", "completion"} <= set(
        main.commands
    )
    assert {"graphnet", "graphnet train", "graphnet new lstm"} <= set(EVERY)


@pytest.mark.parametrize("path", EVERY)
def test_a_command_and_its_options_are_explained(path):
    command = EVERY[path]
    assert command.help
    first = command.get_short_help_str(1000)
    assert first[0].isupper()
    assert first[-1] in ".:"
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{path} {param.opts}"
            assert param.help[0].isupper() or param.help[0] == '"', f"{path} {param.opts}"
            assert "``" not in param.help, f"{path} {param.opts}"


@pytest.mark.parametrize("path", EVERY)
def test_help_is_printed(call, path):
    for flag in ("-h", "--help"):
        result = call(*path.split()[1:], flag)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"Usage: {path} ")
        assert max(map(len, result.out.splitlines())) <= 120


@pytest.mark.parametrize("path", EVERY)
def test_a_command_is_on_the_page(path):
    page = PAGE.read_text()
    (section,) = re.findall(rf"^#+ {re.escape(path)}\n(.*?)(?=^#|\Z)", page, re.M | re.S)
    for param in EVERY[path].params:
        if isinstance(param, click.Option) and not param.hidden:
            assert re.search(rf"^- `[^`]*{re.escape(param.opts[-1])}\b", section, re.M), param.opts


def test_the_page_is_made_from_the_commands():
    assert PAGE.read_text() == runpy.run_path(str(ROOT / "docs" / "build.py"))["commands"](), "run `make doc-pages`"


@pytest.mark.parametrize(
    "module", [found.name for found in pkgutil.walk_packages(graphnet_cli.__path__, "graphnet_cli.")]
)
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(import_module(module)).failed == 0
