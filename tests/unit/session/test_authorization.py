"""When to sign in, how often, and whose refusal it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from inspector.protocol.auth.facts import AuthFacts
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, AuthFlow, Authorize
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.peer import Peer
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.session.authorization import MAX_ROUNDS, authorised, told
from inspector.session.calls import Calls
from inspector.session.link import Link
from inspector.session.options import AuthorizationPrompt, Callbacks, Options
from inspector.session.stream import Ended
from inspector.trace.events import ConnectionState, EndCause, Phase, StateChanged, StreamEnded, Violation
from inspector.trace.river import River

FACTS = AuthFacts(
    "https://as", "https://h/mcp", "me", "dynamic", "authorization_code", ("a", "b"), 160.0, True, True, False
)


@dataclass
class FakeAuthorizer:
    """An OAuth client whose every flow asks the user once; `error` is how it then fails."""

    settings: AuthSettings = field(default_factory=AuthSettings)
    breaches: list[Breach] = field(default_factory=list)
    generation: int = 0
    error: AuthError | None = None
    is_due: bool = False
    flows: list[str] = field(default_factory=list)

    def headers(self, method: str, url: str, now: float) -> tuple[tuple[str, str], ...]:
        return (("Authorization", f"Bearer {self.generation}"),)

    def note(self, head: Head) -> None:
        self.flows.append("note")

    def wants(self, head: Head) -> bool:
        return head.status == 401

    def operation_started(self) -> None:
        self.flows.append("started")

    def operation_succeeded(self) -> None:
        self.flows.append("succeeded")

    def answer(self, head: Head, redirect_uri: str, now: Callable[[], float]) -> AuthFlow:
        self.flows.append("answer")
        yield Authorize("https://as/authorize", redirect_uri, "st4te")
        if self.error:
            raise self.error
        self.generation += 1

    def refresh(self, now: Callable[[], float]) -> AuthFlow | None:
        return self._refresh() if self.is_due else None

    def _refresh(self) -> AuthFlow:
        self.flows.append("refresh")
        yield Authorize("https://as/authorize", "", "st4te")
        self.is_due = False
        if self.error:
            raise self.error
        self.generation += 1

    def describe(self) -> AuthFacts:
        return replace(FACTS, has_token=self.generation > 0, expires_at=None)


async def consent(prompt: AuthorizationPrompt) -> str:
    await asyncio.sleep(0)
    return "http://127.0.0.1/callback?code=c0de&state=st4te"


def a_link(authorizer: FakeAuthorizer, **more: Any) -> Link:
    settings = AuthSettings(redirect_uri="https://app.example/callback")  # so that nothing listens here
    options = Options("https://h/mcp", auth=settings, callbacks=Callbacks(authorize=consent))
    link = Link(River(), 1, replace(options, **more))
    link.move(ConnectionState.CONNECTING, "Now.")
    link.authorization._authorizer = authorizer  # type: ignore[assignment]
    return link


def ended(link: Link, status: int) -> Ended:
    event = link.river.emit(StreamEnded, cause=EndCause.COMPLETE, phase=Phase.BODY, sentence="So it ended.")
    verdict = Verdict(Meaning.UNAUTHORISED if status == 401 else Meaning.MESSAGE, "So it was.")
    return Ended(event, verdict, head=Head(status, ()), token_n=link.authorization.token_n)


class Server:
    """Answers with these statuses in turn, each a moment after it was asked."""

    def __init__(self, link: Link, *statuses: int) -> None:
        self.link = link
        self.left = list(statuses)

    async def __call__(self) -> Ended:
        sent_with = self.link.authorization.token_n
        await asyncio.sleep(0)
        return replace(ended(self.link, self.left.pop(0)), token_n=sent_with)


def reasons(link: Link) -> list[str]:
    return [event.reason for event in link.river.since(0) if isinstance(event, StateChanged)][1:]


def rules(link: Link) -> list[str]:
    return [event.rule for event in link.river.since(0) if isinstance(event, Violation)]


async def test_a_refusal_is_answered_and_the_request_sent_again() -> None:
    authorizer = FakeAuthorizer(breaches=[Breach("auth-x", Severity.NOTE, "Odd.")])
    link = a_link(authorizer)
    assert (await authorised(link, Server(link, 401, 200))).sentence == "So it was."
    assert authorizer.flows == ["started", "answer", "succeeded"] and rules(link) == ["auth-x"]
    assert reasons(link) == [
        "The server wants a sign-in.",
        "Signed in at https://as as client me for a b; the access token does not say how long it lasts.",
    ]


async def test_what_is_not_refused_is_left_alone() -> None:
    authorizer = FakeAuthorizer()
    link = a_link(authorizer)
    for status in (200, 403, 404, 500):
        await authorised(link, Server(link, status))
    assert "answer" not in authorizer.flows and reasons(link) == []


async def test_a_failure_is_told_and_ends_it() -> None:
    authorizer = FakeAuthorizer(error=AuthError("The server forgot us.", "auth-forgot"))
    link = a_link(authorizer)
    refused = await authorised(link, Server(link, 401))
    assert refused.verdict == Verdict(Meaning.UNAUTHORISED, "The server forgot us.")
    assert refused.sentence == link.authorization.error == reasons(link)[-1] == "The server forgot us."
    assert rules(link) == ["auth-forgot"]


async def test_a_server_that_is_never_content_is_asked_so_often_and_no_more() -> None:
    authorizer = FakeAuthorizer()
    link = a_link(authorizer)
    refused = await authorised(link, Server(link, *[401] * (MAX_ROUNDS + 1)))
    assert authorizer.flows.count("answer") == MAX_ROUNDS
    assert refused.sentence == "The server refuses what it gave access to. So it was."


async def test_who_was_refused_with_an_older_token_just_tries_again() -> None:
    authorizer = FakeAuthorizer()
    link = a_link(authorizer)
    servers = [Server(link, 401, 200) for _ in range(4)]
    await asyncio.gather(*(authorised(link, server) for server in servers))
    assert authorizer.flows.count("answer") == 1


async def test_one_failure_answers_all_who_wait_for_it() -> None:
    authorizer = FakeAuthorizer(error=AuthError("No.", "auth-no"))
    link = a_link(authorizer)
    refused = await asyncio.gather(*(authorised(link, Server(link, 401)) for _ in range(4)))
    assert authorizer.flows.count("answer") == 1 and {one.sentence for one in refused} == {"No."}
    await authorised(link, Server(link, 401))  # a later request asks anew
    assert authorizer.flows.count("answer") == 2


async def test_a_token_that_is_due_is_refreshed_once() -> None:
    authorizer = FakeAuthorizer(is_due=True)
    link = a_link(authorizer)
    await asyncio.gather(*(authorised(link, Server(link, 200)) for _ in range(3)))
    assert authorizer.flows.count("refresh") == 1
    assert reasons(link)[0].startswith("The sign-in was renewed at https://as")


async def test_a_refresh_that_fails_stops_nothing() -> None:
    authorizer = FakeAuthorizer(is_due=True, error=AuthError("It has expired.", "auth-refresh-failed"))
    link = a_link(authorizer)
    assert (await authorised(link, Server(link, 200))).sentence == "So it was."
    assert reasons(link) == ["The access token could not be refreshed: It has expired."] and rules(link) == []


@pytest.mark.parametrize("more", [{"auth": None}, {"headers": (("AUTHORIZATION", "Bearer mine"),)}])
async def test_it_is_off_without_settings_and_with_a_header_of_the_users(more: dict[str, Any]) -> None:
    link = Link(River(), 1, replace(Options("https://h/mcp", auth=AuthSettings()), **more))
    authorization = link.authorization
    authorization.note(Head(401, ()))
    assert not authorization.is_on and not authorization.wants(Head(401, ()))
    assert authorization.headers("POST", "https://h/mcp") == () and authorization.facts is None
    assert (await authorised(link, Server(link, 401))).sentence == "So it was."


async def test_a_call_has_no_time_limit_while_somebody_signs_in_and_is_not_sent_if_it_is_settled() -> None:
    link = a_link(FakeAuthorizer())
    calls = Calls(link, Peer())
    call = calls.start("tools/list", None, 1.0, None, with_progress=False)
    call.deadline_ns = 1
    deadlines: list[int] = []

    async def cancel(prompt: AuthorizationPrompt) -> str:
        deadlines.append(call.deadline_ns)
        call.future.cancel()
        return "http://127.0.0.1/callback"

    link.options = replace(link.options, callbacks=Callbacks(authorize=cancel))
    server = Server(link, 401, 200)
    await authorised(link, server, call)
    assert deadlines == [0] and server.left == [200]


async def test_what_is_wanted_no_more_is_not_sent_again() -> None:
    link = a_link(FakeAuthorizer())
    server = Server(link, 401, 200)
    await authorised(link, server, is_wanted=lambda: False)
    assert server.left == [200]


async def test_a_closed_connection_asks_nobody() -> None:
    authorizer = FakeAuthorizer()
    link = a_link(authorizer)
    link.move(ConnectionState.CLOSED, "Over.")
    await authorised(link, Server(link, 401))
    assert "answer" not in authorizer.flows


def test_facts_in_words() -> None:
    assert told(FACTS, 100.0) == "Signed in at https://as as client me for a b; the access token lasts 60 s."
    bare = replace(FACTS, scopes=(), client_id="", expires_at=90.0)
    assert told(bare, 100.0) == (
        "Signed in at https://as as client (without an id) without any scope; the access token lasts 0 s."
    )
