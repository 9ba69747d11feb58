"""One call that is presented: its text, its progress and its end, event by event."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.trace.events import Direction, FrameReceived, Framing, Message, MessageType
from inspector.ui.presented_run import Phase, Run
from inspector.wire import jsontext

MS = 1_000_000


@pytest.fixture
def run() -> Run:
    return Run(n=5, name="write", sent_ns=100 * MS, connection=1)


def heard(kind: MessageType, at_ms: int, value: dict[str, Any], **fields: Any) -> Message:
    fields = {"direction": Direction.INBOUND, "framing": Framing.BODY, "raw": jsontext.dumps(value), **fields}
    return Message(monotonic_ns=at_ms * MS, message_type=kind, **fields)


def progress(at_ms: int, **params: Any) -> Message:
    return heard(MessageType.NOTIFICATION, at_ms, {"params": params}, method="notifications/progress")


def log(at_ms: int, text: str) -> Message:
    return heard(MessageType.NOTIFICATION, at_ms, {"params": {"data": text}}, method="notifications/message")


def test_time_stands_still_once_it_is_over(run: Run) -> None:
    assert run.elapsed_ms(150 * MS) == 50
    assert run.elapsed_ms(90 * MS) == 0
    run.hear(heard(MessageType.RESPONSE, 220, {"result": {}}))
    assert (run.is_over, run.phase, run.elapsed_ms(900 * MS)) == (True, Phase.DONE, 120)


def test_what_streamed_is_not_repeated_by_the_result(run: Run) -> None:
    run.hear(log(110, "one "))
    run.hear(log(120, "two"))
    run.hear(heard(MessageType.RESPONSE, 130, {"result": {"content": [{"type": "text", "text": "one two"}]}}))
    assert run.text.text == "one two"
    assert (run.rate.figures.pieces, run.rate.figures.first_token_ms, run.events) == (2, 10, 3)


@pytest.mark.parametrize("value", [None, True, "3", [], 10**400])
def test_a_progress_that_is_no_number_is_none(run: Run, value: Any) -> None:
    run.hear(progress(110, progress=value, total=4, message=7))
    assert (run.done, run.total, run.said, run.phase) == (None, 4, "", Phase.WAITING)


def test_progress_is_the_latest_one(run: Run) -> None:
    run.hear(progress(110, progress=1, total=4, message="one"))
    run.hear(progress(120, progress=2.5))
    assert (run.done, run.total, run.said) == (2.5, None, "")


def test_an_error_without_words_ends_it_too(run: Run) -> None:
    run.hear(heard(MessageType.ERROR, 110, {"error": "broken"}))
    assert (run.phase, run.why) == (Phase.FAILED, "")


def test_a_feed_goes_on_where_it_is_resumed(run: Run) -> None:
    frame = FrameReceived(monotonic_ns=130 * MS, direction=Direction.INBOUND, raw=b'data: {"text": "a"}\n\n')
    run.hear_frame(frame)
    run.end(140 * MS, Phase.DONE, "The stream ended.")
    run.resume(9)
    assert (run.phase, run.is_over, run.why, 9 in run.streams) == (Phase.STREAMING, False, "", True)
    run.hear_frame(frame)
    assert run.text.text == "aa"
