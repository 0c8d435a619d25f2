"""`crm-oauth config`: the files for programs around the server, which a wheel carries out of sight."""

import re

import click

from crm_oauth.cli.output import json_option, show_table
from crm_oauth.shipped import shipped


@click.group()
def config() -> None:
    """List and show the files that ship for nginx, systemd, Grafana and others, and the profiles."""


@config.command("list")
@json_option
def list_files(*, as_json: bool) -> None:
    """List the files that ship, each with its path."""
    rows = [(name, str(shipped("config") / name)) for name in _names()]
    show_table(("name", "path"), rows, as_json=as_json)


@config.command()
@click.argument("name")
def show(*, name: str) -> None:
    """Print a file, to be put where its program reads it."""
    if name not in _names():
        raise click.ClickException(f"No file {name!r} ships; the ones that do are {', '.join(_names())}.")
    click.echo((shipped("config") / name).read_text(encoding="utf-8"), nl=False)


def _names() -> list[str]:
    return sorted(path.name for path in shipped("config").iterdir() if re.search(r"\.\w+$", path.name))
