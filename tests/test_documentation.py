"""What the documents say is true, and nothing is left out."""

import ast
import re
from pathlib import Path
from statistics import median

import pytest
from pydantic import SecretStr

from crm_oauth.oauth.grant import Grant
from crm_oauth.profiles import load_profile, profile_names
from crm_oauth.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROGRAM = sorted([*(ROOT / "crm_oauth").rglob("*.py"), *(ROOT / "grants").glob("*.py")])
TABLE = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*) \|$", README, re.MULTILINE))


@pytest.mark.parametrize("name", TABLE)
def test_the_readme_is_right_about_settings(name: str) -> None:
    """Each setting that the README names is one, with its default and the program's own words for it."""
    default, _, description = TABLE[name].partition(" | ")
    field = Settings.model_fields[name.lower()]
    assert description.startswith(str(field.description).partition("; unset:")[0])
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    if value not in (None, ""):
        assert f"`{value}`".lower() in default.lower()


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_is_in_the_readme(name: str) -> None:
    """The README's table of profiles tells what each stands for and which grants it has."""
    profile = load_profile(name)
    default = " (default)" if (ROOT / "config" / "default.toml").readlink().stem == name else ""
    assert f"| {name}{default} | {profile.stands_for} | {', '.join(profile.grants)} |" in README


def test_the_grant_of_the_readme_is_a_grant() -> None:
    """The README's example of a grant runs, and is one that the registry would take."""
    [example] = [code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Grant)" in code]
    names: dict[str, type[Grant]] = {}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102  # our own document
    grant = names["StaffCardGrant"]
    assert issubclass(grant, Grant)
    assert not grant.__abstractmethods__


def test_each_difference_is_shown_by_a_test() -> None:
    """Each row of the table of differences names tests that exist."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\|.*\|.*\| (.*) \|$", text.partition("on purpose")[2], re.MULTILINE)[2:]
    assert len(rows) > 15
    for path in {path for row in rows for path in re.findall(r"`(.+?)`", row)}:
        assert (ROOT / path).exists(), path


def test_each_promise_is_shown_by_a_command() -> None:
    """Each command in the page of promises is a target of the Makefile, with tests that exist, or a module of ours."""
    text = (ROOT / "docs" / "promises.md").read_text()
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    rows = re.findall(r"^\| .* \| .* \| (`.*`|the same) \|$", text, re.MULTILINE)
    assert len(rows) > 20
    for command in re.findall(r"`(.*?)`", "\n".join(rows)):
        program, *rest = command.replace('"', "").removeprefix("python -m ").split(maxsplit=1)
        if program == "make":
            target, _, arguments = rest[0].partition(" ARGS=")
            assert target in targets
            assert target != "test" or all((ROOT / path).exists() for path in arguments.split())
        else:
            assert (ROOT / f"{program.replace('.', '/')}.py").exists()


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.stem)
def test_versions_are_data(path: Path) -> None:
    """No line of the program names a version of SuiteCRM: profiles do."""
    assert not re.search(r"\b7\.1\d", path.read_text())


def test_files_stay_short() -> None:
    """No file is over 300 lines, and half of the program's are under 100."""
    program = [*PROGRAM, ROOT / "app.py", *(ROOT / "migrations").rglob("*.py")]
    lengths = {path: len(path.read_text().splitlines()) for path in [*program, *(ROOT / "tests").rglob("*.py")]}
    assert [path.name for path, length in lengths.items() if length > 300] == []
    assert median(lengths[path] for path in program) <= 100


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_states_its_claim(path: Path) -> None:
    """Each test function has a docstring."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if f.name.startswith("test_") and not ast.get_docstring(f)] == []
