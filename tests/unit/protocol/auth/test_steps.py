"""The vocabulary between a flow and its driver."""

from __future__ import annotations

import pytest

from inspector.protocol.auth.steps import AuthError, Authorize, Fetch, Fetched, authorize, fetch
from inspector.protocol.transports.answer import HttpRequest

REQUEST = HttpRequest("GET", "https://as.example/", (), "oauth: a test")


def test_a_fetch_is_answered_with_what_came() -> None:
    steps = fetch(REQUEST, secret=True)
    assert next(steps) == Fetch(REQUEST, secret=True)
    answer = Fetched(200, (("Content-Type", "text/plain"),), b"x")
    with pytest.raises(StopIteration) as stopped:
        steps.send(answer)
    assert stopped.value.value is answer
    assert answer.head.get("content-type") == "text/plain"


def test_a_driver_that_mixes_the_answers_up_is_told_so() -> None:
    steps = fetch(REQUEST)
    next(steps)
    with pytest.raises(TypeError):
        steps.send("https://127.0.0.1/callback")
    asking = authorize(Authorize("https://as.example/authorize", "http://127.0.0.1/", "s"))
    next(asking)
    with pytest.raises(TypeError):
        asking.send(Fetched(200, (), b""))


def test_an_error_says_its_sentence() -> None:
    error = AuthError("It broke. Mend it.", "auth-x")
    assert (str(error), error.sentence, error.rule) == ("It broke. Mend it.", "It broke. Mend it.", "auth-x")
