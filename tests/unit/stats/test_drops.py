"""The deepest words that tell of an end."""

from __future__ import annotations

import pytest

from inspector.stats.drops import Blame, Drop, LossKind, OlderDrops, words_of
from inspector.trace.events import EndCause, Phase, StreamEnded


@pytest.mark.parametrize(
    ("cause", "error", "words"),
    [
        (EndCause.RESET, "RemoteProtocolError: <StreamReset stream_id:1, error_code:2, remote_reset:True>", "2"),
        (EndCause.RESET, "<ConnectionTerminated error_code:ErrorCodes.NO_ERROR, last_stream_id:1>", "GOAWAY"),
        (EndCause.CUT_MID_BODY, "RemoteProtocolError: peer closed connection (incomplete chunked read)", "FIN"),
        (EndCause.CUT_MID_BODY, "peer closed connection (received 5 bytes, expected 10)", "FIN after 5 of 10 bytes"),
        (EndCause.CUT_MID_EVENT, "ReadError <- ConnectionResetError: [Errno 104]", "RST"),
        (EndCause.CUT_MID_EVENT, None, "end of the body"),
        (EndCause.RESET, None, "RST"),
        (EndCause.CUT_MID_HEADERS, "Server disconnected without sending a response.", "FIN"),
        (EndCause.END_OF_STREAM, None, "end of the body"),
        (EndCause.REFUSED, "ConnectionRefusedError: [Errno 111]", ""),
    ],
)
def test_the_deepest_words(cause: EndCause, error: str | None, words: str) -> None:
    said = words_of(StreamEnded(cause=cause, phase=Phase.BODY, sentence="It ended.", error=error))
    expected = {"2": "HTTP/2 RST_STREAM (INTERNAL_ERROR)", "GOAWAY": "HTTP/2 GOAWAY (NO_ERROR)"}
    assert said == expected.get(words, words)


def test_only_what_came_back_has_an_outage() -> None:
    drop = Drop(1, 0.0, 100, 1, LossKind.CALL, "connection reset", "RST")
    assert drop.outage_ns(150) == 50
    back = Drop(1, 0.0, 100, 1, LossKind.CALL, "connection reset", "RST", end_ns=130, is_back=True)
    gone = Drop(1, 0.0, 100, 1, LossKind.CALL, "connection reset", "RST", end_ns=130)
    assert (back.outage_ns(150), gone.outage_ns(150)) == (30, None)


def test_older_drops_are_summed_up() -> None:
    older = OlderDrops()
    older.add(Drop(1, 0.0, 100, 1, LossKind.CONNECTION, "connection reset", "RST", end_ns=130, is_back=True))
    older.add(Drop(2, 0.0, 200, 1, LossKind.CONNECTION, "dropped by us", "", Blame.US, end_ns=210, is_back=True))
    assert older.down_ns == {Blame.PEER: 30, Blame.US: 10}
    assert (older.outages, older.outages_ns, older.longest_ns) == (1, 30, 30)
    assert older.causes == {(Blame.PEER, "connection reset"): 1, (Blame.US, "dropped by us"): 1}
