from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.streamed_text import PathError, StreamedText, as_jsonpath, candidates, compile_path
from inspector.trace.events import FrameReceived, Framing, MessageType
from inspector.wire import jsontext
from tests.support.rivers import Talk
from tests.unit.protocol.test_deltas import JSON


def frame(talk: Talk, data: Any, stream: int = 1, **fields: Any) -> FrameReceived:
    text = data if isinstance(data, str) else json.dumps(data)
    return talk.hear(FrameReceived, stream, raw=f"data: {text}\n\n".encode(), **fields)


def read(*datas: Any, path: str | None = None) -> str:
    talk = Talk()
    for data in datas:
        frame(talk, data)
    return talk.into(StreamedText(path)).text


def delta(text: str) -> Any:
    return {"choices": [{"delta": {"content": text}}]}


@pytest.mark.parametrize(
    ("datas", "text"),
    [
        ([{"choices": [{"delta": {"role": "assistant"}}]}, delta("Hel"), delta("lo"), "[DONE]"], "Hello"),
        (
            [
                {"type": "response.output_text.delta", "delta": "Hel"},
                {"type": "response.output_text.delta", "delta": "lo"},
                {"type": "response.output_text.done", "text": "Hello"},
            ],
            "Hello",
        ),
        (["Hel", "lo", "42"], "Hello42"),
        (['"Hel"', '"lo"'], "Hello"),
        ([{"x": "no text here"}], ""),
        ([{"data": {"text": "a"}}, {"data": {"text": "é🙂"}}], "aé🙂"),
    ],
)
def test_the_usual_places_are_found(datas: list[Any], text: str) -> None:
    assert read(*datas) == text


@pytest.mark.parametrize("path", ["$.a[0].b", "a[0].b", "$['a'][0]['b']", " $.a[0].b "])
def test_a_path_in_either_notation(path: str) -> None:
    assert read({"a": [{"b": "Hel"}], "text": "no"}, {"a": []}, {"a": [{"b": "lo"}]}, path=path) == "Hello"


def test_a_path_takes_all_that_matches_and_any_type() -> None:
    assert read({"a": ["x", 1, None, {"n": 2}]}, "plain", path="$.a[*]") == 'x1{"n":2}'


@given(JSON, st.sampled_from(["$.delta", "data.text", "$.choices[0].delta.x", "choices[1]", "x.x"]))
def test_the_short_way_finds_what_the_library_finds(value: Any, path: str) -> None:
    import jsonpath

    matches = jsonpath.findall(path, value) if isinstance(value, dict | list) else []
    expected = "".join(m if isinstance(m, str) else "" if m is None else jsontext.dumps(m).decode() for m in matches)
    assert compile_path(path)(value) == expected


@pytest.mark.parametrize("path", ["$.a[", "a b", "$..", "$[?@.a", "$.a[?length(]"])
def test_a_wrong_path_is_refused_in_a_sentence(path: str) -> None:
    with pytest.raises(PathError, match="is no JSONPath") as caught:
        compile_path(path)
    assert caught.value.sentence.endswith("Write it like $.choices[0].delta.content.")
    assert "\n" not in caught.value.sentence


def test_the_end_is_noticed() -> None:
    talk = Talk()
    text = StreamedText()
    frame(talk, delta("a"))
    text.fold(talk.since(0))
    assert not text.is_done
    frame(talk, "[DONE]")
    text.fold(talk.since(1))
    assert (text.is_done, text.text) == (True, "a")


def test_a_run_of_a_tool_gives_its_deltas_and_not_its_end_again() -> None:
    talk = Talk()
    call = talk.call_stream(1)
    talk.step(1, "started", call, b'{"type":"started","text":"no"}')
    for piece in (b"Hel", b"lo"):
        talk.step(1, "progress", call, b'{"type":"progress","data":"%s"}' % piece)
    talk.step(1, "complete", call, b'{"type":"complete","data":"Hello"}')
    text = talk.into(StreamedText())
    assert (text.text, text.is_done) == ("Hello", True)


def test_an_answer_in_one_piece_is_the_text() -> None:
    talk = Talk()
    call = talk.call_stream(1)
    talk.step(1, "result", call, framing=Framing.BODY, raw=b'{"text":"Hello"}')
    talk.step(1, "error", call, b'{"message":"no"}')
    assert talk.into(StreamedText()).text == "Hello"


def test_log_messages_are_text_and_answers_are_not() -> None:
    talk = Talk()
    raw = b'data: {"method":"notifications/message","params":{"level":"info","data":"word "}}\n\n'
    talk.message(1, MessageType.NOTIFICATION, raw=raw)
    talk.message(1, MessageType.RESPONSE, raw=b'data: {"result":{"text":"no"}}\n\n')
    talk.ask(1, raw=b'{"text":"ours"}')
    assert talk.into(StreamedText()).text == "word "


def test_one_stream_of_several() -> None:
    talk = Talk()
    for stream, data in ((1, "a"), (2, "b"), (1, "c")):
        frame(talk, data, stream)
    frame(talk, "cut", 1, complete=False)
    talk.comment(1, "heartbeat")
    assert talk.into(StreamedText(stream=1)).text == "ac"
    assert talk.into(StreamedText()).text == "abc"


def test_what_is_new_is_taken_once() -> None:
    talk, text = Talk(), StreamedText()
    seen = ""
    for number in range(5):
        frame(talk, str(number))
        text.fold(talk.since(number))
        seen += text.take()
        assert seen == text.text and text.length == len(seen)
    assert text.take() == ""


def test_endless_text_keeps_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.record.streamed_text.MAX_CHARACTERS", 10)
    talk, text = Talk(), StreamedText()
    for number in range(100):
        frame(talk, f"{number:03}")
    text.fold(talk.since(0))
    assert text.text.endswith("098099") and len(text.text) <= 20 and text.length == 300


def test_candidates_are_paths_that_work_and_the_usual_one_is_first() -> None:
    value = {"id": "x", "a b": {"it's": "odd"}, "choices": [{"delta": {"content": "Hi", "role": "r"}}], "n": 1}
    talk = Talk()
    event = frame(talk, value)
    paths = candidates(event)
    assert paths[0] == "$.choices[0].delta.content"
    assert sorted(compile_path(path)(value) for path in paths) == ["Hi", "odd", "r", "x"]
    assert as_jsonpath(("a b", 0, "it's")) == "$['a b'][0]['it\\'s']"
    assert candidates(frame(talk, "plain")) == []
    assert candidates(talk.comment(1)) == []


@given(st.lists(JSON, max_size=5))
def test_any_stream_is_read_and_in_pieces_alike(values: list[Any]) -> None:
    talk, pieces = Talk(), StreamedText()
    for number, value in enumerate(values):
        frame(talk, value)
        pieces.fold(talk.since(number))
    assert talk.into(StreamedText()).text == pieces.text
