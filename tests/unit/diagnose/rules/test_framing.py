"""The table of the framing of event streams."""

from __future__ import annotations

import pytest

from inspector.diagnose.engine import Engine
from inspector.diagnose.rule import SeenBy
from inspector.diagnose.rules.framing import RULES
from inspector.trace.clock import FakeClock
from inspector.trace.events import Violation
from inspector.trace.facts import foreign_event_name, frame_breaches
from inspector.trace.river import River
from inspector.wire.sse import Frame, SseParser

LIMIT_BYTES = 64
BROKEN = {
    "sse-bom": b"\xef\xbb\xbfdata: x\n\n",
    "sse-charset": b"data: \xff\n\n",
    "sse-multiline-data": b'data: {\ndata: "a": 1}\n\n',
    "sse-unknown-field": b"Data: x\n\n",
    "sse-event-too-large": b"data: " + b"x" * LIMIT_BYTES + b"\n\n",
    "sse-eol-odd": b"data: x\r\r",
    "sse-unknown-event-name": b"event: update\ndata: {}\n\n",
}


def test_there_is_a_block_for_each_rule_that_the_session_sees() -> None:
    seen = {rule.id for rule in RULES if rule.seen_by is SeenBy.PROTOCOL}
    assert seen | {"sse-charset"} == set(BROKEN)


@pytest.mark.parametrize("rule", BROKEN)
def test_what_the_session_reports_is_explained_by_the_table(rule: str) -> None:
    (frame,) = SseParser(LIMIT_BYTES).feed(BROKEN[rule])
    assert isinstance(frame, Frame)
    breaches = frame_breaches(frame, LIMIT_BYTES)
    if frame.event != "message":
        breaches.append(foreign_event_name(frame)[1])
    river = River(FakeClock())
    for breach in breaches:
        river.emit(Violation, rule=breach.rule, severity=breach.severity, text=breach.text, fix=breach.fix)
    engine = Engine(rules={rule.id: rule for rule in RULES})
    engine.fold(river.since(0))
    (found,) = engine.findings()
    entry = next(each for each in RULES if each.id == rule)
    assert (found.rule, found.title, found.cause) == (rule, entry.title, entry.cause)
    assert found.fix == entry.fix, "the fix is said once"
