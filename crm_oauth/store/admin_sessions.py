"""Who is signed in at the panel."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, or_
from sqlalchemy.orm import Session

from crm_oauth.store.models import AdminSession

_UNSEEN = timedelta(minutes=1)  # a session is noted as seen at most that often


class AdminSessionStore:
    """The panel's sessions, over one ORM session.

    Args:
        session: SQLAlchemy's.
        idle: how long one lasts without a request.
        longest: how long one lasts in any case.
    """

    def __init__(self, session: Session, *, idle: timedelta, longest: timedelta) -> None:
        self._session = session
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

    def hold(self, id_hash: str, text: str | None) -> str | None:
        """Keep a text for the next page, or nothing, and return the one that was kept before."""
        found = self._session.get(AdminSession, id_hash)
        if found is None:
            return None
        before, found.held = found.held, text
        self._session.flush()
        return before

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
