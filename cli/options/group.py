"""Groups of commands: alone they show their help, and a name that is none has near ones suggested."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import click


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that a name resembles, best first, whatever its case and its dashes.

    >>> near_names("LSTM", ["lstm", "gru"]), near_names("minimal-gatd", ["minimal_gated"])
    (['lstm'], ['minimal_gated'])
    """
    names = {each.casefold().replace("-", "_"): each for each in known}
    return [names[each] for each in get_close_matches(name.strip().casefold().replace("-", "_"), names)]


class CommandGroup(click.Group):
    """Group that prints its help if no command is given, and suggests near names of commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the group's own options; nothing at all asks for help."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with the whole first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(1000)) for name, command in commands if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a usage error for an unknown one lists near names."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            near = near_names(name, self.list_commands(ctx))
            raise click.UsageError(
                f"No such command {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "."), ctx
            )
        return super().resolve_command(ctx, args)
