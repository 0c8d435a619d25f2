"""What is done in the panel goes into the audit trail, in the very transaction that does it."""

from flask import g, request

from crm_oauth.admin.panel import Work
from crm_oauth.request_id import REQUEST_ID
from crm_oauth.store.audit_entries import AuditEntry, Event

_LONGEST = 80  # letters of a detail that names something


def note_act(work: Work, event: Event, detail: str = "", *, client_id: str = "", user_id: str = "") -> None:
    """Put an act into the trail.

    Args:
        work: the unit of work that does it.
        event: what was done.
        detail: what more there is to say; never a secret.
        client_id: the client concerned.
        user_id: the user concerned.
    """
    actor = f"panel:{g.viewer.name}" if g.get("viewer") else "panel"
    entry = AuditEntry(
        event,
        detail,
        client_id=client_id,
        user_id=user_id,
        actor=actor,
        address=request.remote_addr or "",
        request_id=request.environ.get(REQUEST_ID, ""),
    )
    work.stores.audit.append([entry])


def named(name: str) -> str:
    """Return a name for a detail: in quotes, and not too long."""
    return f"“{name if len(name) <= _LONGEST else name[:_LONGEST] + '…'}”"
