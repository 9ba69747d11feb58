"""`check` as a shell runs it: a healthy server, a broken one, none at all, and a recording."""

from __future__ import annotations

import json
from pathlib import Path

from inspector.record.saving import save_events
from inspector.servers.demo import DemoServer
from inspector.trace.events import Severity, Violation
from tests.end2end.conftest import free_port
from tests.end2end.servers.faults import FaultServer, StreamableMcp
from tests.end2end.test_cli import command
from tests.support.rivers import Talk


async def test_a_healthy_server_passes_a_strict_check() -> None:
    async with DemoServer() as demo:
        outcome = await command("check", demo.url, "--for", "0.2", "--fail-on", "warn", "--format", "json")
    assert (outcome.code, outcome.err) == (0, "")
    document = outcome.json
    assert document["ok"] and document["counts"]["warn"] == 0 and document["transport"] == "streamable-http"
    assert "http10-hop" in document["rules_judged"]


async def test_a_check_lists_but_calls_nothing(server: FaultServer, mcp: StreamableMcp) -> None:
    outcome = await command("check", server.url(), "--for", "0.1")
    methods = {request.message.get("method") for request in server.seen if request.method == "POST"}
    assert mcp.begun == 1 and "tools/list" in methods, outcome.out
    assert methods <= {"server/discover", "initialize", "notifications/initialized", "tools/list"}


async def test_nobody_there() -> None:
    outcome = await command("check", f"http://127.0.0.1:{free_port()}/mcp", "--format", "junit")
    assert outcome.code == 3 and outcome.err.startswith("sse-mcp-inspector: Nothing listens at ")
    assert b'errors="1"' in outcome.out


async def test_a_recording_with_an_error(tmp_path: Path) -> None:
    talk = Talk()
    talk.send(1)
    talk.tell(Violation, rule="sse-bom", severity=Severity.ERROR, text="It starts with a BOM.", about_n=0)
    save_events(talk.since(0), tmp_path / "a.mcptrace")
    outcome = await command("check", str(tmp_path / "a.mcptrace"), "--format", "json")
    assert outcome.code == 1 and json.loads(outcome.out)["findings"][0]["rule"] == "sse-bom"


async def test_programs_read_utf_8_whatever_the_terminal_is_set_to(tmp_path: Path) -> None:
    talk = Talk()
    talk.tell(Violation, rule="odd", severity=Severity.ERROR, text="naïve → ✓")
    save_events(talk.since(0), tmp_path / "a.mcptrace")
    outcome = await command("check", str(tmp_path / "a.mcptrace"), "--format", "junit", PYTHONIOENCODING="ascii")
    assert "naïve → ✓" in outcome.out.decode() and outcome.code == 1
    people = await command("check", str(tmp_path / "a.mcptrace"), PYTHONIOENCODING="ascii")
    assert b"na\\xefve \\u2192 \\u2713" in people.out


async def test_a_missing_recording() -> None:
    outcome = await command("check", "nowhere.mcptrace")
    assert (outcome.code, outcome.out) == (2, b"") and "There is no file 'nowhere.mcptrace'." in outcome.err
