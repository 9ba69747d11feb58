"""Which revision has which method (A0, R53)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era
from inspector.protocol.era import TransportName
from inspector.protocol.removed import deprecated, why_not

REMOVED = [
    "initialize",
    "notifications/initialized",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "notifications/roots/list_changed",
    "notifications/elicitation/complete",
    "tasks/list",
    "tasks/result",
    "notifications/tasks/status",
]
EVERYWHERE = [
    "tools/list",
    "tools/call",
    "prompts/get",
    "resources/read",
    "resources/templates/list",
    "completion/complete",
]


@pytest.mark.parametrize("method", REMOVED)
def test_r53_what_was_removed_says_what_took_its_place(method: str) -> None:
    for from_server in (False, True):
        reason = why_not(method, era.STATELESS, from_server=from_server)
        assert reason.startswith(f"{method} does not exist in 2026-07-28. ")
        assert reason.endswith(".")
    assert why_not(method, era.LATEST) == ""


@pytest.mark.parametrize("method", EVERYWHERE)
@pytest.mark.parametrize("revision", era.REVISIONS)
def test_a0_what_every_revision_has(method: str, revision: str) -> None:
    assert why_not(method, revision) == ""


@pytest.mark.parametrize(
    ("method", "since"),
    [
        ("elicitation/create", "2025-06-18"),
        ("tasks/get", "2025-11-25"),
        ("tasks/cancel", "2025-11-25"),
        ("tasks/update", "2026-07-28"),
        ("server/discover", "2026-07-28"),
        ("subscriptions/listen", "2026-07-28"),
        ("notifications/subscriptions/acknowledged", "2026-07-28"),
    ],
)
def test_a0_what_came_later(method: str, since: str) -> None:
    from_server = method.startswith("notifications/")
    for revision in era.REVISIONS:
        reason = why_not(method, revision, from_server=from_server)
        assert bool(reason) is (revision < since)
        assert since in reason or not reason


@pytest.mark.parametrize("method", ["elicitation/create", "sampling/createMessage", "roots/list"])
def test_r42_a_server_asks_in_results_only(method: str) -> None:
    assert "input_required" in why_not(method, era.STATELESS, from_server=True)
    assert why_not(method, era.LATEST, from_server=True) == ""


def test_r40_a_client_sends_only_requests() -> None:
    assert "close" in why_not("notifications/cancelled", era.STATELESS)
    assert why_not("notifications/progress", era.STATELESS)
    assert why_not("notifications/cancelled", era.STATELESS, from_server=True) == ""
    assert why_not("notifications/progress", era.STATELESS, from_server=True) == ""
    assert why_not("notifications/cancelled", era.LATEST) == ""


@given(st.text(), st.sampled_from(era.REVISIONS))
def test_a0_a_method_nobody_knows_is_the_users_own(method: str, revision: str) -> None:
    assert why_not(f"own/{method}", revision) == ""


@pytest.mark.parametrize(
    "feature",
    ["roots", "roots/list", "sampling", "sampling/createMessage", "logging", "notifications/message", "dcr"],
)
def test_r53_what_is_deprecated_says_until_when(feature: str) -> None:
    assert "2027-07-28" in deprecated(feature)


def test_r53_a_transport_and_an_option_are_deprecated_too() -> None:
    assert deprecated(TransportName.HTTP_SSE).startswith("HTTP+SSE is deprecated")
    assert deprecated("includeContext").startswith("includeContext")


@pytest.mark.parametrize("feature", ["tools", "elicitation", "tools/call", TransportName.STATELESS, ""])
def test_r53_all_else_is_not_deprecated(feature: str) -> None:
    assert deprecated(feature) == ""
