"""Challenges as servers write them (R60)."""

from __future__ import annotations

from inspector.protocol.auth.challenge import AuthChallenge, read_challenge, report_oddities
from inspector.protocol.breach import Breach
from inspector.protocol.transports.answer import Head


def read(status: int, *fields: str) -> AuthChallenge | None:
    return read_challenge(Head(status, tuple(("www-authenticate", value) for value in fields)))


def test_r60_several_challenges_in_several_fields_are_read_together() -> None:
    challenge = read(401, 'Basic realm="a, b"', 'Bearer realm=x, error=invalid_token, DPoP algs="ES256", scope="a  b"')
    assert challenge == AuthChallenge(401, has_challenge=True, error="invalid_token", scope="a b")
    assert read(401, "bearer RESOURCE_METADATA=https://h/x") == AuthChallenge(
        401, has_challenge=True, resource_metadata="https://h/x"
    )


def test_r60_empty_parameters_are_absent() -> None:
    assert read(401, 'Bearer scope="", resource_metadata=""') == AuthChallenge(401, has_challenge=True)


def test_a_refusal_for_a_nonce_is_no_step_up() -> None:
    head = Head(401, (("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'), ("DPoP-Nonce", "n")))
    challenge = read_challenge(head)
    assert challenge is not None
    assert challenge.wants_nonce
    assert challenge.wants_dpop
    assert not challenge.is_step_up


def test_odd_refusals_for_want_of_scope_are_reported() -> None:
    found: list[Breach] = []
    for status, field in ((403, 'Bearer scope="a"'), (401, 'Bearer error="insufficient_scope"')):
        challenge = read(status, field)
        assert challenge is not None
        assert challenge.is_step_up
        report_oddities(challenge, found.append)
    assert [breach.rule for breach in found] == ["auth-insufficient-scope"] * 2
