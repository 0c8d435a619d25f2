"""What each worker of a server has to do at the moment, in memory that all of them see."""

from mmap import mmap

_PLACES = 256  # more workers than that at once would write over each other's number, and share less evenly


class WorkerLoads:
    """The numbers of requests that the workers are busy with. It must be made before they are forked."""

    def __init__(self) -> None:
        self._loads = memoryview(mmap(-1, 4 * _PLACES)).cast("i")  # one more than the number; 0 is of no worker

    def tell(self, worker: int, requests: int) -> None:
        """Say what a worker has to do.

        Args:
            worker: its number.
            requests: that it is busy with.
        """
        self._loads[worker % _PLACES] = requests + 1

    def forget(self, worker: int) -> None:
        """Leave a worker out, since it takes no connections any more."""
        self._loads[worker % _PLACES] = 0

    def least(self) -> int:
        """Return what the worker with the least to do is busy with; 0 while none has said anything."""
        return min(filter(None, self._loads), default=1) - 1
