"""Asking for what came after an event id, as the laboratory does: on a stream of its own, whatever the transport."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from inspector.protocol.transports.answer import HttpRequest
from inspector.session.channels.streamable import StreamableChannel
from inspector.session.raw_exchange import ReplySink

if TYPE_CHECKING:
    from inspector.session.conversation import Conversation
    from inspector.session.stream import Ended, Stream


def resuming(conversation: Conversation, event_id: str) -> tuple[Stream, Coroutine[Any, Any, Ended]]:
    """The stream, and what runs it to its end.

    Streamable HTTP has a GET for it (R27); elsewhere an EventSource would ask the URL of the connection so.
    """
    channel = conversation.channel
    if isinstance(channel, StreamableChannel):
        stream = channel.listening_stream(inbox=conversation.quiet_inbox())
        return stream, channel.listen(stream, event_id)
    link = conversation.link
    headers = (("Accept", "text/event-stream"), ("Cache-Control", "no-cache"), ("Last-Event-ID", event_id))
    sink = ReplySink(link, is_aside=False)
    request = HttpRequest("GET", link.options.url, headers + link.options.headers, "resume")
    return sink.stream, sink.stream.run(request)
