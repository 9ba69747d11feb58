"""What is refused while the transport is being found out counts only for the transport that succeeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Group, Rule
from inspector.diagnose.rules.negotiation_handshake import MAX_HELD, HandshakeWatch, is_of_session, sent_header
from inspector.diagnose.topics import Topic
from inspector.trace.events import AttemptMade, ConnectionState, RequestSent, SessionReady, Severity
from tests.support.diagnosed import Watched


class EveryRequest(HandshakeWatch):
    """Tells of each request that is sent."""

    rules = ("every-request",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {**super().reactions(), Topic.HTTP_REQUEST: self._on_request}

    def _on_request(self, event: RequestSent) -> None:
        self.tell(event.purpose, (event.n,), severity=Severity.NOTE, severity_if_lost=Severity.ERROR)


RULE = Rule(
    id="every-request",
    group=Group.NEGOTIATION,
    title="",
    severity=Severity.WARN,
    symptom="",
    cause="",
    fix="",
    watch=EveryRequest,
)


class Detecting(Watched):
    """A connection whose transport is not known yet."""

    def __init__(self) -> None:
        super().__init__([RULE])
        self.state(ConnectionState.CLOSED)
        self.tell(AttemptMade, transport="", verdict="", succeeded=False, connection=2)
        self.emit_on_2(ConnectionState.CONNECTING)

    def emit_on_2(self, state: ConnectionState) -> None:
        self.state(state, connection=2)

    def attempt(self, transport: str, purpose: str, *, succeeded: bool) -> None:
        self.send(self.next_stream(), purpose=purpose, connection=2)
        self.tell(AttemptMade, transport=transport, verdict="", succeeded=succeeded, connection=2)

    def texts(self) -> list[tuple[str, Severity]]:
        return [
            (text.removeprefix("Most recently: "), each.severity)
            for each in self.findings()
            for text in each.text.split("\n\n")
        ]


def test_what_another_transport_refused_is_forgotten() -> None:
    talk = Detecting()
    talk.attempt("stateless", "server/discover", succeeded=False)
    assert talk.is_silent()
    talk.attempt("streamable-http", "initialize", succeeded=True)
    assert talk.texts() == [("initialize", Severity.NOTE)]


def test_what_the_transport_refused_that_is_taken_nevertheless_counts() -> None:
    talk = Detecting()
    talk.attempt("stateless", "server/discover", succeeded=False)
    ready = {"protocol_version": "2026-07-28", "server_name": "", "server_version": ""}
    talk.tell(SessionReady, transport="stateless", connection=2, **ready)
    assert talk.texts() == [("server/discover", Severity.NOTE)]


def test_all_counts_where_nothing_succeeds() -> None:
    talk = Detecting()
    talk.attempt("stateless", "server/discover", succeeded=False)
    talk.attempt("streamable-http", "initialize", succeeded=False)
    talk.emit_on_2(ConnectionState.CLOSED)
    assert talk.texts() == [("server/discover", Severity.ERROR), ("initialize", Severity.ERROR)]


def test_what_is_settled_is_told_at_once() -> None:
    talk = Watched([RULE])
    talk.send(1, purpose="tools/call")
    talk.state(ConnectionState.CONNECTING)  # to begin anew on the same connection
    talk.send(2, purpose="initialize")
    assert talk.found("every-request").count == 2


def test_no_more_than_a_few_are_held_back() -> None:
    talk = Detecting()
    for number in range(10 * MAX_HELD):
        talk.send(number + 1, purpose="initialize", connection=2)
    talk.emit_on_2(ConnectionState.CLOSED)
    assert talk.found("every-request").count == MAX_HELD


def exchange(purpose: str, method: str = "POST", *headers: tuple[str, str]) -> Exchange:
    return Exchange(1, 1, RequestSent(method=method, url="", purpose=purpose, headers=headers))


def test_errands_are_no_part_of_the_session() -> None:
    assert is_of_session(exchange("tools/call"))
    assert is_of_session(exchange("stream", "GET"))
    for purpose in ("raw POST", "probe:version", "oauth: token request"):
        assert not is_of_session(exchange(purpose))
    assert not is_of_session(exchange("manifest", "GET"))
    assert not is_of_session(exchange("close", "DELETE"))


def test_a_header_of_ours_is_found_in_any_case() -> None:
    assert sent_header(exchange("ping", "POST", ("ACCEPT", "a/b")), "accept") == "a/b"
    assert sent_header(exchange("ping"), "accept") == sent_header(Exchange(1, 1), "accept") == ""
