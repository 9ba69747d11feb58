"""The replay as the window starts and stops it: a real process that serves a real recording."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from os import kill
from pathlib import Path

import httpx
import pytest
from pytestqt.qtbot import QtBot

from inspector.record.recorder import Recorder
from inspector.record.store import Store
from inspector.trace.events import HeadersReceived, Message, MessageType
from inspector.ui.replaying import Replaying
from tests.support.rivers import Talk

LIMIT_MS = 20_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One call with its answer."""
    talk = Talk()
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    answer = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    asked = talk.ask(1, "ping", id=1, raw=body)
    talk.send(1, purpose="ping", body=body)
    headers = (("content-type", "application/json"), ("content-length", str(len(answer))))
    talk.hear(HeadersReceived, 1, status=200, reason="OK", http_version="HTTP/1.1", headers=headers, ttfb_ms=1.0)
    talk.chunk(1, answer)
    assert isinstance(talk.message(1, MessageType.RESPONSE, asked, id=1, raw=answer), Message)
    talk.end(1)
    Recorder(talk, Store(tmp_path / "a.rec")).close()
    return tmp_path / "a.rec"


@pytest.fixture
def replaying(qtbot: QtBot) -> Iterator[Replaying]:
    made = Replaying()
    yield made
    made.stop()


def ready(qtbot: QtBot, replaying: Replaying, path: Path) -> str:
    with qtbot.waitSignal(replaying.ready, timeout=LIMIT_MS) as waiting:
        replaying.start(path, 10)
    return str(waiting.args[0])


def ask(url: str, request_id: int) -> object:
    answer: object = httpx.post(url, json={"jsonrpc": "2.0", "id": request_id, "method": "ping"}, timeout=10).json()
    return answer


def test_it_serves_until_it_is_stopped(qtbot: QtBot, replaying: Replaying, recording: Path) -> None:
    assert (replaying.is_running, replaying.url) == (False, "")
    url = ready(qtbot, replaying, recording)
    assert replaying.is_running and replaying.url == url and url.endswith("/mcp")
    with qtbot.waitSignal(replaying.said, timeout=LIMIT_MS) as saying:
        assert ask(url, 77) == {"jsonrpc": "2.0", "id": 77, "result": {}}
    assert saying.args == ["POST /mcp ping -> stream 1 (equal parameters): 200, 1 chunks, complete"]
    assert replaying.lines == saying.args
    with qtbot.waitSignal(replaying.stopped, timeout=LIMIT_MS), qtbot.assertNotEmitted(replaying.failed):
        replaying.stop()
    assert (replaying.is_running, replaying.url) == (False, "")
    with pytest.raises(httpx.ConnectError):
        ask(url, 1)


def test_it_can_be_started_again(qtbot: QtBot, replaying: Replaying, recording: Path) -> None:
    ready(qtbot, replaying, recording)
    first = replaying._process.processId()
    url = ready(qtbot, replaying, recording)
    assert ask(url, 5) == {"jsonrpc": "2.0", "id": 5, "result": {}}
    with pytest.raises(ProcessLookupError):
        kill(first, 0)


def test_a_file_that_is_no_recording(qtbot: QtBot, replaying: Replaying, tmp_path: Path) -> None:
    with qtbot.waitSignal(replaying.failed, timeout=LIMIT_MS) as failing:
        replaying.start(tmp_path / "-none.rec")
    assert failing.args is not None and failing.args[0].startswith("The replay did not start: There is no file")
    assert not replaying.is_running


def test_a_replay_that_dies_says_so(qtbot: QtBot, replaying: Replaying, recording: Path) -> None:
    ready(qtbot, replaying, recording)
    with qtbot.waitSignal(replaying.failed, timeout=LIMIT_MS) as failing:
        kill(replaying._process.processId(), signal.SIGKILL)
    assert failing.args == ["The replay ended by itself. Start it again."]
    assert replaying.url == ""


def test_stopping_what_does_not_run_says_nothing(qtbot: QtBot, replaying: Replaying) -> None:
    with qtbot.assertNotEmitted(replaying.stopped):
        replaying.stop()
