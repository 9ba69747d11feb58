"""What the demo server has to show: a text, a picture, resources and a prompt."""

from __future__ import annotations

import functools
import struct
import zlib
from datetime import UTC, datetime
from urllib.parse import unquote

from inspector.servers.demo.messages import INVALID_PARAMS, RESOURCE_NOT_FOUND, Json, RpcError

PARAGRAPH = (
    "An event stream is the simplest kind of live connection: the client asks once, and the server keeps answering. "
    "Each event is a few lines of text and ends with an empty line. Between events a comment may pass by, just to show "
    "that the line is still open. If the connection breaks, the client comes back with the id of the last event it "
    "saw, and the server continues from there. What looks like one long answer is a conversation in small steps, and "
    "every step has a time, a size and a meaning."
)

CLOCK_URI = "demo://clock"
README_URI = "demo://readme"
GREETING_PREFIX = "demo://greeting/"

README = """# Demo server

A small Model Context Protocol server that runs on this machine only. It is here to be looked at:

- **stream_text** sends a text word by word, as progress and as log messages.
- **countdown** reports progress, **slow** only takes its time: cancel it.
- **flood** sends as many messages a second as you ask for.
- **drop** breaks the connection in the middle of an event; with Streamable HTTP the rest follows on a resumed stream.
- **fail** and **crash** show the two kinds of error.
- Subscribe to `demo://clock` and an update arrives every two seconds.
"""

RESOURCES: list[Json] = [
    {
        "uri": README_URI,
        "name": "readme",
        "title": "About this server",
        "description": "What the demo server can do.",
        "mimeType": "text/markdown",
    },
    {
        "uri": CLOCK_URI,
        "name": "clock",
        "title": "Clock",
        "description": "The time now. Subscribe to it for an update every two seconds.",
        "mimeType": "text/plain",
    },
]

RESOURCE_TEMPLATES: list[Json] = [
    {
        "uriTemplate": GREETING_PREFIX + "{name}",
        "name": "greeting",
        "title": "Greeting",
        "description": "A greeting for whoever is named in the URI.",
        "mimeType": "text/plain",
    }
]

STYLES = ("bullet points", "haiku", "headline", "one sentence", "plain words")
NAMES = ("Ada", "Alan", "Barbara", "Edsger", "Grace")

PROMPTS: list[Json] = [
    {
        "name": "summarise",
        "title": "Summarise a text",
        "description": "Asks for a summary of a text in a given style.",
        "arguments": [
            {"name": "style", "description": "How the summary should read.", "required": True},
            {"name": "text", "description": "The text to summarise.", "required": True},
        ],
    }
]


def read_resource(uri: str) -> Json:
    """The one content of the resource; raises `RpcError` if there is none."""
    if uri == README_URI:
        return {"uri": uri, "mimeType": "text/markdown", "text": README}
    if uri == CLOCK_URI:
        return {"uri": uri, "mimeType": "text/plain", "text": datetime.now(UTC).isoformat(timespec="microseconds")}
    if uri.startswith(GREETING_PREFIX) and (name := unquote(uri.removeprefix(GREETING_PREFIX))):
        return {"uri": uri, "mimeType": "text/plain", "text": f"Hello, {name}!"}
    raise RpcError(RESOURCE_NOT_FOUND, "Resource not found", {"uri": uri})


def get_prompt(name: str, arguments: Json) -> Json:
    """The prompt filled in; raises `RpcError` if it is unknown or an argument is missing."""
    if name != "summarise":
        raise RpcError(INVALID_PARAMS, f"Unknown prompt: {name}")
    missing = [key for key in ("style", "text") if not isinstance(arguments.get(key), str)]
    if missing:
        raise RpcError(INVALID_PARAMS, f"Missing arguments: {', '.join(missing)}")
    text = f"Summarise the following text as {arguments['style']}:\n\n{arguments['text']}"
    return {
        "description": f"A summary as {arguments['style']}",
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
    }


def complete(reference: Json, argument: str, value: str) -> list[str]:
    """What `value` may become; raises `RpcError` for a reference to something unknown."""
    name = reference.get("name") if reference.get("type") == "ref/prompt" else reference.get("uri")
    known = {("summarise", "style"): STYLES, ("summarise", "text"): (), (GREETING_PREFIX + "{name}", "name"): NAMES}
    if not isinstance(name, str) or (name, argument) not in known:
        raise RpcError(INVALID_PARAMS, "Unknown reference or argument")
    return [option for option in known[name, argument] if option.lower().startswith(value.lower())]


@functools.cache
def gradient_png(width: int = 96, height: int = 64) -> bytes:
    """A picture that is computed: two colours fading into each other (PNG specification, sections 5 and 11)."""
    rows = b"".join(b"\x00" + _gradient_row(y, width, height) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (_png_chunk(b"IHDR", header), _png_chunk(b"IDAT", zlib.compress(rows, 9)), _png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _gradient_row(y: int, width: int, height: int) -> bytes:
    return b"".join(
        bytes((255 * x // (width - 1), 96 + 96 * y // (height - 1), 224 - 160 * x // (width - 1))) for x in range(width)
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
