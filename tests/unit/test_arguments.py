"""The command line: what may be typed, and the sentence for what may not."""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path

import pytest

from inspector import arguments
from inspector.arguments import EXIT_USAGE, WindowArguments, parse_window
from inspector.protocol.era import REVISIONS, TransportName


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line that a wrong command line is answered with."""
    with pytest.raises(SystemExit) as stop:
        parse_window(argv)
    assert stop.value.code == EXIT_USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("sse-mcp-inspector: ")
    return captured.err


def test_nothing_typed_means_an_empty_window() -> None:
    wanted = parse_window([])
    assert wanted.url is None
    assert not wanted.demo
    assert not wanted.ends_by_itself
    assert wanted.target.transport is TransportName.AUTO
    assert (wanted.times, wanted.concurrency, wanted.arguments) == (1, 1, {})
    assert wanted.target.timeout_s == 60.0


def test_everything_typed_is_taken(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    wanted = parse_window(
        [
            *("https://example.org/mcp", "--transport", "http+sse", "--protocol-version", "2025-06-18"),
            *("--header", "Authorization: Bearer a:b", "--header", "X-A:1", "--ca", str(authority), "--insecure"),
            *("--timeout", "2.5", "--call", "echo", "--args", '{"text": "hi"}', "--times", "3", "--concurrency", "2"),
            *("--screenshot", str(tmp_path / "w.png"), "--report", str(tmp_path / "r.json"), "--run-for", "10"),
            "--quit-when-done",
        ]
    )
    assert wanted == WindowArguments(
        target=arguments.Target(
            url="https://example.org/mcp",
            transport=TransportName.HTTP_SSE,
            protocol_version="2025-06-18",
            headers=(("Authorization", "Bearer a:b"), ("X-A", "1")),
            ca_file=authority,
            insecure=True,
            timeout_s=2.5,
        ),
        call="echo",
        arguments={"text": "hi"},
        times=3,
        concurrency=2,
        screenshot=tmp_path / "w.png",
        report=tmp_path / "r.json",
        quit_when_done=True,
        run_for_s=10.0,
    )


@pytest.mark.parametrize(("argv", "ends"), [(["--quit-when-done"], True), (["--run-for", "1"], True), ([], False)])
def test_a_window_may_end_by_itself(argv: list[str], ends: bool) -> None:
    assert parse_window(argv).ends_by_itself is ends


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp"),
        ("localhost/sse", "http://localhost/sse"),
        ("HTTPS://Example.org/mcp", "HTTPS://Example.org/mcp"),
    ],
)
def test_an_address_without_a_scheme_is_http(typed: str, url: str) -> None:
    assert parse_window([typed]).url == url


@pytest.mark.parametrize("name", list(TransportName))
def test_every_transport_can_be_chosen(name: TransportName) -> None:
    assert parse_window(["--transport", name.value]).target.transport is name


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_can_be_pinned(revision: str) -> None:
    assert parse_window(["--protocol-version", revision]).target.protocol_version == revision


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["ftp://example.org"], "no http:// or https:// address"),
        (["http://a/", "--demo"], "either a URL or --demo"),
        (["--call", "echo"], "give a URL or --demo"),
        (["http://a/", "http://b/"], "http://b/"),
        (["--unknown"], "--unknown"),
        (["--transport", "smoke"], "smoke"),
        (["--protocol-version", "2099-01-01"], "2099-01-01"),
        (["--header", "no colon"], "must read 'Name: value'"),
        (["--header", ": value"], "must read 'Name: value'"),
        (["--header", "A B: value"], "must read 'Name: value'"),
        (["--header", "A: x\r\nB: y"], "must read 'Name: value'"),
        (["--ca", "no/such/file"], "is no file"),
        (["--timeout", "0"], "no number of seconds above 0"),
        (["--timeout", "nan"], "no number of seconds above 0"),
        (["--run-for", "inf"], "no number of seconds above 0"),
        (["--run-for", "soon"], "no number of seconds above 0"),
        (["--times", "0"], "no whole number above 0"),
        (["--concurrency", "-1"], "no whole number above 0"),
        (["--concurrency", "1.5"], "no whole number above 0"),
        (["--args", "{'a': 1}"], "line 1, column 2"),
        (["--args", "[1]"], "must be a JSON object"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(capsys: pytest.CaptureFixture[str], argv: list[str], words: str) -> None:
    assert words in refused(capsys, *argv)


@pytest.mark.parametrize("option", ["--screenshot", "--report"])
def test_a_file_that_cannot_be_written_is_told_before_the_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str
) -> None:
    assert "cannot write" in refused(capsys, option, str(tmp_path / "missing" / "file"))


def test_help_names_the_commands_and_ends_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")  # else lines break at the hyphens of the program's name
    with pytest.raises(SystemExit) as stop:
        parse_window(["--help"])
    assert stop.value.code == 0
    written = " ".join(capsys.readouterr().out.split())
    assert all(f"sse-mcp-inspector {name}" in written for name in arguments.COMMANDS)


def test_exit_codes_can_be_told_apart() -> None:
    codes = [value for name, value in vars(arguments).items() if name.startswith("EXIT_")]
    assert len(set(codes)) == len(codes) == 7
    assert arguments.EXIT_OK == 0


def test_one_recording_or_two_side_by_side(tmp_path: Path) -> None:
    one, other = tmp_path / "one.mcptrace", tmp_path / "other.mcptrace"
    for path in (one, other):
        path.touch()
    wanted = parse_window(["--open", str(one)])
    assert (wanted.open, wanted.beside) == (one, None)
    wanted = parse_window(["--open", str(one), "--open", str(other)])
    assert (wanted.open, wanted.beside) == (one, other)
    assert (parse_window([]).open, parse_window([]).beside) == (None, None)


def test_three_recordings_are_too_many(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "one.mcptrace"
    path.touch()
    assert "two side by side" in refused(capsys, *(["--open", str(path)] * 3))


def test_a_taken_port_is_told_in_few_words() -> None:
    listening = OSError(errno.EADDRINUSE, "error while attempting to bind on address ('127.0.0.1', 80): in use")
    why = os.strerror(errno.EADDRINUSE)
    assert str(arguments.port_error(80, listening)) == f"Port 80 cannot be used: {why}. Choose another, or --port 0."
    assert "cannot be used: nobody knows." in str(arguments.port_error(80, OSError("nobody knows")))


@pytest.mark.parametrize(
    ("text", "span_s"),
    [("90", 90), ("90s", 90), ("1.5", 1.5), ("15m", 900), ("8h", 28_800), ("2d", 172_800), ("1h30m", 5_400)],
)
def test_times_as_people_write_them(text: str, span_s: float) -> None:
    assert arguments.time_span(text) == span_s


@pytest.mark.parametrize("text", ["", "0", "0s", "h", "8 h", "8h!", "1h30", "-5s", "367d", "1e3", "٣s", "5h" * 30])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write 90s, 15m, 8h or 1h30m"):
        arguments.time_span(text)


def test_to_look_whether_a_file_can_be_written_leaves_none(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("kept")
    for path in (new, old):
        arguments.check_writable(path)
    assert not new.exists() and old.read_text() == "kept"
