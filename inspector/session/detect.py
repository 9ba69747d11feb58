"""Finding out what an URL speaks: runs the attempts of `protocol.detection`, each one an event (A5)."""

from __future__ import annotations

from collections.abc import Callable

from inspector.protocol import detection, jsonrpc
from inspector.protocol.detection import Attempt, AttemptResult, Detected, NotDetected
from inspector.protocol.discover import versions_in
from inspector.protocol.era import TransportName
from inspector.session.channels import endings
from inspector.session.channels.http_sse import HttpSseChannel, NoEndpoint
from inspector.session.channels.raw_sse import RawSseChannel
from inspector.session.channels.stateless import NoCommonRevision, StatelessChannel
from inspector.session.channels.streamable import StreamableChannel
from inspector.session.channels.tool_stream import ToolStreamChannel
from inspector.session.conversation import Channel, Conversation
from inspector.session.failure import ConnectError, FailureKind
from inspector.trace.events import AttemptMade

UNPROVEN = "No manifest names this address; it is taken for a tool stream as you wish, and each call will be a POST."

CHANNELS: dict[TransportName, Callable[[Conversation, str | None], Channel]] = {
    TransportName.STATELESS: StatelessChannel,
    TransportName.STREAMABLE_HTTP: StreamableChannel,
    TransportName.HTTP_SSE: HttpSseChannel,
    TransportName.RAW_SSE: RawSseChannel,
    TransportName.TOOL_STREAM: ToolStreamChannel,
}


async def open_channel(conversation: Conversation) -> Detected:
    """Open the channel the user chose, or find the right one. Raises the `ConnectError` that explains most."""
    options = conversation.link.options
    steps = detection.detect(
        pinned_transport=options.transport,
        pinned_revision=options.protocol_version,
        remembered=options.verdicts.get(options.url) if options.verdicts else None,
        url=options.url,
    )
    driver = _Driver(conversation)
    try:
        attempt = next(steps)
        while True:
            attempt = steps.send(await driver.make(attempt))
    except StopIteration as stop:
        detected: Detected = stop.value
    except NotDetected as failure:
        raise driver.explain(failure) from failure
    if conversation.channel is None:  # the server's refusal is the proof: it is taken as it is
        await driver.take_as_it_is(detected)
    if options.verdicts is not None and detected.transport is not TransportName.RAW_SSE:  # what is raw may become more
        options.verdicts.put(options.url, detection.Verdict(detected.transport, detected.revision))
    return detected


class _Driver:
    """Makes the attempts; keeps the errors behind their results."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._errors: list[tuple[AttemptResult, ConnectError]] = []

    async def make(self, attempt: Attempt) -> AttemptResult:
        """Try it, and make the outcome an event."""
        if attempt.kind == "tool-stream" and isinstance(self._conversation.channel, ToolStreamChannel):
            return AttemptResult(ok=True)  # its manifest has been read, and there is nothing else to open
        result = await self._try(attempt)
        self._conversation.link.river.emit(
            AttemptMade,
            connection=self._conversation.link.number,
            transport=attempt.transport.value,
            verdict=detection.verdict_of(attempt, result),
            succeeded=result.ok and self._conversation.channel is not None,
        )
        return result

    async def _try(self, attempt: Attempt) -> AttemptResult:
        channel = self._begin(attempt.transport, attempt.revision)
        if isinstance(channel, ToolStreamChannel):
            channel.needs_manifest = attempt.kind == "manifest"
        try:
            await channel.open()
        except NoCommonRevision as error:
            self._conversation.channel = None
            return AttemptResult(ok=True, sentence=error.sentence, supported_versions=error.versions)
        except ConnectError as error:
            self._conversation.channel = None
            result = _failed(error)
            self._errors.append((result, error))
            return result
        if isinstance(channel, ToolStreamChannel) and channel.manifest is None:
            return AttemptResult(ok=True, sentence=UNPROVEN)
        negotiated = self._conversation.negotiated
        return AttemptResult(ok=True, supported_versions=(negotiated.protocol_version,) if negotiated else ())

    def _begin(self, transport: TransportName, revision: str | None) -> Channel:
        self._conversation.start_over()
        channel = self._conversation.channel = CHANNELS[transport](self._conversation, revision)
        return channel

    async def take_as_it_is(self, detected: Detected) -> None:
        channel = self._begin(detected.transport, detected.revision)
        assert isinstance(channel, StatelessChannel)  # noqa: S101 - no other transport proves itself by refusing
        channel.take_as_it_is()

    def explain(self, failure: NotDetected) -> ConnectError:
        """The decisive error, with one sentence for all that was tried."""
        for result, error in self._errors:
            if result is failure.decisive:
                return ConnectError(error.kind, failure.sentence, error.ended, error.answer)
        return ConnectError(FailureKind.SERVER_ERROR, failure.sentence)


def _failed(error: ConnectError) -> AttemptResult:
    """What a failed attempt says, in the terms of A5."""
    said = error.answer.error if error.answer is not None else None
    was_answered = error.answer is not None and error.answer.answer_n is not None
    return AttemptResult(
        ok=False,
        status=error.status,
        error_code=jsonrpc.code_in(said),
        error_data=said.get("data") if isinstance(said, dict) else None,
        sentence=error.sentence,
        kind_of_failure=_kind(error),
        supported_versions=versions_in(said.get("supported")) if isinstance(said, dict) else (),
        is_stream=isinstance(error, NoEndpoint)
        or (error.ended is not None and error.ended.was_stream and not was_answered),
    )


def _kind(error: ConnectError) -> detection.FailureKind:
    ended = error.ended
    if isinstance(error, NoEndpoint):
        return "no-endpoint"
    if error.kind is FailureKind.UNAUTHORISED:
        return "auth"
    if error.answer is not None and error.answer.answer_n is not None:
        return "answer"  # whatever the status: somebody there speaks JSON-RPC
    if ended is not None and ended.was_stream and ended.event.cause not in endings.NETWORK_CAUSES:
        return "answer"  # a stream that never brought the answer
    if ended is None or ended.verdict is None or ended.event.cause in endings.NETWORK_CAUSES:
        return "network"
    return detection.kind_of_status(error.status)
