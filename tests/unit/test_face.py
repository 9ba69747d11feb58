"""The Python face: what `import inspector` offers to a script."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.protocol.era import TransportName
from inspector.record.saving import save_events
from inspector.trace.clock import FakeClock
from inspector.trace.river import River
from tests.support.rivers import Talk

URL = "http://127.0.0.1:1/mcp"


def test_every_name_that_is_promised_is_there() -> None:
    found: dict[str, Any] = {}
    exec("from inspector import *", found)  # noqa: S102 - the only way to write it inside a function
    assert set(inspector.__all__) <= set(found)


def test_other_names_are_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="'inspector' has no attribute 'Nothing'"):
        inspector.Nothing  # noqa: B018 - looking is the test


def test_connecting_touches_no_network_before_it_is_entered() -> None:
    session = inspector.connect(URL)
    assert isinstance(session, inspector.Session)
    assert len(session.river) == 0
    assert session.options == inspector.Options(URL)
    assert session.options.transport is TransportName.AUTO


async def answer(params: dict[str, Any]) -> dict[str, Any]:
    return params


def test_every_argument_reaches_the_options() -> None:
    river = River(FakeClock())
    session = inspector.connect(
        URL,
        transport="http+sse",
        protocol_version="2025-03-26",
        headers={"Authorization": "Bearer x", "X-A": "1"},
        ca_file=Path("ca.pem"),
        insecure=True,
        sampling=answer,
        river=river,
        request_timeout_s=3.0,
        reconnect=False,
    )
    assert session.river is river
    assert session.options == inspector.Options(
        URL,
        transport=TransportName.HTTP_SSE,
        protocol_version="2025-03-26",
        headers=(("Authorization", "Bearer x"), ("X-A", "1")),
        ca_file=Path("ca.pem"),
        insecure=True,
        request_timeout_s=3.0,
        reconnect=False,
        callbacks=inspector.Callbacks(sampling=answer),
    )


def test_only_what_can_be_answered_is_declared() -> None:
    features = inspector.connect(URL, elicitation=answer, roots=answer).options.callbacks.features()
    assert (features.roots, features.sampling, features.elicitation) == (True, False, True)


def test_an_empty_river_is_a_river() -> None:
    """A river of no events is false; it must be used all the same."""
    river = River(FakeClock())
    assert inspector.connect(URL, river=river).river is river


@pytest.mark.parametrize(("argument", "error"), [({"transport": "smoke"}, ValueError), ({"no_such": 1}, TypeError)])
def test_a_mistake_of_the_script_raises_at_once(argument: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        inspector.connect(URL, **argument)


@pytest.mark.parametrize("spelled", [Path, str])
def test_a_recording_is_read_by_number_and_in_blocks(spelled: type[Any], tmp_path: Path) -> None:
    talk = Talk()
    for stream in range(1, 400):
        talk.send(stream)
        talk.end(stream)
    written = talk.since(0)
    save_events(written, tmp_path / "a.mcptrace")
    with closing(inspector.open_recording(spelled(tmp_path / "a.mcptrace"))) as recording:
        assert isinstance(recording, inspector.Recording)
        assert len(recording) == len(written)
        assert [recording[n] for n in range(len(recording))] == written
        assert recording.since(10, 2) == written[10:12]


def test_what_is_no_recording_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(inspector.RecordingError) as caught:
        inspector.open_recording(str(tmp_path / "none"))
    assert caught.value.sentence.startswith("There is no file")
