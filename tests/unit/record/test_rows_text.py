"""Rows for the clipboard."""

from __future__ import annotations

import json

from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.rows_text import rows_as_jsonl, rows_as_markdown, rows_as_text
from inspector.record.timeline import Timeline
from inspector.trace.events import MessageType
from tests.support.rivers import Talk

TALK = Talk()
TALK.send(1)
ASKED = TALK.ask(1, id=1, name="echo", raw=b'{"method":"tools/call","params":{"arguments":{"token":"abc"}}}')
TALK.chunk(1)
TALK.message(1, MessageType.RESPONSE, ASKED, id=1, raw=b'data: {"result":{}}\n\n', rtt_ms=3.2)
TIMELINE = TALK.into(Timeline())


def test_columns_are_aligned() -> None:
    head, *lines = rows_as_text(TIMELINE, TALK, [0, 1, 2]).splitlines()
    assert head.split() == ["#", "time", "stream", "dir", "kind", "what", "name", "size", "latency", "content"]
    assert [line[:1] for line in lines] == ["0", "1", "3"]
    assert len({line.index("tools/call") for line in lines[1:]}) == 1
    assert "→" in lines[1] and "←" in lines[2] and "3.20 ms" in lines[2]


def test_only_the_chosen_rows_in_their_order() -> None:
    assert [json.loads(line)["n"] for line in rows_as_jsonl(TIMELINE, TALK, [2, 0]).splitlines()] == [3, 0]
    assert rows_as_jsonl(TIMELINE, TALK, []) == ""


def test_a_table() -> None:
    lines = rows_as_markdown(TIMELINE, TALK, [1]).splitlines()
    assert len(lines) == 3 and lines[2].startswith("| 1 |") and "tools/call | echo" in lines[2]


def test_secrets_stay_here() -> None:
    redactor = Redactor(RedactionRules())
    for write in (rows_as_text, rows_as_jsonl, rows_as_markdown):
        assert "abc" in write(TIMELINE, TALK, [1])
        assert "abc" not in write(TIMELINE, TALK, [1], redactor)


def test_rows_far_apart_are_read_by_the_block() -> None:
    talk = Talk()
    talk.calls(300)
    timeline = talk.into(Timeline())
    rows = [0, 1, 600, 1199]
    numbers = [json.loads(line)["n"] for line in rows_as_jsonl(timeline, talk, rows).splitlines()]
    assert numbers == [timeline.numbers[row] for row in rows]
