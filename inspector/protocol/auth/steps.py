"""What the OAuth client asks of its driver, and how a flow fails: the vocabulary of every generator here."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from inspector.protocol.transports.answer import Head, HttpRequest
from inspector.wire.http import HeaderList

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetch:
    """Send a request and answer with `Fetched`; redirects are not to be followed.

    `secret`: the bodies of request and answer hold credentials, which nobody may see.
    """

    request: HttpRequest
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back; status 0 is no answer at all, and `sentence` then says why."""

    status: int
    headers: HeaderList
    body: bytes
    sentence: str = ""

    @property
    def head(self) -> Head:
        return Head(self.status, self.headers)


@dataclass(frozen=True, slots=True)
class Authorize:
    """Take the user's browser to `url`; the answer is the full URL that it was redirected to, as a `str`.

    `issuer` and `scope` say whom the user will sign in to and for what, so that they may consent.
    """

    url: str
    redirect_uri: str
    state: str
    issuer: str = ""
    scope: str = ""


Step: TypeAlias = Fetch | Authorize
Steps: TypeAlias = Generator[Step, Fetched | str, T]
"""Part of a flow that ends with a value."""
AuthFlow: TypeAlias = Generator[Step, Fetched | str, None]
"""A whole flow: it ends, or raises `AuthError`."""


class AuthError(Exception):
    """Authorisation failed; `sentence` names the cause and the next step, `rule` the diagnosis."""

    def __init__(self, sentence: str, rule: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.rule = rule


def fetch(request: HttpRequest, *, secret: bool = False) -> Steps[Fetched]:
    """One exchange."""
    answer = yield Fetch(request, secret)
    if not isinstance(answer, Fetched):
        raise TypeError("A Fetch is answered with a Fetched.")
    return answer


def authorize(step: Authorize) -> Steps[str]:
    """The user's consent in the browser: the URL that the browser came back to."""
    answer = yield step
    if not isinstance(answer, str):
        raise TypeError("An Authorize is answered with the redirect URL.")
    return answer
