"""The same call at two addresses by turns, so that what changes with time changes for both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.session.session import Session

MAX_TIMES = 1_000
LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class SidePlan:
    """Call `tool` `times` times at each address, with `pause_s` between the rounds; one more call warms each up."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    times: int = 20
    pause_s: float = 0.0
    limit_s: float = LIMIT_S

    @property
    def calls(self) -> int:
        """So many calls each address gets."""
        return min(self.times, MAX_TIMES) + 1


class SideBySide:
    """Runs a plan on two sessions; `measured_from` are the event numbers behind the calls that only warmed up."""

    def __init__(self, plan: SidePlan, sessions: tuple[Session, Session]) -> None:
        self._plan = plan
        self._sessions = sessions
        self.measured_from = (0, 0)
        self.rounds = 0

    async def run(self, on_round: Callable[[int], None] = lambda rounds: None) -> None:
        """One round after the other; who goes first changes, so that neither always finds the other's trace."""
        first, second = self._sessions
        await self._round(first, second)
        self.measured_from = len(first.river), len(second.river)
        for number in range(self._plan.calls - 1):
            await self._round(*((first, second) if number % 2 == 0 else (second, first)))
            self.rounds += 1
            on_round(self.rounds)
            await asyncio.sleep(self._plan.pause_s)

    async def _round(self, *sessions: Session) -> None:
        plan = self._plan
        for session in sessions:
            await session.call_tool(plan.tool, plan.arguments, timeout_s=plan.limit_s)
