"""Runs one flow of the OAuth client: its requests as exchanges in the timeline, its question to the user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, AuthFlow, Authorize, Fetch, Fetched
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.session.authorization import NOBODY_TO_ASK
from inspector.session.link import Link
from inspector.session.options import AuthorizationPrompt, Refused
from inspector.session.reader import Arrival
from inspector.session.redirect_receiver import RedirectReceiver
from inspector.session.stream import Stream
from inspector.session.veil import Veil
from inspector.trace.events import EndCause
from inspector.wire.masking import mask_known
from inspector.wire.sse import Comment, Frame

log = logging.getLogger(__name__)

FETCH_TIMEOUT_S = 30.0
CONSENT_TIMEOUT_S = 300.0
_OWN_RULE = ""
"""No rule is broken where it is we, or the user, who do not go on."""


@asynccontextmanager
async def listener(settings: AuthSettings, port: int, *, may_ask: bool) -> AsyncIterator[RedirectReceiver | None]:
    """Listens for the redirect, at `port` if that is free and the user chose no other; None where nobody can come."""
    if settings.grant != "authorization_code" or not may_ask:
        yield None
        return
    chosen = settings.redirect_uri
    attempts = [RedirectReceiver.at(chosen)] if chosen else [RedirectReceiver(port=port), RedirectReceiver()]
    async with AsyncExitStack() as stack:
        for receiver in filter(None, attempts):
            with suppress(OSError):
                await stack.enter_async_context(receiver)
                break
        else:
            receiver = None
        yield receiver


class _Sink:
    """Keeps a body, also that of an error: the flow reads it and the timeline shows it."""

    def __init__(self) -> None:
        self.body = b""

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        return Verdict(Meaning.MESSAGE)

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        """These answers are never read as an event stream."""

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        self.body = body
        return False


class SignIn:
    """The driver of one flow; `secrets` are what no sentence may repeat, and grow with what the exchanges show."""

    def __init__(self, link: Link, receiver: RedirectReceiver | None, secrets: set[bytes]) -> None:
        self._link = link
        self._receiver = receiver
        self._secrets = secrets

    async def run(self, flow: AuthFlow) -> AuthError | None:
        """Take the flow to its end; the error if it fails."""
        try:
            step = next(flow)
            while True:
                answer = await self._fetch(step) if isinstance(step, Fetch) else await self._consent(step)
                step = flow.send(answer)
        except StopIteration:
            return None
        except AuthError as error:
            return AuthError(mask_known(error.sentence, self._secrets), error.rule)
        except Exception as error:
            log.exception("Signing in failed; this is a bug of the inspector")
            return AuthError(f"The inspector itself failed while signing in ({type(error).__name__}).", _OWN_RULE)
        finally:
            flow.close()

    async def _fetch(self, step: Fetch) -> Fetched:
        sink = _Sink()
        veil = Veil(self._secrets) if step.secret else None
        stream = Stream(self._link, sink, is_aside=True, veil=veil)
        stream.close_in(
            FETCH_TIMEOUT_S,
            EndCause.TIMED_OUT_BY_US,
            f"The authorization server did not answer within {FETCH_TIMEOUT_S:g} s. Look into its log.",
        )
        ended = await stream.run(step.request)
        if ended.head is None or ended.event.cause is not EndCause.COMPLETE:
            return Fetched(0, (), b"", ended.sentence)
        return Fetched(ended.head.status, ended.head.headers, sink.body)

    async def _consent(self, step: Authorize) -> str:
        """The URL that the browser came back to: from the callback, or from the listener if that was quicker."""
        prompt = AuthorizationPrompt(step.url, step.redirect_uri, step.state, step.issuer, step.scope)
        try:
            async with asyncio.timeout(CONSENT_TIMEOUT_S):
                url = await self._first_answer(prompt)
        except TimeoutError:
            sentence = f"Nobody signed in within {CONSENT_TIMEOUT_S:g} s. Connect again to be asked anew."
            raise AuthError(sentence, _OWN_RULE) from None
        if isinstance(url, AuthError):
            raise url
        if not url:
            sentence = f"The browser cannot come back to {step.redirect_uri}: we do not listen there. Choose another."
            raise AuthError(sentence, _OWN_RULE)
        return url

    async def _first_answer(self, prompt: AuthorizationPrompt) -> str | AuthError:
        arrival = self._receiver.arrival(prompt.state) if self._receiver else None
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self._ask(prompt))
            either: set[asyncio.Future[Any]] = {asking, arrival} if arrival else {asking}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            answer = asking.result() if asking.done() else ""
            if not answer and arrival:
                answer = await arrival
            asking.cancel()
        return answer

    async def _ask(self, prompt: AuthorizationPrompt) -> str | AuthError:
        """Empty where the callback has only opened the browser."""
        ask = self._link.options.callbacks.authorize
        if ask is None:
            return AuthError(NOBODY_TO_ASK, _OWN_RULE)
        try:
            return await ask(prompt)
        except Refused as refused:
            return AuthError(f"Nobody signed in: {refused.sentence}", _OWN_RULE)
        except Exception as error:  # a callback is the user's code
            log.exception("The callback for signing in failed")
            return AuthError(f"The callback for signing in failed ({type(error).__name__}). Look into it.", _OWN_RULE)
