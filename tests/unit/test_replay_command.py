from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from inspector import replay_command
from inspector.arguments import UsageError


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    replay_command.add_options(parser)
    return parser.parse_args(argv)


def test_defaults() -> None:
    given = parsed("a.rec")
    assert (given.file, given.speed, given.port, given.format) == (Path("a.rec"), 1.0, 8766, "text")


@pytest.mark.parametrize(("text", "factor"), [("1", 1.0), ("0.5", 0.5), ("10", 10.0), ("0", 0.0), ("max", 0.0)])
def test_a_speed(text: str, factor: float) -> None:
    assert replay_command.speed(text) == factor


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "fast", ""])
def test_what_is_no_speed(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is no speed: give 1, 0\.5, 10 \.\.\. or max"):
        replay_command.speed(text)


async def test_a_file_that_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing of the kind, but long enough to be looked at " * 40)
    for name, words in (("a.txt", "is no recording"), ("missing", "There is no file")):
        with pytest.raises(UsageError, match=words):
            await replay_command.run(parsed(str(tmp_path / name)))
