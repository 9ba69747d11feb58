"""Conversations: what we ask, what the server says, and what it means to us."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import jsonrpc, peer
from inspector.protocol.breach import Severity
from inspector.protocol.peer import NOTHING, Peer, Pending, Progress, Reading, name_of
from inspector.wire import jsontext


class Heard:
    """What one message of the server's meant, to be said in a sentence."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def settles(self, pending: Pending) -> Heard:
        assert self.reading.settles
        assert self.reading.pending is pending
        assert self.reading.request_n == pending.request_n
        return self

    def settles_nothing(self) -> Heard:
        assert not self.reading.settles
        return self

    def concerns(self, pending: Pending) -> Heard:
        assert self.reading.request_n == pending.request_n
        return self

    def breaks(self, *rules: str) -> Heard:
        assert [breach.rule for breach in self.reading.breaches] == list(rules)
        assert all(breach.text and len(breach.text) < 300 for breach in self.reading.breaches)
        return self

    def breaks_nothing(self) -> Heard:
        return self.breaks()


class Talk:
    """A conversation with a server that has shaken hands already."""

    def __init__(self, *, initialized: bool = True) -> None:
        self.peer = Peer(initialized=initialized)
        self._numbers = itertools.count(100)
        self.bodies: list[Any] = []

    def ask(self, method: str, params: dict[str, Any] | None = None, *, with_progress: bool = False) -> Pending:
        pending, body = self.peer.request(method, params, with_progress=with_progress)
        pending.request_n = next(self._numbers)
        self.bodies.append(jsontext.parse(body).value)
        return pending

    def hear(self, *, carrier: Pending | None = None, on_stream: bool = True, **message: Any) -> Heard:
        read = jsonrpc.read({"jsonrpc": "2.0", **message})
        return Heard(self.peer.feed(read, carrier, on_stream=on_stream))

    def hear_progress(self, token: Any, progress: Any, **more: Any) -> Heard:
        params = {"progressToken": token, "progress": progress, **more}
        return self.hear(method="notifications/progress", params=params)


def an_error(request_id: Any) -> dict[str, Any]:
    return {"id": request_id, "error": {"code": -32600, "message": "no"}}


def test_r1_answers_are_paired_by_id_in_any_order() -> None:
    talk = Talk()
    first, second, third = talk.ask("tools/list"), talk.ask("tools/call", {"name": "echo"}), talk.ask("ping")
    talk.hear(id=3, result={}).settles(third).breaks_nothing()
    talk.hear(**an_error(1)).settles(first).breaks_nothing()
    talk.hear(id=2, result={}).settles(second).breaks_nothing()
    assert talk.peer.pending == {}


def test_r1_ids_are_never_used_twice() -> None:
    talk = Talk()
    asked = [talk.ask("ping") for _ in range(3)]
    talk.peer.give_up(asked[0])
    talk.hear(id=2, result={})
    asked.append(talk.ask("ping"))
    assert [pending.id for pending in asked] == [1, 2, 3, 4]
    assert [body["id"] for body in talk.bodies] == [1, 2, 3, 4]


@pytest.mark.parametrize("changed", ["1", "1.0"])
def test_r1_an_id_of_another_type_is_paired_and_told(changed: str) -> None:
    talk = Talk()
    call = talk.ask("ping")
    talk.hear(id=changed, result={}).settles(call).breaks("response-id-type-changed")


@pytest.mark.parametrize("foreign", [2, "2", "one", -1, 10**4000, "x" * 10_000])
def test_r1_an_answer_to_nobody_is_told(foreign: int | str) -> None:
    talk = Talk()
    talk.ask("ping")
    talk.hear(id=foreign, result={}).settles_nothing().breaks("response-id-unknown")


def test_r1_a_second_answer_is_told() -> None:
    talk = Talk()
    call = talk.ask("ping")
    talk.hear(id=1, result={})
    again = talk.hear(id=1, result={}).settles_nothing().concerns(call).breaks("duplicate-response")
    assert "the same again" in again.reading.breaches[0].text
    other = talk.hear(id=1, result={"a": 10**5000}).breaks("duplicate-response")
    assert "and another one" in other.reading.breaches[0].text


def test_r29_an_answer_after_we_gave_up_is_late_and_harmless() -> None:
    talk = Talk()
    call = talk.ask("tools/call", {"name": "slow"})
    talk.peer.give_up(call)
    talk.peer.give_up(call)
    talk.hear(id=1, result={}).settles_nothing().concerns(call).breaks("late-response")


def test_r29_the_error_that_confirms_a_cancellation_is_worth_a_note() -> None:
    """So the servers of the Python SDK end the stream of a request that was cancelled."""
    talk = Talk()
    call = talk.ask("tools/call", {"name": "slow"})
    talk.peer.give_up(call)
    late = talk.hear(id=1, error={"code": -32800, "message": "Request cancelled"})
    late.settles_nothing().concerns(call).breaks("late-response")
    assert late.reading.breaches[0].severity is Severity.NOTE


def test_r29_how_late_an_answer_is_says_which_limit_would_do() -> None:
    talk = Talk()
    talk.peer.give_up(talk.ask("tools/call"), at_ns=1_000_000_000)
    reading = talk.peer.feed(jsonrpc.read({"jsonrpc": "2.0", "id": 1, "result": {}}), at_ns=3_500_000_000)
    (breach,) = reading.breaches
    assert breach.severity is Severity.WARN and "came 2.5 s after we had stopped waiting" in breach.text


def test_r29_an_answer_that_crosses_its_cancellation_is_worth_a_note() -> None:
    talk = Talk()
    talk.peer.give_up(talk.ask("tools/call"), cancelled=True)
    late = talk.hear(id=1, result={}).breaks("late-response")
    assert late.reading.breaches[0].severity is Severity.NOTE


def test_only_the_last_ended_requests_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "REMEMBERED_IDS", 2)
    talk = Talk()
    for _ in range(3):
        talk.peer.give_up(talk.ask("tools/call", with_progress=True))
    talk.hear(id=1, result={}).breaks("response-id-unknown")
    talk.hear_progress(1, 5).breaks("progress-unknown-token")
    talk.hear(id=2, result={}).breaks("late-response")
    talk.hear_progress(2, 5).breaks("progress-after-response")


@pytest.mark.parametrize("missing", [{}, {"id": None}, {"id": "server-error"}])
def test_r3_an_error_without_id_belongs_to_the_post_that_carried_it(missing: dict[str, Any]) -> None:
    talk = Talk()
    talk.ask("tools/list")
    call = talk.ask("tools/call", {"name": "echo"})
    error = {"error": {"code": -32600, "message": "Session not found"}, **missing}
    talk.hear(carrier=call, on_stream=False, **error).settles(call).breaks_nothing()


def test_r3_on_a_stream_an_error_without_id_can_only_be_guessed() -> None:
    talk = Talk()
    call = talk.ask("tools/list")
    talk.hear(**an_error(None)).settles(call).breaks("error-without-id")
    talk.ask("tools/list")
    talk.ask("tools/list")
    talk.hear(**an_error(None)).settles_nothing().breaks("error-without-id")


def test_r3_an_error_body_for_what_we_only_told_concerns_no_request() -> None:
    talk = Talk()
    talk.ask("tools/list")
    talk.hear(on_stream=False, **an_error(None)).settles_nothing().breaks_nothing()


def test_r3_an_error_for_a_request_that_was_answered_already_is_told() -> None:
    talk = Talk()
    call = talk.ask("tools/list")
    talk.hear(id=1, result={})
    talk.hear(carrier=call, **an_error(None)).settles_nothing().breaks("error-without-id")


def test_r3_an_error_for_a_request_that_we_gave_up_is_nothing_odd() -> None:
    talk = Talk()
    call = talk.ask("tools/list")
    talk.peer.give_up(call)
    talk.hear(carrier=call, on_stream=False, **an_error(None)).settles_nothing().breaks_nothing()


def test_r22_an_answer_without_result_still_ends_the_request() -> None:
    talk = Talk()
    call = talk.ask("logging/setLevel", {"level": "info"})
    talk.hear(id=1).settles(call)


def test_r23_an_answer_on_the_stream_of_another_request_is_told() -> None:
    talk = Talk()
    first, second = talk.ask("tools/list"), talk.ask("prompts/list")
    talk.hear(carrier=first, id=2, result={}).settles(second).breaks("response-on-wrong-stream")
    talk.hear(carrier=first, id="1", result={}).settles(first).breaks("response-id-type-changed")


def test_r21_before_initialized_only_pings_and_log_messages_may_come() -> None:
    talk = Talk(initialized=False)
    talk.hear(id=1, method="ping").breaks_nothing()
    talk.hear(method="notifications/message", params={}).breaks_nothing()
    talk.hear(id=2, method="roots/list").breaks("message-before-initialized")
    talk.hear(method="notifications/tools/list_changed").breaks("message-before-initialized")
    talk.peer.initialized = True
    talk.hear(id=3, method="roots/list").breaks_nothing()
    talk.hear(method="notifications/tools/list_changed").breaks_nothing()


def test_r24_a_request_of_the_servers_wants_an_answer() -> None:
    talk = Talk()
    talk.ask("ping")
    heard = talk.hear(id=1, method="sampling/createMessage", params={})
    assert heard.reading.ask
    assert 1 in talk.peer.pending, "the server numbers its requests by itself"


@pytest.mark.parametrize("request_id", [None, True, {}, 1.5])
def test_r24_a_request_whose_id_cannot_be_sent_back_is_not_answered(request_id: Any) -> None:
    assert not Talk().hear(id=request_id, method="ping").reading.ask


def test_r6_progress_reaches_its_request() -> None:
    talk = Talk()
    steps: list[Progress] = []
    call = talk.ask("tools/call", {"name": "count"}, with_progress=True)
    call.on_progress = steps.append
    assert talk.bodies[0]["params"]["_meta"] == {"progressToken": 1}
    talk.hear_progress(1, 1, total=3, message="one").concerns(call).breaks_nothing()
    talk.hear_progress(1, 2.5, total="many").breaks_nothing()
    assert steps == [Progress(1, 3, "one"), Progress(2.5, None, "")]
    assert call.progress is steps[-1]


def test_r6_the_users_own_token_is_the_one_that_counts() -> None:
    talk = Talk()
    call = talk.ask("tools/call", {"_meta": {"progressToken": "mine", "other": 1}}, with_progress=True)
    assert talk.bodies[0]["params"]["_meta"] == {"progressToken": "mine", "other": 1}
    talk.hear_progress("mine", 1).concerns(call).breaks_nothing()
    talk.hear_progress(1, 2).breaks("progress-unknown-token")
    talk.hear(id=1, result={})
    talk.hear_progress("mine", 3).concerns(call).breaks("progress-after-response")


def test_r6_a_meta_that_is_no_object_goes_out_as_the_user_wrote_it() -> None:
    talk = Talk()
    talk.ask("tools/call", {"name": "x", "_meta": ["odd"]}, with_progress=True)
    assert talk.bodies[0]["params"] == {"name": "x", "_meta": ["odd"]}
    talk.hear_progress(1, 1).breaks("progress-unknown-token")


def test_r6_progress_that_nobody_asked_for_is_told() -> None:
    talk = Talk()
    talk.ask("tools/call", {"name": "x"})
    talk.hear_progress(1, 1).breaks("progress-unknown-token")


def test_r6_a_token_of_another_type_is_paired_and_told() -> None:
    talk = Talk()
    call = talk.ask("tools/call", with_progress=True)
    talk.hear_progress("1", 1).concerns(call).breaks("progress-unknown-token")
    assert call.progress == Progress(1, None, "")


@pytest.mark.parametrize("token", [None, True, 1.0, [], {}])
def test_r6_a_token_must_be_a_string_or_an_integer(token: Any) -> None:
    talk = Talk()
    talk.ask("tools/call", with_progress=True)
    talk.hear_progress(token, 1).breaks("progress-unknown-token")


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), 10**400, [1]])
def test_r6_progress_must_be_a_number_to_work_with(value: Any) -> None:
    talk = Talk()
    call = talk.ask("tools/call", with_progress=True)
    talk.hear_progress(1, value).concerns(call).breaks("progress-invalid")
    assert call.progress is None


def test_r6_progress_stops_with_the_answer() -> None:
    talk = Talk()
    answered, given_up = (talk.ask("tools/call", with_progress=True) for _ in range(2))
    talk.hear(id=1, result={})
    talk.peer.give_up(given_up)
    after = talk.hear_progress(1, 1).concerns(answered).breaks("progress-after-response")
    late = talk.hear_progress(2, 1).concerns(given_up).breaks("progress-after-response")
    assert after.reading.breaches[0].severity is Severity.WARN
    assert late.reading.breaches[0].severity is Severity.NOTE, "we stopped listening; the server cannot know yet"


def test_r6_a_token_used_again_belongs_to_the_newer_request() -> None:
    talk = Talk()
    mine = {"_meta": {"progressToken": "same"}}
    older, newer = talk.ask("tools/call", mine), talk.ask("tools/call", mine)
    talk.hear(id=1, result={}).settles(older)
    talk.hear_progress("same", 1).concerns(newer).breaks_nothing()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20), min_size=1))
def test_r6_progress_must_increase_with_every_step(values: list[float]) -> None:
    talk = Talk()
    talk.ask("tools/call", with_progress=True)
    talk.hear_progress(1, values[0]).breaks_nothing()
    for before, now in itertools.pairwise(values):
        talk.hear_progress(1, now).breaks(*([] if now > before else ["progress-not-monotonic"]))


SPELLINGS = {spelling: number for number in range(6) for spelling in (str(number), f"{number}.0")}


@given(st.lists(st.integers(0, 6) | st.sampled_from(sorted(SPELLINGS)) | st.none() | st.text(max_size=3), max_size=20))
def test_r1_each_request_is_answered_at_most_once_and_by_its_own_id(ids: list[int | str | None]) -> None:
    talk = Talk()
    waiting = {pending.id: pending for pending in (talk.ask("ping") for _ in range(4))}
    for request_id in ids:
        meant = SPELLINGS.get(request_id) if isinstance(request_id, str) else request_id
        own = None if meant is None else waiting.pop(meant, None)
        reading = talk.hear(id=request_id, result={}).reading
        assert reading.pending is own
        assert reading.settles == (own is not None)
        assert own is None or bool(reading.breaches) == isinstance(request_id, str)
    assert talk.peer.pending == waiting


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
params = json_values | st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("progressToken", "progress", "total", "message", "requestId", "name"), json_values)
)
methods = st.sampled_from(("notifications/progress", "notifications/cancelled", "ping", "roots/list")) | json_values
messages = json_values | st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0"),
        "id": json_values,
        "method": methods,
        "params": params,
        "result": json_values,
        "error": json_values,
    },
)


@given(st.lists(st.tuples(messages, st.booleans(), st.booleans()), max_size=10), st.booleans())
def test_hearing_anything_never_raises(heard: list[tuple[Any, bool, bool]], initialized: bool) -> None:
    talk = Talk(initialized=initialized)
    asked = [talk.ask("tools/call", {"name": "x"}, with_progress=True) for _ in range(2)]
    settled = 0
    for value, is_carried, on_stream in heard:
        message = jsonrpc.read(value)
        reading = talk.peer.feed(message, asked[0] if is_carried else None, on_stream=on_stream)
        settled += reading.settles
        assert all(breach.rule and len(breach.text) < 300 for breach in reading.breaches)
    assert settled + len(talk.peer.pending) == len(asked)


@given(st.lists(st.binary(max_size=40) | messages.map(jsontext.dumps), max_size=5))
def test_hearing_any_bytes_never_raises(chunks: list[bytes]) -> None:
    talk = Talk()
    for raw in chunks:
        reading = talk.peer.feed(jsonrpc.read(jsontext.parse(raw).value))
        assert not reading.settles


def test_what_is_no_message_means_nothing() -> None:
    assert Peer().feed(jsonrpc.read([])) is NOTHING


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("tools/call", {"name": "echo"}, "echo"),
        ("prompts/get", {"name": "greet"}, "greet"),
        ("resources/read", {"uri": "demo://a"}, "demo://a"),
        ("notifications/resources/updated", {"uri": "demo://a"}, "demo://a"),
        ("tools/call", {"name": 5}, None),
        ("tools/call", ["echo"], None),
        ("tools/call", None, None),
        ("tools/list", {"name": "echo"}, None),
        (None, {"name": "echo"}, None),
    ],
)
def test_the_name_of_what_a_message_is_about(method: str | None, params: Any, name: str | None) -> None:
    assert name_of(method, params) == name


def test_a_request_that_has_its_id_already_is_paired_like_our_own() -> None:
    peer = Peer(initialized=True)
    params = {"name": "echo", "_meta": {"progressToken": "t"}}
    pending = peer.adopt("a-1", "tools/call", params)
    pending.request_n = 3
    moved = jsonrpc.notification("notifications/progress", {"progressToken": "t", "progress": 1})
    step = peer.feed(jsonrpc.read(moved))
    assert (step.pending, step.request_n, step.breaches) == (pending, 3, ())
    answer = peer.feed(jsonrpc.read(jsonrpc.result("a-1", {})))
    assert (answer.pending, answer.settles, answer.breaches) == (pending, True, ())
    assert pending.name == "echo"
    assert peer.adopt(None, "ping", ["odd"]).progress_token is None
