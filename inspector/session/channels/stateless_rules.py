"""What revision 2026-07-28 adds to each request and makes of each answer (R41, R44, R45, R48, R49)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspector.protocol import envelope, freshness, input_required, jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.discover import versions_in
from inspector.protocol.error_codes import HEADER_MISMATCH, UNSUPPORTED_VERSION
from inspector.protocol.freshness import Freshness, FreshnessTable
from inspector.protocol.lifecycle import CLIENT_NAME, CLIENT_TITLE
from inspector.protocol.peer import name_of
from inspector.session.asked import Asked
from inspector.session.calls import Answer
from inspector.session.channels.rules import PlainRules
from inspector.session.channels.tool_catalogue import ToolCatalogue
from inspector.session.conversation import Conversation
from inspector.session.program import client_version
from inspector.session.rounds import Rounds, failed

EXTENSIONS = (envelope.TASKS_EXTENSION,)


class StatelessRules(PlainRules):
    """What is kept between requests is ours alone: the tools' headers, the freshness of lists, the log level."""

    cancels_by_closing = True

    def __init__(self, conversation: Conversation, revision: str) -> None:
        self.conversation = conversation
        self.revision = revision
        self.tools = ToolCatalogue(conversation)
        self._log_level = conversation.link.options.log_level
        self._freshness = FreshnessTable()
        self._token_n = 0
        self._rounds = Rounds(conversation.link, conversation.asks)

    async def prepare(self, asked: Asked) -> dict[str, Any] | None:
        """The envelope of R41 around the user's params; a tool's headers are learnt first (R45)."""
        if asked.method == "tools/call":
            await self.tools.learn(name_of(asked.method, asked.params))
        return envelope.with_envelope(
            asked.params,
            revision=self.revision,
            capabilities=self._capabilities(),
            client_info={"name": CLIENT_NAME, "title": CLIENT_TITLE, "version": client_version()},
            log_level=self._log_level,
        )

    def _capabilities(self) -> dict[str, Any]:
        return envelope.client_capabilities(self.conversation.link.options.callbacks.features(), EXTENSIONS)

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked:
        """Corrections that the server asks for, its questions, its tasks; else the answer for the user."""
        code = jsonrpc.code_in(answer.error)
        if code == HEADER_MISMATCH and asked.method == "tools/call" and not asked.is_repeat:
            await self.tools.learn_again()  # the tool's schema has changed since it was listed (R44)
            return replace(asked, is_repeat=True)
        if code == UNSUPPORTED_VERSION and not asked.is_repeat and self._names_ours(answer.error):
            return replace(asked, is_repeat=True)
        if answer.answer_n is None or answer.error is not None:
            return answer
        kind, breaches = input_required.kind_of(answer.result)
        for breach in breaches:
            self.conversation.link.report(breach, about_n=answer.answer_n)
        if asked.method.startswith("tasks/"):
            return self._of_task(asked, answer, kind)
        if kind == "input_required":
            return await self._rounds.after_input_required(asked, answer, self._capabilities())
        if kind == "task":
            return await self.follow_task(asked, answer)
        if kind == "invalid":
            return failed(answer, f"The answer to {asked.method} is of no use. {breaches[0].text}")
        return self._complete(asked, answer)

    async def follow_task(self, asked: Asked, answer: Answer) -> Answer:
        """The answer that a task comes to."""
        return await self.conversation.task_runs.follow(asked, answer)

    def _of_task(self, asked: Asked, answer: Answer, kind: str) -> Answer:
        """What the requests about tasks are answered with is always complete: else a task would be one of its own."""
        if kind in ("input_required", "task"):
            text = f"The result of {asked.method} has the resultType {kind}; we take it for complete."
            fix = 'Put "resultType": "complete" there; the state of the task is its status.'
            self.conversation.link.report(
                Breach("task-invalid", Severity.WARN, text, fix, "Tasks"), None, answer.answer_n
            )
        return self._complete(asked, answer)

    def _complete(self, asked: Asked, answer: Answer) -> Answer:
        if asked.method in freshness.CACHEABLE:
            self.note_freshness(asked.method, asked.params, answer)
        if asked.method == "tools/list":
            answer = self.tools.take(answer, is_first="cursor" not in (asked.params or {}))
        return replace(answer, rounds=asked.round)

    def note_freshness(self, method: str, params: dict[str, Any] | None, answer: Answer) -> None:
        self._forget_private()
        hints, breaches = freshness.read_hints(answer.result, self.conversation.link.now_ns() / 1e9)
        self._freshness.note(method, params, hints)
        for breach in breaches:
            self.conversation.link.report(breach, about_n=answer.answer_n)

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]:
        return self.tools.rejected

    def freshness(self, method: str, params: dict[str, Any] | None) -> Freshness | None:
        self._forget_private()
        return self._freshness.get(method, params)

    def _forget_private(self) -> None:
        """What was private to another access token says nothing about ours (R49)."""
        token_n = self.conversation.link.authorization.token_n
        if token_n != self._token_n:
            self._token_n = token_n
            self._freshness.forget_private()

    async def set_log_level(self, level: str) -> Answer:
        """It goes along with every request from now on (R41)."""
        self._log_level = level or None
        return Answer(True, "logging/setLevel", result={})

    def on_notification(self, method: str, params: Any) -> None:
        """What the server says has changed is fresh no more."""
        self._freshness.invalidate(method, params)

    def _names_ours(self, error: Any) -> bool:
        data = error.get("data")
        return isinstance(data, dict) and self.revision in versions_in(data.get("supported"))
