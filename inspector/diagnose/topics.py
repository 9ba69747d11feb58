"""What a watch can listen to: the kinds of trace events, and messages by who sent them and what they are."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import groupby

from inspector.trace import events as ev
from inspector.trace.events import AnyEvent, Direction, MessageType, TraceEvent
from inspector.trace.fold import Run


class Topic(enum.Enum):
    """`OUR_*` went to the server, other messages came from it."""

    STATE = enum.auto()
    ATTEMPT = enum.auto()
    READY = enum.auto()
    HTTP_REQUEST = enum.auto()
    CONNECTED = enum.auto()
    HTTP_RESPONSE = enum.auto()
    REDIRECT = enum.auto()
    CHUNK = enum.auto()
    FRAME = enum.auto()
    COMMENT = enum.auto()
    BODY = enum.auto()
    END = enum.auto()
    FAILED = enum.auto()
    VIOLATION = enum.auto()
    TOOL_STEP = enum.auto()
    LAB = enum.auto()
    OUR_REQUEST = enum.auto()
    OUR_NOTIFICATION = enum.auto()
    OUR_ANSWER = enum.auto()
    REQUEST = enum.auto()
    PROGRESS = enum.auto()
    NOTIFICATION = enum.auto()
    """Every other notification than progress."""
    ANSWER = enum.auto()
    """A result or an error."""
    INVALID = enum.auto()


BLOCKS = (Topic.FRAME, Topic.REQUEST, Topic.PROGRESS, Topic.NOTIFICATION, Topic.ANSWER, Topic.INVALID)
"""Where a block of an event stream can come in; a message may also be a body, see its `framing`."""
MESSAGES = (Topic.REQUEST, Topic.PROGRESS, Topic.NOTIFICATION, Topic.ANSWER, Topic.INVALID)
"""Everything that the server says in JSON-RPC."""

_KINDS: dict[type[TraceEvent], Topic] = {
    ev.StateChanged: Topic.STATE,
    ev.AttemptMade: Topic.ATTEMPT,
    ev.SessionReady: Topic.READY,
    ev.RequestSent: Topic.HTTP_REQUEST,
    ev.Connected: Topic.CONNECTED,
    ev.HeadersReceived: Topic.HTTP_RESPONSE,
    ev.Redirected: Topic.REDIRECT,
    ev.ChunkReceived: Topic.CHUNK,
    ev.FrameReceived: Topic.FRAME,
    ev.CommentReceived: Topic.COMMENT,
    ev.BodyReceived: Topic.BODY,
    ev.StreamEnded: Topic.END,
    ev.ExchangeFailed: Topic.FAILED,
    ev.Violation: Topic.VIOLATION,
    ev.ToolStep: Topic.TOOL_STEP,
    ev.LabActed: Topic.LAB,
}
_INBOUND = {
    MessageType.REQUEST: Topic.REQUEST,
    MessageType.NOTIFICATION: Topic.NOTIFICATION,
    MessageType.RESPONSE: Topic.ANSWER,
    MessageType.ERROR: Topic.ANSWER,
    MessageType.INVALID: Topic.INVALID,
}
_OUTBOUND = {
    MessageType.REQUEST: Topic.OUR_REQUEST,
    MessageType.NOTIFICATION: Topic.OUR_NOTIFICATION,
    MessageType.RESPONSE: Topic.OUR_ANSWER,
    MessageType.ERROR: Topic.OUR_ANSWER,
    MessageType.INVALID: Topic.OUR_ANSWER,
}


def topic_of(event: AnyEvent) -> Topic:
    """Where an event belongs."""
    return _topic_of_message(event) if isinstance(event, ev.Message) else _KINDS[type(event)]


def by_topic(run: Run) -> Iterator[tuple[Topic, list[AnyEvent]]]:
    """A run of events of one kind in pieces of one topic."""
    kind, events = run
    if kind is not ev.Message:
        yield _KINDS[kind], events
        return
    for topic, group in groupby(events, _topic_of_message):
        yield topic, list(group)


def _topic_of_message(message: ev.Message) -> Topic:
    if message.direction is Direction.OUTBOUND:
        return _OUTBOUND[message.message_type]
    if message.method == "notifications/progress" and message.message_type is MessageType.NOTIFICATION:
        return Topic.PROGRESS
    return _INBOUND[message.message_type]
