"""Whom a token acts for, and whether they may."""

from dataclasses import dataclass
from typing import NamedTuple


class Standing(NamedTuple):
    """The columns of a user that decide whether it may get and keep tokens.

    A missing status is refused, as `status != 'Inactive'` is not true of NULL in SQL
    (`modules/Users/authentication/SugarAuthenticate/SugarAuthenticateUser.php`).
    """

    status: str | None
    deleted: bool | None
    portal_only: bool | None
    is_group: bool | None
    external_auth_only: bool | None

    @property
    def may_authenticate(self) -> bool:
        """Whether this user may get and keep tokens: the rule of SuiteCRM's web login."""
        return self.may_authenticate_externally and not self.external_auth_only

    @property
    def may_authenticate_externally(self) -> bool:
        """Whether the same is true where another system than the CRM has checked the password."""
        return (
            self.status is not None
            and self.status.rstrip(" ").lower() != "inactive"
            and not (self.deleted or self.portal_only or self.is_group)
        )


@dataclass(frozen=True, slots=True)
class ResourceOwner:
    """A user as a session's row tells of it, without the ORM, which every check of a token would pay for."""

    id: str
    user_name: str | None
    standing: Standing
