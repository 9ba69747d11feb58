"""The user's part of a sign-in, and what a flow that fails tells."""

from __future__ import annotations

import asyncio

import pytest

from inspector.protocol.auth.steps import AuthError, AuthFlow, Authorize
from inspector.session.authorization import NOBODY_TO_ASK
from inspector.session.link import Link
from inspector.session.options import AuthorizationPrompt, Callbacks, Options, Refused
from inspector.session.options import Authorize as Ask
from inspector.session.redirect_receiver import RedirectReceiver
from inspector.session.sign_in import SignIn
from inspector.trace.river import River

STEP = Authorize("https://as/authorize?x", "http://127.0.0.1:1/callback", "st4te", "https://as", "a b")
CAME_BACK = "http://127.0.0.1:1/callback?code=c0de&state=st4te"


def flow(answers: list[object]) -> AuthFlow:
    answers.append((yield STEP))


def consenting() -> Link:
    async def ask(prompt: AuthorizationPrompt) -> str:
        return CAME_BACK

    return Link(River(), 1, Options("http://h/mcp", callbacks=Callbacks(authorize=ask)))


async def sign_in(ask: Ask | None, receiver: RedirectReceiver | None = None) -> tuple[str | None, list[object]]:
    """The sentence of the failure if there was one, and what the flow was answered."""
    answers: list[object] = []
    link = Link(River(), 1, Options("http://h/mcp", callbacks=Callbacks(authorize=ask)))
    error = await SignIn(link, receiver, {b"the-secret"}).run(flow(answers))
    return error.sentence if error else None, answers


async def test_the_callback_gets_what_it_needs_to_ask() -> None:
    prompts: list[AuthorizationPrompt] = []

    async def ask(prompt: AuthorizationPrompt) -> str:
        prompts.append(prompt)
        return CAME_BACK

    assert await sign_in(ask) == (None, [CAME_BACK])
    assert prompts == [AuthorizationPrompt(STEP.url, STEP.redirect_uri, "st4te", "https://as", "a b")]


async def test_without_a_callback_nobody_is_asked() -> None:
    assert await sign_in(None) == (NOBODY_TO_ASK, [])


async def test_the_listener_may_be_quicker_than_the_callback() -> None:
    receiver = RedirectReceiver()
    cancelled: list[bool] = []

    async def ask(prompt: AuthorizationPrompt) -> str:
        receiver.take(f"GET /callback?{CAME_BACK.partition('?')[2]} HTTP/1.1")
        try:
            return await asyncio.Future[str]()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    sentence, answers = await sign_in(ask, receiver)
    assert (sentence, answers) == (None, [CAME_BACK.replace(":1/", ":0/")]) and cancelled == [True]


async def test_a_callback_that_only_opened_the_browser_leaves_it_to_the_listener() -> None:
    receiver = RedirectReceiver()

    async def ask(prompt: AuthorizationPrompt) -> str:
        asyncio.get_running_loop().call_soon(receiver.take, "GET /callback?error=no&state=st4te HTTP/1.1")
        return ""

    assert await sign_in(ask, receiver) == (None, ["http://127.0.0.1:0/callback?error=no&state=st4te"])
    sentence, _ = await sign_in(ask)
    assert sentence is not None and "we do not listen there" in sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("The user closed the dialog."), "Nobody signed in: The user closed the dialog."),
        (ValueError("code=c0de"), "The callback for signing in failed (ValueError). Look into it."),
    ],
)
async def test_a_callback_may_refuse_or_fail(error: Exception, words: str, caplog: pytest.LogCaptureFixture) -> None:
    async def ask(prompt: AuthorizationPrompt) -> str:
        raise error

    assert await sign_in(ask) == (words, [])


async def test_no_sentence_repeats_a_secret() -> None:
    def failing() -> AuthFlow:
        yield STEP
        raise AuthError("The server says: the-secret is wrong.", "oauth-x")

    error = await SignIn(consenting(), None, {b"the-secret"}).run(failing())
    assert error is not None
    assert (error.sentence, error.rule) == ("The server says: ********** is wrong.", "oauth-x")


async def test_our_own_mistake_ends_the_sign_in_and_not_the_session(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> AuthFlow:
        yield STEP
        raise KeyError("x")

    error = await SignIn(consenting(), None, set()).run(failing())
    assert error is not None and "KeyError" in error.sentence and error.rule == ""
    assert "this is a bug of the inspector" in caplog.text
