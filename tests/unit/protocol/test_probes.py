"""The active checks without a network: what they send, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inspector.protocol import probes
from inspector.protocol.era import STATELESS, TransportName
from inspector.protocol.probes import PROBES, Reply, Step, Target
from inspector.wire import http, jsontext

URL = "http://127.0.0.1:8000/mcp"
SESSION = Target(URL, TransportName.STREAMABLE_HTTP, "2025-11-25", "abc", (("Authorization", "Bearer t"),))
BY_ID = {probe.id: probe for probe in PROBES}


def made(probe: str, target: Target, replies: Iterator[Reply]) -> tuple[list[Step], str]:
    """The steps of a probe that gets these replies, and what it says."""
    plan = BY_ID[probe].plan(target)
    steps = [next(plan)]
    while True:
        try:
            steps.append(plan.send(next(replies)))
        except StopIteration as done:
            return steps, done.value


def test_each_exchange_bears_the_name_of_its_probe() -> None:
    for probe in PROBES:
        steps, _ = made(probe.id, SESSION, iter([Reply(200, (("Mcp-Session-Id", "own"),), event_ids=("1",))] * 20))
        assert {step.request.purpose for step in steps} == {f"probe:{probe.id}"}
        assert all(step.request.is_exact for step in steps)


def test_the_users_headers_go_along_but_for_a_preflight() -> None:
    for probe in ("origin", "badsession", "version", "hold"):
        steps, _ = made(probe, SESSION, iter([Reply(200, (("Mcp-Session-Id", "own"),))] * 9))
        assert all(http.get(step.request.headers, "authorization") == "Bearer t" for step in steps)
    (preflight,), _ = made("preflight", SESSION, iter([Reply(204)]))
    assert http.get(preflight.request.headers, "authorization") is None  # a browser sends none (Fetch, CORS-preflight)


def test_a_header_takes_the_place_of_ours() -> None:
    (step,), said = made("version", SESSION, iter([Reply(400)]))
    values = [value for name, value in step.request.headers if name.lower() == "mcp-protocol-version"]
    assert values == [probes.NONSENSE_VERSION]
    assert said == "The protocol version 1900-01-01 was answered with 400; 400 is right."


def test_an_unknown_session_is_a_new_one_each_time() -> None:
    ids = set()
    for _ in range(2):
        (step,), _said = made("badsession", SESSION, iter([Reply(404)]))
        ids.add(http.get(step.request.headers, "mcp-session-id"))
    assert len(ids) == 2 and "abc" not in ids


def test_workers_that_know_the_session_are_counted() -> None:
    steps, said = made("fresh", SESSION, iter([Reply(200), Reply(404)] * 5))
    assert len(steps) == 10 and all(step.on_new_socket for step in steps)
    assert said == "5 of 10 new connections knew the session."


def test_a_foreign_page_comes_with_its_own_host_and_our_port() -> None:
    (step,), _ = made("origin", SESSION, iter([Reply(403)]))
    assert http.get(step.request.headers, "host") == "evil.example:8000"
    assert http.get(step.request.headers, "origin") == "http://evil.example"


def test_holding_has_a_session_of_its_own_and_ends_it() -> None:
    own = (("Mcp-Session-Id", "own"),)
    replies = [
        Reply(200, own),
        Reply(202),
        Reply(200, lasted_s=3.25, sentence="The server ended the stream."),
        Reply(200),
    ]
    steps, said = made("hold", SESSION, iter(replies))
    assert [step.request.method for step in steps] == ["POST", "POST", "GET", "DELETE"]
    assert [http.get(step.request.headers, "mcp-session-id") for step in steps] == [None, "own", "own", "own"]
    assert steps[2].listen_s == SESSION.hold_s
    assert said == "The idle stream ended after 3.2 s. The server ended the stream."


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (Reply(200, lasted_s=30.0, ended_by_us=True), "The idle stream was still open after 30.0 s."),
        (Reply(405), "There is no stream to hold: the GET was answered with 405."),
        (Reply(0, sentence="Refused."), "There is no stream to hold: the GET was answered with nothing (Refused.)."),
    ],
)
def test_what_became_of_a_held_stream(last: Reply, said: str) -> None:
    assert made("hold", SESSION, iter([Reply(200), Reply(202), last, Reply(200)]))[1] == said


def test_a_server_that_opens_no_session_is_not_held() -> None:
    steps, said = made("hold", SESSION, iter([Reply(401)]))
    assert len(steps) == 1 and said == "No session of its own could be opened for it."


def test_resuming_begins_behind_the_first_event() -> None:
    replies = [
        Reply(200),
        Reply(202),
        Reply(200, event_ids=("a", "b", "c")),
        Reply(200, event_ids=("b", "c")),
        Reply(200),
    ]
    steps, said = made("resume", SESSION, iter(replies))
    assert http.get(steps[3].request.headers, "last-event-id") == "a"
    assert said == "After the first of 3 events 2 were sent again."


def test_a_stateless_server_is_asked_in_its_own_way() -> None:
    target = Target(URL, TransportName.STATELESS, STATELESS)
    (step,), _ = made("cors", target, iter([Reply(200)]))
    body = jsontext.parse(step.request.body).value
    assert body["method"] == "server/discover" and "_meta" in body["params"]
    assert http.get(step.request.headers, "mcp-method") == "server/discover"


def test_only_what_fits_is_offered() -> None:
    def ids(target: Target) -> set[str]:
        return {probe.id for probe in PROBES if probe.fits(target)}

    assert ids(SESSION) == set(BY_ID)
    assert ids(Target(URL, TransportName.STREAMABLE_HTTP)) == set(BY_ID) - {"badsession", "fresh"}
    assert ids(Target(URL, TransportName.HTTP_SSE)) == {"preflight", "hold"}
    assert ids(Target(URL, TransportName.RAW_SSE)) == set()
