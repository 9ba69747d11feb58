"""Messages that are cut off at one length."""

from __future__ import annotations

from inspector.diagnose.rules.traffic import RULES
from inspector.trace.events import FrameReceived
from tests.support.diagnosed import Watched

BROKEN = "The data is no JSON: Unterminated string."


def frames(session: Watched, *lengths: int, note: str = BROKEN, **fields: bool) -> list[int]:
    return [session.hear(FrameReceived, 1, raw=b"x" * length, note=note, **fields).n for length in lengths]


def test_events_cut_at_one_length_came_out_of_a_buffer() -> None:
    session = Watched(RULES)
    cut = frames(session, 4_096, 700, 4_096, 4_096)
    finding = session.found("jsonrpc-invalid-json")
    assert "4,096 bytes each" in finding.text and "let it write the whole message" in finding.fix
    assert finding.count == 1 and finding.evidence == (cut[0], cut[2])


def test_broken_events_of_other_lengths_were_not_cut_alike() -> None:
    session = Watched(RULES)
    frames(session, 4_096, 4_095, 700)
    assert session.is_silent()


def test_short_ones_are_alike_by_chance() -> None:
    session = Watched(RULES)
    frames(session, 40, 40, 40)
    assert session.is_silent()


def test_what_we_cut_off_ourselves_and_what_is_no_message_does_not_count() -> None:
    session = Watched(RULES)
    frames(session, 4_096, 4_096, truncated=True)
    frames(session, 4_096, 4_096, note="An event with empty data.")
    assert session.is_silent()
