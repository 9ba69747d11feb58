from __future__ import annotations

import json
from typing import Any

from inspector.servers.replay.asked import Asked, read
from inspector.servers.replay.matching import Matcher
from inspector.servers.replay.script import Exchange

URL = "http://h/mcp"


def asking(method: str, params: dict[str, Any] | None = None) -> Asked:
    return read("POST", json.dumps({"id": 1, "method": method, "params": params or {}}).encode())


def calling(tool: str, **arguments: Any) -> Asked:
    return asking("tools/call", {"name": tool, "arguments": arguments})


def exchanges(*asked: Asked, method: str = "POST", url: str = URL) -> list[Exchange]:
    return [Exchange(n, n + 1, 1, method, url, what, 0) for n, what in enumerate(asked)]


def served(matcher: Matcher, *asked: Asked, method: str = "POST", path: str = "/mcp") -> list[int | None]:
    found = [matcher.find(method, path, {}, what) for what in asked]
    return [match.exchange.number if match else None for match in found]


def test_equal_parameters_first_then_the_same_name_then_nothing() -> None:
    matcher = Matcher(exchanges(calling("echo", text="a"), calling("echo", text="b"), calling("add")))
    assert served(matcher, calling("echo", text="b"), calling("echo", text="c"), calling("add", a=1)) == [1, 0, 2]
    assert served(matcher, calling("other"), asking("tools/list"), calling("echo", text="b")) == [None, None, 1]
    match = matcher.find("POST", "/mcp", {}, calling("add", a=1))
    assert match is not None and match.how == "other parameters" and match.is_repeated


def test_each_is_used_once_before_it_is_used_again() -> None:
    matcher = Matcher(exchanges(*[calling("echo", text="a")] * 3))
    assert served(matcher, *[calling("echo", text="a")] * 7) == [0, 1, 2, 0, 1, 2, 0]


def test_a_client_that_begins_anew_starts_the_recording_over() -> None:
    matcher = Matcher(exchanges(asking("initialize"), calling("echo"), calling("echo")))
    assert served(matcher, asking("initialize"), calling("echo")) == [0, 1]
    assert served(matcher, asking("initialize"), calling("echo"), calling("echo")) == [0, 1, 2]


def test_path_and_http_method_have_to_fit() -> None:
    matcher = Matcher(exchanges(asking("ping")))
    assert served(matcher, asking("ping"), path="/other") == [None]
    assert served(matcher, asking("ping"), method="PUT") == [None]
    assert matcher.knows("/mcp") and not matcher.knows("/other")
    assert matcher.labels("/mcp") == ["ping"] and matcher.labels("/other") == []


def test_streams_by_the_event_that_they_are_resumed_after() -> None:
    streams = [read("GET", b"", event_id) for event_id in (None, "3", "5", None)]
    matcher = Matcher(exchanges(*streams, method="GET"))
    live = [read("GET", b"", event_id) for event_id in ("5", "4", None, None)]
    assert served(matcher, *live, method="GET") == [2, 1, 0, 3]


def test_the_query_decides_between_equals() -> None:
    recorded = exchanges(asking("ping"), url="http://h/m?session=1") + exchanges(
        asking("ping"), url="http://h/m?session=2"
    )
    recorded[1].number = 1
    match = Matcher(recorded).find("POST", "/m", {"session": "2"}, asking("ping"))
    assert match is not None and match.exchange.number == 1
