"""OAuth 2 clients in the database."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, select, update

from crm_oauth.store import issuing
from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.own_models import ClientRights
from crm_oauth.store.ports import StaleRead
from crm_oauth.store.unit_of_work import UnitOfWork

_LIVE = select(Client).where(Client.deleted.is_(False))


class SqlClientStore:
    """`ClientStore` over one unit of work."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def get(self, client_id: str) -> Client | None:
        """Find the live client of this very id."""
        return self._found(client_id, _LIVE)

    def get_to_change(self, client_id: str) -> Client | None:
        """Find the same, and have whoever else asks so wait until this unit of work ends."""
        # Enough for SQLite, which knows no locks of rows and lets one transaction write at a time.
        self._unit.begin()
        return self._found(client_id, _LIVE.with_for_update())

    def get_with_user(self, client_id: str) -> tuple[Client, User | None] | None:
        """Find the same with the live user that it is associated with."""
        its_user = and_(User.id == AsIn(Client.assigned_user_id, User.id), User.deleted.is_(False))
        query = select(Client, User).outerjoin(User, its_user).where(Client.id == client_id, Client.deleted.is_(False))
        row = self._unit.session.execute(query).one_or_none()
        # Nothing that happens to the session may reach those who keep them.
        self._unit.session.expunge_all()
        if row is None or row[0].id != client_id:
            return None
        client, user = row
        return client, user if user and user.id == client.assigned_user_id else None

    def require_unchanged(self, client: Client, user: User | None) -> None:
        """Make sure that a client, and its user, are still just as they were read."""
        query, values = issuing.UNCHANGED_CLIENT, issuing.client_as_read(client)
        if user is not None:
            query, values = issuing.UNCHANGED_CLIENT_AND_USER, values | issuing.user_as_read(user)
        if not self._unit.read(query, values):
            raise StaleRead

    def add(self, client: Client) -> None:
        """Insert a client."""
        self._unit.session.add(client)
        self._unit.session.flush()

    def list(self) -> Sequence[Client]:
        """Every live client, by name."""
        return self._unit.session.scalars(_LIVE.order_by(Client.name, Client.id)).all()

    def delete(self, client: Client) -> None:
        """Delete a client softly, and with it every token that it holds."""
        client.deleted = True
        self._unit.session.flush()
        held = Token.client == client.id, Token.deleted.is_(False)
        self._unit.write(update(Token).where(*held).values(deleted=True))

    def may_introspect(self, client: Client) -> bool:
        """Tell whether a client is a resource server."""
        rights = self._unit.session.get(ClientRights, client.id)
        return rights is not None and rights.may_introspect

    def allow_introspection(self, client: Client, *, allowed: bool) -> None:
        """Mark a client as a resource server, or no longer as one."""
        self._unit.session.merge(ClientRights(client_id=client.id, may_introspect=allowed))
        self._unit.session.flush()

    def _found(self, client_id: str, query: Select[Client]) -> Client | None:
        client = self._unit.session.scalars(query.where(Client.id == client_id)).one_or_none()
        # MySQL ignores trailing blanks, and case too in tables that SuiteCRM made.
        return client if client and client.id == client_id else None
