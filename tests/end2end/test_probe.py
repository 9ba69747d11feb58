"""`probe` at each kind of address: what it finds, in both formats, and what it says where there is nothing to find."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest

import inspector
from inspector.servers.demo import DemoServer
from tests.end2end.conftest import SERVERS, Program, Tls, free_port
from tests.end2end.river_check import check_river, violations
from tests.end2end.servers.everything import PATHS
from tests.end2end.servers.faults import FaultServer, HttpSseMcp, Json, StreamableMcp, answering
from tests.end2end.test_cli import Outcome, command

LOGIN = b"<!doctype html><title>Sign in</title><form></form>"
TOOL_STREAM = "/api/v1/mcp/sse"


@dataclass(frozen=True)
class Found:
    """What probe shall find: `tried` are the transports that were tried in vain before."""

    transport: str
    protocol_version: str | None
    server: str | None
    tools: int | None
    tried: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    findings: tuple[str, ...] = field(default=())


HANDSHAKE = ("stateless",)
OLD = ("stateless", "streamable-http")
OTHER = ("stateless", "streamable-http", "http+sse")


async def both_formats(url: str, *options: str) -> tuple[Outcome, Outcome]:
    """The same address asked twice: as JSON and as text."""
    asked = (command("probe", url, "--timeout", "10", "--format", form, *options) for form in ("json", "text"))
    as_json, as_text = await asyncio.gather(*asked)
    assert as_json.code == as_text.code
    return as_json, as_text


async def check(url: str, expected: Found) -> Json:
    """The report, which tells what is expected."""
    outcome = await command("probe", url, "--timeout", "10", "--format", "json", *expected.options)
    check_report(outcome, expected)
    return outcome.json


async def check_both_formats(url: str, expected: Found) -> Json:
    """The same, and the text says it too."""
    as_json, as_text = await both_formats(url, *expected.options)
    check_report(as_json, expected)
    assert as_text.err == ""
    check_text(as_text.out.decode(), as_json.json)
    return as_json.json


def check_report(outcome: Outcome, expected: Found) -> None:
    report = outcome.json
    assert (outcome.code, outcome.err, report["error"]) == (0, "", None), report["error"]
    assert (report["transport"], report["protocol_version"]) == (expected.transport, expected.protocol_version)
    assert (report["server"] or {}).get("name") == expected.server
    assert (None if report["tools"] is None else len(report["tools"])) == expected.tools
    attempts = [(attempt["transport"], attempt["ok"]) for attempt in report["attempts"]]
    assert attempts == [*((name, False) for name in expected.tried), (expected.transport, True)]
    assert report["verdict"] == report["attempts"][-1]["verdict"] and report["verdict"].endswith(".")
    assert [finding["rule"] for finding in report["findings"]] == list(expected.findings)


def check_text(text: str, report: Json) -> None:
    lines = text.splitlines()
    for line, attempt in zip(lines, report["attempts"], strict=False):
        assert line == f"{'ok' if attempt['ok'] else 'no':4}{attempt['transport']}: {attempt['verdict']}"
    version = f", revision {report['protocol_version']}" if report["protocol_version"] else ""
    assert any(line.endswith(f" over {report['transport']}{version}") for line in lines), text
    if report["tools"] is not None:
        assert f"tools ({len(report['tools'])})" in lines
        assert all(any(line.startswith(f"  {tool['name']}") for line in lines) for tool in report["tools"])


async def check_failure(url: str, code: int, *words: str, options: tuple[str, ...] = ()) -> Json:
    """Nothing was found, and the report says why."""
    outcome = await command("probe", url, "--timeout", "10", "--format", "json", *options)
    report = outcome.json
    assert (outcome.code, outcome.err) == (code, ""), report
    assert (report["transport"], report["protocol_version"], report["tools"]) == (None, None, None)
    assert report["verdict"] == report["error"] and report["error"].endswith(".")
    assert all(word in report["error"] for word in words), report["error"]
    assert report["attempts"] and not any(attempt["ok"] for attempt in report["attempts"])
    return report


@pytest.fixture(scope="module")
def programs() -> Iterator[Callable[..., Program]]:
    """The programs of `servers/`, each started once for all tests of this file."""
    running: dict[tuple[str, ...], Program] = {}

    def start(name: str, *options: str) -> Program:
        key = (name, *options)
        if key not in running:
            running[key] = Program([sys.executable, str(SERVERS / name), *options], free_port())
            running[key].start()
        return running[key]

    yield start
    for program in running.values():
        program.kill()


LEGACY = ("pagination-loop", "retry-hint-odd", "tools-list-heavy")
"""It gives 200 tools on endless pages, and asks clients to come back after 100 ms."""

SDK: dict[str, tuple[tuple[str, ...], str, Found]] = {
    "stateless": (("modern_server.py",), "/mcp", Found("stateless", "2026-07-28", "modern", 7)),
    "streamable pinned": (
        ("modern_server.py",),
        "/mcp",
        Found("streamable-http", "2025-11-25", "modern", 7, options=("--transport", "streamable-http")),
    ),
    "revision pinned": (
        ("modern_server.py",),
        "/mcp",
        Found("streamable-http", "2025-06-18", "modern", 7, options=("--protocol-version", "2025-06-18")),
    ),
    "handshake": (
        ("legacy_server.py", "100"),
        "/mcp",
        Found("streamable-http", "2025-11-25", "legacy", 200, HANDSHAKE, findings=LEGACY),
    ),
    "sse": (("sdk_server.py", "sse"), "/sse", Found("http+sse", "2024-11-05", "sdk", 6, OLD)),
}


@pytest.mark.parametrize(("server", "path", "expected"), SDK.values(), ids=list(SDK))
async def test_servers_of_the_python_sdk(
    programs: Callable[..., Program], server: tuple[str, ...], path: str, expected: Found
) -> None:
    report = await check_both_formats(programs(*server).url(path), expected)
    assert all(report["timings_ms"][key] > 0 for key in ("connect", "headers", "handshake", "tools_list"))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("sse", Found("http+sse", "2024-11-05", "mcp-servers/everything", 13, OLD)),
        ("streamableHttp", Found("streamable-http", "2025-11-25", "mcp-servers/everything", 13, HANDSHAKE)),
    ],
)
async def test_the_reference_server(reference_server: Callable[[str], Program], mode: str, expected: Found) -> None:
    report = await check(reference_server(mode).url(PATHS[mode]), expected)
    assert len(report["resources"]) == 7 and len(report["resource_templates"]) == 2 and len(report["prompts"]) == 4
    assert report["instructions"] and report["server"]["version"] == "2.0.0"
    assert {"tools", "resources", "prompts", "logging", "completions"} <= set(report["capabilities"])


@pytest.mark.parametrize("path", [TOOL_STREAM, "/mcp.json"])
async def test_a_tool_stream_with_a_manifest(programs: Callable[..., Program], path: str) -> None:
    expected = Found("tool-stream", None, "reports", 5, OTHER)
    report = await check_both_formats(programs("tool_stream_app.py").url(path), expected)
    assert report["resources"] is None and report["capabilities"] == {"tools": {}}
    assert "manifest" in report["verdict"]


async def test_a_tool_stream_without_one_is_not_guessed(programs: Callable[..., Program]) -> None:
    """Any address that takes POST could be one: it is only believed where a manifest or the user says so."""
    bare = programs("tool_stream_app.py", "--bare")
    await check_failure(bare.url(TOOL_STREAM), 1, "No way to speak to this server was found", "422")
    outcome = await command("probe", bare.url(TOOL_STREAM), "--transport", "tool-stream", "--format", "json")
    assert (outcome.code, outcome.json["transport"], outcome.json["tools"]) == (0, "tool-stream", [])
    assert outcome.json["verdict"].startswith("No manifest names this address")


async def test_a_stream_of_plain_text(programs: Callable[..., Program]) -> None:
    flask = programs("flask_stream.py")
    expected = Found("raw-sse", None, None, None, OTHER, findings=("lens-phantom-event",))
    report = await check_both_formats(flask.url("/stream"), expected)
    assert report["server"] is None and report["timings_ms"]["headers"] > 0
    await check_failure(flask.url("/page"), 1, "web page (HTML)", "405")


async def test_a_server_behind_a_path_prefix(server: FaultServer) -> None:
    old = HttpSseMcp(messages_path="/team/a/messages")
    server.routes |= {"/team/a/mcp": StreamableMcp(), "/team/a/sse": old.stream, "/team/a/messages": old.post}
    fine = ("get-405-is-fine",)
    expected = Found("streamable-http", "2025-11-25", "faults", 1, HANDSHAKE, findings=fine)
    await check(server.url("/team/a/mcp"), expected)
    await check(server.url("/team/a/sse"), Found("http+sse", "2024-11-05", "faults", 0, OLD))
    await check_failure(server.url("/mcp"), 1, "nothing at this address (404)", "/mcp and /sse")


WITHOUT = {
    "not found": (404, "text/plain", b"nothing", (), 1, ("nothing at this address (404)", "Check the path")),
    "a login page": (200, "text/html", LOGIN, (), 3, ("web page (HTML)", "login page")),
    "no credentials": (401, "text/plain", b"", (("www-authenticate", "Bearer"),), 4, ("401, Bearer", "Authorization")),
    "broken": (500, None, b"", (), 1, ("500", "Look into its log")),
}


@pytest.mark.parametrize(("status", "kind", "body", "headers", "code", "words"), WITHOUT.values(), ids=list(WITHOUT))
async def test_addresses_that_only_refuse(
    server: FaultServer,
    status: int,
    kind: str | None,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
    code: int,
    words: tuple[str, ...],
) -> None:
    server.routes["/mcp"] = answering(status, kind, body, *headers)
    report = await check_failure(server.url(), code, *words)
    as_text = await command("probe", server.url())
    assert (as_text.code, as_text.err) == (code, f"sse-mcp-inspector: {report['error']}\n")
    attempts, _, _ = as_text.out.decode().partition("\n\n")
    assert [line.split(":")[0] for line in attempts.splitlines()] == [
        f"no  {attempt['transport']}" for attempt in report["attempts"]
    ]


async def test_nothing_listens() -> None:
    port = free_port()
    report = await check_failure(f"http://127.0.0.1:{port}/mcp", 3, f"Nothing listens at 127.0.0.1:{port}")
    assert [attempt["transport"] for attempt in report["attempts"]] == ["stateless"]


async def test_a_certificate_of_ones_own_authority(tls: Tls) -> None:
    async with FaultServer(tls=tls.context) as server:
        server.routes["/mcp"] = StreamableMcp()
        options, fine = ("--ca", str(tls.ca_file)), ("get-405-is-fine",)
        trusted = Found("streamable-http", "2025-11-25", "faults", 1, HANDSHAKE, options, fine)
        report = await check(server.url(), trusted)
        assert report["timings_ms"]["tls"] > 0
        await check_failure(server.url(), 3, "certificate")
        await check_failure(server.url().replace("https", "http"), 3, "scheme and port fit")


@pytest.fixture
async def demo() -> AsyncIterator[DemoServer]:
    async with DemoServer() as server:
        yield server


async def test_every_face_of_the_demo_server(demo: DemoServer) -> None:
    name, tool_stream = "sse-mcp-inspector-demo", Found("tool-stream", None, "demo", 11, OTHER)
    pinned = Found("streamable-http", "2025-03-26", name, 12, options=("--protocol-version", "2025-03-26"))
    faces = [
        (demo.url, Found("streamable-http", "2025-11-25", name, 12, HANDSHAKE)),
        (demo.sse_url, Found("http+sse", "2024-11-05", name, 12, OLD)),
        (demo.tool_stream_url, tool_stream),
        (f"http://127.0.0.1:{demo.port}/mcp.json", tool_stream),
        (demo.url, pinned),
    ]
    new, old, *_ = [(await check(url, expected))["tools"] for url, expected in faces]
    assert [tool["name"] for tool in new] == [tool["name"] for tool in old]
    for url in (demo.url, demo.sse_url, demo.tool_stream_url):
        async with inspector.connect(url) as session:
            called = await session.call_tool("echo", {"text": "héllo"})
            assert called.ok and "héllo" in str(called.result)
        check_river(session.river)
        assert violations(session.river) == []
    front = await check_failure(f"http://127.0.0.1:{demo.port}/", 1, "No way to speak to this server was found")
    assert f"the manifest names {demo.tool_stream_url} instead" in front["attempts"][-1]["verdict"]
    refused = await check_failure(demo.url, 1, "unsupported protocol version", options=("--transport", "stateless"))
    assert [attempt["transport"] for attempt in refused["attempts"]] == ["stateless"]
