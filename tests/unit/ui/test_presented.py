"""What an audience is shown of the latest call, told line by line as on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.stats.token_rate import TokenFigures
from inspector.trace.events import (
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    Outcome,
    SessionReady,
)
from inspector.ui.presented import BATCH, MAX_SENT, Presented
from inspector.ui.presented_run import Phase, Run
from inspector.wire import jsontext
from tests.support.rivers import Talk

NOTIFICATION = MessageType.NOTIFICATION


class Stage(Talk):
    """Calls whose text streams, and who watches them."""

    def __init__(self) -> None:
        super().__init__()
        self.presented = Presented(self)

    def ready(self, transport: str) -> None:
        fields = {"protocol_version": "2025-11-25", "server_name": "s", "server_version": "1"}
        self.tell(SessionReady, transport=transport, **fields)

    def call(self, tool: str = "chat", call_id: int = 1) -> tuple[int, Message]:
        stream = self.next_stream()
        self.send(stream)
        return stream, self.ask(stream, name=tool, id=call_id)

    def log(self, stream: int, data: Any) -> None:
        value = {"method": "notifications/message", "params": {"level": "info", "data": data}}
        self.note(stream, value)

    def note(self, stream: int, value: dict[str, Any], to: Message | None = None) -> None:
        raw = b"data: " + jsontext.dumps({"jsonrpc": "2.0", **value}) + b"\n\n"
        self.message(stream, NOTIFICATION, to, method=value["method"], raw=raw)

    def progress(self, stream: int, to: Message, **params: Any) -> None:
        self.note(stream, {"method": "notifications/progress", "params": params}, to)

    def result(self, stream: int, to: Message, *texts: str, **fields: Any) -> None:
        content = [{"type": "text", "text": text} for text in texts]
        raw = jsontext.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": content}})
        self.answer(stream, to, raw=raw, framing=Framing.BODY, **fields)

    def frame(self, stream: int, text: str, **fields: Any) -> None:
        data = jsontext.dumps({"choices": [{"delta": {"content": text}}]})
        self.hear(FrameReceived, stream, raw=b"data: " + data + b"\n\n", **fields)

    def read(self) -> str:
        text = ""
        while self.presented.behind:
            text += self.presented.pull(0)
        return text

    def phase(self) -> Phase:
        return self.run().phase

    def run(self) -> Run:
        """What is presented now."""
        self.read()
        assert self.presented.run is not None
        return self.presented.run


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_text_of_a_call_streams_and_its_figures_are_those_of_the_wire(stage: Stage) -> None:
    stream, asked = stage.call()
    assert stage.phase() is Phase.WAITING
    stage.wait(300)
    stage.log(stream, "Hel")
    assert stage.phase() is Phase.STREAMING
    for piece in ("lo ", "you", "!"):
        stage.wait(50)
        stage.log(stream, piece)
    stage.wait(10)
    stage.result(stream, asked, "Hello you!")
    assert stage.read() == "lo you!"
    assert stage.phase() is Phase.DONE
    assert stage.presented.text == "Hello you!"
    figures = stage.presented.figures
    assert figures.first_token_ms == 300
    assert figures.per_second == pytest.approx(20)
    stage.wait(5_000)
    assert stage.run().elapsed_ms(stage.clock.monotonic_ns()) == pytest.approx(460)
    assert stage.run().events == 5


def test_a_text_that_did_not_stream_is_that_of_the_result(stage: Stage) -> None:
    stream, asked = stage.call()
    stage.wait(40)
    stage.result(stream, asked, "first", "second")
    assert stage.read() == "first\n\nsecond"
    assert stage.presented.figures.first_token_ms == 40
    assert stage.presented.figures.per_second is None


def test_a_new_call_takes_the_place_of_the_one_before(stage: Stage) -> None:
    first, _ = stage.call("one")
    stage.log(first, "old")
    stage.read()
    second, _ = stage.call("two", 2)
    stage.log(first, "still old")
    stage.log(second, "new")
    assert stage.read() == "new"
    assert (stage.presented.runs, stage.run().name) == (2, "two")


def test_other_streams_and_other_requests_are_not_in_it(stage: Stage) -> None:
    stream, asked = stage.call()
    other = stage.next_stream()
    stage.send(other, "GET", "stream")
    stage.log(other, "somebody else's")
    stage.ask(other, "tools/list")
    stage.frame(other, "priming")
    stage.result(stream, asked, "mine")
    stage.log(stream, "too late")
    assert stage.read() == "mine"


def test_where_answers_come_on_a_shared_stream_the_text_does_too(stage: Stage) -> None:
    stage.ready("http+sse")
    shared = stage.next_stream()
    stage.send(shared, "GET", "stream")
    stage.log(shared, "before the call")
    _, asked = stage.call()
    stage.log(shared, "during the call")
    stage.result(shared, asked, "the answer")
    stage.log(shared, "after the call")
    assert stage.read() == "during the call"


def test_what_is_about_an_earlier_call_is_not_in_the_latest(stage: Stage) -> None:
    stage.ready("http+sse")
    shared = stage.next_stream()
    stage.send(shared, "GET", "stream")
    _, first = stage.call("one", 1)
    _, second = stage.call("two", 2)
    stage.progress(shared, first, progress=1, total=2)
    stage.result(shared, first, "the first answer")
    assert stage.read() == ""
    assert (stage.phase(), stage.run().done) == (Phase.WAITING, None)
    stage.result(shared, second, "the second answer")
    assert stage.read() == "the second answer"


def test_a_call_whose_stream_broke_goes_on_where_it_is_resumed(stage: Stage) -> None:
    stream, asked = stage.call()
    stage.log(stream, "one ")
    stage.end(stream)
    resumed = stage.next_stream()
    stage.send(resumed, "GET", "resume")
    stage.log(resumed, "two")
    stage.result(resumed, asked, "one two")
    assert stage.read() == "one two"
    assert stage.phase() is Phase.DONE


def test_a_request_that_is_sent_again_is_the_same_call(stage: Stage) -> None:
    stage.call(call_id=7)
    again, _ = stage.call(call_id=7)
    stage.log(again, "text")
    assert stage.read() == "text"
    assert stage.presented.runs == 1


def test_progress_is_told_in_numbers_and_words(stage: Stage) -> None:
    stream, asked = stage.call()
    stage.progress(stream, asked, progress=3, total=5, message="two to go")
    assert stage.read() == ""
    run = stage.run()
    assert (run.done, run.total, run.said, run.phase) == (3, 5, "two to go", Phase.WAITING)
    stage.progress(stream, asked, progress=True, total=10**400, message={"no": "text"})
    stage.read()
    assert (run.done, run.total, run.said) == (None, None, "")


def test_why_a_call_has_no_answer_is_said(stage: Stage) -> None:
    stream, asked = stage.call()
    raw = jsontext.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "out of ink"}})
    stage.message(stream, MessageType.ERROR, asked, raw=raw, framing=Framing.BODY)
    assert stage.phase() is Phase.FAILED
    assert stage.run().why == "out of ink"
    _, second = stage.call(call_id=2)
    stage.fail(second, Outcome.LOST)
    assert stage.phase() is Phase.FAILED
    assert stage.run().why == "It ended."
    _, third = stage.call(call_id=3)
    stage.fail(third, Outcome.CANCELLED)
    assert stage.phase() is Phase.FAILED
    assert stage.run().why == "It was cancelled."


def test_a_tool_that_failed_shows_what_it_says(stage: Stage) -> None:
    stream, asked = stage.call()
    stage.result(stream, asked, "no paper", is_tool_error=True)
    assert stage.read() == "no paper"
    assert stage.phase() is Phase.FAILED


def test_a_run_over_a_tool_stream(stage: Stage) -> None:
    call = stage.call_stream(1, "write")
    stage.wait(100)
    stage.step(1, "started", call)
    stage.step(1, "progress", call, b'{"type":"progress","progress":1,"total":2}')
    stage.step(1, "data", call, b'{"type":"data","data":"Hello"}')
    assert stage.read() == "Hello"
    run = stage.run()
    assert (run.name, run.done, run.phase) == ("write", 1, Phase.STREAMING)
    stage.step(1, "complete", call, b'{"type":"complete","data":{"content":[{"text":"Hello"}]}}', rtt_ms=5.0)
    assert (stage.read(), stage.phase()) == ("", Phase.DONE)
    call = stage.call_stream(2, "fail")
    stage.step(2, "error", call, b'{"type":"error","message":"no"}', rtt_ms=1.0)
    assert stage.phase() is Phase.FAILED
    assert stage.run().why == "no"


def test_the_result_of_a_tool_stream_is_shown_where_nothing_streamed(stage: Stage) -> None:
    call = stage.call_stream(1)
    stage.step(1, "complete", call, b'{"type":"complete","data":{"content":[{"text":"all at once"}]}}', rtt_ms=5.0)
    assert stage.read() == "all at once"


def test_an_event_stream_without_calls_is_presented_itself(stage: Stage) -> None:
    stage.ready("raw-sse")
    stream = stage.next_stream()
    stage.send(stream, "GET", "stream")
    stage.wait(20)
    stage.frame(stream, "one ")
    assert stage.read() == "one "
    assert (stage.phase(), stage.presented.figures.first_token_ms) == (Phase.STREAMING, 20)
    stage.end(stream)
    assert stage.phase() is Phase.DONE
    resumed = stage.next_stream()
    stage.send(resumed, "GET", "resume")
    stage.frame(resumed, "two")
    assert stage.read() == "two"
    assert stage.presented.text == "one two"
    assert stage.phase() is Phase.STREAMING


def test_a_request_by_hand_is_presented_too(stage: Stage) -> None:
    stream = stage.next_stream()
    stage.send(stream, purpose="raw POST")
    stage.frame(stream, "not whole", complete=False)
    stage.frame(stream, "a chat")
    assert stage.read() == "a chat"
    assert stage.run().name == "raw POST"


@pytest.mark.parametrize("transport", ["streamable-http", "http+sse", "stateless"])
def test_the_streams_of_mcp_are_no_feeds(stage: Stage, transport: str) -> None:
    stage.ready(transport)
    stream = stage.next_stream()
    stage.send(stream, "GET", "stream")
    stage.hear(FrameReceived, stream, event="endpoint", raw=b"event: endpoint\ndata: /messages?session=1\n\n")
    assert stage.read() == ""
    assert stage.presented.run is None
    assert stage.presented.figures == TokenFigures()


def test_nothing_of_a_peer_raises(stage: Stage) -> None:
    stream, asked = stage.call()
    for raw in (
        b"",
        b"data: [[[\n\n",
        b"data: null\n\n",
        b'data: {"params": 3}\n\n',
        b'data: {"params": {"data": 1e999}}\n\n',
    ):
        stage.message(stream, NOTIFICATION, method="notifications/progress", raw=raw)
        stage.message(stream, NOTIFICATION, asked, method="notifications/progress", raw=raw)
        stage.message(stream, MessageType.REQUEST, method="x", raw=raw)
    stage.tell(Message, message_type=NOTIFICATION, framing=Framing.SSE, direction=Direction.INBOUND, raw=b"data: x\n\n")
    stage.answer(stream, asked, raw=b'{"result": {"content": [1, {"text": 2}, null]}}', framing=Framing.BODY)
    assert stage.phase() is Phase.DONE


def test_portions_are_small_and_what_is_remembered_is_bounded(stage: Stage) -> None:
    stream, _ = stage.call()
    for _ in range(3 * BATCH):
        stage.log(stream, "x")
    assert len(stage.presented.pull(0)) < 2 * BATCH
    for _ in range(2 * MAX_SENT):
        stage.send(stage.next_stream())
    stage.read()
    assert len(stage.presented._sent) <= MAX_SENT
