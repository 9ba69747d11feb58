"""The initialize handshake of the revisions that have one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from inspector.protocol import era, lifecycle
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.transports.answer import Meaning
from inspector.session.calls import Answer
from inspector.session.failure import ConnectError, FailureKind, connect_error, why_none
from inspector.session.program import client_version
from inspector.session.stream import Ended
from inspector.trace.events import EndCause, Outcome

if TYPE_CHECKING:
    from inspector.session.conversation import Channel, Conversation

ERROR_STATUS_S = 1.0
"""How long we wait for the end of the exchange that brought an error to initialize."""


async def initialize(conversation: Conversation, channel: Channel, revision: str) -> Negotiated:
    """The handshake; raises `ConnectError`. A server that names what it supports is asked again once."""
    started_ns = conversation.link.now_ns()
    answer, ended = await _ask(conversation, channel, revision)
    other = _supported_revision(answer.error, revision)
    if other is not None:
        revision = other
        answer, ended = await _ask(conversation, channel, revision)
    if not answer.ok:
        raise connect_error(ended, why_none(answer, ended), answer)
    negotiated, breaches = lifecycle.read_initialize_result(answer.result, revision)
    for breach in breaches:
        conversation.link.report(breach, about_n=answer.answer_n)
    if negotiated is None:
        sentence = f"{breaches[0].text} {breaches[0].fix}".strip()
        raise ConnectError(FailureKind.SERVER_ERROR, sentence, ended, answer)
    await _settle_on(conversation, channel, negotiated)
    conversation.begin(channel, negotiated, started_ns)
    return negotiated


async def _ask(conversation: Conversation, channel: Channel, revision: str) -> tuple[Answer, Ended | None]:
    link = conversation.link
    params = lifecycle.initialize_params(revision, link.options.callbacks.features(), client_version())
    conversation.calls.revision = revision
    call = conversation.calls.start("initialize", params, None, None, with_progress=False)
    carrying = link.spawn(channel.carry(call), "carry initialize")
    answer = await asyncio.shield(call.future)
    if answer.outcome is Outcome.TIMED_OUT and call.stream is not None:
        call.stream.stop(EndCause.TIMED_OUT_BY_US, answer.sentence)
    if (
        answer.error is not None or answer.outcome is Outcome.TIMED_OUT
    ):  # the status that came with it tells which transport this is
        await asyncio.wait({carrying}, timeout=ERROR_STATUS_S)
    return answer, call.ended


async def _settle_on(conversation: Conversation, channel: Channel, negotiated: Negotiated) -> None:
    conversation.negotiated = negotiated
    conversation.inbox.revision = negotiated.protocol_version
    channel.settled_on(negotiated)
    conversation.peer.initialized = True  # the server may have read our notification before its 202 arrives here
    ended = await conversation.notify("notifications/initialized")
    if ended is not None and ended.verdict is not None and ended.verdict.meaning is not Meaning.ACCEPTED:
        text = f"The server did not accept notifications/initialized: {ended.sentence}"
        fix = "Answer it with 202 and no body; until then a server may refuse everything else."
        conversation.link.report(Breach("initialized-not-accepted", Severity.ERROR, text, fix, "Lifecycle"))


def _supported_revision(error: Any, asked: str) -> str | None:
    """The newest revision that a refusing server names and we speak, if it is another than we asked for."""
    data = error.get("data") if isinstance(error, dict) else None
    named = data.get("supported") if isinstance(data, dict) else None
    if not isinstance(named, list):
        return None
    mutual = [revision for revision in era.HANDSHAKE_REVISIONS if revision in named and revision != asked]
    return mutual[-1] if mutual else None
