"""What is made of addresses that cannot be reached."""

from __future__ import annotations

from inspector.session.causes import cause_of, chain_of
from inspector.session.sockets import _apart
from inspector.trace.events import EndCause


def test_several_reasons_in_one_text_are_told_apart() -> None:
    text = "Multiple exceptions: [Errno 99] Cannot assign requested address, [Errno 111] Connect call failed ('::1', 1)"
    group = _apart(OSError(text))
    causes = [found[0] for error in chain_of(group) if (found := cause_of(error, "h:1"))]
    assert causes == [EndCause.UNREACHABLE, EndCause.REFUSED]
    assert _apart(ConnectionRefusedError(111, "[Errno 111] no")) is None
    assert _apart(OSError("no number")) is None
