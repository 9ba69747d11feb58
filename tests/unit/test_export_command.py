"""The export command: what may be typed behind it. What it does is told by tests/end2end/test_export.py."""

from __future__ import annotations

import argparse

import pytest

from inspector import export_command


@pytest.mark.parametrize("stream", ["0", "-1", "x", "²"])
def test_a_stream_is_a_number(stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    export_command.add_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["f", "--to", "har", f"--stream={stream}"])
    assert "is no stream" in capsys.readouterr().err
