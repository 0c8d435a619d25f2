"""OAuth 2 clients in the database."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm_oauth.store.models import Client, ClientRights, Token


class SqlClientStore:
    """`ClientStore` over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, client_id: str) -> Client | None:
        """Find the live client of this very id."""
        query = select(Client).where(Client.id == client_id, Client.deleted.is_(False))
        client = self._session.scalars(query).one_or_none()
        # MySQL ignores trailing blanks, and case too in tables that SuiteCRM made.
        return client if client and client.id == client_id else None

    def add(self, client: Client) -> None:
        """Insert a client."""
        self._session.add(client)
        self._session.flush()

    def list(self) -> Sequence[Client]:
        """Every live client, by name."""
        query = select(Client).where(Client.deleted.is_(False)).order_by(Client.name, Client.id)
        return self._session.scalars(query).all()

    def delete(self, client: Client) -> None:
        """Delete a client softly, and with it every token that it holds."""
        client.deleted = True
        self._session.flush()
        held = Token.client == client.id, Token.deleted.is_(False)
        self._session.execute(update(Token).where(*held).values(deleted=True))

    def may_introspect(self, client: Client) -> bool:
        """Tell whether a client is a resource server."""
        rights = self._session.get(ClientRights, client.id)
        return rights is not None and rights.may_introspect

    def allow_introspection(self, client: Client, *, allowed: bool) -> None:
        """Mark a client as a resource server, or no longer as one."""
        self._session.merge(ClientRights(client_id=client.id, may_introspect=allowed))
        self._session.flush()
