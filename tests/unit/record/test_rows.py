from __future__ import annotations

from typing import Any

import pytest

from inspector.record.rows import ERROR as ERROR_CODE
from inspector.record.rows import NONE, NOTE, WARN, RowKind
from inspector.record.timeline import Timeline
from inspector.trace.events import MessageType
from tests.support.rivers import Talk


@pytest.mark.parametrize(
    ("kind", "fields", "severity"),
    [
        (MessageType.RESPONSE, {}, NONE),
        (MessageType.RESPONSE, {"is_tool_error": True}, WARN),
        (MessageType.RESPONSE, {"problems": ("`id` is missing",)}, WARN),
        (MessageType.ERROR, {}, ERROR_CODE),
        (MessageType.INVALID, {}, ERROR_CODE),
    ],
)
def test_severity_of_answers(kind: MessageType, fields: dict[str, Any], severity: int) -> None:
    talk = Talk()
    talk.message(1, kind, **fields)
    assert talk.into(Timeline()).severities[0] == severity


@pytest.mark.parametrize(("status", "severity"), [(200, NONE), (401, WARN), (405, NOTE), (502, ERROR_CODE)])
def test_severity_of_statuses(status: int, severity: int) -> None:
    talk = Talk()
    talk.headers(1, status)
    assert talk.into(Timeline()).severities[0] == severity


def test_a_run_of_a_tool_reads_like_a_request() -> None:
    talk = Talk()
    call = talk.call_stream(1)
    talk.step(1, "progress", call)
    talk.step(1, "complete", call, rtt_ms=12.5)
    talk.step(1, "complete", call)
    talk.step(1, "error", call, rtt_ms=1.0)
    timeline = talk.into(Timeline())
    rows = range(len(timeline))
    assert [timeline.kinds[row] for row in rows] == [
        RowKind.REQUEST,
        RowKind.TOOL_STEP,
        RowKind.RESPONSE,
        RowKind.TOOL_STEP,
        RowKind.ERROR,
    ]
    assert [timeline.label(row) for row in rows] == ["tools/call", "progress", "complete", "complete", "error"]
    assert {timeline.name(row) for row in rows} == {"echo"}
    assert (timeline.latencies_ms[2], timeline.severities[4]) == (12.5, ERROR_CODE)
    assert (timeline.sizes_bytes[0], timeline.sizes_bytes[1]) == (32, 10)
    assert (timeline.partner(0), timeline.partner(2)) == (2, 0)


def test_row_kinds_have_words() -> None:
    from inspector.record.rows import KIND_WORDS

    assert len(KIND_WORDS) == len(RowKind)
