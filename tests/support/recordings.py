"""Recordings on disk, and what there is to compare in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspector.record.saving import save_events
from inspector.trace.events import ConnectionState
from tests.support.rivers import Talk
from tests.unit.record.test_offered import Session, text, tool


def session(version: str, tools: Mapping[str, str], answers: Mapping[str, str], heartbeats: int = 0) -> Talk:
    """A whole session: the handshake, a list of tools with their descriptions, a call for each answer, the end.

    The machine has been up for as many seconds as the version says.
    """
    river = Session()
    river.wait(1_000 * float(version))
    river.state(ConnectionState.CONNECTING, reason="the user connected")
    river.hello("demo", version)
    river.exchange("tools/list", {}, {"tools": [tool(name, words) for name, words in tools.items()]})
    for name, said in answers.items():
        river.send(river.next_stream())
        river.call(name, {"n": 1}, text(said))
    for _ in range(heartbeats):
        river.wait(100)
        river.comment(1)
    river.state(ConnectionState.CLOSED, reason="closed by us")
    return river


def saved(river: Talk, path: Path, **facts: Any) -> Path:
    save_events(river.since(0), path, facts or None)
    return path


def two(folder: Path, heartbeats: int = 0) -> tuple[Path, Path]:
    """Yesterday's session and today's: a tool came, one went, one changed; so did the answers."""
    yesterday = session("1", {"a": "old", "gone": ""}, {"a": "x", "gone": "y", "same": "z"}, heartbeats)
    today = session("2", {"a": "new", "fresh": ""}, {"same": "z", "a": "X"}, heartbeats)
    return saved(yesterday, folder / "yesterday.mcptrace"), saved(today, folder / "today.mcptrace")
