"""What channels add to requests and make of answers, where their revision asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inspector.protocol import jsonrpc, tasks
from inspector.protocol.breach import Breach, Severity
from inspector.session.asked import Asked
from inspector.session.calls import Answer
from inspector.session.rounds import Rounds, failed

if TYPE_CHECKING:
    from inspector.protocol.freshness import Freshness
    from inspector.session.conversation import Conversation


class PlainRules:
    """Requests go out as the user wrote them, and an answer is the end."""

    conversation: Conversation
    cancels_by_closing = False

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]:
        return ()

    async def prepare(self, asked: Asked) -> dict[str, Any] | None:
        return asked.params

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked:
        return answer

    async def subscribe(self, uri: str, *, wanted: bool) -> Answer:
        method = "resources/subscribe" if wanted else "resources/unsubscribe"
        return await self.conversation.request(Asked(method, {"uri": uri}))

    async def set_log_level(self, level: str) -> Answer:
        return await self.conversation.request(Asked("logging/setLevel", {"level": level}))

    async def tell_roots_changed(self) -> None:
        """Only the revisions with a handshake have a notification for it."""

    def on_notification(self, method: str, params: Any) -> None:
        """Nothing is kept that a notification could change."""

    def freshness(self, method: str, params: dict[str, Any] | None) -> Freshness | None:
        return None


class HandshakeRules(PlainRules):
    """The revisions with a handshake."""

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked:
        """Links that need the user's consent first (R33), and tasks that we asked for (R32)."""
        conversation = self.conversation
        if answer.error is not None:
            return await Rounds(conversation.link, conversation.asks).after_url_required(asked, answer)
        if answer.answer_n is not None and not isinstance(answer.result, dict):
            return self._no_object(asked, answer)
        was_asked_for = "task" in (asked.params or {})
        if was_asked_for and tasks.read_created(answer.result, conversation.calls.revision) is not None:
            return await conversation.task_runs.follow(asked, answer)
        return answer

    def _no_object(self, asked: Asked, answer: Answer) -> Answer:
        text = f"The result of {asked.method} must be an object, not {jsonrpc.json_type(answer.result)}."
        breach = Breach("result-not-object", Severity.ERROR, text, "Answer with a result object.", "JSON-RPC results")
        self.conversation.link.report(breach, about_n=answer.answer_n)
        return failed(answer, text)

    async def tell_roots_changed(self) -> None:
        if self.conversation.link.options.callbacks.roots is not None:
            await self.conversation.notify("notifications/roots/list_changed")
