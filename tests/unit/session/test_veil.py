"""What is told of an exchange that holds credentials."""

from __future__ import annotations

from inspector.protocol.transports.answer import Head
from inspector.session.veil import Veil

JSON = Head(200, (("Content-Type", "application/json"),))


def test_chunks_keep_their_times_and_lengths() -> None:
    veil = Veil()
    for now_ns, chunk in ((1, b'{"access_'), (5, b'token":"abc'), (9, b'def","expires_in":3}')):
        veil.hold(now_ns, chunk)
    assert veil.release(JSON) == [(1, b'{"access_'), (5, b'token":"***'), (9, b'***","expires_in":3}')]
    assert veil.secrets == {b"abcdef"} and veil.release(JSON) == []


def test_what_was_said_in_the_request_is_masked_in_the_answer() -> None:
    veil = Veil({b"the-secret"})
    assert (
        veil.over(b"code=abc%2Bdef&grant_type=x", "application/x-www-form-urlencoded") == b"code=*********&grant_type=x"
    )
    veil.hold(1, b'{"error":"abc+def and the-secret"}')
    assert veil.release(JSON) == [(1, b'{"error":"******* and **********"}')]


def test_what_is_compressed_tells_nothing() -> None:
    veil = Veil()
    veil.hold(1, b'{"a":1}')
    assert veil.release(Head(200, (*JSON.headers, ("content-encoding", "br")))) == [(1, b"*******")]


def test_sign_ins_share_what_they_know() -> None:
    secrets: set[bytes] = set()
    Veil(secrets).over(b'{"client_secret":"s3cret"}', "application/json")
    assert Veil(secrets).over(b'{"error":"s3cret"}', "application/json") == b'{"error":"******"}'
