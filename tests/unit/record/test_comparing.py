"""What two sessions differ in."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.record.comparing import ABSENT, Comparison, Difference, compare, differences, differs
from inspector.record.offered import Offered
from tests.unit.record.test_offered import Session, text, tool

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a~/01", max_size=2), inner, max_size=3),
    max_leaves=12,
)
TOOLS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)
CALLS = st.lists(st.tuples(st.sampled_from("ab"), JSON, JSON), max_size=5)


def session(tools: dict[str, Any], calls: list[tuple[str, Any, Any]], version: str = "1") -> Offered:
    river = Session()
    river.hello(version=version)
    river.exchange("tools/list", {}, {"tools": [{"name": name, "x": value} for name, value in tools.items()]})
    for name, arguments, result in calls:
        river.call(name, arguments, result)
    return river.into(Offered())


def at(value: Any, path: str) -> Any:
    """The value a JSON pointer leads to, `ABSENT` if there is none."""
    for step in path.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key, ABSENT)
        elif isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else ABSENT
        else:
            return ABSENT
    return value


def spelled(value: Any) -> str:
    """Types too, as `true` is not 1; but 1.0 is."""
    if isinstance(value, list):
        return f"[{','.join(map(spelled, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key!r}:{spelled(value[key])}' for key in sorted(value))}}}"
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


@given(JSON, JSON)
def test_every_path_differs_in_fact_and_no_difference_is_missed(old: Any, new: Any) -> None:
    found = list(differences(old, new))
    for difference in found:
        assert spelled(at(old, difference.path)) == spelled(difference.old)
        assert spelled(at(new, difference.path)) == spelled(difference.new)
        assert spelled(difference.old) != spelled(difference.new)
    assert bool(found) is (spelled(old) != spelled(new))


@given(TOOLS, CALLS)
def test_a_session_does_not_differ_from_itself(tools: dict[str, Any], calls: list[tuple[str, Any, Any]]) -> None:
    comparison = compare(session(tools, calls), session(tools, calls))
    assert comparison.is_empty
    assert len(comparison.calls) == len(calls)
    assert all(pair.difference_ms(50) == 0 for pair in comparison.latencies)


@given(TOOLS, CALLS, TOOLS, CALLS)
def test_the_other_way_round(
    tools: dict[str, Any], calls: list[tuple[str, Any, Any]], others: dict[str, Any], more: list[tuple[str, Any, Any]]
) -> None:
    left, right = session(tools, calls), session(others, more, version="2")
    there, back = compare(left, right), compare(right, left)
    forth, again = there.lists["tools"], back.lists["tools"]
    assert {change.name for change in forth.added} == {change.name for change in again.removed}
    assert {change.name for change in forth.removed} == {change.name for change in again.added}
    assert forth.same == again.same
    assert mirrored(there) == mirrored(back, swap=True)


def mirrored(comparison: Comparison, *, swap: bool = False) -> set[tuple[str, str, str, str]]:
    """Every difference there is, left and right changed over if `swap`."""
    changes = [("server", comparison.server)] if comparison.server else []
    changes += [(change.name, change) for each in comparison.lists.values() for change in each.changed]
    found = [(name, difference) for name, change in changes for difference in change.differences]
    return {
        (name, item.path, *(map(spelled, (item.new, item.old) if swap else (item.old, item.new))))  # type: ignore[misc]
        for name, item in found
    }


def tools_of(*items: dict[str, Any]) -> Offered:
    river = Session()
    river.exchange("tools/list", {}, {"tools": list(items)})
    return river.into(Offered())


def test_tools_that_came_went_and_changed() -> None:
    changed = tool("b", "new") | {"inputSchema": {"type": "object", "required": ["x"]}}
    lists = compare(tools_of(tool("a"), tool("b", "old"), tool("d")), tools_of(changed, tool("c"), tool("d"))).lists
    found = lists["tools"]
    assert [change.name for change in found.removed] == ["a"]
    assert [change.name for change in found.added] == ["c"]
    assert found.added[0].new == tool("c") and found.added[0].old is ABSENT
    assert found.changed[0].differences == (
        Difference("/description", "old", "new"),
        Difference("/inputSchema/required", ABSENT, ["x"]),
    )
    assert found.same == 1


def test_null_is_not_nothing_and_true_is_not_one() -> None:
    assert list(differences({"a": None}, {})) == [Difference("/a", None, ABSENT)]
    assert differs([True], [1])
    assert not differs([1.0], [1])


def test_a_path_is_a_json_pointer() -> None:
    assert list(differences({"a/~1": [{}, {"": 1}]}, {"a/~1": [{}]})) == [Difference("/a~1~01/1", {"": 1}, ABSENT)]


def test_another_server() -> None:
    comparison = compare(session({}, [], version="1"), session({}, [], version="2"))
    assert comparison.server is not None
    assert comparison.server.differences == (Difference("/serverInfo/version", "1", "2"),)


def test_calls_find_their_own_kind_in_order() -> None:
    left = session({}, [("a", {"n": 1}, text("x")), ("a", {"n": 1}, text("y")), ("b", {}, text("z"))])
    right = session({}, [("a", {"n": 2}, text("q")), ("a", {"n": 1}, text("x")), ("a", {"n": 1}, text("Y"))])
    pairs = compare(left, right).calls
    told = [(pair.call.name, pair.call.arguments.value, bool(pair.left), bool(pair.right)) for pair in pairs]
    assert told == [
        ("a", {"n": 1}, True, True),
        ("a", {"n": 1}, True, True),
        ("b", {}, True, False),
        ("a", {"n": 2}, False, True),
    ]
    assert [pair.is_same for pair in pairs] == [True, False, False, False]
    assert pairs[1].differences == (Difference("/content/0/text", "y", "Y"),)


def test_the_same_text_as_a_result_and_as_a_failure() -> None:
    left, right = Session(), Session()
    left.call("a", {}, text("x"))
    right.reply(right.request("tools/call", {"name": "a"}, name="a"), text("x"), is_tool_error=True)
    (pair,) = compare(left.into(Offered()), right.into(Offered())).calls
    assert pair.differences == (Difference("outcome", "result", "tool error"),)
    assert not pair.is_same


def test_large_results_differ_by_digest() -> None:
    left, right = (session({}, [("a", {}, text(letter * 20_000))]) for letter in "xy")
    (pair,) = compare(left, right).calls
    (difference,) = pair.differences
    assert difference.path == ""
    assert difference.old.startswith("20,0") and "digest" in difference.old
    assert difference.old != difference.new


def test_very_many_differences_are_cut() -> None:
    many = {str(number): 1 for number in range(500)}
    (pair,) = compare(session({}, [("a", {}, many)]), session({}, [("a", {}, {})])).calls
    assert len(pair.differences) == 200
    assert pair.is_cut


def test_round_trips() -> None:
    left, right = Session(), Session()
    for river, rtt_ms in ((left, 10.0), (right, 14.0)):
        river.reply(river.request("tools/call", {"name": "a"}, name="a"), text("x"), rtt_ms=rtt_ms)
    right.exchange("ping", {}, {})
    pairs = {pair.key: pair for pair in compare(left.into(Offered()), right.into(Offered())).latencies}
    assert pairs["tools/call a"].difference_ms(50) == 4.0
    assert pairs["ping"].left is None and pairs["ping"].difference_ms(50) is None
