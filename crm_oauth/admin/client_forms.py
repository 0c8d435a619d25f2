"""What may be typed about a client, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from crm_oauth.admin.panel import Work
from crm_oauth.compat.client_secrets import verify_client_secret
from crm_oauth.store.models import Client, User

_NAME = 255  # characters that the column holds
_SECRET = 72  # bytes that bcrypt looks at


@dataclass
class ClientForm:
    """A client as its form shows it.

    Args:
        name: what it is called.
        grant: its `grant_type`.
        is_confidential: whether it can keep a secret (RFC 6749 section 2.1).
        user_name: whom its tokens act as; for client_credentials.
        may_introspect: whether it may ask about every client's tokens.
        secret: a new one, or "".
        client_id: of a client that is to be made: sent twice, it is made once.
        seen: what the client was when the form was shown.
        user: of that name, once `check` has found one.
        errors: what is wrong, by field.
    """

    name: str = ""
    grant: str = ""
    is_confidential: bool = True
    user_name: str = ""
    may_introspect: bool = False
    secret: str = ""
    client_id: str = ""
    seen: str = ""
    user: User | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, str], grant: str) -> Self:
        """Read what was typed.

        Args:
            form: the fields' values.
            grant: of the client.
        """
        return cls(
            name=form.get("name", "").strip(),
            grant=grant,
            is_confidential="is_confidential" in form,
            user_name=form.get("user_name", "").strip(),
            may_introspect="may_introspect" in form,
            secret=form.get("secret", ""),
            client_id=form.get("client_id", ""),
            seen=form.get("seen", ""),
        )

    @classmethod
    def of(cls, client: Client, work: Work) -> Self:
        """Show a client that there is."""
        user = work.stores.users.get(client.assigned_user_id) if client.assigned_user_id else None
        return cls(
            name=client.name or "",
            grant=client.allowed_grant_type or "",
            is_confidential=bool(client.is_confidential),
            user_name=(user.user_name or "") if user else "",
            may_introspect=work.stores.clients.may_introspect(client),
            client_id=client.id,
            seen=version_of(client, work),
        )

    @property
    def acts_as_user(self) -> bool:
        """Whether the client's tokens act as a user whom the client names."""
        return self.grant == "client_credentials"

    def check(self, work: Work) -> bool:
        """Find what is wrong, and the user who is named."""
        if not 0 < len(self.name) <= _NAME or not self.name.isprintable():
            self.errors["name"] = "Give it a name." if not self.name else f"One line of at most {_NAME} characters."
        self.errors.update(secret_errors(self.secret))
        if self.acts_as_user:
            self.user = work.stores.users.find_by_name(self.user_name) if self.user_name else None
            if not self.user_name:
                self.errors["user_name"] = "Name the user whom this client's tokens act as."
            elif self.user is None:
                self.errors["user_name"] = "There is no such user. Type a name and choose from the list."
            elif not work.stores.users.may_authenticate(self.user.standing):
                self.errors["user_name"] = "This user is inactive or may not sign in, so the tokens would not work."
        return not self.errors

    def refuse_name(self) -> None:
        """Say that the database did not take the name, of all that is typed the only text that is written as it is."""
        self.errors["name"] = "The database cannot hold a character of this name, such as an emoji."

    def made(self, client: Client, work: Work) -> bool:
        """Tell whether this form, sent twice, is the one that made a client."""
        there = ClientForm.of(client, work)
        return (
            (self.name, self.grant, self.user_name.casefold()) == (there.name, there.grant, there.user_name.casefold())
            and (self.is_confidential, self.may_introspect) == (there.is_confidential, there.may_introspect)
            and (not self.secret or verify_client_secret(self.secret, client.secret))
        )

    def fill(self, client: Client, work: Work) -> None:
        """Put what was typed into a client's row, but for the secret."""
        client.name = self.name
        client.is_confidential = self.is_confidential
        if self.acts_as_user and self.user:
            client.assigned_user_id = self.user.id
        if self.may_introspect != work.stores.clients.may_introspect(client):
            work.stores.clients.allow_introspection(client, allowed=self.may_introspect)


def secret_errors(secret: str) -> dict[str, str]:
    """Return what is wrong with a secret that a person chose; nothing at all means that one is to be made."""
    if len(secret.encode(errors="replace")) > _SECRET:
        return {"secret": f"At most {_SECRET} bytes: more would be cut off unseen."}
    if secret and (not secret.isprintable() or secret != secret.strip()):
        return {"secret": "One line without control characters, and no blank at either end."}
    return {}


def version_of(client: Client, work: Work) -> str:
    """Return what changes when anything of a client changes."""
    row = client.name, client.is_confidential, client.assigned_user_id, client.secret, client.allowed_grant_type
    parts = *row, work.stores.clients.may_introspect(client)
    return sha256(repr(parts).encode()).hexdigest()[:16]
