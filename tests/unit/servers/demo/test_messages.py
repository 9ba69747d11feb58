"""JSON-RPC on its way in and out."""

from __future__ import annotations

import pytest

from inspector.servers.demo.messages import RpcError, is_request, parse_messages


def test_a_single_message_and_a_batch() -> None:
    one = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    assert len(parse_messages(one, batches=False)) == 1
    assert len(parse_messages(b"[%s, %s]" % (one, one), batches=True)) == 2


def test_requests_are_told_from_the_rest() -> None:
    bodies = (
        b'{"jsonrpc": "2.0", "id": "a", "method": "m"}',
        b'{"jsonrpc": "2.0", "method": "m", "params": {}}',
        b'{"jsonrpc": "2.0", "id": 1, "result": {}}',
        b'{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}',
    )
    assert [is_request(parse_messages(body, batches=False)[0]) for body in bodies] == [True, False, False, False]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b'"\\ud800"', b"[" * 100_000])
def test_what_is_not_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(RpcError) as caught:
        parse_messages(body, batches=True)
    assert caught.value.code == -32700


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"3",
        b"null",
        b"[3]",
        b'{"id": 1, "method": "ping"}',
        b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": true, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": 3}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}',
        b'{"jsonrpc": "2.0", "id": 1}',
        b'{"jsonrpc": "2.0", "id": 1, "result": {}, "error": {}}',
        b'{"jsonrpc": "2.0", "result": {}}',
    ],
)
def test_what_is_no_message_is_an_invalid_request(body: bytes) -> None:
    with pytest.raises(RpcError) as caught:
        parse_messages(body, batches=True)
    assert caught.value.code == -32600


def test_a_batch_needs_a_revision_that_has_them() -> None:
    with pytest.raises(RpcError, match="batches"):
        parse_messages(b'[{"jsonrpc": "2.0", "method": "m"}]', batches=False)


def test_an_error_message_keeps_its_data() -> None:
    assert RpcError(-32002, "gone", {"uri": "x"}).to_message(4) == {
        "jsonrpc": "2.0",
        "id": 4,
        "error": {"code": -32002, "message": "gone", "data": {"uri": "x"}},
    }
    assert "data" not in RpcError(-1, "x").to_message()["error"]
