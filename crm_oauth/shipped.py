"""Where the folders are that ship with the program: `config` and `migrations`."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(folder: str) -> Path:
    """Find a folder that ships: a wheel carries it inside the package, a checkout beside it.

    Inside comes first: beside an installed package lie the packages of others, whatever their names.

    Args:
        folder: its name, "config" or "migrations".
    """
    inside = _PACKAGE / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder
