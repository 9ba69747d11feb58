"""The filters of all expectations, asked of each event once; in a flood, of each kind of message once."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from inspector.expect.calls import CallBook
from inspector.expect.watch import Watch
from inspector.record import query
from inspector.record.query_events import EventTest, Slide
from inspector.record.rows import ROW_MAKERS, RowKind
from inspector.trace.events import AnyEvent, CommentReceived, FrameReceived, Message, MessageType

_LIKENESS = attrgetter("name", "event", "problems", "is_tool_error")
"""What two messages of one stream and method must share so that no static filter can tell them apart."""
_ONLY_KINDS: dict[type[Any], RowKind] = {CommentReceived: RowKind.COMMENT, FrameReceived: RowKind.FRAME}

Told = tuple[Watch, ...]


class Filters:
    """Tells watches of the events that fit their filters."""

    def __init__(self, watches: Sequence[Watch], book: CallBook) -> None:
        self._book = book
        self._slide = Slide()
        self._asked = [(EventTest(query.parse(watch.filter), self._slide), watch) for watch in watches]
        self._is_static = all(test.is_static for test, _ in self._asked)
        self._is_first = True

    def ask_for(self, kind: type[Any]) -> bool:
        """Whether events of a kind have to be shown here at all."""
        return bool(self._asked) and kind in ROW_MAKERS

    def ask(self, kind: type[Any], events: list[Any]) -> None:
        """Ask of some alike events, and tell of those that fit."""
        for _, watch in self._asked:
            watch.passed(events[0].monotonic_ns, len(events))
        if self._is_first:
            self._is_first = False
            self._slide.show(events[0])
        if not self._may_fit(kind, events[0]):
            return
        if kind is Message and len(events) > 1 and self._is_static:
            self._ask_alike(events)
            return
        for event in events:
            self._tell(event, self._wanted_by(event))

    def _may_fit(self, kind: type[Any], event: AnyEvent) -> bool:
        """Whether any filter may want events of this kind; the slide wants to see all others, for what they begin."""
        only = _ONLY_KINDS.get(kind)
        if isinstance(event, Message) and event.message_type is MessageType.NOTIFICATION:
            only = RowKind.NOTIFICATION
        return only is None or any(test.kinds is None or only in test.kinds for test, _ in self._asked)

    def _ask_alike(self, messages: list[Message]) -> None:
        """Notifications of one stream and method: those of one name and event are alike to a static filter."""
        if _are_alike(messages):
            watches = self._wanted_by(messages[0])
            for message in messages if watches else ():
                self._tell(message, watches)
            return
        wanted = {like: self._wanted_by(message) for like, message in {_LIKENESS(m): m for m in messages}.items()}
        if any(wanted.values()):
            for message in messages:
                self._tell(message, wanted[_LIKENESS(message)])

    def _wanted_by(self, event: AnyEvent) -> Told:
        return tuple(watch for test, watch in self._asked if test.fits()) if self._slide.show(event) else ()

    def _tell(self, event: AnyEvent, watches: Told) -> None:
        for watch in watches:
            watch.fitted((event,), self._book)


def _are_alike(messages: list[Message]) -> bool:
    """Whether no static filter can tell them apart; to compare each with the first is the quickest way to know."""
    first = messages[0]
    name, event, problems = first.name, first.event, first.problems
    return not [
        1
        for message in messages
        if message.name != name
        or message.event != event
        or message.problems != problems
        or message.is_tool_error != first.is_tool_error
    ]
