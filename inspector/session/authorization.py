"""Access to a server that wants one: its requests signed, and a sign-in when it says so (R60 to R71).

`authorised` is for the channels: it runs one exchange, and runs it again with a new token where that is the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.session.credential_store import KeyringStore
from inspector.session.link import TRANSITIONS, Link
from inspector.trace.events import ConnectionState
from inspector.wire import http
from inspector.wire.http import HeaderList

if TYPE_CHECKING:
    from inspector.protocol.auth.authorizer import Authorizer
    from inspector.protocol.auth.facts import AuthFacts
    from inspector.protocol.auth.settings import AuthSettings
    from inspector.protocol.auth.steps import AuthError, AuthFlow
    from inspector.session.calls import Call
    from inspector.session.redirect_receiver import RedirectReceiver
    from inspector.session.stream import Ended

MAX_ROUNDS = 4
"""How often one request may be sent again; the OAuth client has limits of its own, for each reason (R66)."""
NOBODY_TO_ASK = "This server wants a sign-in, which needs the window or a callback."
NO_REDIRECT_URI = "auth-settings-incomplete"
"""How the OAuth client says that nobody could come back from a sign-in, before it begins one."""
MAX_SHOWN = 100
STILL_REFUSED = "The server refuses what it gave access to."


class Authorization:
    """What one connection is allowed to do, and how it comes to be allowed more.

    It is off without `Options.auth`, and where the user gave an Authorization header of their own. `error` says why
    the last sign-in failed, `failures` how many did, `is_signing_in` that one is under way.
    """

    def __init__(self, link: Link) -> None:
        self.error = ""
        self.is_signing_in = False
        self.failures = 0
        self._link = link
        self._lock = asyncio.Lock()
        self._port = 0
        self._secrets: set[bytes] = set()
        self._authorizer: Authorizer | None = None

    @property
    def _settings(self) -> AuthSettings | None:
        """How to sign in; None if this is not our business."""
        options = self._link.options
        return options.auth if http.get(options.headers, "authorization") is None else None

    @property
    def is_on(self) -> bool:
        return self._settings is not None

    @property
    def token_n(self) -> int:
        """Counts the access tokens: who was refused with an older one just tries again."""
        return self._authorizer.generation if self._authorizer else 0

    @property
    def facts(self) -> AuthFacts | None:
        """What may be shown of it; None as long as there is nothing."""
        return self._authorizer.describe() if self._authorizer else None

    def _get(self) -> Authorizer | None:
        """The OAuth client, which is loaded and made when it is first needed."""
        settings = self._settings
        if self._authorizer is None and settings is not None:
            from inspector.protocol.auth.authorizer import Authorizer  # noqa: PLC0415 - loads cryptography
            from inspector.protocol.auth.store import MemoryStore  # noqa: PLC0415 - most servers want no sign-in

            options = self._link.options
            store = options.credentials or MemoryStore()
            revision = options.protocol_version or era.LATEST
            self._authorizer = Authorizer(options.url, settings, store, revision=revision)
            own = (settings.client_secret, settings.assertion, settings.idp_client_secret, settings.idp_id_token)
            self._secrets.update(secret.encode() for secret in own if secret)
        return self._authorizer

    def headers(self, method: str, url: str) -> HeaderList:
        """What to add to a request to this URL: the access token and, if it is bound to a key, a fresh proof."""
        authorizer = self._get()
        return authorizer.headers(method, url, self._now()) if authorizer else ()

    def note(self, head: Head) -> None:
        """Remember what an answer says for the next request, such as a nonce."""
        authorizer = self._get()
        if authorizer is not None:
            authorizer.note(head)

    def wants(self, head: Head | None) -> bool:
        """Whether an answer asks for a sign-in that we could make."""
        authorizer = self._get() if head is not None and head.status in (401, 403) else None
        return authorizer is not None and head is not None and authorizer.wants(head)

    def operation_started(self) -> None:
        if self._authorizer is not None:
            self._authorizer.operation_started()

    def operation_succeeded(self) -> None:
        if self._authorizer is not None:
            self._authorizer.operation_succeeded()

    async def refresh_if_due(self) -> None:
        """Get a new token if the old one is about to expire; if that fails, the server's answer decides."""
        authorizer = self._get()
        if authorizer is None or authorizer.refresh(self._now) is None:
            return
        async with self._lock:
            flow = authorizer.refresh(self._now)
            if flow is None:  # somebody else has done it
                return
            error = await self._run(authorizer, flow, None)
            if error is None:
                self._say(told(authorizer.describe(), self._now()).replace("Signed in", "The sign-in was renewed", 1))
            else:
                self._say(f"The access token could not be refreshed: {error.sentence}")

    async def satisfied(self, ended: Ended, failures: int | None = None) -> bool:
        """Answer a 401 or 403 that can be answered; True if it makes sense to send the request again.

        `failures` as it was when the request left: if a sign-in has failed since, that was the answer to it as well.
        """
        authorizer, head = self._get(), ended.head
        if authorizer is None or head is None or not authorizer.wants(head):
            return False
        failures = self.failures if failures is None else failures
        async with self._lock:
            if self.token_n != ended.token_n and authorizer.describe().has_token:  # somebody has signed in since
                return True
            if self.failures != failures or self._link.state is ConnectionState.CLOSED:  # ... or has failed to
                return False
            error = await self._sign_in(authorizer, head)
            if error is not None:
                self._failed(error, ended)
                return False
            if self.token_n != ended.token_n:
                self._say(told(authorizer.describe(), self._now()))
            self.error = ""
            return True

    async def _sign_in(self, authorizer: Authorizer, head: Head) -> AuthError | None:
        self._say("The server wants a sign-in.")
        settings, store = authorizer.settings, self._link.options.credentials
        if isinstance(store, KeyringStore):
            await store.open()
        from inspector.session.sign_in import listener  # noqa: PLC0415 - most servers want no sign-in

        self.is_signing_in = True
        try:
            async with listener(settings, self._port, may_ask=self._may_ask) as receiver:
                self._port = receiver.port if receiver else 0
                redirect_uri = settings.redirect_uri or (receiver.redirect_uri if receiver else "")
                flow = authorizer.answer(head, redirect_uri if self._may_ask else "", self._now)
                return await self._run(authorizer, flow, receiver)
        finally:
            self.is_signing_in = False

    @property
    def _may_ask(self) -> bool:
        return self._link.options.callbacks.authorize is not None

    async def _run(self, authorizer: Authorizer, flow: AuthFlow, receiver: RedirectReceiver | None) -> AuthError | None:
        from inspector.session.sign_in import SignIn  # noqa: PLC0415 - most servers want no sign-in

        error = await SignIn(self._link, receiver, self._secrets).run(flow)
        for breach in authorizer.breaches:
            self._link.report(breach)
        authorizer.breaches.clear()
        return error

    def _failed(self, error: AuthError, ended: Ended) -> None:
        self.failures += 1
        is_for_want_of_a_user = error.rule == NO_REDIRECT_URI and not self._may_ask
        self.error = NOBODY_TO_ASK if is_for_want_of_a_user else error.sentence
        self._say(self.error)
        if error.rule and not is_for_want_of_a_user:
            self._link.report(Breach(error.rule, Severity.ERROR, error.sentence), about_n=ended.event.n)

    def explained(self, ended: Ended) -> Ended:
        """The end of an exchange that stays refused, with the reason why we could not help it."""
        sentence = self.error or f"{STILL_REFUSED} {ended.sentence}"
        return replace(ended, verdict=Verdict(Meaning.UNAUTHORISED, sentence))

    def _say(self, sentence: str) -> None:
        state = self._link.state
        if state in TRANSITIONS[state]:
            self._link.move(state, sentence)

    def _now(self) -> float:
        return self._link.river.clock.time()


def told(facts: AuthFacts, now: float) -> str:
    """Where we are signed in, and for what, in a sentence; `now` is Unix time."""
    words = f"Signed in at {facts.issuer[:MAX_SHOWN]} as client {facts.client_id[:MAX_SHOWN] or '(without an id)'}"
    words += f" for {' '.join(facts.scopes)[:MAX_SHOWN]}" if facts.scopes else " without any scope"
    if facts.expires_at is None:
        return f"{words}; the access token does not say how long it lasts."
    return f"{words}; the access token lasts {max(facts.expires_at - now, 0):.0f} s."


async def authorised(
    link: Link,
    run: Callable[[], Awaitable[Ended]],
    call: Call | None = None,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Ended:
    """Run an exchange until it is no longer refused for want of a sign-in, or a sign-in does not help.

    `run` makes a new stream each time. The clock of `call` stands still while somebody signs in; if it is settled
    meanwhile, or `is_wanted` says no, it is not sent again.
    """
    authorization = link.authorization
    if not authorization.is_on:
        return await run()
    await authorization.refresh_if_due()
    authorization.operation_started()
    failures, ended = authorization.failures, await run()
    for _ in range(MAX_ROUNDS):
        if not authorization.wants(ended.head):
            authorization.operation_succeeded()
            return ended
        if call is not None:
            call.deadline_ns = 0
        if not await authorization.satisfied(ended, failures):
            return authorization.explained(ended)
        if not is_wanted() or (call is not None and call.is_settled):
            return ended
        failures, ended = authorization.failures, await run()
    return authorization.explained(ended) if authorization.wants(ended.head) else ended
