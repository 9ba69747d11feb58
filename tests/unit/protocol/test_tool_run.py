"""Runs as conversations: which steps came, what they broke, and what they came to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.tool_run import Run
from inspector.protocol.transports.tool_stream import read_answer, read_step
from inspector.wire.sse import Frame
from tests.unit.protocol.test_deltas import JSON

TEXT = {"content": [{"type": "text", "text": "Hello"}]}
START: dict[str, Any] = {"type": "started", "tool": "t"}
END: dict[str, Any] = {"type": "complete"}


def feed(run: Run, *steps: Any) -> list[str]:
    """The rules that these steps break, in order."""
    broken = []
    for step in steps:
        text = step if isinstance(step, str) else json.dumps(step)
        broken += [breach.rule for breach in run.feed(read_step(Frame(b"", 0, data=text)))[1]]
    return broken


def test_a_run_in_order_breaks_nothing() -> None:
    run = Run("t")
    assert feed(run, START, {"type": "progress", "data": 1}, END) == []
    assert run.ended is not None and run.steps == 3


@pytest.mark.parametrize(
    ("steps", "broken"),
    [
        ([{"type": "progress"}, {"type": "progress"}, START, END], ["tool-stream-not-started"]),
        ([END], ["tool-stream-not-started"]),
        ([START, START, END], ["tool-stream-started-twice"]),
        ([START, END, {"type": "progress"}], ["tool-stream-after-end"]),
        ([START, END, END], ["tool-stream-ended-twice"]),
        ([START, {"type": "error", "message": "x"}, END], ["tool-stream-ended-twice"]),
        ([START, {"type": "result", "data": 1}, END], []),
        ([START, {"type": "result", "data": 1}, END, END], ["tool-stream-ended-twice"]),
        ([START, END, "[DONE]"], []),
        (["Hel", "lo", "[DONE]"], []),
        ([{"type": "error", "message": "x"}], []),
        ([{"type": "started", "tool": "other"}, END], ["tool-stream-wrong-tool"]),
    ],
)
def test_the_order_of_the_steps(steps: list[Any], broken: list[str]) -> None:
    assert feed(Run("t"), *steps) == broken


@pytest.mark.parametrize(
    ("steps", "words"), [([], "before any step"), ([START], "after 1 step,"), (["a", "b"], "2 steps")]
)
def test_a_run_that_never_ends(steps: list[Any], words: str) -> None:
    run = Run("t")
    feed(run, *steps)
    breach = run.cut()
    assert run.ended is None and breach.rule == "tool-stream-no-end" and words in breach.text


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        ([START, END], {"content": []}),
        (["Hel", "lo", "[DONE]"], TEXT),
        ([START, {"delta": "Hel"}, {"delta": "lo"}, {"type": "complete", "data": "Hello"}], TEXT),
        ([START, {"type": "progress", "message": "one"}, {"type": "complete", "data": {"n": 2}}],
         {"content": [{"type": "text", "text": "one\n"}], "structuredContent": {"n": 2}}),
        ([START, {"type": "progress", "data": {"row": 1}}, {"type": "progress", "data": {"row": 2}}, END],
         {"content": [], "structuredContent": {"row": 2}}),
        ([START, {"type": "complete", "data": {"content": [{"type": "text", "text": "x"}], "isError": True}}],
         {"content": [{"type": "text", "text": "x"}], "isError": True}),
    ],
)  # fmt: skip
def test_what_a_run_comes_to(steps: list[Any], result: Any) -> None:
    run = Run("t")
    feed(run, *steps)
    assert run.result() == result


def test_an_error_always_has_a_message() -> None:
    for data, error in (
        ({"type": "error", "message": "no"}, {"message": "no"}),
        ({"type": "error"}, {"message": "The tool failed and does not say why."}),
        (
            {"type": "error", "error": {"code": 7, "message": "no"}},
            {"message": "no", "data": {"code": 7, "message": "no"}, "code": 7},
        ),
    ):
        run = Run("t")
        feed(run, START, data)
        assert run.error() == error


def test_an_answer_in_one_piece_is_a_whole_run() -> None:
    run = Run("t")
    settles, breaches = run.feed(read_answer({"sum": 3}))
    assert settles and breaches == ()
    assert run.result() == {"content": [], "structuredContent": {"sum": 3}}


def test_endless_text_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.protocol.tool_run.MAX_TEXT_CHARACTERS", 100)
    run = Run("t")
    feed(run, *["x" * 10] * 50, "[DONE]")
    assert len(run.result()["content"][0]["text"]) == 110


@given(st.lists(JSON | st.sampled_from([START, END, "[DONE]", {"type": "error"}, {"type": "result", "data": []}])))
def test_any_run_has_a_result_an_error_and_one_end(steps: list[Any]) -> None:
    run = Run("t")
    ends = 0
    for step in steps:
        ends += run.feed(read_step(Frame(b"", 0, data=step if step == "[DONE]" else json.dumps(step))))[0]
    assert ends == (run.ended is not None)
    assert isinstance(run.result(), dict) and run.error()["message"]
