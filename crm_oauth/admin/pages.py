"""How pages are made: the frame around them, times, shortened ids."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, g, make_response, render_template, request
from markupsafe import Markup

from crm_oauth.admin.panel import Panel

_SHOWN = 8  # letters of an identifier, too few to find the rest
_ROW_SHOWN = 13


def add_to_pages(routes: Blueprint, panel: Panel) -> None:
    """Give templates what every page needs.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.app_context_processor
    def everywhere() -> dict[str, object]:
        return {"panel": panel, "viewer": g.get("viewer")}

    # Macros, which are no pages, see these too.
    for function in (time, expiry, short, short_row_id):
        routes.add_app_template_global(function)


def page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page of the panel.

    Args:
        template: its name, without folder and suffix.
        status: of the answer.
        values: what it shows.
    """
    return make_response(render_template(f"admin/{template}.html", **values), status)


def notice(text: str, kind: str = "good") -> None:
    """Have the next page begin with a sentence.

    Args:
        text: the sentence.
        kind: `good`, `note` or `bad`.
    """
    flash(text, kind)


def time(moment: datetime | None) -> Markup:
    """Return a moment as the viewer's clock shows it, with UTC at hand; without a script, in UTC."""
    if moment is None:
        return Markup('<span class="none">none</span>')
    utc = moment.astimezone(UTC)
    template = '<time datetime="{}" title="{}">{}</time>'
    return Markup(template).format(  # noqa: S704  # the template is ours, its values are escaped
        utc.isoformat().replace("+00:00", "Z"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        utc.strftime("%Y-%m-%d %H:%M UTC"),
    )


def expiry(moment: datetime | None) -> Markup:
    """Return when something ends or ended; what is over is written softly."""
    if moment is None or moment > datetime.now(UTC):
        return time(moment)
    return Markup('<span class="over">{}</span>').format(time(moment))


def short(identifier: str | None, letters: int = _SHOWN) -> str:
    """Return enough of an identifier to recognise it, and too little to use it."""
    text = identifier or ""
    return text if len(text) <= letters else f"{text[:letters]}…"


def short_row_id(row_id: str) -> str:
    """Return enough of a token's row to tell it from others: new ids begin with the time, to the millisecond."""
    return short(row_id, _ROW_SHOWN)


def typed() -> dict[str, str]:
    """Return what was typed into a form, but for what must not be shown again."""
    return {name: value for name, value in request.form.items() if name not in {"csrf_token", "secret", "password"}}
