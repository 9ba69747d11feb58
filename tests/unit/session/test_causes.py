"""Errors of the operating system and of TLS, in words."""

from __future__ import annotations

import errno
import itertools
import socket
import ssl

import pytest

from inspector.session.causes import MAX_CHAIN, cause_of, chain_of, place_of
from inspector.trace.events import EndCause


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (ConnectionRefusedError(), EndCause.REFUSED, "Nothing listens at a:1"),
        (ConnectionResetError(), EndCause.RESET, "a:1 reset the connection"),
        (BrokenPipeError(), EndCause.RESET, "a:1 reset the connection"),
        (socket.gaierror(-2, "unknown"), EndCause.UNRESOLVED, "The name a cannot be resolved"),
        (OSError(errno.ENETUNREACH, "x"), EndCause.UNREACHABLE, "no route to a:1"),
        (OSError(errno.EHOSTUNREACH, "x"), EndCause.UNREACHABLE, "no route to a:1"),
        (ssl.SSLCertVerificationError("x"), EndCause.TLS, "--ca FILE"),
        (tls_error("WRONG_VERSION_NUMBER"), EndCause.TLS, "Use http:// for this port."),
        (tls_error("UNEXPECTED_EOF_WHILE_READING"), EndCause.TLS, "closed the connection during the TLS handshake"),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), EndCause.TLS, "tlsv1 alert protocol version"),
    ],
)
def test_every_cause_has_its_sentence(error: OSError, cause: EndCause, words: str) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "self-signed certificate"
    found = cause_of(error, "a:1")
    assert found is not None and found[0] is cause and words in found[1] and found[1].endswith(".")


@pytest.mark.parametrize("error", [OSError(errno.EPERM, "x"), ValueError(), ssl.SSLWantReadError()])
def test_what_says_nothing_by_itself(error: BaseException) -> None:
    assert cause_of(error, "a:1") is None


def test_the_chain_goes_through_causes_contexts_and_groups() -> None:
    first, second, third = ConnectionRefusedError(), OSError(), ValueError()
    third.__cause__ = ExceptionGroup("both", [first, second])
    second.__context__ = third
    assert list(chain_of(third)) == [third, third.__cause__, first, second]


def test_a_long_chain_is_not_followed_for_ever() -> None:
    errors = [ValueError(number) for number in range(200)]
    for error, cause in itertools.pairwise(errors):
        error.__cause__ = cause
    assert len(list(chain_of(errors[0]))) == MAX_CHAIN


@pytest.mark.parametrize(
    ("url", "place"),
    [("http://a/x", "a:80"), ("https://a/x", "a:443"), ("http://a:81", "a:81"), ("http://[::1", "the server")],
)
def test_the_place(url: str, place: str) -> None:
    assert place_of(url) == place
