"""Baselines outlive the program, by server and name, however these are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.stats.baselines import Baseline, Kept
from inspector.ui.kept_baselines import MAX_FILES, MAX_OF_A_SERVER, KeptBaselines

SERVER = "http://h/mcp"


def baseline(name: str, at: float = 1.0, server: str = SERVER) -> Baseline:
    return Baseline(name=name, at=at, server=server, series={"ping": Kept(2, (1.0, 2.5))})


def names(kept: KeptBaselines, server: str = SERVER) -> list[str]:
    return [one.name for one in kept.of(server)]


def test_what_is_kept_is_there_the_next_time_latest_first(tmp_path: Path) -> None:
    first, second = baseline("a", 1.0), baseline("b", 2.0)
    assert KeptBaselines(tmp_path / "new").keep(first) == ""
    assert KeptBaselines(tmp_path / "new").keep(second) == ""
    assert KeptBaselines(tmp_path / "new").of(SERVER) == [second, first]


def test_a_name_stands_for_one_baseline_and_a_server_for_its_own(tmp_path: Path) -> None:
    kept = KeptBaselines(tmp_path)
    kept.keep(baseline("a", 1.0))
    kept.keep(baseline("a", 2.0))
    kept.keep(baseline("a", 3.0, "http://other/mcp"))
    assert [one.at for one in kept.of(SERVER)] == [2.0]
    kept.forget(SERVER, "a")
    assert (names(kept), names(kept, "http://other/mcp")) == ([], ["a"])


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "a\0b", "." * 5_000, "con", "a/b\\c:d"])
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    kept = KeptBaselines(tmp_path / "in")
    assert kept.keep(baseline(name)) == ""
    assert names(kept) == [name]
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "in"]
    kept.forget(SERVER, name)
    assert names(kept) == []


def test_the_latest_of_a_server_stay(tmp_path: Path) -> None:
    kept = KeptBaselines(tmp_path)
    for number in range(MAX_OF_A_SERVER + 2):
        kept.keep(baseline(f"{number}", float(number)))
    assert names(kept) == [f"{number}" for number in range(MAX_OF_A_SERVER + 1, 1, -1)]


def test_the_files_kept_last_stay(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 3):
        path = tmp_path / f"{number:016}-x.baseline.json"
        path.write_text("{}")
        os.utime(path, (number, number))
    KeptBaselines(tmp_path).keep(baseline("a"))
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == MAX_FILES
    assert f"{3:016}-x.baseline.json" not in left and f"{4:016}-x.baseline.json" in left


def test_what_is_no_baseline_is_left_out(tmp_path: Path) -> None:
    kept = KeptBaselines(tmp_path)
    kept.keep(baseline("a"))
    (path,) = tmp_path.glob("*.json")
    for number, text in enumerate((b"", b"{", b'{"name": 5}', b"\xff")):
        (tmp_path / f"{path.name[:16]}-{number}.baseline.json").write_bytes(text)
    assert names(kept) == ["a"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = KeptBaselines(tmp_path / "file")
    said = kept.keep(baseline("a"))
    assert said.startswith("The baseline cannot be kept: ") and str(tmp_path / "file") in said
    assert names(kept) == []
