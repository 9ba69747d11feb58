"""What channels add to requests and make of answers, where their revision asks for it."""

from __future__ import annotations

from typing import Any

from inspector.session.asked import Asked
from inspector.session.calls import Answer


class PlainRules:
    """Requests go out as the user wrote them, and an answer is the end."""

    cancels_by_closing = False

    async def prepare(self, asked: Asked) -> dict[str, Any] | None:
        return asked.params

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked:
        return answer


class HandshakeRules(PlainRules):
    """The revisions with a handshake."""
