"""Soaks of real servers, minutes made seconds: the command as a shell runs it, and what stays in memory."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

import pytest

from inspector import soak_command
from inspector.exports import soak_report, soaking
from inspector.exports.soaking import Soaking
from inspector.protocol.era import TransportName
from inspector.record.recording import open_recording, river_of
from inspector.servers.demo import DemoServer
from inspector.session import soak as soak_module
from inspector.session.options import Options
from inspector.session.soak import SoakPlan
from tests.end2end.conftest import free_port
from tests.end2end.river_check import until
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, StreamableMcp, text_of
from tests.end2end.test_cli import command, finish, start


async def test_calls_are_made_in_their_rhythm_and_reported() -> None:
    async with DemoServer() as demo:
        plan = ("--call", "echo", "--args", '{"text": "hi"}', "--every", "0.3s", "--concurrency", "2")
        outcome = await command("soak", demo.url, "--for", "1.2s", *plan, "--format", "json")
    report = outcome.json
    assert outcome.code == 0 and report["ok"] and report["whole"], outcome.err
    row = report["latency"][0]
    assert (row["key"], row["errors"], row["lost"]) == ("tools/call echo", 0, 0)
    assert row["count"] in {2, 4, 6, 8}, "connecting is part of the time"
    assert report["plan"] == {"for_s": 1.2, "tool": "echo", "every_s": 0.3, "concurrency": 2}
    assert report["sessions"] == 1 and report["availability"]["drops"] == 0
    assert report["availability"]["uptime_share"] == 1.0
    assert report["memory"]["rss_most_bytes"] >= report["memory"]["rss_start_bytes"] > 0


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_ctrl_c_ends_it_with_the_report_all_the_same(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path, stop: signal.Signals
) -> None:
    path = tmp_path / "soak.md"
    plan = ("--call", "echo", "--every", "0.1s", "--format", "markdown", "--report", str(path))
    process = await start("soak", server.url(), "--for", "8h", *plan)
    await until(lambda: server.methods().count("tools/call") > 1)
    process.send_signal(stop)
    outcome = await finish(process)
    assert outcome.code == 130 and outcome.out == b""
    assert " of 8 h: up " in outcome.err and outcome.err.count("\n") == 1
    assert path.read_text(encoding="utf-8").startswith("# Soak of http://127.0.0.1")


async def test_a_report_that_finds_no_room_in_the_end_is_printed() -> None:
    async with DemoServer() as demo:
        outcome = await command("soak", demo.url, "--for", "0.3s", "--report", "/dev/full")
    assert outcome.code == 2 and outcome.out.startswith(b"Soak of http://127.0.0.1")
    assert "No space left on device. The report stands on standard output instead." in outcome.err


async def test_nobody_there(tmp_path: Path) -> None:
    outcome = await command("soak", f"http://127.0.0.1:{free_port()}/mcp", "--for", "30s")
    assert outcome.code == 3 and "Nothing listens at " in outcome.err and b"No connection stood" in outcome.out


async def test_a_tool_that_fails_fails_the_soak() -> None:
    async with DemoServer() as demo:
        outcome = await command("soak", demo.url, "--for", "1s", "--call", "no such tool", "--every", "5s")
    assert outcome.code == 1 and b"1 call failed" in outcome.out


async def test_what_came_is_recorded_too(tmp_path: Path) -> None:
    path = tmp_path / "soak.mcptrace"
    async with DemoServer() as demo:
        plan = ("--call", "echo", "--args", '{"text": "kept"}')
        outcome = await command("soak", demo.url, "--for", "1s", *plan, "--record", str(path), "--format", "json")
    recording = open_recording(path)
    events = river_of(recording).since(0)
    recording.close()
    rows = [event for event in events if event.kind != "chunk"]
    assert outcome.code == 0 and len(rows) == outcome.json["events"]
    assert any(b"kept" in getattr(event, "raw", b"") for event in events)


async def pour(connection: Connection, request: Request, message: Json) -> None:
    """A call that brings 20,000 notifications before its answer."""
    await connection.stream()
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 80}}
    block = b"data: " + json.dumps(note).encode() + b"\n\n"
    for _ in range(40):
        await connection.chunk(block * 500)
    await connection.event(text_of(message))
    await connection.end()


async def test_what_was_folded_is_forgotten(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    mcp.on["tools/call"] = pour
    monkeypatch.setattr(soaking, "MEMORY_EVERY_S", 0.1)
    run = Soaking(Options(server.url(), listen=False), SoakPlan(60, "pour", every_s=0.01))
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, len(run.river._tail))
        if run.soak.calls > 3:
            run.stop()

    await run.run(look)
    report = run.report()
    assert report.events > 60_000 and run.figures.counts.messages > 60_000
    assert most < 15_000 and len(run.river._tail) == 0
    start_bytes, end_bytes = report.memory_start_bytes, report.memory_end_bytes
    if start_bytes is not None and end_bytes is not None:
        assert end_bytes - start_bytes < 30_000_000, "60,000 events of 1 kB would be twice that"


async def test_a_session_that_is_lost_for_good_is_begun_anew(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server forgets the session and refuses the next one once: the session is over, the soak is not."""
    monkeypatch.setattr(soak_module, "FIRST_PAUSE_S", 0.05)
    refusals = 0

    async def forget(connection: Connection, request: Request, message: Json) -> None:
        nonlocal refusals
        if mcp.begun == 1 and not refusals:
            mcp.sessions.clear()
        await mcp._default(connection, request, message)

    async def refuse_once(connection: Connection, request: Request, message: Json) -> None:
        nonlocal refusals
        if mcp.begun == 1 and not refusals:
            refusals += 1
            error = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32603, "message": "full"}}
            await connection.answer(200, "application/json", json.dumps(error).encode())
            return
        await mcp._initialize(connection, message)

    mcp.on |= {"initialize": refuse_once, "tools/call": forget}
    run = Soaking(
        Options(server.url(), listen=False, transport=TransportName.STREAMABLE_HTTP), SoakPlan(60, "echo", every_s=0.05)
    )

    def look() -> None:
        if run.soak.sessions == 2 and run.soak.calls > 4:
            run.stop()

    await run.run(look)
    report = run.report()
    assert (report.sessions, refusals) == (2, 1)
    assert report.apart_ms > 30 and 0 < (report.uptime_share or 0) < 1, "the time between two sessions is down"
    assert report.failed_calls + report.lost_calls == 1 and "1 call" in soak_report.verdict(report)


async def test_a_call_under_way_may_end_when_the_time_is_up(server: FaultServer, mcp: StreamableMcp) -> None:
    async def slow(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await asyncio.sleep(0.5)
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = slow
    run = Soaking(Options(server.url(), listen=False), SoakPlan(0.2, "slow", every_s=0.1))
    await run.run()
    report = run.report()
    assert report.called is not None
    assert (report.called.count, report.called.in_flight, report.called.lost, report.called.cancelled) == (1, 0, 0, 0)


async def test_a_server_that_never_answers_does_not_hold_it_for_ever(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_module, "GRACE_S", 0.1)
    monkeypatch.setattr(soak_module, "CLOSE_TIMEOUT_S", 0.1)

    async def hang(connection: Connection, request: Request) -> None:
        await connection.hang()

    server.routes["/mcp"] = hang
    run = Soaking(Options(server.url(), transport=TransportName.STREAMABLE_HTTP), SoakPlan(0.2))
    async with asyncio.timeout(5):
        await run.run()
    assert run.report().sessions == 0 and run.report().is_over


async def test_a_server_that_dies_and_comes_back_is_one_drop(server: FaultServer, mcp: StreamableMcp) -> None:
    """What was under way is lost, and what came before and after is not."""

    async def wait(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.hang()

    mcp.listen = wait
    run = Soaking(Options(server.url(), transport=TransportName.STREAMABLE_HTTP), SoakPlan(60, "echo", every_s=0.05))
    async with asyncio.TaskGroup() as group:
        soaking_task = group.create_task(run.run())
        await until(lambda: run.soak.calls > 1)
        await server.die()
        await until(lambda: run.report().availability.down_ms > 0)
        calls = run.soak.calls
        await asyncio.sleep(0.3)
        assert run.soak.calls == calls, "while the connection is down nothing is sent"
        await server.start()
        await until(lambda: run.soak.calls > calls + 1)
        run.stop()
        await soaking_task
    report = run.report()
    assert report.availability.drops == 1 and report.sessions == 1
    assert report.availability.drops_by_cause and sum(n for _, n in report.availability.drops_by_cause) == 1
    assert 0 < (report.availability.uptime_share or 0) < 1
    assert (report.availability.longest_downtime_ms or 0) >= 200
    text = soak_report.as_text(report)
    assert "1 drop;" in text and "Time between drops" in text


async def test_a_stream_that_is_resumed_is_told(server: FaultServer, mcp: StreamableMcp) -> None:
    """Each call is cut once by the server and goes on behind its last event."""

    async def cut(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event(b"", f"{message['id']}/0", 20)
        await connection.end()

    async def rest(connection: Connection, request: Request) -> None:
        cursor = request.headers.get("last-event-id", "")
        if not cursor:
            await connection.answer(405)
            return
        await connection.stream()
        answer = {"id": int(cursor.partition("/")[0])}
        await connection.event(text_of(answer), f"{answer['id']}/1")
        await connection.end()

    mcp.on["tools/call"], mcp.listen = cut, rest
    run = Soaking(Options(server.url(), transport=TransportName.STREAMABLE_HTTP), SoakPlan(60, "echo", every_s=0.01))
    await run.run(lambda: run.stop() if run.soak.calls > 3 else None)
    report = run.report()
    assert report.resumed.times >= 3 and (report.resumed.lost, report.resumed.duplicated) == (0, 0)
    assert report.failed_calls == 0 and soak_report.is_good(report), report


async def test_a_line_says_now_and_then_how_it_goes(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak_command, "LEAST_LINE_S", 0.1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", default="text")
    soak_command.add_options(parser)
    given = parser.parse_args(["--for", "0.6s", "--call", "echo", "--every", "0.05s"])
    assert await soak_command.run(given, lambda _: Options(server.url(), listen=False)) == 0
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) >= 2 and all(" of 0.6 s · up 100 % · 0 drops · " in line for line in lines[1:]), err
    assert out.startswith("Soak of http://127.0.0.1")
