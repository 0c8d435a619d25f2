"""The first page: what goes on."""

from datetime import UTC, datetime

from flask import Blueprint
from werkzeug.wrappers import Response

from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel
from crm_oauth.store.name_search import find_clients


def add_overview(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/")
    def overview() -> Response:
        with panel.work() as work:
            clients = find_clients(work.session, limit=1)
        return page("overview", empty=not clients, at=datetime.now(UTC))
