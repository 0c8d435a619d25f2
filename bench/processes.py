"""How much CPU a program has used so far: itself, its children, and those that have ended."""

import os
import resource
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds, user's and system's, of a process and all its descendants.

    Args:
        pid: of the process; 0 is none, which uses nothing.
    """
    if not pid:
        return 0
    return sum(_own(each) for each in (pid, *_descendants(pid)))


def cpu_seconds_of_ended() -> float:
    """Return the CPU seconds of this process's children that have ended, to the fraction of a second."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_megabytes(pid: int) -> list[float]:
    """Return the memory that each child of a process has in use, such as gunicorn's workers, in MB.

    Args:
        pid: of the parent.
    """
    pages = [(Path("/proc") / str(each) / "statm").read_text().split()[1] for each in sorted(_descendants(pid))]
    return [int(each) * os.sysconf("SC_PAGE_SIZE") / 1e6 for each in pages]


def _own(pid: int) -> float:
    fields = _fields(pid)
    # utime, stime, and the same of the children that have been waited for: proc(5), fields 14 to 17.
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found += (next_ones := children.get(waiting.pop(), []))
        waiting += next_ones
    return found


def _fields(pid: int) -> list[str]:
    try:
        # Behind the name, which may hold anything.
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
