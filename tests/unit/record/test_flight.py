"""A run's recording, from begin to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.record import folder
from inspector.record.flight import Flight
from inspector.record.recorder import Recorder
from inspector.record.store import StoreError
from tests.support.rivers import Talk
from tests.support.stored import ask, read_back


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield folder.default_folder()


def test_every_run_is_recorded_into_the_folder(river: Talk, home: Path) -> None:
    flight = Flight(Recorder(river), None)
    river.calls(5)
    flight.end()
    assert not flight.is_kept and list(home.iterdir()) == [flight.path]
    assert read_back(flight.path) == river.since(0)
    assert ask(flight.path, "SELECT * FROM fact ORDER BY name") == [
        ("begun_at", str(river[0].at)),
        ("program", "sse-mcp-inspector"),
    ]


def test_a_run_in_which_nothing_happened_leaves_no_file(river: Talk, home: Path) -> None:
    Flight(Recorder(river), None).end()
    assert list(home.iterdir()) == []


def test_a_file_that_the_user_named_stays_even_empty(river: Talk, home: Path, path: Path) -> None:
    flight = Flight(Recorder(river), path)
    flight.end()
    assert flight.is_kept and path.exists() and not home.exists()


def test_two_runs_in_one_second_get_two_files(river: Talk, home: Path) -> None:
    flights = [Flight(Recorder(river), None) for _ in range(2)]
    river.calls(1)
    for flight in flights:
        flight.end()
    assert len(list(home.iterdir())) == 2


def test_an_unwritable_folder_is_said(river: Talk, home: Path) -> None:
    home.parent.parent.mkdir(exist_ok=True)
    home.parent.write_text("no folder")
    with pytest.raises(StoreError) as caught:
        Flight(Recorder(river), None)
    assert "Choose another place." in caught.value.sentence
    river.calls(1)
    assert len(river.since(0)) == 4


def test_room_is_made_in_the_folder(river: Talk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, float]] = []
    monkeypatch.setattr(folder, "prune", lambda where, now: asked.append((where, now)))
    flight = Flight(Recorder(river), None)
    flight.prune()
    flight.end()
    assert asked == [(home, river.clock.time())]
