"""docs/reference/commands.md, from the tree of the `crm-oauth` command."""

from collections.abc import Iterator

import click

from crm_oauth.cli.program import main
from tests.documents.markdown import block, table

_INTRODUCTION = """\
# Commands

What `--help` says, command by command. Settings come from the environment and from `.env` in the working directory; see
[Settings](settings.md). Exit status: 0 good, 1 a fault, 2 wrong usage. A fault is one line on standard error. `--json`
prints records for programs. No secret is an argument: secrets are made and shown once, or read from standard input.

"""
_WIDTH = 100


def commands_page() -> str:
    """Return the page."""
    program = click.Context(main, info_name="crm-oauth", terminal_width=_WIDTH, **main.context_settings)
    found = list(_commands(main, program))
    rows = [
        (f"[{context.command_path}](#{_anchor(context)})", context.command.get_short_help_str(_WIDTH))
        for context in found
    ]
    sections = [f"\n## {context.command_path}\n\n{block(context.get_help())}" for context in found]
    return _INTRODUCTION + table(("command", "what it does"), rows) + "".join(sections)


def _commands(group: click.Group, above: click.Context) -> Iterator[click.Context]:
    for name, command in group.commands.items():
        context = click.Context(command, parent=above, info_name=name, **command.context_settings)
        if isinstance(command, click.Group):
            yield from _commands(command, context)
        else:
            yield context


def _anchor(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")
