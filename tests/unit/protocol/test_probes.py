"""The active checks without a network: what they send, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from inspector.protocol import probes
from inspector.protocol.era import STATELESS, TransportName
from inspector.protocol.probe_steps import Reply, Step, Target
from inspector.protocol.probes import PROBES
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
    target = replace(SESSION, tool="work", direct_url=URL)
    for probe in PROBES:
        steps, _ = made(probe.id, target, iter([Reply(200, (("Mcp-Session-Id", "own"),), event_ids=("1",))] * 20))
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


@pytest.mark.parametrize(
    ("arrivals_s", "said"),
    [
        ((0.5, 1.0, 1.5), "work: 3 events came between 0.50 and 1.50 s."),
        ((2.0, 2.01, 2.02), "work: 3 events came between 2.00 and 2.02 s: all in one batch."),
        ((0.01, 0.02), "work: 2 events came between 0.01 and 0.02 s."),
        ((), "work: the answer came without a stream (200), after 1.25 s."),
    ],
)
def test_how_a_call_was_delivered(arrivals_s: tuple[float, ...], said: str) -> None:
    target = replace(SESSION, tool="work", arguments={"steps": 3})
    (step,), seen = made("live", target, iter([Reply(200, arrivals_s=arrivals_s, lasted_s=1.25)]))
    params = jsontext.parse(step.request.body).value["params"]
    assert (params["name"], params["arguments"]) == ("work", {"steps": 3})
    assert params["_meta"]["progressToken"] == "probe:live"
    assert seen == said


def test_a_call_is_compared_with_and_without_the_proxy() -> None:
    target = replace(SESSION, tool="work", direct_url="http://127.0.0.1:9/mcp?key=secret-value")
    batch, spread = Reply(200, arrivals_s=(2.0, 2.0)), Reply(200, arrivals_s=(0.5, 2.0))
    own = Reply(200, (("Mcp-Session-Id", "own"),))
    steps, said = made("direct", target, iter([batch, own, Reply(202), spread, Reply(200)]))
    assert [step.request.url for step in steps] == [URL] + [target.direct_url] * 4
    assert [http.get(step.request.headers, "mcp-session-id") for step in steps] == ["abc", None, "own", "own", "own"]
    assert said == (
        "Through the proxy 2 events came between 2.00 and 2.00 s: all in one batch. "
        "Without it 2 events came between 0.50 and 2.00 s."
    )
    _, said = made("direct", target, iter([batch, Reply(503)]))
    assert said.startswith("No session could be opened at http://127.0.0.1:9/mcp") and "secret-value" not in said


LEFT = Reply(200, event_ids=("1", "2"), lasted_s=1.0, ended_by_us=True)


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ([LEFT, Reply(200, event_ids=("3",))], "Asked for the rest, the server sent 1 event: it ran on without us."),
        ([LEFT, Reply(200)], "the server sent nothing: it stopped, or keeps no events."),
        ([LEFT, Reply(404)], "Asked for the rest, the server answered with 404."),
        ([replace(LEFT, event_ids=())], "Its events have no ids, so nobody can ask what became of it."),
        ([replace(LEFT, ended_by_us=False, arrivals_s=(0.5,))], "was over before it could be left: 1 event came"),
    ],
)
def test_a_call_is_left_in_the_middle(replies: list[Reply], said: str) -> None:
    steps, seen = made("abandon", replace(SESSION, tool="work"), iter(replies))
    assert len(steps) == len(replies) and said in seen
    assert [http.get(step.request.headers, "last-event-id") for step in steps[1:]] == ["2"] * (len(replies) - 1)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([200, 200], "After we had left, try 1 to open a new stream was answered with 200."),
        ([200, 409, 409, 200], "After we had left, try 3 to open a new stream was answered with 200."),
        (
            [200, *[409] * 11],
            "10 s after we had left, the server still held our old stream and refused a new one (409).",
        ),
        ([405], "There is no stream to leave: the GET was answered with 405."),
    ],
)
def test_a_stream_that_was_left_is_asked_for_again(answers: list[int], said: str) -> None:
    replies = [Reply(200), Reply(202), *map(Reply, answers)]
    steps, seen = made("disconnect", replace(SESSION, session_id=None), iter(replies))
    assert len(steps) == len(replies) and seen == said
    assert [step.pause_s for step in steps[3:]] == [0.0, *[1.0] * 10][: len(answers) - 1]


def test_a_stateless_server_is_asked_in_its_own_way() -> None:
    target = Target(URL, TransportName.STATELESS, STATELESS)
    (step,), _ = made("cors", target, iter([Reply(200)]))
    body = jsontext.parse(step.request.body).value
    assert body["method"] == "server/discover" and "_meta" in body["params"]
    assert http.get(step.request.headers, "mcp-method") == "server/discover"


def test_only_what_fits_is_offered() -> None:
    def ids(target: Target) -> set[str]:
        return {probe.id for probe in PROBES if not probe.obstacle(target)}

    called = replace(SESSION, tool="work")
    assert ids(replace(called, direct_url="http://127.0.0.1:1/mcp")) == set(BY_ID)
    assert ids(called) == set(BY_ID) - {"direct"}
    assert ids(SESSION) == set(BY_ID) - {"direct", "live", "abandon"}
    assert ids(replace(SESSION, session_id=None)) == ids(SESSION) - {"badsession", "fresh"}
    assert ids(Target(URL, TransportName.HTTP_SSE)) == {"preflight", "hold"}
    assert ids(Target(URL, TransportName.RAW_SSE)) == set()
