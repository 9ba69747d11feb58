"""The commands as a shell runs them: exit codes, data on standard output, one sentence on standard error."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from inspector import cli
from inspector.servers.demo import DemoServer
from inspector.trace.river import River
from tests.end2end.conftest import free_port
from tests.end2end.servers.faults import FaultServer, Json, StreamableMcp, answering, sending


@dataclass
class Outcome:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Json:
        value: Json = json.loads(self.out)
        return value

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.out.splitlines()]


async def start(*argv: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inspector", *argv),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )


async def finish(process: asyncio.subprocess.Process) -> Outcome:
    out, err = await asyncio.wait_for(process.communicate(), 30)
    said = err.decode()
    assert "Traceback" not in said and "Error:" not in said, said
    assert process.returncode is not None
    return Outcome(process.returncode, out, said)


async def command(*argv: str, **environment: str) -> Outcome:
    return await finish(await start(*argv, **environment))


@pytest.fixture
async def demo() -> AsyncIterator[DemoServer]:
    async with DemoServer() as server:
        yield server


async def test_probe_as_json(demo: DemoServer) -> None:
    outcome = await command("probe", demo.url, "--format", "json")
    assert (outcome.code, outcome.err) == (0, "")
    report = outcome.json
    assert set(report) == {
        *("url", "transport", "protocol_version", "server", "instructions", "attempts", "timings_ms", "capabilities"),
        *("tools", "resources", "resource_templates", "prompts", "findings", "error", "verdict"),
    }
    assert (report["transport"], report["protocol_version"], report["error"]) == ("streamable-http", "2025-11-25", None)
    assert [tool["name"] for tool in report["tools"]][:2] == ["echo", "add"]
    assert [(attempt["transport"], attempt["ok"]) for attempt in report["attempts"]] == [
        ("stateless", False),
        ("streamable-http", True),
    ]
    assert report["verdict"] == report["attempts"][-1]["verdict"]
    assert all(report["timings_ms"][key] > 0 for key in ("connect", "headers", "handshake", "tools_list"))


async def test_probe_as_text_of_an_http_sse_server(demo: DemoServer) -> None:
    outcome = await command("probe", demo.sse_url)
    assert (outcome.code, outcome.err) == (0, "")
    text = outcome.out.decode()
    assert text.startswith("no  stateless: ") and "\nno  streamable-http: " in text and "\nok  http+sse: " in text
    assert "over http+sse, revision 2024-11-05" in text and "\n  echo" in text


async def test_probe_survives_lists_that_are_none(server: FaultServer, mcp: StreamableMcp) -> None:
    async def odd(connection: Any, request: Any, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": [1]}).encode()
        await connection.answer(200, "application/json", body)

    mcp.on["tools/list"] = odd
    outcome = await command("probe", server.url(), "--format", "json")
    assert outcome.code == 0 and outcome.json["tools"] is None


async def test_call_prints_the_result_and_tells_the_progress(demo: DemoServer) -> None:
    outcome = await command("call", demo.url, "countdown", "--args", '{"from": 3, "delay_ms": 1}')
    assert (outcome.code, outcome.out) == (0, b"Lift-off!\n")
    assert outcome.err.splitlines() == ["1 of 3  2 to go", "2 of 3  1 to go", "3 of 3  0 to go"]


async def test_call_as_json_and_in_a_narrow_encoding(demo: DemoServer) -> None:
    arguments = json.dumps({"text": "naïve → ✓"})
    outcome = await command("call", demo.url, "echo", "--args", arguments, "--format", "json")
    assert outcome.code == 0 and set(outcome.json) == {"tool", "ok", "rtt_ms", "events", "result", "error"}
    assert outcome.json["result"]["content"][0]["text"] == "naïve → ✓" and outcome.json["rtt_ms"] > 0
    narrow = await command("call", demo.url, "echo", "--args", arguments, PYTHONIOENCODING="ascii")
    assert (narrow.code, narrow.out) == (0, b"na\\xefve \\u2192 \\u2713\n")


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("echo", "--args", "{nope}"), 2, "is no JSON at line 1, column 2"),
        (("echo", "--args", "[1]"), 2, "must be a JSON object"),
        (("echo", "--timeout", "0"), 2, "seconds above 0"),
        (("echo", "--agrs", "{}"), 2, "unrecognized arguments: --agrs {}. See sse-mcp-inspector call --help."),
        (("fail",), 1, "The tool reports an error (isError)"),
        (("crash",), 1, "error -32603"),
        (("no-such-tool",), 1, "Unknown tool"),
        (("slow", "--args", '{"seconds": 5}', "--timeout", "0.3"), 5, "our own time limit"),
    ],
)
async def test_exit_codes_of_call(demo: DemoServer, argv: tuple[str, ...], code: int, words: str) -> None:
    outcome = await command("call", demo.url, *argv)
    assert (outcome.code, outcome.err.count("\n")) == (code, 1)
    assert outcome.err.startswith("sse-mcp-inspector: ") and words in outcome.err, outcome.err


@pytest.mark.parametrize(
    ("url", "limit_s", "code", "words"),
    [
        ("http://127.0.0.1:{free_port}/", 20, 3, "Start the server, or check the port."),
        ("{server}/401", 20, 4, "add an Authorization header."),
        ("{server}/500", 20, 1, "Look into its log"),
        ("{server}/hang", 0.5, 5, "our own time limit"),
        ("http://nothing.invalid/", 20, 3, "cannot be resolved"),
        ("gopher://127.0.0.1/", 20, 2, "is no http:// or https:// address"),
    ],
)
async def test_exit_codes_of_servers(server: FaultServer, url: str, limit_s: float, code: int, words: str) -> None:
    server.routes |= {"/401": answering(401), "/500": answering(500), "/hang": sending(b"", then="hang")}
    where = url.format(free_port=free_port(), server=server.url(""))
    outcome = await command("probe", where, "--timeout", f"{limit_s:g}", "--format", "json")
    assert outcome.code == code, outcome
    said = outcome.err if code == 2 else outcome.json["error"]
    assert words in said


async def test_watch_for_a_while_as_jsonl(demo: DemoServer) -> None:
    outcome = await command("watch", demo.url, "--for", "3", "--format", "jsonl")  # connecting counts
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.lines
    assert [line["n"] for line in lines] == list(range(len(lines)))
    assert {"n", "at", "monotonic_ns", "connection", "stream", "direction", "kind"} <= set(lines[1])
    assert lines[-1]["kind"] == "state" and lines[-1]["state"] == "closed", "also the end is printed"
    assert "session.ready" in {line["kind"] for line in lines}


async def test_watch_keeps_nothing_of_what_it_printed(
    demo: DemoServer, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    rivers: list[River] = []

    def begun() -> River:
        rivers.append(River())
        return rivers[-1]

    monkeypatch.setattr(cli, "River", begun)
    given = cli._parser().parse_args(["watch", demo.url, "--for", "2", "--format", "jsonl"])
    assert await cli._watch(given) == 0
    (river,) = rivers
    printed = [json.loads(line)["n"] for line in capsysbinary.readouterr().out.splitlines()]
    assert printed == list(range(len(river))) and printed
    with pytest.raises(IndexError):
        river[len(river) - 1]


async def test_watch_as_text_until_interrupted(demo: DemoServer) -> None:
    process = await start("watch", demo.url)
    assert process.stdout is not None
    seen = b""
    while b"session.ready" not in seen:
        seen += await asyncio.wait_for(process.stdout.read(4096), 20)
    process.send_signal(signal.SIGINT)
    outcome = await finish(process)
    assert (outcome.code, outcome.err) == (130, "")
    assert b"Closed by the user." in outcome.out.splitlines()[-1]


async def test_watch_of_what_never_answers(server: FaultServer) -> None:
    server.routes["/mcp"] = sending(b"", then="hang")
    outcome = await command("watch", server.url(), "--for", "0.4", "--format", "jsonl")
    assert outcome.code == 5 and "No connection stood within 0.4 s" in outcome.err
    assert outcome.lines[-1]["state"] == "closed"
    refused = await command("watch", f"http://127.0.0.1:{free_port()}/", "--format", "jsonl")
    assert refused.code == 3 and refused.lines and "Nothing listens" in refused.err


async def test_a_call_that_is_interrupted_tells_the_server(server: FaultServer, mcp: StreamableMcp) -> None:
    async def wait(connection: Any, request: Any, message: Json) -> None:
        process.send_signal(signal.SIGINT)
        await connection.hang()

    mcp.on["tools/call"] = wait
    process = await start("call", server.url(), "x")
    outcome = await finish(process)
    assert (outcome.code, outcome.out) == (130, b"")
    assert server.methods()[-1] == "notifications/cancelled" and server.seen[-1].method == "DELETE"


@asynccontextmanager
async def served(*options: str, name: str = "demo") -> AsyncIterator[tuple[asyncio.subprocess.Process, Json]]:
    process = await start("serve", name, "--format", "json", *options)
    assert process.stdout is not None
    yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    process.send_signal(signal.SIGINT)
    outcome = await finish(process)
    assert (outcome.code, outcome.out, outcome.err) == (130, b"", "")


async def test_serve_faults_lists_them_and_is_met_by_the_other_commands() -> None:
    async with served("--port", "0", "--scale", "0.1", name="faults") as (_, where):
        assert where["url"] == f"http://127.0.0.1:{where['port']}/"
        faults = {fault["rule"]: fault for fault in where["faults"]}
        assert faults["http10-hop"]["transport"] == "streamable-http"
        taken = await command("serve", "faults", "--port", str(where["port"]))
        assert taken.code == 2 and "Choose another, or --port 0." in taken.err
        called = await command("call", faults["http10-hop"]["ok"], "say", "--args", '{"text": "x"}')
        assert (called.code, called.out) == (0, b"x\n")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("demo", "--scale", "1"), "--scale has no meaning for serve demo."),
        (("faults", "--heartbeat", "1"), "--heartbeat has no meaning for serve faults."),
        (("faults", "--scale", "0"), "is no scale: give a number from 0.001 to 100"),
        (("faults", "--scale", "slow"), "'slow' is no scale"),
    ],
)
async def test_options_that_serve_does_not_take(argv: tuple[str, ...], words: str) -> None:
    outcome = await command("serve", *argv)
    assert outcome.code == 2 and words in outcome.err


async def test_serve_prints_its_port_and_ends_on_an_interrupt() -> None:
    async with served("--port", "0") as (_, where):
        assert where == {
            "port": where["port"],
            "url": f"http://127.0.0.1:{where['port']}/mcp",
            "sse_url": f"http://127.0.0.1:{where['port']}/sse",
        }
        taken = await command("serve", "demo", "--port", str(where["port"]))
        assert taken.code == 2 and "Choose another, or --port 0." in taken.err
        called = await command("call", where["sse_url"], "echo", "--args", '{"text": "x"}')
        assert (called.code, called.out) == (0, b"x\n")


@pytest.mark.parametrize(("name", "form"), [("check", "text"), ("check", "json"), ("watch", "jsonl")])
async def test_output_that_cannot_be_written_is_said_in_a_sentence(demo: DemoServer, name: str, form: str) -> None:
    typed = shlex.join((sys.executable, "-m", "inspector", name, demo.url, "--for", "1", "--format", form))
    process = await asyncio.create_subprocess_shell(f"{typed} >/dev/full", stderr=asyncio.subprocess.PIPE)
    outcome = await finish(process)
    assert outcome.code == 2 and "The output cannot be written: No space left on device." in outcome.err


async def test_a_closed_output_is_no_mistake(demo: DemoServer) -> None:
    typed = shlex.join((sys.executable, "-m", "inspector", "check", demo.url, "--for", "0.1"))
    process = await asyncio.create_subprocess_shell(f"{typed} >&-", stderr=asyncio.subprocess.PIPE)
    outcome = await finish(process)
    assert (outcome.code, outcome.err) == (0, "")


async def test_an_interrupt_while_it_loads_is_no_traceback() -> None:
    loading = (
        "import sys, importlib.abc\n"
        "class Interrupted(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'inspector.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "sys.argv = ['inspector', 'probe', 'http://127.0.0.1:9/']\n"
        "from inspector.__main__ import main\n"
        "sys.exit(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", loading, stderr=asyncio.subprocess.PIPE)
    outcome = await finish(process)
    assert (outcome.code, outcome.err) == (130, "")
