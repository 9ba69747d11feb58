"""The menu of a row: copies without secrets, bounded and in slices; what a row sent, and a draft of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QClipboard, QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.record.redaction import RedactionRules
from inspector.record.timeline import Timeline
from inspector.trace.events import AttemptMade, MessageType, SessionReady
from inspector.ui.raw_templates import RawTarget
from inspector.ui.resending import draft_again
from inspector.ui.sent_request import SentRequest, request_of, transport_of
from inspector.ui.settings import Header
from inspector.ui.slices import Slices
from inspector.ui.user_data import UserData
from inspector.ui.views import row_copying
from inspector.ui.views.row_copying import MAX_ROWS
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import put_up, settle
from tests.support.rivers import Talk

LIMIT_MS = 20_000
TOKEN, PASSWORD, OWN = "abcdef0123456789", "correct-horse-battery-9", "ACME-123456"
CALL = (
    b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo",'
    b'"arguments":{"a":1,"password":"%s","n":"%s"},"_meta":{"progressToken":1}}}'
) % (
    PASSWORD.encode(),
    OWN.encode(),
)


def tell(talk: Talk) -> Talk:
    """A handshake, a call, its answer: rows 0 to 3."""
    talk.tell(
        SessionReady,
        transport="http+sse",
        protocol_version="2024-11-05",
        server_name="Demo",
        server_version="1",
        session_id="s1",
    )
    headers = (("Authorization", "Bearer •••• (16 characters, ends in 6789)"), ("Mcp-Session-Id", "s0"))
    talk.send(1, url="http://h:80/mcp?access_token=••••", headers=headers, body=CALL)
    asked = talk.ask(1, id=7, name="echo", raw=CALL)
    talk.message(1, MessageType.RESPONSE, asked, id=7, raw=b'data: {"result":{}}\n\n')
    return talk


@pytest.fixture
def clipboard(qapp: object) -> Iterator[QClipboard]:
    board = QGuiApplication.clipboard()
    board.clear()
    yield board
    board.clear()


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    tell(river)
    pane = put_up(qtbot, TimelinePane(river), 1000, 500)
    pane.view.copying.rules = lambda: RedactionRules(patterns=(r"ACME-\d{6}",))
    settle(pane, qtbot)
    return pane


def action(pane: TimelinePane, name: str) -> QAction:
    found = pane.view.findChild(QAction, name)
    assert found is not None, name
    return found


def copied(pane: TimelinePane, name: str, clipboard: QClipboard, qtbot: QtBot) -> tuple[str, str]:
    """What is in the clipboard then, and what was said."""
    with qtbot.waitSignal(pane.noted, timeout=LIMIT_MS) as saying:
        action(pane, name).trigger()
    assert saying.args is not None
    return clipboard.text(), str(saying.args[0])


def test_rows_are_copied_without_secrets(pane: TimelinePane, clipboard: QClipboard, qtbot: QtBot) -> None:
    pane.view.selectAll()
    text, said = copied(pane, "timelineCopyText", clipboard, qtbot)
    assert said == "Copied 4 rows as text."
    assert [line.split()[0] for line in text.splitlines()] == ["#", "0", "1", "2", "3"]
    lines, said = copied(pane, "timelineCopyJsonLines", clipboard, qtbot)
    assert said == "Copied 4 rows as JSON lines."
    assert [json.loads(line)["n"] for line in lines.splitlines()] == [0, 1, 2, 3]
    for secret in (PASSWORD, OWN):
        assert secret not in text + lines
    assert "echo" in text and '\\"a\\":1' in lines


def test_the_users_own_rules_are_used(
    river: Talk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    UserData().set_redaction(RedactionRules(patterns=("mine",)))
    pane = put_up(qtbot, TimelinePane(river), 500, 300)
    assert pane.view.copying.rules().patterns == ("mine",)


def test_a_request_as_a_command_and_as_a_program(pane: TimelinePane, clipboard: QClipboard, qtbot: QtBot) -> None:
    pane.select_event(2)
    curl, said = copied(pane, "timelineCopyCurl", clipboard, qtbot)
    assert said == "Copied the request as curl."
    assert curl.count("curl ") == 1 and '"$TOKEN"' in curl and '"method":"tools/call"' in curl
    python, _ = copied(pane, "timelineCopyPython", clipboard, qtbot)
    assert "sse_client(URL, headers=HEADERS)" in python and "client.call_tool('echo', " in python
    compile(python, "copied", "exec")
    assert not [secret for secret in (PASSWORD, OWN) if secret in curl + python]


def test_only_requests_of_ours_can_be_copied_as_requests(pane: TimelinePane) -> None:
    names = ("timelineCopyCurl", "timelineCopyPython")
    assert not any(action(pane, name).isEnabled() for name in names)
    enabled = []
    for n in range(4):
        pane.select_event(n)
        enabled.append([action(pane, name).isEnabled() for name in names])
    assert enabled == [[False] * 2, [True] * 2, [True] * 2, [False] * 2]


def test_there_is_no_sending_where_nothing_can_be_sent(pane: TimelinePane) -> None:
    assert pane.view.findChild(QAction, "timelineSendAgain") is None


def test_nothing_selected_is_said(pane: TimelinePane, clipboard: QClipboard, qtbot: QtBot) -> None:
    assert copied(pane, "timelineCopyText", clipboard, qtbot) == ("", "Select the rows to copy first.")


@pytest.mark.parametrize("name", ["timelineCopyRow", "timelineCopyText", "timelineCopyJsonLines"])
def test_a_huge_selection_is_bounded(
    name: str, pane: TimelinePane, clipboard: QClipboard, river: Talk, qtbot: QtBot
) -> None:
    river.calls(MAX_ROWS // 4 + 1)
    settle(pane, qtbot)
    pane.view.selectAll()
    text, said = copied(pane, name, clipboard, qtbot)
    assert said.startswith(f"Copied the first 10,000 of {len(pane.timeline):,} rows")
    assert "Export… in the menu takes all of them." in said
    assert len(text.splitlines()) - (name == "timelineCopyText") == MAX_ROWS


def test_a_pattern_that_takes_too_long_stops_a_copy(
    pane: TimelinePane, clipboard: QClipboard, river: Talk, qtbot: QtBot
) -> None:
    pane.view.copying.rules = lambda: RedactionRules(patterns=("(a|aa)+$",))
    river.comment(1, "a" * 400 + "b")
    settle(pane, qtbot)
    pane.view.selectAll()
    text, said = copied(pane, "timelineCopyJsonLines", clipboard, qtbot)
    assert text == "" and "took more than" in said


def test_big_rows_are_bounded_by_their_bytes(
    pane: TimelinePane, clipboard: QClipboard, river: Talk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_copying, "MAX_BYTES", 100_000)
    for number in range(5):
        river.message(1, MessageType.RESPONSE, id=number, raw=b'data: {"x":"%s"}\n\n' % (b"y" * 40_000))
    settle(pane, qtbot)
    pane.select_event(4)
    pane.view.selectAll()
    assert copied(pane, "timelineCopyJsonLines", clipboard, qtbot)[1].startswith("Copied the first 6 of 9 rows")


def test_slices_let_others_work_in_between(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.ui.slices.BUDGET_NS", 0)
    slices = Slices(iter(range(5)))
    with qtbot.waitSignal(slices.done, timeout=LIMIT_MS) as waiting:
        slices.start()
        assert slices._taken == [0]
    assert waiting.args == [[0, 1, 2, 3, 4]]


def sent(talk: Talk, row: int) -> SentRequest:
    found = request_of(talk.into(Timeline()), talk, row)
    assert found is not None
    return found


def test_what_a_row_sent() -> None:
    talk = tell(Talk())
    timeline = talk.into(Timeline())
    assert [request_of(timeline, talk, row) is not None for row in range(4)] == [False, True, True, False]
    assert sent(talk, 2).request.n == 1
    assert sent(talk, 2).tool_call() == ("echo", json.loads(CALL)["params"]["arguments"], {"progressToken": 1})
    assert sent(talk, 1).body == sent(talk, 2).body == CALL


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b'{"method":"tools/call","params":[]}', b'{"method":"ping"}', b'{"tool":7}']
)
def test_what_is_no_call_of_a_tool(body: bytes) -> None:
    talk = Talk()
    assert SentRequest(talk.send(1, body=body)).tool_call() is None


def test_a_call_of_a_tool_stream() -> None:
    talk = Talk()
    assert SentRequest(talk.send(1, body=b'{"tool":"echo","params":{"a":1}}')).tool_call() == ("echo", {"a": 1}, {})


def test_the_transport_of_a_row() -> None:
    talk = Talk()
    talk.tell(AttemptMade, transport="raw-sse", verdict="", succeeded=True)
    talk.tell(AttemptMade, transport="stateless", verdict="", succeeded=False)
    assert transport_of(talk.into(Timeline()), talk, 0) == "raw-sse"
    talk.tell(AttemptMade, transport="tool-stream", verdict="", succeeded=True, connection=2)
    assert transport_of(talk.into(Timeline()), talk, 0) == "raw-sse"
    assert transport_of(talk.into(Timeline()), talk, 2) == "tool-stream"
    tell(talk)
    assert transport_of(talk.into(Timeline()), talk, 0) == "http+sse"
    talk = Talk()
    talk.send(1)
    assert transport_of(talk.into(Timeline()), talk, 0) == "streamable-http"


TARGET = RawTarget("http://h/mcp?access_token=hidden", (Header("authorization", f"Bearer {TOKEN}"),), "s2")


def test_secrets_are_filled_in_from_the_present_connection() -> None:
    draft, note = draft_again(
        sent(tell(Talk()), 2), RawTarget("http://h:80/mcp?access_token=hidden", TARGET.headers, "s2")
    )
    assert (draft.url, note) == ("http://h:80/mcp?access_token=hidden", "")
    assert draft.sent_headers == (("Authorization", f"Bearer {TOKEN}"), ("Mcp-Session-Id", "s2"))
    assert draft.body.encode() == CALL


@pytest.mark.parametrize("url", ["http://other/mcp", "https://h/mcp", "http://h:81/mcp", "", "http://[h/mcp"])
def test_another_server_is_told_no_secret(url: str) -> None:
    draft, note = draft_again(sent(tell(Talk()), 2), RawTarget(url, TARGET.headers, "s2"))
    assert note == "Masked in the record, so to be typed anew: Authorization, a part of the URL."
    assert TOKEN not in repr(draft) and "s2" not in repr(draft)
    assert draft.sent_headers == (("Mcp-Session-Id", "s0"),)


def test_a_header_that_is_off_is_not_filled_in() -> None:
    target = RawTarget(TARGET.url, (Header("Authorization", TOKEN, on=False),))
    assert "Authorization" in draft_again(sent(tell(Talk()), 2), target)[1]
