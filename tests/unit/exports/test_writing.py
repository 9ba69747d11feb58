"""Exports: names of files, whole files only, nothing left out, nothing secret in any format."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.exports.writing import FORMATS, ROW_FORMATS, ExportError, file_name, leaving, write, write_file
from inspector.record.extent import EVERYTHING, OneStream, rows_of
from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording, river_of
from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.record.store import Store
from inspector.record.timeline import Timeline
from inspector.trace.events import MessageType, SessionReady
from tests.support.rivers import Talk


def a_talk(server: str = "Demo / Server\n2") -> Talk:
    talk = Talk()
    talk.send(1, url="http://user@example.org:8080/mcp")
    if server:
        talk.tell(SessionReady, transport="t", protocol_version="v", server_name=server, server_version="1")
    asked = talk.ask(1)
    talk.headers(1)
    talk.chunk(1, b"data: {}\n\n")
    talk.answer(1, asked)
    talk.end(1)
    return talk


def test_names_say_kind_server_and_time() -> None:
    assert file_name(a_talk(), "har").startswith("inspector-network-Demo-Server-2-")
    assert file_name(a_talk(""), "sse").startswith("inspector-stream-example.org-8080-")
    assert file_name(Talk(), "markdown") == "report-server-19700101T000000Z.md"
    assert file_name(a_talk("../../etc"), "jsonl").startswith("inspector-events-etc-")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written(form: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    written = write_file(a_talk(), path, form, None)
    assert written.items >= 1
    assert path.stat().st_size > 5
    assert [child.name for child in tmp_path.iterdir()] == ["out"]


def test_a_file_is_replaced_only_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    talk = a_talk()
    talk.message(1, MessageType.RESPONSE, raw=b"a" * 400 + b"b")
    with pytest.raises(RedactionError):
        write_file(talk, path, "jsonl", Redactor(RedactionRules(patterns=("(a|aa)+$",))))
    assert path.read_text() == "before"
    assert [child.name for child in tmp_path.iterdir()] == ["out"]


def test_a_device_stays_a_device() -> None:
    write_file(a_talk(), Path("/dev/null"), "har", None)
    assert not Path("/dev/null").is_file()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"Cannot write .* Name a file in a folder that is yours"):
        write_file(a_talk(), tmp_path / "no" / "out", "har", None)


@pytest.mark.parametrize("form", FORMATS)
def test_big_events_are_all_there(form: str, tmp_path: Path) -> None:
    """A block of a recording ends where its events get too big; the next one goes on from there."""
    talk = Talk()
    for number in range(40):
        talk.send(number + 1)
        talk.headers(number + 1)
        talk.message(number + 1, MessageType.RESPONSE, id=number, raw=b'data: {"big":"%s"}\n\n' % (b"x" * 400_000))
        talk.end(number + 1, sentence=f"End {number}.")
    Recorder(talk, Store(tmp_path / "a.rec")).close()
    recording = open_recording(tmp_path / "a.rec")
    stored, live = io.BytesIO(), io.BytesIO()
    assert write(river_of(recording), stored, form) == write(talk, live, form)
    recording.close()
    assert stored.getvalue() == live.getvalue()


def test_what_leaves_is_what_some_rows_mean_in_a_format() -> None:
    talk = a_talk()
    talk.send(2)
    talk.end(2)
    timeline = talk.into(Timeline())
    rows = rows_of(timeline, [timeline.row_of(2) or 0])  # the request of exchange 1
    left = {form: [event.n for event in talk.since(0) if leaving(form, rows)(event)] for form in ROW_FORMATS}
    everything = list(range(len(talk)))
    assert left == {"har": everything[:-2], "jsonl": [2], "sse": [2], "markdown": everything}
    assert [event.n for event in talk.since(0) if leaving("csv", OneStream(2))(event)] == [1, 7, 8]
    assert all(leaving(form, EVERYTHING)(event) for form in FORMATS for event in talk.since(0))


@pytest.mark.parametrize(("form", "items", "word"), [("jsonl", 2, "event"), ("markdown", 2, "row"), ("har", 1, "HTTP")])
def test_what_was_written_of_some_rows_is_counted(form: str, items: int, word: str) -> None:
    talk = a_talk()
    written = write(talk, io.BytesIO(), form, None, rows_of(talk.into(Timeline()), [2, 3]))
    assert written.items == items and written.word.startswith(word)


SECRETS = st.from_regex(r"[a-z][0-9][A-Za-z0-9]{14,30}", fullmatch=True)


@settings(max_examples=25)
@given(st.lists(SECRETS, min_size=6, max_size=6, unique=True), st.integers(1, 60))
def test_no_secret_survives_in_any_format(secrets: list[str], cut: int) -> None:
    in_header, in_url, in_body, in_stream, in_text, own = secrets
    talk = Talk()
    headers = (("Authorization", f"Bearer {in_header}"), ("Cookie", f"id={in_header}"))
    asked = talk.ask(1, id=1, raw=f'{{"params":{{"password":"{in_body}"}}}}'.encode(), name=f"x?token={in_url}")
    talk.send(1, headers=headers, url=f"http://h/?access_token={in_url}", body=asked.raw)
    talk.headers(1)
    raw = f'data: {{"text":"{{\\"id_token\\":\\"{in_stream}\\"}} sk-{in_text} OWN{own}"}}\n\n'.encode()
    talk.chunk(1, raw[:cut])
    talk.chunk(1, raw[cut:], cut)
    talk.message(1, MessageType.ERROR, asked, raw=raw, id=1)
    talk.end(1, sentence=f"It said Bearer {in_text}.", pending=raw[:-4])
    rules = RedactionRules(patterns=(r"OWN([a-z0-9A-Z]+)",))
    for form in FORMATS:
        out = io.BytesIO()
        write(talk, out, form, Redactor(rules))
        for secret in secrets:
            assert secret.encode() not in out.getvalue(), form
            assert secret[4:].encode() not in out.getvalue(), form
        plain = io.BytesIO()
        write(talk, plain, form, None)
        assert any(secret.encode() in plain.getvalue() for secret in secrets), form
