"""Several processes behind one address that know nothing of each other, as with a balancer without stickiness."""

from __future__ import annotations

from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.fault import Make
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest


class Workers(Behaviour):
    """`count` behaviours made by `make`, each with a state of its own; connections take turns."""

    def __init__(self, scale: float, make: Make, count: int = 2) -> None:
        super().__init__(scale)
        self.workers = [make(scale) for _ in range(count)]
        self._turns: dict[int, int] = {}

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Let the worker answer whose turn it is."""
        worker = self.workers[self.pick(request, wire) % len(self.workers)]
        worker.base, worker.speaks_stateless = self.base, self.speaks_stateless
        await worker.serve(request, wire)

    def pick(self, request: HttpRequest, wire: Wire) -> int:
        """The number of the worker for a request: the same for all of a connection."""
        return self._turns.setdefault(wire.number, len(self._turns))

    async def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            await worker.close()
        await super().close()


class WorkerPerRequest(Workers):
    """Requests take turns, whichever connection they come on."""

    asked = -1

    def pick(self, request: HttpRequest, wire: Wire) -> int:
        """The next worker."""
        self.asked += 1
        return self.asked
