"""Cache hints: reading them, how long they hold, and what voids them (R49)."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import freshness
from inspector.protocol.breach import Severity
from inspector.protocol.freshness import Freshness, FreshnessTable, read_hints

MINUTE = Freshness(60_000, "public", 100.0)
PRIVATE = Freshness(60_000, "private", 100.0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def hints(**parts: Any) -> tuple[Freshness, list[Severity]]:
    found, told = read_hints({"resultType": "complete", **parts}, 100.0)
    assert found is not None
    assert all(breach.rule == "cache-hints-invalid" and breach.text.endswith(".") for breach in told)
    return found, [breach.severity for breach in told]


@pytest.mark.parametrize("scope", ["public", "private"])
@pytest.mark.parametrize("ttl_ms", [0, 1, 60_000, 60_000.0])
def test_r49_proper_hints(ttl_ms: float, scope: Any) -> None:
    assert hints(ttlMs=ttl_ms, cacheScope=scope) == (Freshness(int(ttl_ms), scope, 100.0), [])


def test_r49_a_result_is_fresh_until_its_time_has_passed() -> None:
    assert MINUTE.fresh_until == 160.0
    assert MINUTE.is_fresh(159.9)
    assert not MINUTE.is_fresh(160.0)
    assert not Freshness(0, "public", 100.0).is_fresh(100.0)


@pytest.mark.parametrize("ttl_ms", [-1, -60_000.0, -(10**30)])
def test_r49_a_negative_lifetime_is_none(ttl_ms: float) -> None:
    assert hints(ttlMs=ttl_ms, cacheScope="public") == (Freshness(0, "public", 100.0), [Severity.WARN])


@pytest.mark.parametrize("ttl_ms", ["60000", True, [], {}, 1.5, math.inf, Decimal("1e400")])
def test_r49_a_lifetime_that_is_no_whole_number_is_none(ttl_ms: Any) -> None:
    assert hints(ttlMs=ttl_ms, cacheScope="public") == (Freshness(0, "public", 100.0), [Severity.WARN])


def test_r49_an_absent_lifetime_is_none() -> None:
    assert hints(cacheScope="public") == (Freshness(0, "public", 100.0), [Severity.NOTE])
    assert hints(cacheScope="public", ttlMs=None) == (Freshness(0, "public", 100.0), [Severity.NOTE])


@pytest.mark.parametrize("scope", ["Public", "shared", 5, [], {}, True])
def test_r49_an_unknown_scope_is_private(scope: Any) -> None:
    assert hints(ttlMs=5, cacheScope=scope) == (Freshness(5, "private", 100.0), [Severity.WARN])


def test_r49_an_absent_scope_is_private() -> None:
    assert hints(ttlMs=5) == (Freshness(5, "private", 100.0), [Severity.NOTE])


def test_r49_a_result_without_hints_has_none_and_that_is_noted() -> None:
    found, (breach,) = read_hints({"tools": []}, 100.0)
    assert found is None
    assert breach.severity is Severity.NOTE


@pytest.mark.parametrize(
    "result", [None, [], "x", {"resultType": "input_required"}, {"resultType": "task", "ttlMs": 5}]
)
def test_r48_what_is_not_complete_is_not_cacheable(result: Any) -> None:
    assert read_hints(result, 100.0) == (None, [])


def test_r49_a_lifetime_beyond_reason_is_cut() -> None:
    found, told = hints(ttlMs=10**400, cacheScope="public")
    assert (found.ttl_ms, told) == (freshness.LONGEST_TTL_MS, [])
    assert math.isfinite(found.fresh_until)


@given(JSON, JSON)
def test_r49_nothing_that_comes_can_raise(ttl_ms: Any, scope: Any) -> None:
    found, _ = hints(ttlMs=ttl_ms, cacheScope=scope)
    assert found.ttl_ms >= 0


def test_r49_the_key_is_method_and_params_in_any_order() -> None:
    table = FreshnessTable()
    table.note("resources/read", {"uri": "a", "x": {"b": 1, "a": [2]}, "_meta": {"progressToken": 1}}, MINUTE)
    assert table.get("resources/read", {"x": {"a": [2], "b": 1}, "uri": "a"}) is MINUTE
    assert table.get("resources/read", {"uri": "a"}) is None
    assert table.get("resources/list", {"uri": "a", "x": {"b": 1, "a": [2]}}) is None


def test_r49_each_page_has_its_own_time() -> None:
    table = FreshnessTable()
    table.note("tools/list", None, MINUTE)
    table.note("tools/list", {"cursor": "2"}, PRIVATE)
    assert table.get("tools/list") is MINUTE
    assert table.get("tools/list", {}) is MINUTE
    assert table.get("tools/list", {"cursor": "2"}) is PRIVATE
    assert table.get("tools/list", {"cursor": ""}) is None


def test_r48_answers_to_questions_are_no_part_of_the_key() -> None:
    table = FreshnessTable()
    table.note("resources/read", {"uri": "a", "inputResponses": {"k": {}}, "requestState": "s"}, MINUTE)
    assert table.get("resources/read", {"uri": "a"}) is MINUTE


def test_r49_the_newest_result_counts() -> None:
    table = FreshnessTable()
    table.note("tools/list", None, MINUTE)
    table.note("tools/list", None, PRIVATE)
    assert table.get("tools/list") is PRIVATE
    table.note("tools/list", None, None)
    assert table.get("tools/list") is None


def test_r49_other_results_are_not_cacheable() -> None:
    table = FreshnessTable()
    table.note("tools/call", {"name": "a"}, MINUTE)
    assert table.get("tools/call", {"name": "a"}) is None


@pytest.mark.parametrize(
    ("notification", "voided"),
    [
        ("notifications/tools/list_changed", {"tools/list"}),
        ("notifications/prompts/list_changed", {"prompts/list"}),
        ("notifications/resources/list_changed", {"resources/list", "resources/templates/list"}),
        ("notifications/resources/updated", set()),
        ("notifications/message", set()),
    ],
)
def test_r49_a_notification_voids_what_it_is_about(notification: str, voided: set[str]) -> None:
    table = FreshnessTable()
    for method in freshness.CACHEABLE:
        table.note(method, None, MINUTE)
        table.note(method, {"cursor": "2"}, MINUTE)
    assert table.invalidate(notification, None) == 2 * len(voided)
    assert {method for method in freshness.CACHEABLE if table.get(method) is None} == voided


def test_r49_an_update_voids_the_resource_and_those_around_it() -> None:
    table = FreshnessTable()
    uris = ["file:///a", "file:///a/b", "file:///a/b/c", "file:///ab", "file:///"]
    for uri in uris:
        table.note("resources/read", {"uri": uri}, MINUTE)
    assert table.invalidate("notifications/resources/updated", {"uri": "file:///a/b"}) == 3
    assert [uri for uri in uris if table.get("resources/read", {"uri": uri})] == ["file:///a/b/c", "file:///ab"]


@pytest.mark.parametrize("params", [None, [], {}, {"uri": 5}, {"uri": None}, "file:///a"])
def test_r49_an_update_of_nothing_voids_nothing(params: Any) -> None:
    table = FreshnessTable()
    table.note("resources/read", {"uri": "file:///a"}, MINUTE)
    table.note("resources/read", {"uri": 5}, MINUTE)
    table.note("tools/list", None, MINUTE)
    assert table.invalidate("notifications/resources/updated", params) == 0


def test_r49_private_results_end_with_their_credentials() -> None:
    table = FreshnessTable()
    table.note("tools/list", None, MINUTE)
    table.note("prompts/list", None, PRIVATE)
    assert table.forget_private() == 1
    assert table.get("tools/list") is MINUTE
    assert table.get("prompts/list") is None


def test_r49_the_table_does_not_grow_without_end() -> None:
    table = FreshnessTable()
    for n in range(freshness.MAX_ENTRIES + 5):
        table.note("resources/read", {"uri": f"file:///{n}"}, MINUTE)
    assert table.get("resources/read", {"uri": "file:///4"}) is None
    assert table.get("resources/read", {"uri": "file:///5"}) is MINUTE


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.randoms())
def test_r49_the_order_of_keys_never_matters(params: dict[str, Any], random: Any) -> None:
    table = FreshnessTable()
    table.note("resources/read", params, MINUTE)
    items = list(params.items())
    random.shuffle(items)
    assert table.get("resources/read", dict(items)) is MINUTE
