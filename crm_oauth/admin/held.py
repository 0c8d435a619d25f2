"""What one page leaves for the next, in the session's row, sealed: a secret that is shown once, a form half filled."""

import json
from collections.abc import Mapping
from typing import Any

from flask import g, request

from crm_oauth.admin.panel import Panel, Work

_ROOM = 60_000  # characters, sealed: a little less than a column of MySQL's holds
_SECRET, _DRAFT = "secret ", "draft "


def hold_secret(panel: Panel, work: Work, client_id: str, secret: str) -> None:
    """Leave a client's new secret for its page.

    Args:
        panel: seals it.
        work: the unit of work that saves it.
        client_id: of the client.
        secret: to be shown once.
    """
    _hold(panel, work, _SECRET + client_id, secret)


def held_secret(panel: Panel, client_id: str) -> str | None:
    """Take a client's new secret, if nobody has seen it yet."""
    secret: str | None = _take(panel, _SECRET + client_id)
    return secret


def keep_draft(panel: Panel, path: str, values: Mapping[str, str]) -> None:
    """Keep what was typed into a form that could not be saved.

    Args:
        panel: the parts.
        path: of the page that shall show it again.
        values: by the fields' names.
    """
    if values:
        with panel.work() as work:
            _hold(panel, work, _DRAFT + path, dict(values))


def keep_draft_of_sign_in(panel: Panel, path: str) -> None:
    """Keep what had been typed into a page's form before the session ended, as the form to sign in carries it.

    Args:
        panel: the parts.
        path: of the page, and perhaps its query.
    """
    try:
        kept = json.loads(request.form.get("kept") or "{}")
    except ValueError:
        return
    if isinstance(kept, dict) and all(isinstance(value, str) for value in kept.values()):
        keep_draft(panel, path.partition("?")[0], kept)


def draft(panel: Panel) -> dict[str, str]:
    """Take what was typed into this page's form before, if that could not be saved."""
    return _take(panel, _DRAFT + request.path) or {}


def _hold(panel: Panel, work: Work, name: str, value: object) -> None:
    def add(text: str | None) -> str:
        left = {other: kept for other, kept in panel.seal.open(text).items() if other != name} | {name: value}
        while len(sealed := panel.seal.close(left)) > _ROOM:
            # The oldest form: it can be filled in once more, and a secret be seen never again.
            del left[min(left, key=lambda each: each.startswith(_SECRET))]
        return sealed

    work.sign_ins.change_held(g.viewer.sign_in, add)


def _take(panel: Panel, name: str) -> Any:  # noqa: ANN401  # whatever JSON holds
    # A HEAD shows nothing, so it takes nothing.
    if request.method != "GET" or name not in panel.seal.open(g.viewer.held):
        return None
    taken: list[Any] = []

    def remove(text: str | None) -> str | None:
        left = panel.seal.open(text)
        taken.append(left.pop(name, None))
        return panel.seal.close(left) if left else None

    with panel.work() as work:
        work.sign_ins.change_held(g.viewer.sign_in, remove)
    return taken[-1] if taken else None
