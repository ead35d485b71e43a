"""``graphnet completion``: what a shell runs so that the tab key knows commands, options, names and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_GRAPHNET_COMPLETE"
"""The environment variable by which the script asks; click makes the name from the program's."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that has SHELL complete graphnet's commands, options, names and files.

    \b
    bash: graphnet completion bash > ~/.graphnet-completion.bash
          and in ~/.bashrc: source ~/.graphnet-completion.bash
    zsh:  graphnet completion zsh > ~/.graphnet-completion.zsh
          and in ~/.zshrc, after compinit: source ~/.graphnet-completion.zsh
    fish: graphnet completion fish > ~/.config/fish/completions/graphnet.fish
    """  # noqa: D301 - click wants the character itself
    root = ctx.find_root()
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(root.command, {}, "graphnet", VARIABLE).source())
