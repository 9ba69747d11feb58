"""Text follows the river in portions, and its figures are those of the wire."""

from __future__ import annotations

import pytest

from inspector.record.streamed_text import PathError
from inspector.trace.events import FrameReceived
from inspector.ui.live_text import BATCH, MAX_STREAMS, Figures, LiveText
from inspector.wire import jsontext
from tests.support.rivers import Talk

SECOND_NS = 1_000_000_000


class Model(Talk):
    """Streams that bring a text in pieces."""

    def begin(self, purpose: str = "chat") -> int:
        stream = self.next_stream()
        self.send(stream, purpose=purpose)
        return stream

    def piece(self, stream: int, text: str, key: str = "content") -> None:
        data = jsontext.dumps({"choices": [{"delta": {key: text}}]})
        self.hear(FrameReceived, stream, raw=b"data: " + data + b"\n\n")


@pytest.fixture
def model() -> Model:
    return Model()


def read(live: LiveText) -> str:
    """Everything there is, portion by portion."""
    text = ""
    while live.behind:
        text += live.pull(0)
    return text


def test_pieces_become_one_text_and_are_given_once(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.piece(stream, "Hel")
    assert read(live) == "Hel"
    model.piece(stream, "lo")
    assert (read(live), read(live), live.text) == ("lo", "", "Hello")


def test_a_portion_ends_when_its_time_is_up(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    for _ in range(3 * BATCH):
        model.piece(stream, "x")
    assert len(live.pull(0)) < 2 * BATCH
    assert live.behind > 0
    assert len(live.pull(SECOND_NS)) > BATCH
    assert live.behind == 0


def test_one_stream_or_all_of_them(model: Model) -> None:
    first, second, live = model.begin("chat"), model.begin("tools/call"), LiveText(model)
    model.piece(first, "a")
    model.piece(second, "b")
    assert read(live) == "ab"
    assert live.streams == {first: "chat", second: "tools/call"}
    live.choose(second, None)
    assert read(live) == "b"


def test_another_path_reads_from_the_beginning(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.piece(stream, "a")
    model.piece(stream, "thinking", key="reasoning")
    assert read(live) == "a"
    live.choose(None, "$.choices[0].delta.reasoning")
    assert read(live) == "thinking"
    assert "$.choices[0].delta.content" in live.paths


def test_a_wrong_path_changes_nothing(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.piece(stream, "a")
    read(live)
    with pytest.raises(PathError):
        live.choose(stream, "$.[[")
    assert (live.stream, live.path, live.text) == (None, None, "a")


def test_what_was_cleared_stays_away_until_another_stream_is_chosen(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.piece(stream, "old")
    read(live)
    live.clear()
    model.piece(stream, "new")
    assert read(live) == "new"
    live.choose(None, "$.choices[0].delta.content")
    assert read(live) == "new"
    live.choose(stream, None)
    assert read(live) == "oldnew"


def test_figures_count_from_the_request_to_the_last_piece(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.wait(250)
    model.piece(stream, "ab")
    for _ in range(4):
        model.wait(500)
        model.piece(stream, "cdefg")
    read(live)
    assert live.figures == Figures(22, 250.0, 10.0)
    assert live.figures.words == "22 characters · first text after 250 ms · 10 characters/s"


def test_without_text_there_are_no_figures(model: Model) -> None:
    live = LiveText(model)
    model.begin()
    read(live)
    assert (live.figures, live.figures.words) == (Figures(), "")


def test_one_piece_has_no_speed(model: Model) -> None:
    stream, live = model.begin(), LiveText(model)
    model.piece(stream, "all")
    model.hear(FrameReceived, stream, raw=b"data: [DONE]\n\n")
    read(live)
    assert live.figures.per_second is None
    assert live.figures.words == "3 characters · first text after 0 µs · complete"


def test_only_the_newest_streams_are_offered(model: Model) -> None:
    live = LiveText(model)
    streams = [model.begin() for _ in range(MAX_STREAMS + 3)]
    for stream in streams:
        model.piece(stream, "x")
    read(live)
    assert list(live.streams) == streams[3:]
