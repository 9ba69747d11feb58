"""Finding out which transport an URL speaks: the attempts in order, each one an event (protocol part A5)."""

from __future__ import annotations

from collections.abc import Callable

from inspector.protocol.era import TransportName
from inspector.session.channels.http_sse import HttpSseChannel, NoEndpoint
from inspector.session.channels.raw_sse import RawSseChannel
from inspector.session.channels.streamable import StreamableChannel
from inspector.session.channels.tool_stream import ToolStreamChannel
from inspector.session.conversation import Channel, Conversation
from inspector.session.failure import ConnectError, FailureKind
from inspector.trace.events import AttemptMade

CHANNELS: dict[TransportName, Callable[[Conversation, str | None], Channel]] = {
    TransportName.STREAMABLE_HTTP: StreamableChannel,
    TransportName.HTTP_SSE: HttpSseChannel,
    TransportName.RAW_SSE: RawSseChannel,
    TransportName.TOOL_STREAM: ToolStreamChannel,
}


async def open_channel(conversation: Conversation) -> Channel:
    """Open the channel the user chose, or find the right one. Raises the `ConnectError` that explains most.

    A server that answers initialize with a client error may speak HTTP+SSE (R20 of 2025-03-26, backwards
    compatibility); a stream whose first event is not `endpoint` can still be watched raw. Credentials, overload,
    5xx and network errors are never a verdict about the transport.
    """
    chosen = conversation.link.options.transport
    if chosen is not TransportName.AUTO:
        return await _attempt(conversation, chosen)
    try:
        return await _attempt(conversation, TransportName.STREAMABLE_HTTP)
    except ConnectError as error:
        if not may_be_http_sse(error):
            raise
        first = error
    try:
        return await _attempt(conversation, TransportName.HTTP_SSE)
    except NoEndpoint:
        return await _attempt(conversation, TransportName.RAW_SSE)
    except ConnectError as second:
        raise _both(first, second) from second


def may_be_http_sse(error: ConnectError) -> bool:
    """Whether a failed initialize leaves HTTP+SSE possible: a 4xx that speaks of the method or the path."""
    status = error.status
    return status is not None and 400 <= status < 500 and status not in (401, 403, 407, 408, 421, 429)


async def _attempt(conversation: Conversation, name: TransportName) -> Channel:
    channel = CHANNELS[name](conversation, conversation.link.options.protocol_version)
    conversation.channel = channel
    try:
        await channel.open()
    except ConnectError as error:
        _tell(conversation, name, error.sentence, succeeded=False)
        conversation.channel = None
        raise
    _tell(conversation, name, f"The server speaks {name.label}.", succeeded=True)
    return channel


def _tell(conversation: Conversation, name: TransportName, verdict: str, *, succeeded: bool) -> None:
    conversation.link.river.emit(
        AttemptMade,
        connection=conversation.link.number,
        transport=name.value,
        verdict=verdict,
        succeeded=succeeded,
    )


def _both(first: ConnectError, second: ConnectError) -> ConnectError:
    """One sentence for two failed attempts."""
    if second.kind is FailureKind.UNAUTHORISED:
        return second
    sentence = f"Neither transport works here. Streamable HTTP: {first.sentence} HTTP+SSE: {second.sentence}"
    return ConnectError(first.kind, sentence, first.ended)
