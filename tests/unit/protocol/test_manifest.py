from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.manifest import manifest_urls, read_manifest

URL = "http://127.0.0.1:8000/mcp.json"
TARGET = "http://127.0.0.1:8000/api/v1/mcp/sse"
PATH = "/api/v1/mcp/sse"

KEYS = ["endpoint", "sse", "url", "server", "tools", "name", "parameters", "type", "timeout", "heartbeat_ms", "x"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from([PATH, TARGET]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "value",
    [
        {"endpoint": PATH},
        {"endpoint": TARGET},
        {"endpoint": "http://localhost:8000/api/v1/mcp/sse"},
        {"endpoint": "api/v1/mcp/sse"},
        {"endpoint": f"POST {PATH}"},
        {"sse": PATH},
        {"sse_endpoint": PATH, "url": "http://127.0.0.1:8000/docs"},
        {"sseEndpoint": PATH},
        {"url": TARGET},
        {"server": {"url": PATH}},
        {"transport": {"type": "sse", "url": PATH}},
        {"endpoints": {"sse": PATH, "health": "/health"}},
        {"endpoints": {"sse": {"method": "POST", "path": PATH}}},
        {"mcp": {"sse": PATH}},
        {"mcpServers": {"reports": {"type": "sse", "url": TARGET}}},
        {"remotes": [{"type": "sse", "url": TARGET}]},
        {"homepage": "http://e.example/", "author": {"url": "http://e.example/me"}, "sse": {"endpoint": PATH}},
    ],
)
def test_the_address_is_found_wherever_people_put_it(value: Any) -> None:
    manifest = read_manifest(value, URL)
    assert manifest.endpoint == TARGET
    assert manifest.problems == ()
    assert TARGET in manifest.notes[0]


def test_a_well_known_manifest_speaks_of_the_root() -> None:
    read = read_manifest({"endpoint": "api/v1/mcp/sse"}, "https://h/.well-known/mcp.json")
    assert read.endpoint == "https://h/api/v1/mcp/sse"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/sse", "//evil.example/sse", "http://127.0.0.1:9000/sse", "https://127.0.0.1:8000/sse"],
)
def test_another_origin_is_refused_and_said(address: str) -> None:
    manifest = read_manifest({"endpoint": address}, URL)
    assert manifest.endpoint is None
    assert len(manifest.problems) == 1 and "another origin" in manifest.problems[0]


@pytest.mark.parametrize("address", ["", "enabled", "javascript:alert(1)", "file:///etc/passwd", "/a b", "http://[::1"])
def test_what_is_no_address_is_none(address: str) -> None:
    manifest = read_manifest({"sse": address}, URL)
    assert manifest.endpoint is None
    assert "The manifest names no address for calls." in manifest.notes


@pytest.mark.parametrize(
    "tools",
    [
        [
            {
                "name": "add",
                "description": "Adds.",
                "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}},
            }
        ],
        [{"name": "add", "summary": "Adds.", "parameters": {"a": "number"}}],
        [
            {
                "type": "function",
                "function": {"name": "add", "description": "Adds.", "parameters": {"a": {"type": "float"}}},
            }
        ],
        {"add": {"description": "Adds.", "params": [{"name": "a", "type": "number"}]}},
        [{"id": "add", "desc": "Adds.", "args": {"a": "float"}}],
    ],
)
def test_tools_are_read_in_every_shape(tools: Any) -> None:
    manifest = read_manifest({"endpoint": PATH, "tools": tools}, URL)
    schema = {"type": "object", "properties": {"a": {"type": "number"}}}
    assert manifest.tools_as_mcp() == [{"name": "add", "description": "Adds.", "inputSchema": schema}]
    assert "1 tool was read from tools." in manifest.notes


def test_tools_by_name_alone() -> None:
    assert [tool.name for tool in read_manifest({"tools": ["a", "b", ""]}, URL).tools] == ["a", "b"]
    assert read_manifest({"tools": {"a": "Does a."}}, URL).tools[0].description == "Does a."
    assert read_manifest({"mcp": {"tools": ["a"]}}, URL).tools[0].schema == {"type": "object"}


def test_what_is_wrong_with_tools_is_told() -> None:
    manifest = read_manifest({"tools": [{"x": 1}, {"name": "a"}, {"name": "a"}]}, URL)
    assert len(manifest.tools) == 1 and len(manifest.problems) == 2
    assert read_manifest({"capabilities": {"tools": {"listChanged": True}}}, URL).tools == ()
    assert read_manifest([1], URL).problems == ("The manifest must be an object, not an array.",)


@pytest.mark.parametrize(
    ("value", "heartbeat_s", "timeout_s"),
    [
        ({"heartbeat": 15, "timeout": 120}, 15.0, 120.0),
        ({"heartbeat_interval_ms": 15000, "limits": {"timeoutMs": 1000}}, 15.0, 1.0),
        ({"sse": {"keepalive": "15s", "timeout": "2 min"}}, 15.0, 120.0),
        ({"heartbeat": True, "timeout": "soon"}, None, None),
    ],
)
def test_times_are_read_with_their_units(value: Any, heartbeat_s: float | None, timeout_s: float | None) -> None:
    manifest = read_manifest(value, URL)
    assert (manifest.heartbeat_s, manifest.timeout_s) == (heartbeat_s, timeout_s)


def test_the_name_of_the_server() -> None:
    manifest = read_manifest({"server": {"name": "reports", "version": "2"}}, URL)
    assert (manifest.name, manifest.version) == ("reports", "2")


def test_where_a_manifest_may_be() -> None:
    assert manifest_urls("http://h:1/api/v1/mcp/sse?x=1") == ("http://h:1/mcp.json", "http://h:1/.well-known/mcp.json")
    assert manifest_urls("http://h/a/mcp.json")[0] == "http://h/a/mcp.json"
    assert manifest_urls("http://h/mcp.json") == ("http://h/mcp.json", "http://h/.well-known/mcp.json")
    assert manifest_urls("http://[") == ()


@given(ANYTHING, st.sampled_from([URL, "http://[", "x"]))
def test_any_json_is_read(value: Any, url: str) -> None:
    manifest = read_manifest(value, url)
    assert manifest.endpoint is None or manifest.endpoint == TARGET
    assert all(note.endswith(".") for note in (*manifest.notes, *manifest.problems))
    assert all(tool["name"] and isinstance(tool["inputSchema"], dict) for tool in manifest.tools_as_mcp())
