"""Who is signed in at the panel."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, or_
from sqlalchemy.orm import Session

from crm_oauth.store.own_models import AdminSession
from crm_oauth.store.unit_of_work import UnitOfWork

_UNSEEN = timedelta(minutes=1)  # a session is noted as seen at most that often


class AdminSessionStore:
    """The panel's sessions, over one unit of work.

    Args:
        unit: in which everything is read and written.
        idle: how long one lasts without a request.
        longest: how long one lasts in any case.
    """

    def __init__(self, unit: UnitOfWork, *, idle: timedelta, longest: timedelta) -> None:
        self._unit = unit
        self._session = unit.session
        self._idle = idle
        self._longest = longest

    def begin(self, user_id: str, *, password_mark: str, address: str, now: datetime) -> str:
        """Note that a user signed in, and forget sessions that are over.

        Args:
            user_id: the user's id.
            password_mark: tells later whether the password is still the same.
            address: where the request came from.
            now: aware.

        Returns:
            What the cookie shall name: 256 random bits.
        """
        over = or_(AdminSession.seen_at < now - self._idle, AdminSession.created_at < now - self._longest)
        _delete(self._session, over)
        name = secrets.token_urlsafe(32)
        self._session.add(
            AdminSession(
                id_hash=_hash(name),
                user_id=user_id,
                password_mark=password_mark,
                address=address[:64],
                created_at=now,
                seen_at=now,
            )
        )
        self._session.flush()
        return name

    def find(self, name: str, *, now: datetime) -> AdminSession | None:
        """Find the session that a cookie names, unless it is over, and note that it was seen.

        Args:
            name: what `begin` returned.
            now: aware.
        """
        found = self._session.get(AdminSession, _hash(name))
        if found is None or found.seen_at < now - self._idle or found.created_at < now - self._longest:
            return None
        if found.seen_at < now - _UNSEEN:
            found.seen_at = now
            self._session.flush()
        return found

    def change_held(self, id_hash: str, change: Callable[[str | None], str | None]) -> None:
        """Change the text that is kept for the next page; of two at once each sees what the other has made of it.

        Args:
            id_hash: of the session; of one that is over nothing is kept.
            change: gets the text, None where there is none, and returns what to keep instead.
        """
        self._unit.begin()
        found = self._session.get(AdminSession, id_hash, with_for_update=True, populate_existing=True)
        if found is not None:
            found.held = change(found.held)
            self._session.flush()

    def end(self, id_hash: str) -> None:
        """End one session."""
        _delete(self._session, AdminSession.id_hash == id_hash)


def end_sign_ins(session: Session, user_id: str) -> None:
    """End every session of a user."""
    _delete(session, AdminSession.user_id == user_id)


def _delete(session: Session, condition: ColumnElement[bool]) -> None:
    session.execute(delete(AdminSession).where(condition), execution_options={"synchronize_session": False})


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()
