"""How often passwords may be tried."""

from typing import Protocol


class SignInThrottle(Protocol):
    """Slows down guessing, by user and by address."""

    def wait(self, user_name: str, address: str) -> int:
        """Return for how many seconds no password of this user is looked at from this address; 0: go on."""

    def failed(self, user_name: str, address: str) -> None:
        """Note a wrong password."""

    def succeeded(self, user_name: str, address: str) -> None:
        """Note a right one."""
