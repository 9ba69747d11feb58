"""Exports of a real session: the command, the files it writes, and calls that run again elsewhere."""

from __future__ import annotations

import json
import os
import select
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import inspector
from inspector.exports.writing import write_file
from inspector.record.importing import read_events
from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.saving import save_events
from inspector.record.snippets import as_curl, as_python
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    Direction,
    HeadersReceived,
    Message,
    MessageType,
    RequestSent,
)
from inspector.trace.river import River
from tests.support.rivers import Talk

SECRET = "s3cr3t-0123456789-abcdefgh"
LIMIT_S = 60


async def a_session(url: str, transport: str = "streamable-http") -> River:
    """A session with a secret in its header, one in a call, and one in the answer to that."""
    river = River()
    headers = (("Authorization", f"Bearer {SECRET}"),)
    async with Session(Options(url, headers=headers, transport=inspector.TransportName(transport)), river) as session:
        await session.list_tools()
        await session.call_tool("echo", {"text": json.dumps({"access_token": SECRET})})
        await session.call_tool("add", {"a": 2, "b": 3})
    return river


@pytest.fixture
async def river(demo_url: str) -> River:
    return await a_session(demo_url)


@pytest.fixture
async def recording(river: River, tmp_path: Path) -> Path:
    path = tmp_path / "one.mcprec"
    save_events(river.since(0), path)
    return path


def run(*argv: str | Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "inspector", "export", *map(str, argv)]
    done = subprocess.run(command, capture_output=True, cwd=folder, check=False, timeout=LIMIT_S)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


async def test_every_format_without_secrets(recording: Path, tmp_path: Path) -> None:
    for form in ("har", "jsonl", "sse", "markdown", "csv", "figures-csv"):
        done = run(recording, "--to", form, "--output", "-", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout) > 200
        assert SECRET.encode() not in done.stdout
    plain = run(recording, "--to", "jsonl", "--output", "-", "--no-redaction", folder=tmp_path)
    assert SECRET.encode() in plain.stdout


async def test_a_har_holds_what_happened(river: River, recording: Path, tmp_path: Path) -> None:
    done = run(recording, "--to", "har", folder=tmp_path)
    name = done.stdout.decode().strip()
    assert name.startswith("inspector-network-") and name.endswith(".har")
    log = json.loads((tmp_path / name).read_bytes())["log"]
    sent = [event for event in river.since(0) if isinstance(event, RequestSent)]
    assert [entry["request"]["url"] for entry in log["entries"]] == [event.url for event in sent]
    call = next(entry for entry in log["entries"] if "echo" in entry["request"].get("postData", {}).get("text", ""))
    assert "echo" not in call["_eventStream"][0]["data"] and "access_token" in call["_eventStream"][-1]["data"]
    assert log["_mcp"][0]["protocolVersion"] == "2025-11-25"
    again = run(recording, "--to", "har", folder=tmp_path)
    assert again.returncode == 2 and b"is there already" in again.stderr


async def test_a_stream_is_there_byte_for_byte(river: River, recording: Path, tmp_path: Path) -> None:
    stream = next(
        event.stream
        for event in river.since(0)
        if isinstance(event, HeadersReceived) and ("content-type", "text/event-stream") in event.headers
    )
    done = run(recording, "--to", "sse", "--stream", str(stream), "--output", "-", "--no-redaction", folder=tmp_path)
    chunks = [event for event in river.since(0) if isinstance(event, ChunkReceived) and event.stream == stream]
    assert done.stdout == b"".join(chunk.data for chunk in chunks) != b""


async def test_the_rows_that_a_filter_shows(river: River, recording: Path, tmp_path: Path) -> None:
    calls = [e for e in river.since(0) if isinstance(e, Message) and e.method == "tools/call" and e.name == "echo"]
    answers = [e for e in river.since(0) if isinstance(e, Message) and e.request_n == calls[0].n]
    wanted = ("--filter", "name:echo kind:message", "--output", "-")
    lines = run(recording, "--to", "jsonl", *wanted, folder=tmp_path).stdout.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [calls[0].n, answers[0].n]
    har = json.loads(run(recording, "--to", "har", *wanted, folder=tmp_path).stdout)
    assert [entry["_mcp"]["stream"] for entry in har["log"]["entries"]] == [calls[0].stream]
    sse = run(recording, "--to", "sse", *wanted, folder=tmp_path).stdout
    assert sse.count(b"data:") == 1 and SECRET.encode() not in sse
    report = run(recording, "--to", "markdown", *wanted, folder=tmp_path).stdout.decode()
    assert "Only rows which pass the filter name:echo kind:message." in report
    nothing = run(recording, "--to", "har", "--filter", "id:nobody", "--output", "-", folder=tmp_path)
    assert nothing.returncode == 1 and b"no HTTP exchange that passes the filter 'id:nobody'" in nothing.stderr


def timeless(event: AnyEvent) -> AnyEvent:
    """Text holds the wall time to the microsecond only."""
    return msgspec.structs.replace(event, at=0.0)


async def test_what_was_exported_can_be_imported(river: River, tmp_path: Path) -> None:
    written = river.since(0)
    write_file(river, tmp_path / "a.jsonl", "jsonl", None)
    assert [timeless(event) for event in read_events(tmp_path / "a.jsonl").events] == list(map(timeless, written))
    write_file(river, tmp_path / "a.har", "har", None)
    read = list(read_events(tmp_path / "a.har").events)
    kinds = Counter(event.kind for event in written if event.kind not in ("state", "attempt"))
    assert Counter(event.kind for event in read) == kinds
    assert [e.raw for e in read if isinstance(e, Message)] == [e.raw for e in written if isinstance(e, Message)]
    write_file(river, tmp_path / "a.jsonl", "jsonl", Redactor(RedactionRules()))
    again = Redactor(RedactionRules())
    masked = [timeless(again.event(event)) for event in written]
    assert [timeless(event) for event in read_events(tmp_path / "a.jsonl").events] == masked
    assert masked != list(map(timeless, written))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("missing.mcprec", "--to", "har"), b"There is no file"),
        (("noise", "--to", "har"), b"is no recording"),
        (("noise", "--to", "xml"), b"invalid choice"),
        (("noise", "--to", "har", "--pattern", "("), b"is no regular expression"),
        (("noise", "--to", "markdown", "--stream", "1"), b"Leave --stream out"),
        (("noise", "--to", "csv", "--filter", "dir:in"), b"Leave --filter out, or choose one of har, jsonl, sse"),
        (("noise", "--to", "har", "--filter", "dir:in", "--stream", "1"), b"Write stream:1 into the filter"),
        (("noise", "--to", "har", "--filter", "dir:up"), b"argument --filter: at character 5: "),
    ],
)
async def test_mistakes_are_said_in_a_sentence(argv: tuple[str, ...], said: bytes, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"no recording at all" * 100)
    done = run(*argv, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr and done.stderr.count(b"\n") == 1


def contents(path: Path) -> bytes:
    return path.read_bytes()


async def test_a_recording_is_not_replaced_by_its_export(recording: Path, tmp_path: Path) -> None:
    before = contents(recording)
    (tmp_path / "same.har").symlink_to(recording)
    for name in (recording, "same.har"):
        done = run(recording, "--to", "har", "--output", name, folder=tmp_path)
        assert done.returncode == 2 and b"is the recording itself" in done.stderr
    assert contents(recording) == before


async def test_what_damage_left_out_is_said(recording: Path, tmp_path: Path) -> None:
    with sqlite3.connect(recording) as connection:
        connection.execute("UPDATE event SET facts = '{' WHERE n IN (7, 9)")
    done = run(recording, "--to", "har", "--output", "out.har", folder=tmp_path)
    assert done.returncode == 0
    assert b"2 events of this recording cannot be read and are left out." in done.stderr


async def test_what_was_written_is_told_as_json_too(recording: Path, tmp_path: Path) -> None:
    done = run(recording, "--to", "har", "--output", "a.har", "--format", "json", folder=tmp_path)
    entries = json.loads((tmp_path / "a.har").read_bytes())["log"]["entries"]
    holds = {"what": "HTTP exchange", "count": len(entries)}
    assert json.loads(done.stdout) == {"file": "a.har", "to": "har", "holds": holds}
    both = run(recording, "--to", "har", "--output", "-", "--format", "json", folder=tmp_path)
    assert (both.returncode, both.stdout) == (2, b"") and b"Standard output holds the export itself" in both.stderr


async def test_nothing_to_export_is_an_error(recording: Path, tmp_path: Path) -> None:
    done = run(recording, "--to", "sse", "--stream", "999", "--output", "-", folder=tmp_path)
    assert done.returncode == 1 and b"no event stream in stream 999" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_export_can_be_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(1000)
    save_events(talk.since(0), tmp_path / "long.mcprec")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    command = [sys.executable, "-m", "inspector", "export", "long.mcprec", "--to", "jsonl", "--output", "pipe"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        try:
            assert select.select([reader], [], [], LIMIT_S)[0], "nothing was written"
            process.send_signal(number)  # the pipe is full soon, and nobody reads on
            assert process.wait(LIMIT_S) == 130
            assert process.stderr is not None and b"Traceback" not in process.stderr.read()
        finally:
            process.kill()
            os.close(reader)


def asked(river: River, name: str) -> Message:
    return next(
        event
        for event in river.since(0)
        if isinstance(event, Message)
        and event.direction is Direction.OUTBOUND
        and event.message_type is MessageType.REQUEST
        and name in (event.name, event.method)
    )


def run_python(code: str, tmp_path: Path) -> str:
    path = tmp_path / "again.py"
    path.write_text(code, encoding="utf-8")
    environment = os.environ | {"TOKEN": SECRET}
    command = [sys.executable, str(path)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=LIMIT_S)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{code}"
    return done.stdout.decode()


def run_curl(command: str) -> str:
    """The command by a shell, or read as one where there is no curl."""
    if shutil.which("curl"):
        environment = os.environ | {"TOKEN": SECRET}
        done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=True, timeout=LIMIT_S)
        return done.stdout.decode()
    words = shlex.split(command.replace("\\\n", ""), comments=True)
    headers = [words[at + 1] for at, word in enumerate(words) if word == "--header" and not words[at + 1].endswith(":")]
    fields = dict(header.split(": ", 1) for header in headers)
    return httpx.post(words[-1], headers=fields, content=words[words.index("--data-raw") + 1]).text


async def test_a_call_runs_again_with_the_official_sdk(river: River, demo_url: str, tmp_path: Path) -> None:
    call = asked(river, "add")
    headers = next(e.headers for e in river.since(0) if isinstance(e, RequestSent) and e.stream == call.stream)
    said: Any = json.loads(run_python(as_python(call, demo_url, "streamable-http", headers), tmp_path))
    assert said["content"][0]["text"] == "5"
    listed = json.loads(run_python(as_python(asked(river, "tools/list"), demo_url, "streamable-http"), tmp_path))
    assert {tool["name"] for tool in listed["tools"]} >= {"echo", "add"}


async def test_a_call_runs_again_over_http_sse(demo_url: str, tmp_path: Path) -> None:
    url = demo_url.replace("/mcp", "/sse")
    river = await a_session(url, "http+sse")
    said = json.loads(run_python(as_python(asked(river, "add"), url, "http+sse"), tmp_path))
    assert said["content"][0]["text"] == "5"


async def test_an_http_request_runs_again_with_curl(river: River) -> None:
    request = next(e for e in river.since(0) if isinstance(e, RequestSent) and e.purpose == "initialize")
    answer = run_curl(as_curl(request))
    assert '"protocolVersion":"2025-11-25"' in answer.replace(" ", "")
