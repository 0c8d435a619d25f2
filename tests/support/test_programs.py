"""A missing program is told by name, never passed over in silence."""

import pytest

from tests.support.programs import missing_programs, require_module, require_program


def test_program_is_found() -> None:
    """A program of this machine is found by its name."""
    assert require_program("sh").name == "sh"


def test_missing_program_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a developer's machine a test whose program is missing is skipped, and the skip counted by name."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as skipped:
        require_program("no-such-program")
    reasons = [str(skipped.value), "skipped for another reason", str(skipped.value)]
    assert missing_programs(reasons) == {"no-such-program": 2}


def test_missing_package_is_told_like_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python package that is there is taken; one that is missing is told by what to install."""
    monkeypatch.delenv("CI", raising=False)
    require_module("pytest", package="pytest")
    with pytest.raises(pytest.skip.Exception) as skipped:
        require_module("no_such_module", package="no-such-package")
    assert missing_programs([str(skipped.value)]) == {"no-such-package": 1}


def test_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI a missing program is a failure."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        require_program("no-such-program")
