"""Each tool, without a network and without waiting."""

from __future__ import annotations

import base64
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
import referencing

from inspector.servers.demo.call import Call, SessionState
from inspector.servers.demo.catalogue import DEFINITIONS
from inspector.servers.demo.content import PARAGRAPH
from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import Json, RpcError
from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS
from inspector.servers.demo.tools import TOOLS, run_tool


@dataclass
class Bench:
    """A call whose clock moves only when the tool sleeps."""

    version: str = "2025-11-25"
    token: int | str | None = "t"
    slept_s: float = 0.0
    stream: EventStream = field(default_factory=EventStream)

    def __post_init__(self) -> None:
        self.state = SessionState(HTTP_SSE_VERSIONS, self.version)
        self.call = Call(self.state, self.stream, self.token, self.sleep, lambda: self.slept_s)

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    async def run(self, tool: str, **arguments: Any) -> Json:
        return await run_tool(self.call, tool, arguments)

    async def sent(self) -> list[Json]:
        self.stream.finish()
        async with aclosing(self.stream.read()) as blocks:
            data = b"".join([block.data async for block in blocks])
        return [json.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b"data: ")]


def text(result: Json) -> str:
    value: str = result["content"][0]["text"]
    return value


def test_every_definition_has_a_tool_and_sound_schemas() -> None:
    assert set(TOOLS) == set(DEFINITIONS)
    for definition in DEFINITIONS.values():
        jsonschema.Draft202012Validator.check_schema(definition["inputSchema"])
        assert definition["title"]
        assert definition["description"].endswith(".")
        assert set(definition["annotations"]) >= {"readOnlyHint", "destructiveHint"}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("add", {"a": 1, "b": 2}),
        ("shapes", {"name": "n", "position": {"x": 1, "y": 2.5}, "note": "hi"}),
        ("flood", {"n": 2}),
    ],
)
async def test_structured_content_fits_the_output_schema(tool: str, arguments: Json) -> None:
    result = await Bench().run(tool, **arguments)
    schema = DEFINITIONS[tool]["outputSchema"]
    jsonschema.Draft202012Validator(schema, registry=referencing.Registry()).validate(result["structuredContent"])
    assert result["isError"] is False


async def test_echo() -> None:
    assert text(await Bench().run("echo", text="Grüße")) == "Grüße"


async def test_add() -> None:
    assert (await Bench().run("add", a=1, b=2.5))["structuredContent"] == {"sum": 3.5}
    assert (await Bench().run("add", a=2**63, b=2**63))["structuredContent"] == {"sum": 2.0**64}
    assert (await Bench().run("add", a=1e308, b=1e308))["isError"] is True


async def test_structured_content_is_left_out_for_older_clients() -> None:
    assert "structuredContent" not in await Bench("2025-03-26").run("add", a=1, b=2)


async def test_stream_text_sends_each_word_twice() -> None:
    bench = Bench()
    assert text(await bench.run("stream_text", text="one two", delay_ms=100)) == "one two"
    sent = await bench.sent()
    assert [message["method"] for message in sent] == ["notifications/progress", "notifications/message"] * 2
    assert [message["params"].get("message") for message in sent[::2]] == ["one", "two"]
    assert sent[3]["params"] == {"level": "info", "logger": "stream_text", "data": "two "}
    assert bench.slept_s == pytest.approx(0.2)


async def test_stream_text_has_a_text_of_its_own() -> None:
    bench = Bench(token=None)
    assert text(await bench.run("stream_text")) == PARAGRAPH
    assert [message["params"]["data"].rstrip() for message in await bench.sent()] == PARAGRAPH.split()
    assert bench.slept_s == pytest.approx(0.06 * len(PARAGRAPH.split()))


async def test_the_log_level_hides_entries() -> None:
    bench = Bench(token=None)
    bench.state.log_level = "warning"
    await bench.run("stream_text", text="quiet", delay_ms=0)
    assert await bench.sent() == []
    assert (await bench.run("flood", n=3))["isError"] is True


async def test_countdown_reports_increasing_progress() -> None:
    bench = Bench(token=5)
    await bench.run("countdown", **{"from": 3, "delay_ms": 0})
    params = [message["params"] for message in await bench.sent()]
    assert [(entry["progressToken"], entry["progress"], entry["total"]) for entry in params] == [
        (5, 1, 3),
        (5, 2, 3),
        (5, 3, 3),
    ]


async def test_progress_has_no_message_in_2024() -> None:
    bench = Bench("2024-11-05")
    await bench.run("countdown", **{"from": 1})
    assert "message" not in (await bench.sent())[0]["params"]


async def test_a_whole_number_may_be_written_as_a_float() -> None:
    bench = Bench()
    await bench.run("countdown", **{"from": 3.0, "delay_ms": 0.0})
    assert len(await bench.sent()) == 3
    assert len(text(await Bench().run("big", bytes=5.0))) == 5


async def test_slow_takes_its_time() -> None:
    bench = Bench()
    await bench.run("slow", seconds=2.5)
    assert bench.slept_s == 2.5


async def test_fail_and_crash_differ() -> None:
    assert (await Bench().run("fail"))["isError"] is True
    with pytest.raises(RpcError) as caught:
        await Bench().run("crash")
    assert caught.value.code == -32603


async def test_flood_numbers_its_messages() -> None:
    bench = Bench()
    assert (await bench.run("flood", n=300, size_bytes=200))["structuredContent"]["count"] == 300
    sent = await bench.sent()
    assert [message["params"]["data"]["seq"] for message in sent] == list(range(300))


async def test_flood_keeps_to_the_rate() -> None:
    bench = Bench()
    await bench.run("flood", n=51, rate_per_s=100)
    assert bench.slept_s == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("count", [0, 1, 46, 1_000_000])
async def test_big_has_the_size_asked_for(count: int) -> None:
    assert len(text(await Bench().run("big", bytes=count))) == count


async def test_drop_cuts_in_the_middle_and_goes_on() -> None:
    bench = Bench()
    await bench.run("drop", after=3)
    bench.stream.finish()
    async with aclosing(bench.stream.read()) as blocks:
        found = [(block.count, block.cut) async for block in blocks]
    assert found == [(3, False), (1, True), (3, False)]


async def test_image_is_a_png() -> None:
    block = (await Bench().run("image"))["content"][0]
    assert (block["type"], block["mimeType"]) == ("image", "image/png")
    assert base64.b64decode(block["data"]).startswith(b"\x89PNG")


async def test_shapes_fills_in_defaults() -> None:
    result = await Bench().run("shapes", name="n", filled=False)
    assert result["structuredContent"] == {
        "name": "n",
        "sides": 4,
        "filled": False,
        "colour": "blue",
        "labels": [],
        "note": None,
    }
    assert "- **filled**: `false`" in text(result)


WRONG: list[tuple[str, Json]] = [
    ("echo", {}),
    ("echo", {"text": 3}),
    ("add", {"a": 1, "b": True}),
    ("countdown", {"from": 0}),
    ("flood", {"n": 10**9}),
    ("shapes", {"name": "n", "sides": 2}),
    ("shapes", {"name": "n", "position": {"x": 1}}),
    ("fail", {"extra": 1}),
    ("flood", {"n": 1, "rate_per_s": 1e308}),
    ("slow", {"seconds": float("inf")}),
    ("echo", {"text": json.loads("[" * 900 + "]" * 900)}),
]


@pytest.mark.parametrize(("tool", "arguments"), WRONG)
async def test_wrong_arguments_are_the_tools_error_since_2025_11_25(tool: str, arguments: Json) -> None:
    result = await Bench().run(tool, **arguments)
    assert result["isError"] is True
    assert text(result).startswith("Invalid arguments")


@pytest.mark.parametrize(("tool", "arguments"), WRONG)
async def test_wrong_arguments_were_a_protocol_error_before(tool: str, arguments: Json) -> None:
    with pytest.raises(RpcError) as caught:
        await Bench("2025-06-18").run(tool, **arguments)
    assert caught.value.code == -32602


async def test_an_unknown_tool_is_an_error() -> None:
    with pytest.raises(RpcError, match="Unknown tool"):
        await Bench().run("nothing")
