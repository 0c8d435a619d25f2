"""The first page: what goes on."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from crm_oauth.admin.chart import draw
from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel
from crm_oauth.store.name_search import clients_of, find_clients, user_names
from crm_oauth.store.statistics import (
    active_tokens,
    ending_sessions,
    failing_most,
    hourly_counts,
    refreshable_sessions,
)

_HOURS = 24
_COUNTED = 100_000
_SOON = timedelta(days=1)


def add_overview(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/")
    def overview() -> Response:
        now = datetime.now(UTC)
        first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS - 1)
        with panel.work() as work:
            session = work.session
            failing = failing_most(session, since=first)
            return page(
                "overview",
                empty=not find_clients(session, limit=1),
                chart=draw(hourly_counts(session, since=first), first=first, hours=_HOURS),
                active=active_tokens(session, now=now, limit=_COUNTED),
                refreshable=refreshable_sessions(session, now=now, limit=_COUNTED),
                ending=ending_sessions(session, now=now, within=_SOON, limit=_COUNTED),
                counted=_COUNTED,
                now=now.strftime("%Y-%m-%dT%H:%M"),
                soon=(now + _SOON).strftime("%Y-%m-%dT%H:%M"),
                failing=failing,
                clients=clients_of(session, {each.client_id for each in failing}),
                users=user_names(session, {each.user_id for each in failing}),
            )
