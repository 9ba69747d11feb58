"""The export command: what may be typed behind it. What it does is told by tests/end2end/test_export.py."""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
from pathlib import Path

import pytest

from inspector import export_command
from inspector.arguments import EXIT_OK, UsageError
from inspector.record.saving import save_events
from inspector.trace.events import Severity, Violation
from tests.support.rivers import Talk


def typed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    export_command.add_options(parser)
    return parser.parse_args(argv)


@pytest.mark.parametrize("stream", ["0", "-1", "x", "²"])
def test_a_stream_is_a_number(stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typed("f", "--to", "har", f"--stream={stream}")
    assert "is no stream" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dir:in metod:x", 'at character 8: There is no field "metod"; did you mean "method"?'),
        ("(dir:in", "at character 1: "),
        ("  ", "is empty; write one as in 'method:tools/call', or leave it out"),
    ],
)
def test_a_wrong_filter_is_told_with_its_place(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typed("f", "--to", "har", "--filter", text)
    assert f"argument --filter: {said}" in capsys.readouterr().err


async def test_the_rows_that_findings_rest_on(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    talk = Talk()
    talk.calls(2)
    talk.tell(Violation, rule="sse-bom", severity=Severity.WARN, text="It starts with a BOM.", about_n=3)
    talk.calls(1)
    save_events(talk.since(0), tmp_path / "a.mcptrace")
    given = typed(str(tmp_path / "a.mcptrace"), "--to", "jsonl", "--output", "-", "--filter", "finding:sse-bom")
    assert await export_command.run(given) == EXIT_OK
    assert [json.loads(line)["n"] for line in capsysbinary.readouterr().out.splitlines()] == [3]


class FullDisk(io.RawIOBase):
    """Where nothing can be written to."""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("form", ["har", "markdown"])
async def test_a_full_disk_behind_standard_output(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk()
    talk.send(1)
    talk.end(1)
    save_events(talk.since(0), tmp_path / "a")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(FullDisk(), 1)))
    monkeypatch.setattr(export_command, "end_at_once", lambda: None)
    with pytest.raises(UsageError, match=r"^Cannot write to standard output: .+\. Name a file with --output\.$"):
        await export_command.run(typed(str(tmp_path / "a"), "--to", form, "--output", "-"))
