"""Finds the grants that are installed and picks those that a profile turns on."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract
from typing import Self, TypeGuard

from crm_oauth.faults import StartupError
from crm_oauth.oauth.grant import Grant

GROUP = "crm_oauth.grants"


@dataclass(frozen=True, slots=True)
class InstalledGrant:
    """A grant as its distribution announces it.

    Args:
        name: the name by which profiles turn it on.
        reference: `module:Class`.
        distribution: the installed package that brings it.
        version: that package's version.
    """

    name: str
    reference: str
    distribution: str
    version: str


class GrantRegistry:
    """The installed grants.

    Args:
        found: entry points of the group `crm_oauth.grants`.
    """

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._found: dict[str, EntryPoint] = {}
        self._rivals: dict[str, set[str]] = {}
        for entry in found:
            self._found[entry.name] = entry
            self._rivals.setdefault(entry.name, set()).add(entry.value)

    @classmethod
    def discover(cls) -> Self:
        """Look through every installed distribution; nothing is imported yet."""
        return cls(entry_points(group=GROUP))

    def describe(self) -> list[InstalledGrant]:
        """Return what is installed, by name."""
        return [
            InstalledGrant(
                name,
                entry.value,
                entry.dist.name if entry.dist else "",
                entry.dist.version if entry.dist else "",
            )
            for name, entry in sorted(self._found.items())
        ]

    def select(self, names: Iterable[str]) -> list[type[Grant]]:
        """Import the grants that a profile names.

        Args:
            names: entry-point names.

        Raises:
            StartupError: with a sentence for each one that is not installed, ambiguous, or no grant.
        """
        faults: list[str] = []
        grants = [grant for name in names if (grant := self._load(name, faults))]
        types = [grant.GRANT_TYPE for grant in grants]
        faults += [
            f"Two grants of the profile serve the grant_type {twin!r}." for twin in types if types.count(twin) > 1
        ]
        if faults:
            raise StartupError(faults)
        return grants

    def _load(self, name: str, faults: list[str]) -> type[Grant] | None:
        entry = self._found.get(name)
        if entry is None:
            there = ", ".join(sorted(self._found)) or "none at all"
            faults.append(
                f"Grant {name!r}: the profile names it, but no installed package provides it (there is: {there}). "
                f"Install the package that has it in its entry-point group {GROUP}, or take it out of the profile."
            )
            return None
        if len(self._rivals[name]) > 1:
            faults.append(f"Grant {name!r}: several packages provide it: {', '.join(sorted(self._rivals[name]))}.")
            return None
        try:
            loaded = entry.load()
        except Exception as error:  # noqa: BLE001  # a plugin's import may fail in any way
            faults.append(f"Grant {name!r}: {entry.value} cannot be imported: {error}.")
            return None
        if not _is_grant(loaded):
            faults.append(f"Grant {name!r}: {entry.value} is no subclass of Grant with a GRANT_TYPE and identify().")
            return None
        return loaded


def _is_grant(loaded: object) -> TypeGuard[type[Grant]]:
    # Authlib's base class has a type already, which is None.
    return isinstance(loaded, type) and issubclass(loaded, Grant) and bool(loaded.GRANT_TYPE) and not isabstract(loaded)
