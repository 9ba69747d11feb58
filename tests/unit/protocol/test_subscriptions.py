"""subscriptions/listen: acknowledgement first, only what was honoured, and how it ends (R47)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Severity
from inspector.protocol.jsonrpc import JsonRpc
from inspector.protocol.subscriptions import ACKNOWLEDGED, Subscription, SubscriptionState, filter_for

ID = "io.modelcontextprotocol/subscriptionId"
WANTED = {"toolsListChanged": True, "resourceSubscriptions": ["file:///a", "file:///b"]}


def notice(method: str, subscription_id: Any = 7, **params: Any) -> JsonRpc:
    return jsonrpc.read(jsonrpc.notification(method, {**params, "_meta": {ID: subscription_id}}))


def ack(notifications: Any = WANTED, subscription_id: Any = 7) -> JsonRpc:
    return notice(ACKNOWLEDGED, subscription_id, notifications=notifications)


def end(subscription_id: Any = 7, request_id: Any = 7) -> JsonRpc:
    return jsonrpc.read(jsonrpc.result(request_id, {"resultType": "complete", "_meta": {ID: subscription_id}}))


CHANGED = notice("notifications/tools/list_changed")


def opened(notifications: Any = WANTED) -> Subscription:
    subscription = Subscription(7, WANTED)
    assert subscription.feed(ack(notifications)) == ()
    return subscription


def told(subscription: Subscription, *messages: JsonRpc) -> list[str]:
    """The texts of what broke the rules."""
    breaches = [breach for message in messages for breach in subscription.feed(message)]
    assert all(breach.rule == "subscription-not-acknowledged" for breach in breaches)
    assert all(breach.severity is Severity.ERROR and breach.fix for breach in breaches)
    assert all(breach.text.endswith(".") and len(breach.text) < 400 for breach in breaches)
    return [breach.text for breach in breaches]


def test_r47_a_proper_stream_breaks_no_rule() -> None:
    subscription = opened()
    assert str(subscription.state) == "open"
    assert subscription.acknowledged == WANTED
    assert subscription.missing() == {}
    updated = notice("notifications/resources/updated", uri="file:///a/sub")
    assert told(subscription, CHANGED, updated, CHANGED, end()) == []
    assert subscription.state is SubscriptionState.ENDED
    assert not subscription.lost()


def test_r47_the_acknowledgement_comes_first() -> None:
    subscription = Subscription(7, WANTED)
    (text,) = told(subscription, CHANGED, CHANGED)
    assert "before" in text
    assert subscription.state is SubscriptionState.OPENING
    assert told(subscription, ack(), CHANGED) == []


def test_r47_a_second_acknowledgement_changes_nothing() -> None:
    subscription = opened()
    assert len(told(subscription, ack({}))) == 1
    assert subscription.acknowledged == WANTED


@pytest.mark.parametrize("notifications", [None, [], "all", 5])
def test_r47_an_acknowledgement_without_a_filter_honours_nothing(notifications: Any) -> None:
    subscription = Subscription(7, WANTED)
    assert len(told(subscription, ack(notifications))) == 1
    assert subscription.state is SubscriptionState.OPEN
    assert subscription.missing() == WANTED


@pytest.mark.parametrize("wrong", ["7", 7.5, None, True, 8, [7]])
def test_r47_the_subscription_id_is_the_requests_id_in_its_type(wrong: Any) -> None:
    (text,) = told(Subscription(7, WANTED), ack(subscription_id=wrong), notice(CHANGED.method or "", wrong))
    assert "subscriptionId" in text


def test_r47_true_is_not_the_id_one() -> None:
    assert told(Subscription(1, WANTED), ack(subscription_id=True))
    assert not told(Subscription(1, WANTED), ack(subscription_id=1))
    assert not told(Subscription("s-1", WANTED), ack(subscription_id="s-1"))


@pytest.mark.parametrize("params", [None, [], {}, {"_meta": None}, {"_meta": {}}])
def test_r47_a_notification_without_the_id_is_told(params: Any) -> None:
    message = jsonrpc.read({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": params})
    assert len(told(opened(), message)) == 1


def test_r47_what_was_not_acknowledged_must_not_come() -> None:
    subscription = opened({"toolsListChanged": True})
    assert subscription.missing() == {"resourceSubscriptions": ["file:///a", "file:///b"]}
    updated = notice("notifications/resources/updated", uri="file:///a")
    assert told(subscription, CHANGED, updated)[0].startswith('"notifications/resources/updated" came, although')


def test_r47_part_of_the_resources_may_be_honoured() -> None:
    subscription = opened({"toolsListChanged": False, "resourceSubscriptions": ["file:///b"]})
    assert subscription.missing() == {"toolsListChanged": True, "resourceSubscriptions": ["file:///a"]}


def test_r47_more_than_was_asked_for_is_told() -> None:
    subscription = Subscription(7, {"resourceSubscriptions": ["a"]})
    (text,) = told(subscription, ack({"promptsListChanged": True, "resourceSubscriptions": ["a", "c"]}))
    assert "promptsListChanged" in text
    assert "resourceSubscriptions" in text
    assert not told(Subscription(7, WANTED), ack({**WANTED, "promptsListChanged": False}))


def test_r47_an_update_names_its_resource() -> None:
    assert len(told(opened(), notice("notifications/resources/updated"))) == 1


def test_r52_an_update_of_a_task_names_the_task() -> None:
    subscription = Subscription(7, filter_for({}, task_ids=("t-1",)))
    assert told(subscription, ack({"taskIds": ["t-1"]}), notice("notifications/tasks", taskId="t-1")) == []
    assert len(told(subscription, notice("notifications/tasks"))) == 1


@pytest.mark.parametrize("method", ["notifications/progress", "notifications/message", "notifications/own"])
def test_r47_progress_and_logs_never_come_here(method: str) -> None:
    subscription = opened()
    (text,) = told(subscription, notice(method), notice(method))
    assert method in text


def test_r47_requests_never_come_here() -> None:
    assert len(told(opened(), jsonrpc.read(jsonrpc.request(1, "ping")))) == 1


def test_r47_the_result_repeats_the_id() -> None:
    assert len(told(opened(), end("7"))) == 1


def test_r47_a_result_before_the_acknowledgement_is_told() -> None:
    subscription = Subscription(7, WANTED)
    assert len(told(subscription, end())) == 1
    assert subscription.state is SubscriptionState.ENDED


@pytest.mark.parametrize("result", [None, [], "x", {}])
def test_r47_any_result_ends_it(result: Any) -> None:
    subscription = opened()
    told(subscription, jsonrpc.read({"jsonrpc": "2.0", "id": 7, "result": result, "error": None}))
    assert subscription.is_over


def test_r47_an_answer_to_something_else_does_not_end_it() -> None:
    subscription = opened()
    assert told(subscription, end(request_id=8), jsonrpc.read(jsonrpc.error(8, -32603, "x"))) == []
    assert subscription.state is SubscriptionState.OPEN


@pytest.mark.parametrize("request_id", [7, "7", None])
def test_r47_an_error_refuses_it(request_id: Any) -> None:
    subscription = Subscription(7, WANTED)
    assert told(subscription, jsonrpc.read(jsonrpc.error(request_id, -32601, "No."))) == []
    assert subscription.state is SubscriptionState.REFUSED


def cancelled(request_id: Any) -> JsonRpc:
    return jsonrpc.read(jsonrpc.notification("notifications/cancelled", {"requestId": request_id}))


def test_r47_the_server_may_cancel_it() -> None:
    subscription = Subscription(7, WANTED)
    assert told(subscription, cancelled(7)) == []
    assert subscription.state is SubscriptionState.CANCELLED


def test_r47_a_cancellation_names_the_request_in_its_type() -> None:
    subscription = opened()
    assert len(told(subscription, cancelled("7"))) == 1
    assert subscription.state is SubscriptionState.CANCELLED
    other = opened()
    assert len(told(other, cancelled(8), cancelled(None))) == 1
    assert other.state is SubscriptionState.OPEN


def test_r47_nothing_may_come_after_the_end() -> None:
    subscription = opened()
    (text,) = told(subscription, end(), CHANGED, end())
    assert "after" in text


def test_r47_an_end_without_a_word_is_a_loss() -> None:
    subscription = opened()
    assert subscription.lost()
    assert subscription.state is SubscriptionState.LOST
    assert not subscription.lost()


def test_r47_what_is_no_message_is_told_elsewhere() -> None:
    assert told(Subscription(7, WANTED), jsonrpc.read([]), jsonrpc.read({"method": 5})) == []


def test_r47_asked_for_is_what_is_declared_and_what_the_user_named() -> None:
    capabilities = {
        "tools": {"listChanged": True},
        "prompts": {"listChanged": False},
        "resources": {"listChanged": True},
        "logging": {"listChanged": True},
    }
    assert filter_for(capabilities, ["a", "b", "a"]) == {
        "toolsListChanged": True,
        "resourcesListChanged": True,
        "resourceSubscriptions": ["a", "b"],
    }
    assert filter_for({"tools": None, "prompts": [], "resources": {"listChanged": "yes"}}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 8) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["_meta", ID, "notifications", "uri", *WANTED]), inner, max_size=4)
    ),
    max_leaves=8,
)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0")},
    optional={
        "method": st.sampled_from([ACKNOWLEDGED, "notifications/cancelled", "notifications/tools/list_changed", "x"]),
        "params": JSON,
        "id": st.integers(6, 8),
        "result": JSON,
        "error": JSON,
    },
)


@given(st.lists(MESSAGES, max_size=12))
def test_r47_whatever_comes_never_raises_and_is_told_a_bounded_number_of_times(values: list[Any]) -> None:
    subscription = Subscription(7, WANTED)
    assert len(told(subscription, *map(jsonrpc.read, values * 5))) <= 20
    assert subscription.missing().keys() <= WANTED.keys()
