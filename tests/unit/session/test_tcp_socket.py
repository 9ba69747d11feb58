"""What can be said of a socket without a server."""

from __future__ import annotations

import socket

import httpcore
import pytest

from inspector.session.causes import Dropped, chain_of
from inspector.session.tcp_socket import MAX_HELD_BYTES, Bends, dropped_as, is_readable


def test_nothing_is_bent_at_first() -> None:
    assert not Bends().is_reading and Bends().room_bytes == MAX_HELD_BYTES
    assert not Bends(out_ms=5).is_reading, "that is about writing"


@pytest.mark.parametrize(("rate", "slice_bytes"), [(1, 1), (9, 1), (1_000, 100), (10**9, 10**8)])
def test_a_slow_reader_takes_little_at_once(rate: int, slice_bytes: int) -> None:
    assert Bends(bytes_per_s=rate).slice_bytes == slice_bytes


def test_a_slow_reader_holds_no_more_than_its_delay_needs() -> None:
    assert Bends(bytes_per_s=1_000).room_bytes == 100
    assert Bends(bytes_per_s=1_000, in_ms=2_000).room_bytes == 2_100
    assert Bends(bytes_per_s=10**9, in_ms=60_000).room_bytes == MAX_HELD_BYTES


def test_what_was_dropped_is_found_behind_what_httpcore_makes_of_it() -> None:
    dropped = Dropped("The laboratory cut it.")
    with pytest.raises(httpcore.ReadError) as caught:
        raise dropped_as(dropped, httpcore.ReadError)
    with pytest.raises(httpcore.ReadError) as again:
        raise caught.value from None  # as its pool does
    assert dropped in chain_of(again.value)


def test_a_socket_is_readable_once_it_has_bytes_or_an_end() -> None:
    here, there = socket.socketpair()
    with here, there:
        assert not is_readable(here)
        there.send(b"x")
        assert is_readable(here)
        here.recv(1)
        assert not is_readable(here)
        there.close()
        assert is_readable(here)
    assert is_readable(here), "closed"
