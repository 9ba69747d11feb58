from __future__ import annotations

from typing import Any

import pytest

from inspector.record.rows import ERROR as ERROR_CODE
from inspector.record.rows import NONE, NOTE, WARN, RowKind
from inspector.record.timeline import Timeline
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    Direction,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
)
from inspector.trace.river import River


@pytest.fixture
def river() -> River:
    return River(FakeClock())


def folded(river: River) -> Timeline:
    timeline = Timeline()
    timeline.fold(river.since(0))
    return timeline


def answer(river: River, request_n: int | None, kind: MessageType = MessageType.RESPONSE, **fields: Any) -> Message:
    return river.emit(
        Message,
        stream=1,
        direction=Direction.INBOUND,
        message_type=kind,
        framing=Framing.SSE,
        id=1,
        raw=b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
        request_n=request_n,
        rtt_ms=3.2,
        **fields,
    )


def headers(river: River, stream: int, status: int = 200) -> HeadersReceived:
    return river.emit(
        HeadersReceived, stream=stream, status=status, reason="OK", http_version="HTTP/1.1", headers=(), ttfb_ms=2.5
    )


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({}, NONE),
        ({"is_tool_error": True}, WARN),
        ({"problems": ("`id` is missing",)}, WARN),
        ({"kind": MessageType.ERROR}, ERROR_CODE),
        ({"kind": MessageType.INVALID}, ERROR_CODE),
    ],
)
def test_severity_of_answers(river: River, fields: dict[str, Any], severity: int) -> None:
    answer(river, None, **fields)
    assert folded(river).severities[0] == severity


@pytest.mark.parametrize(("status", "severity"), [(200, NONE), (401, WARN), (405, NOTE), (502, ERROR_CODE)])
def test_severity_of_statuses(river: River, status: int, severity: int) -> None:
    headers(river, 1, status)
    assert folded(river).severities[0] == severity


def test_row_kinds_have_words() -> None:
    from inspector.record.rows import KIND_WORDS

    assert len(KIND_WORDS) == len(RowKind)
