"""The definitions of the tools as `tools/list` shows them."""

from __future__ import annotations

from typing import Any

from inspector.servers.demo.content import PARAGRAPH
from inspector.servers.demo.messages import Json

MAX_DELAY_MS = 60_000
MAX_RATE_PER_S = 10_000_000
MAX_BIG_BYTES = 64 * 1024 * 1024


def _define(
    name: str,
    title: str,
    description: str,
    properties: Json,
    required: tuple[str, ...] = (),
    *,
    output: Json | None = None,
    destructive: bool = False,
) -> Json:
    definition: Json = {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": _object(properties, required),
        "annotations": {
            "title": title,
            "readOnlyHint": not destructive,
            "destructiveHint": destructive,
            "idempotentHint": not destructive,
            "openWorldHint": False,
        },
    }
    return definition if output is None else {**definition, "outputSchema": output}


def _object(properties: Json, required: tuple[str, ...] = ()) -> Json:
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def _string(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _integer(description: str, minimum: int, maximum: int, **more: Any) -> Json:
    return {"type": "integer", "description": description, "minimum": minimum, "maximum": maximum, **more}


def _number(description: str, **more: Any) -> Json:
    return {"type": "number", "description": description, **more}


def _delay(default_ms: int) -> Json:
    return _integer("Pause between two steps, in milliseconds.", 0, MAX_DELAY_MS, default=default_ms)


_SHAPES: Json = {
    "name": _string("A text that must be given.", minLength=1, maxLength=80),
    "sides": _integer("A whole number within limits.", 3, 12, default=4),
    "filled": {"type": "boolean", "description": "A switch.", "default": True},
    "colour": _string("One of a few values.", enum=["red", "green", "blue", "black"], default="blue"),
    "labels": {"type": "array", "description": "A list of texts.", "items": {"type": "string"}, "default": []},
    "position": {
        **_object({"x": _number("Across."), "y": _number("Down.")}, ("x", "y")),
        "description": "An object within the object.",
    },
    "note": {"type": ["string", "null"], "description": "A text or null.", "default": None},
}

_ALL = (
    _define("echo", "Echo", "Returns the text it is given.", {"text": _string("What to return.")}, ("text",)),
    _define(
        "add",
        "Add",
        "Adds two numbers; the sum is also returned as structured content.",
        {"a": _number("The first number."), "b": _number("The second number.")},
        ("a", "b"),
        output=_object({"sum": _number("a + b")}, ("sum",)),
    ),
    _define(
        "stream_text",
        "Stream a text",
        "Sends a text word by word, as progress notifications and as log messages.",
        {"text": _string("What to send.", default=PARAGRAPH), "delay_ms": _delay(60)},
    ),
    _define(
        "countdown",
        "Count down",
        "Counts down to zero and reports progress at every step.",
        {"from": _integer("Where to start.", 1, 100_000, default=10), "delay_ms": _delay(200)},
    ),
    _define(
        "shapes",
        "Shapes of arguments",
        "Takes one argument of every kind and returns them as received.",
        _SHAPES,
        ("name",),
        output=_object(_SHAPES, ("name",)),
    ),
    _define("image", "Picture", "Returns a small picture (PNG).", {}),
    _define(
        "slow",
        "Take time",
        "Does nothing for a while; a call to cancel or to time out.",
        {"seconds": _number("How long to wait.", minimum=0, maximum=600, default=5)},
    ),
    _define("fail", "Fail", "Returns a result that says the tool has failed.", {}),
    _define("crash", "Crash", "Answers with JSON-RPC error -32603.", {}, destructive=True),
    _define(
        "flood",
        "Flood",
        "Sends many log messages, each with its number and the time it was made.",
        {
            "n": _integer("How many messages.", 1, 10_000_000, default=1000),
            "rate_per_s": _number(
                "Messages per second; 0 for as fast as possible.", minimum=0, maximum=MAX_RATE_PER_S, default=0
            ),
            "size_bytes": _integer("Size of each message, as JSON.", 0, 65_536, default=200),
        },
        output=_object({"count": _integer("Messages sent.", 0, 10_000_000), "elapsed_ms": _number("Time taken.")}),
    ),
    _define(
        "big",
        "Big result",
        "Returns one text of the given size.",
        {"bytes": _integer("How many bytes.", 0, MAX_BIG_BYTES, default=1_000_000)},
    ),
    _define(
        "drop",
        "Drop the connection",
        "Sends a few events, then breaks the connection in the middle of one. "
        "With Streamable HTTP the rest, and the result, follow on a resumed stream.",
        {"after": _integer("Whole events before the break.", 0, 1000, default=3), "delay_ms": _delay(50)},
        destructive=True,
    ),
)

DEFINITIONS: dict[str, Json] = {definition["name"]: definition for definition in _ALL}
