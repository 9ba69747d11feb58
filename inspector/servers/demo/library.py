"""All resources, templates, prompts and suggestions of the demo server: one of each kind that can be shown."""

from __future__ import annotations

import base64
import functools
import io
import json
import math
import struct
import wave
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

from inspector.servers.demo import content
from inspector.servers.demo.messages import INVALID_PARAMS, RESOURCE_NOT_FOUND, Json, RpcError
from inspector.servers.demo.places import CITIES, cities

SETTINGS_URI = "demo://settings"
DRAWING_URI = "demo://drawing"
PICTURE_URI = "demo://picture"
SOUND_URI = "demo://sound"
BINDER_URI = "demo://binder"
FORECAST_PREFIX = "demo://forecast/"
FORECAST = FORECAST_PREFIX + "{country}/{city}{?days}"
MAX_DAYS = 14
SUGGESTED_AT_ONCE = 10

SETTINGS: Json = {
    "heartbeat": {"comment": "still here", "every_ms": 15_000},
    "transports": ["http+sse", "streamable-http"],
    "limits": {"events": 1_000_000, "rate_per_s": None},
    "verbose": False,
}

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80" viewBox="0 0 240 80">
  <rect width="240" height="80" rx="10" fill="#1b1f27"/>
  <path d="M16 40h40l10-24 16 48 14-36 8 12h120" fill="none" stroke="#4cc38a" stroke-width="3"
    stroke-linejoin="round"/>
</svg>
"""


def _entry(uri: str, title: str, description: str, mime_type: str, **more: object) -> Json:
    name = uri.removeprefix("demo://")
    return {"uri": uri, "name": name, "title": title, "description": description, "mimeType": mime_type, **more}


RESOURCES: list[Json] = [
    *content.RESOURCES,
    _entry(
        SETTINGS_URI,
        "Settings",
        "A document in JSON.",
        "application/json",
        annotations={"audience": ["assistant"], "priority": 0.8},
    ),
    _entry(DRAWING_URI, "Drawing", "A picture as text (SVG).", "image/svg+xml", size=len(DRAWING)),
    _entry(PICTURE_URI, "Picture", "A picture as bytes (PNG).", "image/png"),
    _entry(SOUND_URI, "Sound", "Half a second of a falling tone (WAV).", "audio/wav"),
    _entry(BINDER_URI, "Binder", "One resource with several contents.", "text/plain"),
]

RESOURCE_TEMPLATES: list[Json] = [
    *content.RESOURCE_TEMPLATES,
    {
        "uriTemplate": FORECAST,
        "name": "forecast",
        "title": "Forecast",
        "description": "An invented weather forecast. The cities that are suggested depend on the country.",
        "mimeType": "application/json",
    },
]

PROMPTS: list[Json] = [
    *content.PROMPTS,
    {
        "name": "postcard",
        "title": "Write a postcard",
        "description": "A conversation with a picture, an embedded resource and a link to one.",
        "arguments": [
            {"name": "country", "description": "Where you are.", "required": True},
            {"name": "city", "description": "In which city; suggested for the country."},
            {"name": "to", "description": "Who shall get it."},
        ],
    },
]


def read_resource(uri: str) -> list[Json]:
    """The contents of the resource; raises `RpcError` if there is none."""
    makers: dict[str, Callable[[], list[Json]]] = {
        SETTINGS_URI: lambda: [_text(uri, "application/json", json.dumps(SETTINGS))],
        DRAWING_URI: lambda: [_text(uri, "image/svg+xml", DRAWING)],
        PICTURE_URI: lambda: [_blob(uri, "image/png", content.gradient_png())],
        SOUND_URI: lambda: [_blob(uri, "audio/wav", tone_wav())],
        BINDER_URI: _binder,
    }
    if uri in makers:
        return makers[uri]()
    if uri.startswith(FORECAST_PREFIX):
        return [_text(uri, "application/json", json.dumps(_forecast(uri), ensure_ascii=False))]
    return [content.read_resource(uri)]


def get_prompt(name: str, arguments: Json) -> Json:
    """The prompt filled in; raises `RpcError` if it is unknown or an argument is missing."""
    if name != "postcard":
        return content.get_prompt(name, arguments)
    country = arguments.get("country")
    if not isinstance(country, str):
        raise RpcError(INVALID_PARAMS, "Missing arguments: country")
    place = ", ".join(filter(None, (str(arguments.get("city", "")), country)))
    whom = str(arguments.get("to", "")) or "a friend"
    picture = {"type": "image", "mimeType": "image/png", "data": _encoded(content.gradient_png())}
    readme = {"type": "resource", "resource": content.read_resource(content.README_URI)}
    return {
        "description": f"A postcard from {place}",
        "messages": [
            _said("user", {"type": "text", "text": f"Write a postcard from {place} to {whom}. This is the picture:"}),
            _said("user", picture),
            _said("user", readme),
            _said("assistant", {"type": "text", "text": f"**Dear {whom},**\n\n> greetings from {place}!"}),
            _said("assistant", {"type": "resource_link", **RESOURCES[0]}),
        ],
    }


def complete(reference: Json, argument: str, value: str, context: Json) -> Json:
    """What `value` may become, given the other arguments; raises `RpcError` for a reference to something unknown."""
    name = reference.get("name") if reference.get("type") == "ref/prompt" else reference.get("uri")
    if name in ("postcard", FORECAST):
        options = _places(argument, context)
        found = [option for option in options if option.lower().startswith(value.lower())]
    else:
        found = content.complete(reference, argument, value)
    return {
        "values": found[:SUGGESTED_AT_ONCE],
        "total": len(found),
        "hasMore": len(found) > SUGGESTED_AT_ONCE,
    }


def _places(argument: str, context: Json) -> tuple[str, ...]:
    known: dict[str, tuple[str, ...]] = {
        "country": tuple(CITIES),
        "city": cities(context.get("country")),
        "days": tuple(str(day) for day in range(1, MAX_DAYS + 1)),
        "to": content.NAMES,
    }
    if argument not in known:
        raise RpcError(INVALID_PARAMS, "Unknown reference or argument")
    return known[argument]


def _forecast(uri: str) -> Json:
    """The same weather for the same place, whenever it is asked for."""
    parts = urlsplit(uri)
    country, _, city = unquote(uri.removeprefix(FORECAST_PREFIX).partition("?")[0]).partition("/")
    asked = parse_qs(parts.query).get("days", ["3"])[0]
    if not city or not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:4]) <= MAX_DAYS):
        raise RpcError(RESOURCE_NOT_FOUND, "Resource not found", {"uri": uri})
    seed = sum(map(ord, country + city))
    days = [{"day": day + 1, "high_c": round(18 + 9 * math.sin(seed + day), 1)} for day in range(int(asked))]
    return {"country": country, "city": city, "days": days}


def _binder() -> list[Json]:
    pages = [_text(f"{BINDER_URI}/{n}", "text/markdown", f"## Page {n}\n\nThis is page **{n}**.") for n in (1, 2)]
    return [*pages, _blob(f"{BINDER_URI}/picture", "image/png", content.gradient_png(48, 32))]


@functools.cache
def tone_wav(seconds: float = 0.5, rate_hz: int = 8_000) -> bytes:
    """A falling tone, 16 bits, one channel."""
    count = int(seconds * rate_hz)
    samples = [int(9_000 * math.sin(2 * math.pi * (660 - 440 * n / count / 2) * n / rate_hz)) for n in range(count)]
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(struct.pack(f"<{count}h", *samples))
    return out.getvalue()


def _text(uri: str, mime_type: str, text: str) -> Json:
    return {"uri": uri, "mimeType": mime_type, "text": text}


def _blob(uri: str, mime_type: str, data: bytes) -> Json:
    return {"uri": uri, "mimeType": mime_type, "blob": _encoded(data)}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _said(role: str, block: Json) -> Json:
    return {"role": role, "content": block}
