"""``graphnet completion``: shell scripts that complete commands, options, names and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ..options.group import Choice

VARIABLE = "_GRAPHNET_COMPLETE"
"""Environment variable that the script uses to request completions, named by click after the program."""


@click.command()
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes SHELL complete commands, options, names and files of graphnet.

    \b
    bash: graphnet completion bash > ~/.graphnet-completion.bash
          and in ~/.bashrc: source ~/.graphnet-completion.bash
    zsh:  graphnet completion zsh > ~/.graphnet-completion.zsh
          and in ~/.zshrc, after compinit: source ~/.graphnet-completion.zsh
    fish: graphnet completion fish > ~/.config/fish/completions/graphnet.fish
    """  # noqa: D301 - click needs the character itself
    root = ctx.find_root()
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(root.command, {}, "graphnet", VARIABLE).source())
