"""What the marks of an exchange keep once it is over."""

from __future__ import annotations

import gc
import weakref

from inspector.session.marks import Marks


class _Exchange:
    def tell(self) -> None:
        raise AssertionError("nobody is told any more")


def test_only_the_times_stay() -> None:
    exchange = _Exchange()
    gone = weakref.ref(exchange)
    marks = Marks(
        sent_ns=1, written_ns=2_000_001, on_connected=exchange.tell, on_sending=exchange.tell, on_waiting=exchange.tell
    )
    marks.network_stream = marks.response = exchange
    del exchange
    gc.collect()
    assert gone() is not None
    marks.let_go()
    gc.collect()
    assert gone() is None
    for tell in (marks.on_connected, marks.on_sending, marks.on_waiting):
        tell()
    assert (marks.sent_ns, marks.written_ms) == (1, 2.0)
