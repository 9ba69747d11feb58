from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from inspector.record.log_lines import MAX_TEXT_CHARS, LogLines
from inspector.trace.events import Direction, Framing, Message, MessageType, SessionReady
from inspector.wire import jsontext
from tests.support.floods import CHUNKS, CUTS, flood, folded
from tests.support.rivers import Talk

METHOD = "notifications/message"


def say(talk: Talk, params: Any, *, framing: Framing = Framing.BODY, stream: int = 3) -> Message:
    raw = jsontext.dumps({"jsonrpc": "2.0", "method": METHOD, "params": params})
    raw = raw if framing is Framing.BODY else b"event: message\ndata: " + raw + b"\n\n"
    return talk.message(stream, MessageType.NOTIFICATION, method=METHOD, framing=framing, raw=raw)


@pytest.mark.parametrize("framing", [Framing.BODY, Framing.SSE])
def test_a_line_has_level_logger_text_and_its_place_in_the_river(framing: Framing) -> None:
    talk = Talk()
    talk.comment(3)
    event = say(talk, {"level": "warning", "logger": "db", "data": "slow query\n"}, framing=framing)
    (line,) = talk.into(LogLines()).lines()
    assert (line.level, line.logger, line.text, line.note) == ("warning", "db", "slow query", "")
    assert (line.n, line.at, line.stream, line.connection, line.severity) == (event.n, event.at, 3, 1, 3)


@pytest.mark.parametrize(
    ("params", "level", "text", "said"),
    [
        ({"level": "info", "data": {"a": [1]}}, "info", '{"a":[1]}', ""),
        ({"level": "fatal", "data": "x"}, "fatal", "x", '"fatal" is no level of MCP.'),
        ({"level": 3, "data": None}, "3", "null", "3 is no level of MCP."),
        ({"data": "x"}, "", "x", "null is no level of MCP."),
        ({"level": "info"}, "info", "", "There is no data."),
        ({"level": "info", "logger": ["a"], "data": 1}, "info", "1", "logger must be a text."),
        (["odd"], "", '["odd"]', "params must be an object, not an array."),
        (None, "", "null", "params must be an object, not null."),
    ],
)
def test_any_shape_is_shown_as_it_is(params: Any, level: str, text: str, said: str) -> None:
    talk = Talk()
    say(talk, params)
    (line,) = talk.into(LogLines()).lines()
    assert (line.level, line.text) == (level, text)
    assert said in line.note


def test_only_what_the_server_logs_is_taken() -> None:
    talk = Talk()
    talk.message(1, MessageType.NOTIFICATION, method="notifications/progress", raw=b"{}")
    talk.message(1, MessageType.REQUEST, method=METHOD, raw=b"{}")
    talk.tell(
        Message,
        stream=1,
        direction=Direction.OUTBOUND,
        message_type=MessageType.NOTIFICATION,
        framing=Framing.BODY,
        method=METHOD,
    )
    log = talk.into(LogLines())
    assert (log.heard, log.lines()) == (0, [])


def test_memory_is_bounded_in_lines_and_bytes() -> None:
    talk = Talk()
    for number in range(10):
        say(talk, {"level": "info", "data": str(number)})
    few = talk.into(LogLines(max_lines=4))
    assert (few.heard, few.first, [line.text for line in few.lines()]) == (10, 6, ["6", "7", "8", "9"])
    assert [line.number for line in few.lines(8)] == [8, 9]
    assert few.lines(10) == []
    one_line_bytes = len(say(talk, {"level": "info", "data": "x"}).raw)
    light = talk.into(LogLines(max_bytes=3 * one_line_bytes))
    assert [line.text for line in light.lines()] == ["8", "9", "x"]
    assert len(talk.into(LogLines(max_bytes=1)).lines()) == 1


def test_a_long_text_is_cut() -> None:
    talk = Talk()
    say(talk, {"level": "info", "logger": "l" * 1_000, "data": "x" * 50_000})
    (line,) = talk.into(LogLines()).lines()
    assert (len(line.text), len(line.logger)) == (MAX_TEXT_CHARS, 200)


def test_one_piece_of_the_river_or_many_gives_the_same_lines() -> None:
    talk = Talk()
    for number in range(5):
        say(talk, {"level": "info", "data": number})
    piecemeal = LogLines()
    for n in range(len(talk)):
        piecemeal.fold(talk.since(n, 1))
    assert piecemeal.lines() == talk.into(LogLines()).lines()


@pytest.mark.parametrize(("revision", "is_stateless"), [("2025-11-25", False), ("2026-07-28", True)])
def test_the_era_is_that_of_the_session(revision: str, is_stateless: bool) -> None:
    talk = Talk()
    talk.tell(SessionReady, transport="t", protocol_version=revision, server_name="s", server_version="1")
    assert talk.into(LogLines()).is_stateless is is_stateless


@given(CHUNKS, CUTS)
def test_a_flood_gives_the_same_lines_in_any_pieces(chunks: Any, cuts: list[int]) -> None:
    events = flood(Talk(), chunks)
    found = [folded(LogLines(), events, sizes).lines() for sizes in ([1], cuts, [10_000])]
    assert found[0] == found[1] == found[2] and len(found[0]) == sum(len(steps) for _, steps, *_ in chunks)
