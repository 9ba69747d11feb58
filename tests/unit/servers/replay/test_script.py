from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.servers.replay import script
from inspector.servers.replay.script import Reply, origin_of, read_events, read_script
from inspector.trace.events import (
    Connected,
    Direction,
    EndCause,
    FrameReceived,
    Framing,
    MessageType,
    Redirected,
    SessionReady,
)
from tests.support.rivers import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()


def call(method: str = "tools/call", request_id: int = 1, **params: Any) -> bytes:
    return json.dumps({"id": request_id, "method": method, "params": params}).encode()


def test_an_exchange_with_its_times(talk: Talk) -> None:
    talk.send(1, body=call(name="echo"))
    talk.wait(30)
    talk.tell(Connected, stream=1, peer="h:1", connect_ms=30.0)
    talk.wait(5)
    talk.headers(1)
    talk.wait(7)
    chunks = [talk.chunk(1), talk.chunk(1, offset=10)]
    talk.wait(9)
    talk.end(1, EndCause.RESET, error="ReadError")
    (exchange,) = read_script(talk).exchanges
    assert (exchange.asked.label, exchange.path, exchange.stream) == ("tools/call echo", "/mcp", 1)
    assert exchange.head is not None and exchange.head.at_ns - exchange.sent_ns == 5_000_000  # connecting is our own
    assert list(exchange.chunks) == [chunk.n for chunk in chunks] and not exchange.items
    assert exchange.end is not None and (exchange.end.cause, exchange.end.error) == (EndCause.RESET, "ReadError")
    assert exchange.is_event_stream and not exchange.begins


def test_each_hop_of_a_redirect_is_an_exchange(talk: Talk) -> None:
    talk.send(1, url="http://h/old")
    talk.headers(1, 307)
    talk.hear(Redirected, 1, status=307, location="http://h/new", followed=True, reason="Same origin.")
    talk.send(1, url="http://h/new?a=1")
    talk.headers(1)
    talk.chunk(1)
    talk.end(1)
    first, second = read_script(talk).exchanges
    assert (first.path, first.end, list(first.chunks)) == ("/old", None, [])
    assert (second.path, second.query, len(second.chunks)) == ("/new", "a=1", 1) and second.end is not None


def test_what_answers_a_post_on_the_stream_of_another(talk: Talk) -> None:
    """HTTP+SSE: the answers and their progress come on the GET."""
    talk.send(1, "GET", url="http://h/sse")
    talk.headers(1)
    talk.hear(FrameReceived, 1, raw=b"event: endpoint\ndata: /m\n\n", event="endpoint")
    asked = talk.ask(2, id=1)
    talk.send(2, body=call(), url="http://h/m")
    talk.message(1, MessageType.NOTIFICATION, asked, raw=b"data: p\n\n", offset=30)
    talk.answer(1, asked, raw=b"data: r\n\n", offset=40)
    lost = talk.ask(3, id=2)
    talk.send(3, body=call(request_id=2), url="http://h/m")
    talk.message(1, MessageType.NOTIFICATION, raw=b"data: n\n\n", offset=50)
    talk.end(1, EndCause.CUT_MID_EVENT)
    read = read_script(talk)
    stream = read.exchanges[0]
    assert lost.n and stream.is_session and stream.begins
    assert stream.replies == [Reply(30, 9, 1), Reply(40, 9, 1)]
    assert stream.lost == 2  # the end belongs to the request that it hit
    assert read.followers() == {1: [0], 2: [0]}
    assert read.entrances() == {"/sse": "HTTP+SSE"}


def test_answers_on_their_own_post_wait_for_nothing(talk: Talk) -> None:
    asked = talk.ask(1, id=1)
    talk.send(1, body=call())
    talk.headers(1)
    talk.answer(1, asked)
    talk.end(1)
    read = read_script(talk)
    assert read.exchanges[0].replies == [] and read.followers() == {}


def test_a_resumed_stream_does_not_wait_for_what_was_asked_before_it(talk: Talk) -> None:
    asked = talk.ask(1, id=1)
    talk.send(1, body=call())
    talk.end(1, EndCause.CUT_MID_EVENT)
    talk.send(2, "GET", headers=(("Last-Event-ID", "5"),))
    talk.headers(2)
    talk.answer(2, asked)
    resumed = read_script(talk).exchanges[1]
    assert resumed.replies == [] and resumed.asked.name is not None


def test_what_follows_the_client_s_answer_waits_for_it(talk: Talk) -> None:
    talk.ask(1, id=1)
    talk.send(1, body=call())
    talk.headers(1)
    talk.chunk(1)
    asked_us = talk.message(1, MessageType.REQUEST, method="elicitation/create", id=0)
    talk.tell(
        type(asked_us), stream=2, direction=Direction.OUTBOUND, message_type=MessageType.RESPONSE,
        framing=Framing.BODY, id=0, request_n=asked_us.n,
    )  # fmt: skip
    talk.send(2, body=b'{"id":0,"result":{}}')
    talk.chunk(1)
    read = read_script(talk)
    assert read.exchanges[0].gates == [(1, 1)] and read.followers() == {1: [0]}
    assert read.server_ids == {1: {0}}


def test_recordings_without_chunks_are_read_by_their_items(talk: Talk) -> None:
    talk.send(1, "GET")
    talk.headers(1)
    comment = talk.comment(1)
    (exchange,) = read_script(talk).exchanges
    assert list(exchange.items) == [comment.n] and exchange.end is None


def test_the_paths_that_clients_connect_to(talk: Talk) -> None:
    talk.send(1, body=call("initialize"))
    talk.headers(1, 404)
    talk.end(1)
    talk.send(2, body=call("initialize"), url="http://h/real")
    talk.headers(2)
    talk.send(3, "GET", url="http://h/events")
    talk.headers(3)
    talk.send(4, body=b'{"tool":"x"}', url="http://h/tools")
    talk.headers(4)
    talk.tell(SessionReady, transport="streamable-http", protocol_version="", server_name="", server_version="")
    read = read_script(talk)
    assert read.entrances() == {"/real": "Streamable HTTP", "/events": "Raw SSE", "/tools": "Tool stream"}
    assert read.origins == ["http://h"]


def test_where_nothing_worked_the_first_path_is_named(talk: Talk) -> None:
    talk.send(1, body=call("initialize"))
    talk.headers(1, 503)
    assert read_script(talk).entrances() == {"/mcp": "as recorded"}


@pytest.mark.parametrize(
    ("url", "origin"),
    [("https://user:••••@h:8/a?b", "https://h:8"), ("http://[::1]:9/", "http://[::1]:9"), ("nonsense", ""),
     ("http://[broken", "")],
)  # fmt: skip
def test_the_origin_of_an_url(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_far_apart_events_are_read_in_blocks(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "BLOCK", 4)
    for _ in range(30):
        talk.chunk(1)
    asked: list[int] = []

    class Stingy:
        """Gives at most two events at a time, as a recording of big ones does."""

        def __len__(self) -> int:
            return len(talk)

        def __getitem__(self, n: int) -> Any:
            return talk[n]

        def since(self, n: int, limit: int) -> Any:
            asked.append(limit)
            return talk.since(n, min(limit, 2))

    wanted = [0, 1, 5, 6, 7, 8, 9, 20, 29]
    assert [event.n for event in read_events(Stingy(), wanted)] == wanted
    assert [event.n for event in read_events(talk, [28, 29, 40])] == [28, 29]
    assert max(asked) <= 4
