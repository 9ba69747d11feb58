"""One resource of each kind, templates and prompts with arguments that depend on each other."""

from __future__ import annotations

import base64
import io
import json
import wave

import pytest

from inspector.servers.demo import library
from inspector.servers.demo.messages import RpcError


@pytest.mark.parametrize("entry", library.RESOURCES, ids=lambda entry: entry["name"])
def test_every_resource_can_be_read(entry: dict[str, str]) -> None:
    contents = library.read_resource(entry["uri"])
    assert contents
    for item in contents:
        assert ("text" in item) != ("blob" in item)
        assert item["mimeType"]


def test_the_binder_has_several_contents() -> None:
    assert [item["mimeType"] for item in library.read_resource(library.BINDER_URI)] == [
        "text/markdown",
        "text/markdown",
        "image/png",
    ]


def test_the_sound_is_a_sound() -> None:
    blob = library.read_resource(library.SOUND_URI)[0]["blob"]
    with wave.open(io.BytesIO(base64.b64decode(blob))) as sound:
        assert sound.getnframes() == 4_000


def test_the_forecast_has_as_many_days_as_asked_for() -> None:
    text = library.read_resource("demo://forecast/Switzerland/Z%C3%BCrich?days=5")[0]["text"]
    forecast = json.loads(text)
    assert (forecast["country"], forecast["city"], len(forecast["days"])) == ("Switzerland", "Zürich", 5)
    assert len(json.loads(library.read_resource("demo://forecast/a/b")[0]["text"])["days"]) == 3


@pytest.mark.parametrize("uri", ["demo://forecast/a", "demo://forecast/a/b?days=0", "demo://forecast/a/b?days=x"])
def test_a_forecast_that_cannot_be_made_is_not_found(uri: str) -> None:
    with pytest.raises(RpcError, match="Resource not found"):
        library.read_resource(uri)


def test_the_postcard_has_all_kinds_of_content() -> None:
    messages = library.get_prompt("postcard", {"country": "Japan", "city": "Kyoto", "to": "Ada"})["messages"]
    assert [(message["role"], message["content"]["type"]) for message in messages] == [
        ("user", "text"),
        ("user", "image"),
        ("user", "resource"),
        ("assistant", "text"),
        ("assistant", "resource_link"),
    ]
    assert "Kyoto, Japan to Ada" in messages[0]["content"]["text"]
    with pytest.raises(RpcError, match="country"):
        library.get_prompt("postcard", {"city": "Kyoto"})


def test_the_suggested_cities_depend_on_the_country() -> None:
    reference = {"type": "ref/resource", "uri": library.FORECAST}
    found = library.complete(reference, "city", "b", {"country": "Germany"})
    assert found == {"values": ["Berlin", "Bonn", "Bremen"], "total": 3, "hasMore": False}
    everywhere = library.complete(reference, "city", "", {})
    assert len(everywhere["values"]) == 10
    assert everywhere["hasMore"]
    assert everywhere["total"] > 10


def test_unknown_arguments_have_no_suggestions() -> None:
    with pytest.raises(RpcError):
        library.complete({"type": "ref/prompt", "name": "postcard"}, "colour", "", {})
