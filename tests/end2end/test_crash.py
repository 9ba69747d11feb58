"""Killed at any moment: the file opens, has no gap, and lacks at most the last quarter of a second."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.record.recording import RecordingError, open_recording
from inspector.trace.events import AnyEvent, ChunkReceived
from tests.end2end.crash_child import FLOOD, STAMP
from tests.support.stored import everything

KILLS, PROGRAM_KILLS = 50, 2
STAGES = ((None, 0.03), (0, 0.2), *((20, 0.8),) * 3)
"""From which event on a session may be killed, and for how long: while it begins, shakes hands, or is in a flood."""
AT_MOST_LOST_S = 0.25
BUSY_S = 1.0
"""A busy machine may keep both the disk and us waiting for longer, now and then."""


@pytest.fixture
def launcher(demo_url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.end2end.crash_child", demo_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def killed(launcher: subprocess.Popen[str], path: Path, begun: int | None, after_s: float) -> float:
    """Start a session, end it without a warning; when that was, in seconds of the monotonic clock.

    `after_s` begins at the start, or once the session has seen `begun` events, however long a busy machine needs.
    """
    assert launcher.stdin is not None and launcher.stdout is not None
    launcher.stdin.write(f"{path}\n")
    launcher.stdin.flush()
    child = int(launcher.stdout.readline())
    while begun is not None and not any(count >= begun for count, _ in stamps(path)):
        time.sleep(0.01)
    time.sleep(after_s)
    at_s = time.monotonic()
    os.kill(child, signal.SIGKILL)
    return at_s


def stamps(path: Path) -> list[tuple[int, float]]:
    file = path.with_suffix(".stamps")
    data = file.read_bytes() if file.exists() else b""
    return list(STAMP.iter_unpack(data[: len(data) // STAMP.size * STAMP.size]))


def recorded(path: Path) -> list[AnyEvent]:
    """What the file holds, nothing if it was not begun; it is told without a gap."""
    try:
        recording = open_recording(path)
    except RecordingError as error:
        assert (
            error.sentence.startswith("There is no file")
            or "holds nothing" in error.sentence
            or ("is empty" in error.sentence)
        ), error.sentence
        return []
    events = everything(recording)
    recording.close()
    check(events)
    return events


def check(events: list[AnyEvent]) -> None:
    assert [event.n for event in events] == list(range(len(events)))
    offsets: dict[int | None, int] = defaultdict(int)
    for event in events:
        assert getattr(event, "rule", "") != "recording-damaged"
        if isinstance(event, ChunkReceived):
            assert event.offset == offsets[event.stream]
            offsets[event.stream] += len(event.data)


def lost_s(seen: list[tuple[int, float]], events: int, at_s: float) -> float:
    """How old at the kill the oldest event was that is not in the file."""
    return next((at_s - when_s for count, when_s in seen if count > events), 0.0)


def test_a_session_killed_at_any_moment_is_kept_but_for_its_last_moment(
    launcher: subprocess.Popen[str], tmp_path: Path
) -> None:
    chance, losses, total = random.Random(), [], 0
    for number in range(KILLS):
        path = tmp_path / f"{number}.mcptrace"
        begun, longest_s = STAGES[number % len(STAGES)]
        at_s = killed(launcher, path, begun, chance.uniform(0.0, longest_s))
        events = recorded(path)
        losses.append(lost_s(stamps(path), len(events), at_s))
        total += len(events)
    losses.sort()
    print(f"{KILLS} kills, {total:,} events kept, lost: median {losses[25] * 1e3:.0f}, max {losses[-1] * 1e3:.0f} ms")
    assert total > KILLS * 100
    assert losses[KILLS * 9 // 10] <= AT_MOST_LOST_S, losses
    assert losses[-1] <= BUSY_S, losses


def test_the_program_killed_in_a_flood_leaves_its_recording(demo_url: str, tmp_path: Path) -> None:
    for number in range(PROGRAM_KILLS):
        path = tmp_path / f"{number}.mcptrace"
        options = [
            "--call",
            "flood",
            "--args",
            json.dumps(FLOOD | {"n": 30_000, "rate_per_s": 2_000}),
            "--record",
            str(path),
        ]
        command = [sys.executable, "-m", "inspector", demo_url, *options]
        with subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}) as program:
            try:
                deadline_s = time.monotonic() + 60
                while len(recorded(path) if path.exists() else []) < 1_000:
                    assert time.monotonic() < deadline_s
                    time.sleep(0.1)
                time.sleep(random.uniform(0.0, 0.5))
                at = time.time()
            finally:
                program.kill()
        events = recorded(path)
        assert at - events[-1].at <= AT_MOST_LOST_S + BUSY_S
