"""What every screen has at hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from flask import request
from sqlalchemy.orm import Session

from crm_oauth.admin.keys import Seal
from crm_oauth.limits.guesses import GuessGuard
from crm_oauth.oauth.grant import Grant
from crm_oauth.profiles import Profile
from crm_oauth.settings import Settings
from crm_oauth.store.admin_sessions import AdminSessionStore
from crm_oauth.store.db import Database
from crm_oauth.store.ports import Repositories


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work of the panel.

    Args:
        stores: the repositories.
        session: SQLAlchemy's, for what only the panel asks.
        sign_ins: who is signed in.
    """

    stores: Repositories
    session: Session
    sign_ins: AdminSessionStore


@dataclass(frozen=True)
class Panel:
    """The parts that the panel works with.

    Args:
        settings: what the operator set.
        profile: the one in use.
        grants: those that it turns on.
        database: where everything is.
        seal: seals what is kept for the next page.
        guesses: stands before each check of a password.
    """

    settings: Settings
    profile: Profile
    grants: Sequence[type[Grant]]
    database: Database
    seal: Seal
    guesses: GuessGuard

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Do all of a piece of work or none.

        Raises:
            DatabaseUnavailable: from any statement, or from the commit.
        """
        idle, longest = timedelta(seconds=self.settings.panel_idle), timedelta(seconds=self.settings.panel_session)
        with self.database.work() as unit:
            sign_ins = AdminSessionStore(unit, idle=idle, longest=longest)
            yield Work(self.database.stores(unit), unit.session, sign_ins)

    @cached_property
    def grant_types(self) -> frozenset[str]:
        """Return the `grant_type` of each grant that is on."""
        return frozenset(grant.GRANT_TYPE for grant in self.grants)

    @property
    def endpoint(self) -> str:
        """Return the token endpoint's public address."""
        address = (self.settings.public_url or request.url_root).rstrip("/")
        return address + self.profile.endpoint.paths[0]
