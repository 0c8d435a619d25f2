"""Pairs about to be issued."""

from datetime import UTC, datetime
from typing import Any

from crm_oauth.store.ids import new_token_id
from crm_oauth.store.models import NewToken


def new_token(**columns: Any) -> NewToken:  # noqa: ANN401  # of any column
    """Return a pair of which only what matters to a test is named."""
    now = datetime.now(UTC).replace(microsecond=0)
    unnamed: dict[str, Any] = {
        "id": new_token_id(),
        "date_entered": now,
        "grant_type": "",
        "access_token": "",
        "access_token_expires": now,
        "refresh_token": None,
        "refresh_token_expires": None,
        "client": "",
        "assigned_user_id": None,
    }
    return NewToken(**unnamed | columns)
