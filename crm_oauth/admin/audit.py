"""The audit trail: who got what, who was refused and why, and what was done by whom."""

from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel
from crm_oauth.observe.audit_search import user_id_of
from crm_oauth.store.audit_entries import EVENTS, AuditFilter
from crm_oauth.store.name_search import clients_of, user_names

_FIELDS = ("event", "actor", "client_id", "user", "address", "request_id")
_SIZE = 50
_LONGEST = 100  # characters of a field
_DIGITS = 15  # of an entry's number


def add_audit(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/audit")
    def audit() -> Response:
        fields = {name: request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
        with panel.work() as work:
            user_id = user_id_of(work.session, work.stores.users, fields["user"]) if fields["user"] else None
            records = work.stores.audit.search(
                _filter(fields, user_id),
                limit=_SIZE + 1,
                before=_number(request.args.get("before", "")),
            )
            clients = clients_of(work.session, {record.entry.client_id for record in records})
            users = user_names(work.session, {record.entry.user_id for record in records})
        shown = records[:_SIZE]
        older = None
        if len(records) > _SIZE:
            asked = {name: value for name, value in fields.items() if value}
            older = f"{url_for('admin.audit')}?{urlencode({**asked, 'before': shown[-1].number})}"
        return page("audit", records=shown, fields=fields, events=EVENTS, older=older, clients=clients, users=users)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _filter(fields: dict[str, str], user_id: str | None) -> AuditFilter:
    actor = fields["actor"]
    return AuditFilter(
        events=(fields["event"],) if fields["event"] else (),
        actor=(actor if ":" in actor else f"panel:{actor}") if actor else None,
        client_id=fields["client_id"] or None,
        user_id=user_id,
        address=fields["address"] or None,
        request_id=fields["request_id"] or None,
    )
