"""Only what has to change changes: ids, progress tokens and origins, wherever they stand."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.servers.replay.rewriting import (
    Rules,
    StreamEdits,
    applied,
    edits_in_json,
    edits_of_origins,
)

Id = int | str
IDS = st.one_of(st.integers(-(2**70), 2**70), st.text(max_size=12))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "progressToken", "result", "method", "_meta", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)
STYLES: list[dict[str, Any]] = [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}]


def in_json(data: bytes, rules: Rules) -> bytes:
    return applied(data, edits_in_json(data, rules))


def in_stream(data: bytes, rules: Rules, *cuts: int) -> bytes:
    """Taken piece by piece, as it is sent."""
    edits = StreamEdits(data, rules)
    places = [0, *sorted(cuts), len(data)]
    return b"".join(applied(data, edits.up_to(stop), start, stop) for start, stop in pairwise(places))


def encode(value: Any, style: dict[str, Any]) -> bytes:
    return json.dumps(value, **style).encode("utf-8", "surrogatepass")


@given(IDS, IDS, VALUES, st.sampled_from(STYLES))
def test_only_the_id_of_an_answer_changes(old: Id, new: Id, result: Any, style: dict[str, Any]) -> None:
    message = {"jsonrpc": "2.0", "result": {"x": result}, "id": old}
    changed = in_json(encode(message, style), Rules({old: new}))
    assert json.loads(changed) == {**message, "id": new}
    assert in_json(encode(message, style), Rules({old: old})) == encode(message, style)
    assert in_json(encode(message, style), Rules({f"{old}x": new})) == encode(message, style)


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 10**6), st.data())
def test_every_byte_around_the_ids_of_a_stream_stays(results: list[Any], new: int, data: st.DataObject) -> None:
    """The id stands between two marks, so that what must come out can be said without a parser."""
    blocks, expected = [], []
    for result in results:
        text = json.dumps(
            {"jsonrpc": "2.0", "id": "<old>", "result": {"x": result}}, indent=data.draw(st.none() | st.just(1))
        )
        lines = "".join(f"data: {line}\n" for line in text.split("\n"))
        block = f": ping\nid: 7\n{lines}\n".encode()
        blocks.append(block)
        expected.append(block.replace(b'"id": "<old>"', b'"id": %d' % new, 1))
    stream = b"".join(blocks)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert in_stream(stream, Rules({"<old>": new}), *cuts) == b"".join(expected)


@pytest.mark.parametrize(
    ("given_id", "live", "written"),
    [(b"1", 9, b"9"), (b'"1"', 9, b'"9"'), (b"1.0", 9, b"9.0"), (b"1", "a\n", b'"a\\n"'), (b'"1"', "a", b'"a"'),
     (b"2", 9, b"2"), (b"true", 9, b"true"), (b"null", 9, b"null"), (b"{}", 9, b"{}")],
)  # fmt: skip
def test_a_server_that_changes_the_type_of_an_id_does_so_again(given_id: bytes, live: Id, written: bytes) -> None:
    raw = b'{"id":%s,"result":{}}'
    assert in_json(raw % given_id, Rules({1: live})) == raw % written


def test_the_server_s_own_requests_and_notifications_keep_their_ids() -> None:
    raw = b'{"id":1,"method":"sampling/createMessage","params":{"id":1,"progressToken":5}}'
    assert in_json(raw, Rules({1: 9})) == raw
    raw = b'{"method":"notifications/message","params":{"data":{"id":1}}}'
    assert in_json(raw, Rules({1: 9})) == raw


def test_progress_tokens_cancelled_ids_and_subscriptions() -> None:
    rules = Rules({1: 9, 2: 8}, {"t": 77}, server_ids={2})
    raw = b'{"method":"notifications/progress","params":{"progressToken":"t","message":"t"}}'
    assert in_json(raw, rules) == raw.replace(b'"progressToken":"t"', b'"progressToken":77')
    raw = b'{"method":"notifications/cancelled","params":{"requestId":%d}}'
    assert in_json(raw % 1, rules) == raw % 9
    assert in_json(raw % 2, rules) == raw % 2  # it is the server's own request that is cancelled
    raw = b'{"method":"x","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%d}}}'
    assert in_json(raw % 1, rules) == raw % 9


def test_keys_that_are_written_with_escapes() -> None:
    raw = b'{"\\u0069d":1,"result":{}}'
    assert in_json(raw, Rules({1: 9})) == raw.replace(b":1,", b":9,")
    assert in_stream(b"data: " + raw + b"\n\n", Rules({1: 9})) == b"data: " + raw.replace(b":1,", b":9,") + b"\n\n"


def test_a_batch_and_an_answer_that_copies_the_method() -> None:
    raw = b'[{"id":1,"result":[{"id":1}]}, {"method":"m","id":1}, {"method":"m","id":1,"error":{}}]'
    changed = b'[{"id":9,"result":[{"id":1}]}, {"method":"m","id":1}, {"method":"m","id":9,"error":{}}]'
    assert in_json(raw, Rules({1: 9})) == changed


@pytest.mark.parametrize("keep", range(22, 60))
def test_a_message_that_was_cut_off(keep: int) -> None:
    raw = b'data: {"id":1,"result":{"content":[{"text":"long text"}]}}\n\n'[:keep]
    assert in_stream(raw, Rules({1: 4321})) == raw.replace(b'"id":1', b'"id":4321')


def test_odd_line_ends_a_byte_order_mark_and_bytes_that_are_no_text() -> None:
    raw = b'\xef\xbb\xbfdata:{"id":\rdata:1,\rdata:"result":"\xff\xfe"}\r\r'
    assert in_stream(raw, Rules({1: 23}), 3, 12, 19) == raw.replace(b"data:1,", b"data:23,")
    for rubbish in (
        b"data: {nope}\n\n",
        b"\x00\xff\n\n",
        b"data: " + b"[" * 3000 + b"\n\n",
        b'data: {"id":1' + b"}" * 9,
    ):
        assert in_stream(rubbish, Rules({2: 23})) == rubbish


def test_the_endpoint_and_other_addresses() -> None:
    rules = Rules(origins=("http://h:1", "https://h"), own="http://127.0.0.1:5")
    raw = b"event: endpoint\ndata: http://h:1/messages?s=1\n\nevent: message\ndata: see http://h:1/x\n\n"
    assert in_stream(raw, rules) == raw.replace(b"http://h:1/messages", b"http://127.0.0.1:5/messages")
    relative = b"event: endpoint\ndata: /messages?s=1\n\n"
    assert in_stream(relative, rules) == relative
    text = b'<https://h/a>; <https://h.example/b>; "http://h:12/" http://h:1'
    assert applied(text, edits_of_origins(text, rules)) == (
        b'<http://127.0.0.1:5/a>; <https://h.example/b>; "http://h:12/" http://127.0.0.1:5'
    )
    assert edits_of_origins(text, Rules()) == []


def test_an_edit_across_two_pieces_is_made_in_the_first() -> None:
    data = b'data: {"id":123456,"result":{}}\n\n'
    edits = StreamEdits(data, Rules({123456: 7}))
    pieces = [applied(data, edits.up_to(stop), start, stop) for start, stop in ((0, 14), (14, 16), (16, len(data)))]
    assert pieces == [b'data: {"id":7', b"", b',"result":{}}\n\n']


def test_a_long_stream_is_not_read_ahead() -> None:
    block = b'data: {"id":1,"result":{}}\n\n'
    edits = StreamEdits(block * 100_000, Rules({1: 2}))
    assert len(edits.up_to(len(block))) == 1
    assert edits._fed <= 2 * 65_536
