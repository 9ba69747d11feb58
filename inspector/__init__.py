"""See a Model Context Protocol server talk.

    import inspector

    async with inspector.connect("http://127.0.0.1:8000/mcp") as session:
        tools = await session.list_tools()
        answer = await session.call_tool("echo", {"text": "hello"})
        print(answer.result, answer.rtt_ms)
        async for event in session.events():
            ...

    with contextlib.closing(inspector.open_recording("yesterday.mcptrace")) as recording:
        newest = recording[len(recording) - 1]
        first = recording.since(0, 100)

No Qt is needed or imported. Entering raises `ConnectError`; requests return an `Answer` and never raise for what
the server did. Opening a recording raises `RecordingError`. Names are loaded when first used, so that the window
stands before httpx is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from inspector.protocol.auth.settings import AuthSettings
    from inspector.protocol.era import TransportName
    from inspector.protocol.peer import Progress
    from inspector.record.recording import Recording, RecordingError
    from inspector.session.calls import Answer
    from inspector.session.failure import ConnectError
    from inspector.session.laboratory import LabError, Laboratory
    from inspector.session.options import Ask, AuthorizationPrompt, Authorize, Callbacks, Options, Refused
    from inspector.session.session import Session
    from inspector.session.skills import Skills
    from inspector.trace.river import River

_HOMES = {
    "Answer": "inspector.session.calls",
    "Ask": "inspector.session.options",
    "AuthSettings": "inspector.protocol.auth.settings",
    "AuthorizationPrompt": "inspector.session.options",
    "Authorize": "inspector.session.options",
    "Callbacks": "inspector.session.options",
    "ConnectError": "inspector.session.failure",
    "LabError": "inspector.session.laboratory",
    "Laboratory": "inspector.session.laboratory",
    "Options": "inspector.session.options",
    "Progress": "inspector.protocol.peer",
    "Recording": "inspector.record.recording",
    "RecordingError": "inspector.record.recording",
    "Refused": "inspector.session.options",
    "River": "inspector.trace.river",
    "Session": "inspector.session.session",
    "Skills": "inspector.session.skills",
    "TransportName": "inspector.protocol.era",
}

__all__ = [
    "Answer",
    "Ask",
    "AuthSettings",
    "AuthorizationPrompt",
    "Authorize",
    "Callbacks",
    "ConnectError",
    "LabError",
    "Laboratory",
    "Options",
    "Progress",
    "Recording",
    "RecordingError",
    "Refused",
    "River",
    "Session",
    "Skills",
    "TransportName",
    "connect",
    "open_recording",
]


def connect(
    url: str,
    *,
    transport: TransportName | str = "auto",
    protocol_version: str | None = None,
    headers: Mapping[str, str] | None = None,
    ca_file: Path | None = None,
    insecure: bool = False,
    sampling: Ask | None = None,
    elicitation: Ask | None = None,
    roots: Ask | None = None,
    authorize: Authorize | None = None,
    river: River | None = None,
    **more: Any,
) -> Session:
    """A session with the server at `url`, to be entered with `async with`.

    `sampling`, `elicitation` and `roots` are coroutines that take the server's `params` and return our `result`; only
    what is given is declared as a capability. `authorize` takes the user through a sign-in: an `AuthorizationPrompt`
    in, the URL that the browser was sent back to out. `more` takes any further field of `Options`, such as `auth` or
    `request_timeout_s`. Pass a `river` to collect the events of several sessions in one place.
    """
    from inspector.protocol.era import TransportName as Name  # noqa: PLC0415 - loaded when first used
    from inspector.session.options import Callbacks as Answerers  # noqa: PLC0415
    from inspector.session.options import Options as Settings  # noqa: PLC0415
    from inspector.session.session import Session as Connected  # noqa: PLC0415

    options = Settings(
        url,
        transport=Name(transport),
        protocol_version=protocol_version,
        headers=tuple((headers or {}).items()),
        ca_file=ca_file,
        insecure=insecure,
        callbacks=Answerers(sampling, elicitation, roots, authorize),
        **more,
    )
    return Connected(options, river)


def open_recording(path: str | os.PathLike[str]) -> Recording:
    """The events of a recording, read from its file when they are asked for: by number, or in blocks with `since`.

    Close it in the end. Raises `RecordingError`, whose `sentence` says what the file is and what to do. What damage has
    made unreadable is told as an event of its own.
    """
    from pathlib import Path as FilePath  # noqa: PLC0415 - loaded when first used

    from inspector.record import recording  # noqa: PLC0415

    return recording.open_recording(FilePath(path))


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
