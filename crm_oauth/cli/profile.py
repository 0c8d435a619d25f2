"""`crm-oauth profile`: the versions of SuiteCRM that can be stood in for."""

from collections.abc import Iterator, Mapping

import click

from crm_oauth.cli.output import json_option, show_record, show_table
from crm_oauth.oauth.registry import GrantRegistry
from crm_oauth.profiles import Profile, load_profile, profile_names
from crm_oauth.settings import Settings

_GRANT_COLUMNS = ("grant", "class", "distribution", "version")


@click.group()
def profile() -> None:
    """List, show and check version profiles."""


@profile.command("list")
@json_option
def list_profiles(*, as_json: bool) -> None:
    """List the profiles that ship."""
    loaded = [(name, load_profile(name)) for name in profile_names()]
    rows = [(name, known.stands_for, known.grants) for name, known in loaded]
    show_table(("name", "stands_for", "grants"), rows, as_json=as_json)


@profile.command()
@click.argument("name", required=False)
@json_option
def show(*, name: str | None, as_json: bool) -> None:
    """Show a profile, by default the one in use: where its grants come from, and every key."""
    name = name or Settings.load().profile
    shown = load_profile(name)
    grants = _providers(shown)
    if as_json:
        providers = [dict(zip(_GRANT_COLUMNS, grant, strict=True)) for grant in grants]
        show_record({"name": name, "providers": providers, **shown.model_dump()}, as_json=True)
        return
    show_table(_GRANT_COLUMNS, grants, as_json=False)
    click.echo()
    show_record(dict(_flat(shown.model_dump())), as_json=False)


@profile.command()
@click.argument("file")
def check(*, file: str) -> None:
    """Check a profile's keys, and that its grants are installed."""
    GrantRegistry.discover().select(load_profile(file).grants)
    click.echo(f"{file} is good.")


def _providers(shown: Profile) -> list[tuple[str, ...]]:
    installed = {grant.name: grant for grant in GrantRegistry.discover().describe()}
    return [
        (name, grant.reference, grant.distribution, grant.version)
        if (grant := installed.get(name))
        else (name, "not installed", "", "")
        for name in shown.grants
    ]


def _flat(section: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
