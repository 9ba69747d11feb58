"""`check` as a shell runs it: a healthy server, a broken one, none at all, and a recording."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from inspector import check_command, cli
from inspector.expect import grammar
from inspector.exports import check_formats
from inspector.exports.checking import Checking
from inspector.record.saving import save_events
from inspector.servers.demo import DemoServer
from inspector.trace.events import AnyEvent, Severity, Violation
from inspector.trace.river import River
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


async def test_calls_that_were_asked_for_are_held_to_what_is_expected() -> None:
    calls = ("--call", "echo", "--args", '{"text": "hello"}', "--times", "6", "--concurrency", "3")
    expected = ("no errors of echo", "max of echo under 30s", "at least 6 events kind:response method=tools/call")
    async with DemoServer() as demo:
        lines = [part for line in expected for part in ("--expect", line)]
        outcome = await command("check", demo.url, "--for", "0.1", *calls, *lines, "--format", "json")
    assert outcome.code == 0 and "6 calls of echo made, none failed." in outcome.err
    assert [each["state"] for each in outcome.json["expectations"]] == ["pass"] * 3
    assert outcome.json["expectations"][0]["checked"] == 6


async def test_a_check_keeps_nothing_of_what_it_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rivers: list[KeptRiver] = []

    class KeptRiver(River):
        """Remembers beside itself what came, and how much of it was in memory at once."""

        def __init__(self) -> None:
            super().__init__()
            self.all: list[AnyEvent] = []
            rivers.append(self)

        def append(self, event: AnyEvent) -> None:
            super().append(event)
            self.all.append(event)

    monkeypatch.setattr(check_command, "River", KeptRiver)
    async with DemoServer() as demo:
        call = ("--call", "stream_text", "--args", '{"text": "one two three four", "delay_ms": 50}')
        line = ("check", demo.url, "--for", "0.2", *call, "--expect", "no drops", "--format", "json")
        given = cli._parser().parse_args(line)
        assert await check_command.run(given, cli.options_of) == 0
    (river,) = rivers
    with pytest.raises(IndexError):
        river[len(river) - 1]
    at_once = Checking(expectations=grammar.parse("no drops"))
    at_once.fold(river.all)
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(json.dumps(check_formats.as_json(at_once.outcome(told["subject"]), Severity.ERROR)))


async def test_a_late_first_event_and_a_gap_fail_the_build() -> None:
    call = ("--call", "stream_text", "--args", '{"text": "one two three", "delay_ms": 250}')
    expected = ("first event under 1us", "no gap over 100ms", "no drops", "no errors of other")
    lines = [part for line in expected for part in ("--expect", line)]
    async with DemoServer() as demo:
        outcome = await command("check", demo.url, "--for", "0.1", *call, *lines, "--format", "junit")
    assert outcome.code == 1, outcome.err
    (suite,) = ElementTree.fromstring(outcome.out)  # noqa: S314 - our own text
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "1")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["first event under 1us", "no gap over 100ms"]


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
