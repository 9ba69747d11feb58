"""The check command: what may be typed, and checking a recording. Servers are in tests/end2end/test_check.py."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from inspector import check_command
from inspector.arguments import EXIT_ERROR, EXIT_OK, UsageError
from inspector.record.saving import save_events
from inspector.session.options import Options
from inspector.trace.events import Severity, Violation
from tests.support.rivers import Talk


def typed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--format", default="text")
    check_command.add_options(parser)
    return parser.parse_args(argv)


def no_server(_given: argparse.Namespace) -> Options:
    raise AssertionError("no server is meant")


def recording(path: Path, severity: Severity) -> str:
    talk = Talk()
    talk.send(1)
    talk.tell(Violation, rule="sse-bom", severity=severity, text="It starts with a BOM.", about_n=0)
    talk.end(1)
    save_events(talk.since(0), path / "a.mcptrace")
    return str(path / "a.mcptrace")


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (Severity.ERROR, "error", EXIT_ERROR),
        (Severity.WARN, "error", EXIT_OK),
        (Severity.WARN, "warn", EXIT_ERROR),
        (Severity.NOTE, "warn", EXIT_OK),
        (Severity.NOTE, "note", EXIT_ERROR),
    ],
)
async def test_a_recording_fails_on_what_is_grave_enough(
    severity: Severity, fail_on: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = recording(tmp_path, severity)
    assert await check_command.run(typed(name, "--fail-on", fail_on), no_server) == code
    out, err = capsys.readouterr()
    assert out.startswith(f"{name}\n1 ") and "It starts with a BOM." in out and err == ""


@pytest.mark.parametrize("form", ["json", "markdown", "junit"])
async def test_every_format_tells_it(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await check_command.run(typed(recording(tmp_path, Severity.WARN), "--format", form), no_server)
    assert "It starts with a BOM." in capsys.readouterr().out


async def test_a_capture_of_another_program_is_checked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "stream.sse"
    path.write_bytes(b"\xef\xbb\xbfdata: 1\n\n: ping\n\ndata: 2\n\n")
    await check_command.run(typed(str(path), "--format", "json"), no_server)
    document = json.loads(capsys.readouterr().out)
    assert document["events"] > 2 and "sse-bom" in [finding["rule"] for finding in document["findings"]]


async def test_a_file_of_something_else_is_said(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"<html></html>")
    with pytest.raises(UsageError, match="It is HTML or XML"):
        await check_command.run(typed(str(path)), no_server)


@pytest.mark.parametrize("name", ["missing.mcptrace", "."])
async def test_what_is_no_recording_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        await check_command.run(typed(str(tmp_path / name)), no_server)


@pytest.mark.parametrize("argv", [("x", "--fail-on", "chat"), ("x", "--for", "0")])
def test_what_does_not_fit_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        typed(*argv)


async def test_a_recording_is_held_to_what_is_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = recording(tmp_path, Severity.NOTE)
    lines = tmp_path / "expected.txt"
    lines.write_text("# of this server\nnever kind:violation\nno findings\n", encoding="utf-8")
    given = typed(name, "--expect", "no drops", "--expect", "no findings", "--expectations", str(lines))
    assert await check_command.run(given, no_server) == EXIT_ERROR
    out = capsys.readouterr().out
    assert "0 of 3 expectations met, 2 not met, 1 not exercised." in out
    assert await check_command.run(typed(name, "--expect", "no finding above note"), no_server) == EXIT_OK
    assert await check_command.run(typed(name, "--expect", "no drops", "--fail-unexercised"), no_server) == EXIT_ERROR


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--expect", "no way"), "--expect 'no way', character 4: \"way\" is not understood"),
        (("--expectations", "nowhere.txt"), "'nowhere.txt' cannot be read: No such file"),
        (("--expectations", "{folder}/latin.txt"), "is no text in UTF-8"),
        (("--expectations", "{folder}/wrong.txt"), "wrong.txt', line 2: "),
        (("--expectations", "/dev/zero"), "'/dev/zero', line 1: "),
        (("--expectations", "{folder}/empty.txt"), "empty.txt' holds no expectation."),
        (("--expect", " # later"), "--expect ' # later' holds no expectation."),
        (("--call", "echo"), "--call needs a server"),
    ],
)
async def test_expectations_that_cannot_be_read_are_said_before_any_work(
    argv: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    (tmp_path / "latin.txt").write_bytes(b"# caf\xe9\n")
    (tmp_path / "empty.txt").write_text("# nothing yet\n\n", encoding="utf-8")
    (tmp_path / "wrong.txt").write_text("no drops\nno way\n", encoding="utf-8")
    name = recording(tmp_path, Severity.NOTE)
    with pytest.raises(UsageError) as caught:
        await check_command.run(typed(name, *(word.format(folder=tmp_path) for word in argv)), no_server)
    assert says in str(caught.value)
