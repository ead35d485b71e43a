"""Groups of commands: alone they show their help, and a name that is none has near ones suggested."""

from __future__ import annotations

from typing import Any

import click


def nearest_options(name: str, ctx: click.Context) -> list[str]:
    """Return the options of a command that an unknown one was probably meant to be."""
    import graphnet as gn

    options = [option for param in ctx.command.get_params(ctx) for option in (*param.opts, *param.secondary_opts)]
    known = {option[2:].replace("-", "_"): option for option in options if option.startswith("--")}
    return [known[each] for each in gn.nearest_names(name.lstrip("-"), known)]


class Choice(click.Choice):  # type: ignore[type-arg] # generic only in newer click
    """Choice that suggests the one that was probably meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value if it is one of the choices."""
        import graphnet as gn

        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = gn.nearest_names(value, list(map(str, self.choices)))
            if not near:
                raise
            said = error.message.removesuffix(".")
            raise click.BadParameter(f"{said}; did you mean {near[0]!r}?", ctx, param) from error


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
            import graphnet as gn

            near = gn.nearest_names(name, self.list_commands(ctx))
            raise click.UsageError(
                f"No such command {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "."), ctx
            )
        return super().resolve_command(ctx, args)
