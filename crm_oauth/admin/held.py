"""What one page leaves for the next, in the session's row, sealed: a secret that is shown once, a form half filled."""

from collections.abc import Mapping
from typing import Any

from flask import g, request

from crm_oauth.admin.panel import Panel, Work

_LONGEST_DRAFT = 16_384  # characters of a form that survive


def hold(panel: Panel, work: Work, name: str, value: Mapping[str, Any]) -> None:
    """Leave something for the next page.

    Args:
        panel: seals it.
        work: the unit of work that saves it.
        name: what the next page asks for.
        value: anything that JSON can hold.
    """
    work.sign_ins.hold(g.viewer.sign_in, panel.seal.close({name: dict(value)}))


def take(panel: Panel, name: str) -> dict[str, Any]:
    """Take what was left under a name, once.

    Args:
        panel: opens it.
        name: as it was left.
    """
    value: dict[str, Any] | None = panel.seal.open(g.viewer.held).get(name)
    if value is None:
        return {}
    with panel.work() as work:
        work.sign_ins.hold(g.viewer.sign_in, None)
    return value


def keep_draft(panel: Panel, path: str, values: Mapping[str, str]) -> None:
    """Keep what was typed into a form that could not be saved.

    Args:
        panel: the parts.
        path: of the page that shall show it again.
        values: by the fields' names.
    """
    if values and sum(map(len, values.values())) <= _LONGEST_DRAFT:
        with panel.work() as work:
            hold(panel, work, "draft", {"path": path, "values": dict(values)})


def draft(panel: Panel) -> dict[str, str]:
    """Take what was typed into this page's form before, if that could not be saved."""
    kept = take(panel, "draft")
    values: dict[str, str] = kept.get("values", {}) if kept.get("path") == request.path else {}
    return values
