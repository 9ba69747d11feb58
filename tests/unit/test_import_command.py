"""The import command: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path

import pytest

from inspector import import_command
from inspector.arguments import UsageError
from inspector.record.recording import open_recording

STREAM = b'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n: ping\n\n'


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(import_command, "end_at_once", lambda: None)
    (tmp_path / "one.sse").write_bytes(STREAM)
    return tmp_path


def typed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    import_command.add_options(parser)
    return parser.parse_args(argv)


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


async def test_a_capture_becomes_a_recording(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await import_command.run(typed("one.sse")) == 0
    said = capsys.readouterr()
    assert said.out == "one.sse.mcptrace\n"
    assert said.err.startswith("sse-mcp-inspector: Imported ") and "(raw event stream)." in said.err
    with closing(open_recording(place / "one.sse.mcptrace")) as recording:
        kinds = [event.kind for event in recording.since(0, 100)]
        assert {"message", "comment"} <= set(kinds)
        assert recording.facts()["imported_from"] == "one.sse"


async def test_what_was_imported_is_told_as_json(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert await import_command.run(typed("one.sse", "-o", "out.mcptrace", "--format", "json")) == 0
    told = json.loads(capsysbinary.readouterr().out)
    with closing(open_recording(place / "out.mcptrace")) as recording:
        assert (told["file"], told["from"]) == ("out.mcptrace", "raw event stream")
        assert told["events"] == len(recording) > 3
    assert all(isinstance(note, str) for note in told["notes"])


async def test_nothing_is_overwritten(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "one.sse.mcptrace").write_text("mine")
    with pytest.raises(UsageError, match=r"is there already\. Name another file with --output\."):
        await import_command.run(typed("one.sse"))
    with pytest.raises(SystemExit):
        typed("one.sse", "--output", "one.sse")
    assert "is left as it is; choose another name" in capsys.readouterr().err
    assert ((place / "one.sse.mcptrace").read_text(), (place / "one.sse").read_bytes()) == ("mine", STREAM)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.har", None, r"missing\.har cannot be read: "),
        ("empty.har", b"", "is empty, or begins with nothing but blanks"),
        ("page.html", b"<html>", "perhaps the error page of a server"),
        ("a.txt", b"hello", "which is nothing we know. Importable: HAR"),
    ],
)
async def test_what_cannot_be_imported_is_said(name: str, content: bytes | None, said: str, place: Path) -> None:
    if content is not None:
        (place / name).write_bytes(content)
    before = names(place)
    with pytest.raises(UsageError, match=said):
        await import_command.run(typed(name))
    assert names(place) == before


async def test_a_capture_in_which_nothing_happens(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = {"n": 0, "at": "2026-01-01T00:00:00Z", "monotonic_ns": 0, "connection": 0, "stream": None}
    (place / "odd.jsonl").write_text(json.dumps({**head, "direction": None, "kind": "of tomorrow"}) + "\n")
    before = names(place)
    assert await import_command.run(typed("odd.jsonl")) == 1
    said = capsys.readouterr()
    assert "Nothing happens in 'odd.jsonl', so no recording was written." in said.err and said.err.count("\n") == 2
    assert (said.out, names(place)) == ("", before)
