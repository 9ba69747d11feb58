"""`--open`: a recording in the window, with the report and the screenshot of a live run."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.test_program import PNG, REPORT_KEYS, run
from tests.support.recordings import saved, session, two
from tests.support.rivers import Talk

CALLS = ("--demo", "--call", "echo", "--args", '{"text": "hi"}', "--times", "20", "--quit-when-done")


def opened(tmp_path: Path, *paths: Path) -> dict[str, Any]:
    """The report of showing these recordings."""
    report, screenshot = tmp_path / "opened.json", tmp_path / "opened.png"
    files = [word for path in paths for word in ("--open", str(path))]
    ended = run(*files, "--report", str(report), "--screenshot", str(screenshot), "--quit-when-done")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert screenshot.read_bytes().startswith(PNG)
    found: dict[str, Any] = json.loads(report.read_text())
    assert list(found) == [*REPORT_KEYS, "recording", "beside"]
    assert [found["recording"], *(each["recording"] for each in found["beside"])] == list(map(str, paths))
    return found


def refused(path: Path) -> str:
    """The one sentence on standard error."""
    ended = run("--open", str(path), "--quit-when-done")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_a_recorded_session_gives_the_figures_of_the_live_one(tmp_path: Path) -> None:
    recording, report = tmp_path / "demo.mcptrace", tmp_path / "live.json"
    ended = run(*CALLS, "--record", str(recording), "--report", str(report))
    assert ended.returncode == 0
    live, again = json.loads(report.read_text()), opened(tmp_path, recording)
    for key in ("transport", "protocol_version", "connected"):
        assert again[key] == live[key]
    assert again["connected"] is True
    assert again["findings"] == live["findings"]
    assert again["messages"] >= live["messages"] > 20  # the live report was written before the session was closed
    assert again["events"]["received"] >= live["events"]["received"]
    assert again["events"]["dropped"] == 0
    assert again["ui"]["frames"] > 0


def test_two_recordings(tmp_path: Path) -> None:
    left, right = two(tmp_path)
    found = opened(tmp_path, left, right)
    assert found["protocol_version"] == "2025-11-25"
    (beside,) = found["beside"]
    alone = opened(tmp_path, right)
    assert 0 < found["events"]["shown"] != beside["events"]["shown"]
    assert beside == {key: alone[key] for key in beside}


def test_an_empty_recording(tmp_path: Path) -> None:
    found = opened(tmp_path, saved(Talk(), tmp_path / "empty.mcptrace"))
    assert (found["connected"], found["events"]["shown"], found["messages"]) == (False, 0, 0)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4_000])
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mcptrace"
    path.write_bytes(content)
    assert "x.mcptrace" in refused(path)
    assert path.read_bytes() == content


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    path = saved(session("1", {}, {}, heartbeats=2_000), tmp_path / "cut.mcptrace")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    said = refused(path)
    assert "cut.mcptrace" in said and "damaged" in said


def test_a_recording_of_a_newer_version(tmp_path: Path) -> None:
    path = saved(session("1", {}, {}), tmp_path / "newer.mcptrace")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    assert "newer version" in refused(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.mcptrace"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE event (n INTEGER)")
    connection.close()
    assert "is no recording of this program" in refused(path)


def test_the_second_file_must_be_a_recording_too(tmp_path: Path) -> None:
    good = saved(session("1", {}, {}), tmp_path / "good.mcptrace")
    bad = tmp_path / "bad.mcptrace"
    bad.write_bytes(b"no")
    ended = run("--open", str(good), "--open", str(bad), "--quit-when-done")
    assert ended.returncode == 2 and "bad.mcptrace" in ended.stderr
