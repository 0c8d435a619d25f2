"""Programs that are not written yet: today's, with one more migration."""

import shutil
from pathlib import Path

from crm_oauth.store.schema import head_revision

ROOT = Path(__file__).parents[2]
_PARTS = ("app.py", "config", "crm_oauth", "grants", "migrations")
_COMPILED = shutil.ignore_patterns("__pycache__")

NEXT = f"{int(head_revision()) + 1:04}"
"""The revision that the next migration leads to."""

_MIGRATION = '''"""{does}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
oldest_program = "{oldest_program}"
seconds_per_million_rows = {{"oauth2tokens": {cost}}}


def upgrade() -> None:
    {statement}
'''


def add_migration(
    migrations: Path, statement: str, *, oldest_program: str, does: str = "Something new.", cost: int = 30
) -> None:
    """Write one more migration.

    Args:
        migrations: the folder of all of them.
        statement: what it does, on Alembic's `op`.
        oldest_program: the revision of the programs that it leaves alone.
        does: the same in a sentence.
        cost: seconds that a million tokens take.
    """
    text = _MIGRATION.format(
        does=does,
        revision=NEXT,
        before=head_revision(),
        oldest_program=oldest_program,
        cost=cost,
        statement=statement,
    )
    (migrations / "versions" / f"{NEXT}_next.py").write_text(text)


def next_release(folder: Path, statement: str, *, oldest_program: str) -> dict[str, str]:
    """Copy the program to a folder that does not exist yet, and add a migration.

    Returns:
        What the environment must hold so that Python runs that program.
    """
    folder.mkdir()
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_COMPILED)
        else:
            shutil.copy(source, folder)
    add_migration(folder / "migrations", statement, oldest_program=oldest_program)
    return {"PYTHONPATH": str(folder)}
