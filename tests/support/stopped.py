"""Whether a process has come to a halt."""

from pathlib import Path

_STOPPED = "TZX"  # or dead


def is_stopped(pid: int) -> bool:
    """Tell whether no thread of a process does anything any more."""
    return all(_state(task) in _STOPPED for task in Path(f"/proc/{pid}/task").iterdir())


def _state(task: Path) -> str:
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # it has ended
        return "X"
