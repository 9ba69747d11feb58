"""The program itself as a subprocess, drawing offscreen, against the demo server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

LIMIT_S = 90.0
POLL_S = 0.05
PNG = b"\x89PNG\r\n\x1a\n"
REPORT_KEYS = [
    "url",
    "transport",
    "protocol_version",
    "connected",
    "error",
    "startup_ms",
    "events",
    "bytes_received",
    "frames",
    "comments",
    "messages",
    "calls",
    "ui",
    "memory",
    "reconnects",
    "findings",
]


WATCHED = """
import sys, threading

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "qtpy", "qtawesome", "pyqtgraph"):
            is_main = threading.current_thread() is threading.main_thread()
            print("main:" if is_main else "thread:", name)

sys.meta_path.insert(0, Watch())
from inspector.__main__ import main
sys.exit(main())
"""
"""The program, and in which thread it imports what wraps Qt."""


def environment(**more: str) -> dict[str, str]:
    """Ours without a display, so that nothing ever shows on a screen."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    shown = {name: value for name, value in os.environ.items() if name not in hidden}
    return shown | {"PYTHONFAULTHANDLER": "1"} | more  # a crash says where


def run(*options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run to the end. Whatever happens, no user ever sees a traceback."""
    command = [sys.executable, "-m", "inspector", *options]
    ended = subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode >= 0, ended.stderr  # no signal ended it
    return ended


@contextmanager
def started(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs; a test that fails leaves none behind."""
    with subprocess.Popen(
        [sys.executable, "-m", "inspector", *options],
        env=environment(QT_QPA_PLATFORM="offscreen"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited in vain: {what}"
        time.sleep(POLL_S)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert list(document) == REPORT_KEYS
    return document


def is_complete(report: dict[str, Any]) -> bool:
    """Whether everything that came was shown."""
    events = report["events"]
    return bool(events["received"] > 0 and events["received"] == events["shown"] and events["dropped"] == 0)


@pytest.fixture(autouse=True)
def home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the window remembers from one run to the next is not the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_the_demo_shows_a_stream_and_reports_it(tmp_path: Path) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "window.png"
    ended = run("--demo", "--quit-when-done", "--report", str(report), "--screenshot", str(picture))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size > 20_000
    document = read(report)
    assert is_complete(document)
    assert (document["connected"], document["error"]) == (True, None)
    assert (document["transport"], document["protocol_version"]) == ("streamable-http", "2025-11-25")
    assert [(call["tool"], call["ok"], call["error"]) for call in document["calls"]] == [("stream_text", True, None)]
    assert document["calls"][0]["events"] > 10
    assert document["ui"]["frames"] > 10
    assert document["frames"] <= document["messages"] + document["comments"]
    assert all(value > 0 for value in document["memory"].values())
    assert all(value > 0 for value in document["startup_ms"].values())


def test_a_run_that_ends_before_its_work_is_pictured_all_the_same(demo_url: str, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    calls = ("--call", "slow", "--args", '{"seconds": 30}')
    ended = run(demo_url, *calls, "--run-for", "2", "--screenshot", str(picture))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert picture.read_bytes().startswith(PNG)


def test_a_flood_is_shown_without_a_loss(demo_url: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = '{"n": 2000, "size_bytes": 300}'
    calls = ("--call", "flood", "--args", arguments, "--times", "2", "--concurrency", "2")
    ended = run(demo_url, *calls, "--quit-when-done", "--report", str(report))
    assert (ended.returncode, ended.stderr) == (0, "")
    document = read(report)
    assert is_complete(document)
    assert document["events"]["received"] > 4000
    assert document["bytes_received"] > 2 * 2000 * 300
    assert [call["ok"] for call in document["calls"]] == [True, True]
    assert [call["events"] for call in document["calls"]] == [2000, 2000]


def test_a_tool_that_fails_is_reported_and_told_by_the_exit_code(demo_url: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = run(demo_url, "--call", "crash", "--quit-when-done", "--report", str(report))
    assert ended.returncode == 1
    (call,) = read(report)["calls"]
    assert call["ok"] is False
    assert call["error"]["code"] == -32603


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("http://localhost/", "--call", "echo", "--args", "{text}"), ("no JSON", "column 2")),
        (("http://localhost/", "--call", "echo", "--args", "[1]"), ("must be a JSON object",)),
        (("--report", "/no such folder/report.json"), ("cannot write", "No such file or directory")),
        (("--screenshot", "/no such folder/window.png"), ("cannot write",)),
        (("--demo", "http://localhost/"), ("either a URL or --demo",)),
        (("--call", "echo"), ("needs a server",)),
        (("ftp://localhost/",), ("no http:// or https:// address",)),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(options: tuple[str, ...], parts: tuple[str, ...]) -> None:
    ended = run(*options, "--quit-when-done")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("sse-mcp-inspector: ")
    assert ended.stderr.count("\n") == 1
    assert all(part in ended.stderr for part in parts), ended.stderr


def test_a_dead_address_is_said_and_reported(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ended = run(f"http://127.0.0.1:{port}/mcp", "--quit-when-done", "--report", str(report))
    document = read(report)
    assert ended.returncode == 3
    assert document["connected"] is False
    assert "refused" in document["error"]
    assert document["error"] in ended.stderr
    assert (document["transport"], document["calls"]) == (None, [])
    assert is_complete(document)


def test_no_thread_imports_what_makes_types_of_qt(tmp_path: Path) -> None:
    """PySide looks types up without a lock (PYSIDE-803), so that crashed one start in a hundred."""
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    command = [sys.executable, str(script), "--demo", "--quit-when-done", "--report", str(tmp_path / "report.json")]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "main: qtawesome" in ended.stdout and "main: qtpy.QtWidgets" in ended.stdout
    assert "thread: " not in ended.stdout


def test_run_for_closes_the_window(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = run("--run-for", "2", "--report", str(report))
    assert (ended.returncode, ended.stderr) == (0, "")
    document = read(report)
    assert (document["url"], document["connected"]) == (None, False)


@pytest.mark.parametrize(("tool", "args"), [("slow", '{"seconds": 600}'), ("flood", '{"n": 1000000}')])
def test_run_for_closes_a_window_that_is_busy(tool: str, args: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = run("--demo", "--call", tool, "--args", args, "--run-for", "4", "--report", str(report))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert read(report)["calls"] == []


@pytest.mark.parametrize(("tool", "code"), [("add", 1), ("fail", 1), ("crash", 1)])
def test_a_scripted_call_that_fails_is_told_by_the_exit_code(tool: str, code: int) -> None:
    assert run("--demo", "--call", tool, "--quit-when-done").returncode == code


def test_a_call_that_is_not_answered_in_time_has_a_code_of_its_own() -> None:
    arguments = ("--call", "slow", "--args", '{"seconds": 60}', "--timeout", "0.5")
    assert run("--demo", *arguments, "--quit-when-done").returncode == 5


@pytest.mark.parametrize("more", [(), ("http://127.0.0.1:1/mcp",)])
def test_a_word_that_is_no_command_is_not_taken_for_a_host(more: tuple[str, ...]) -> None:
    ended = run("chekc", *more)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'chekc' is no command (" in ended.stderr and ") and no address" in ended.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_closes_the_window_and_its_demo_server(number: signal.Signals, code: int, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with started("--demo", "--call", "slow", "--args", '{"seconds": 600}', "--report", str(report)) as process:
        server = _server_of(process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, errors) == (code, "")
    assert read(report)["url"].startswith("http://127.0.0.1:")
    wait_until(lambda: not _is_alive(server), "the end of the demo server", limit_s=20)


def test_a_killed_window_takes_its_demo_server_along() -> None:
    with started("--demo") as process:
        server = _server_of(process)
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not _is_alive(server), "the end of the demo server", limit_s=20)


def test_without_a_display_the_program_says_what_to_do() -> None:
    ended = run("--demo")
    assert ended.returncode == 2
    assert ended.stderr.startswith("sse-mcp-inspector: There is no display")
    assert "QT_QPA_PLATFORM=offscreen" in ended.stderr


def test_a_display_that_does_not_answer_is_said() -> None:
    ended = run("--demo", DISPLAY=":987")
    assert ended.returncode == 2
    assert ended.stderr.startswith("sse-mcp-inspector: ")
    assert ended.stderr.count("\n") == 1


def _server_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The demo server of the window, once it runs and is connected to."""
    window = psutil.Process(process.pid)
    servers: list[psutil.Process] = []

    def is_serving() -> bool:
        assert process.poll() is None, "the window ended by itself"
        servers[:] = [child for child in window.children() if "inspector.servers.demo" in child.cmdline()]
        return bool(servers) and any(link.status == psutil.CONN_ESTABLISHED for link in servers[0].net_connections())

    wait_until(is_serving, "the demo server")
    return servers[0]


def _is_alive(process: psutil.Process) -> bool:
    """A process that nobody waits for stays a zombie in a container without an init; it is dead all the same."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
