"""What a resumed stream brought against what the whole one had brought: lost, duplicated, reordered, extra."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.wire import jsontext

_VARYING = frozenset({"progressToken", "_meta", "requestId"})
"""Members that are others in every run by right."""


@dataclass(frozen=True, slots=True)
class Got:
    """One event: `content` is what it said without ids and tokens, `shape` only which members that had."""

    content: str
    shape: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How many events of the whole stream are missing, came twice, came in another order, or were not in it at all.

    `is_by_content` says that they were told apart by what they said; else this differs from run to run, and only their
    kind and number could be compared.
    """

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    extra: int = 0
    is_by_content: bool = True

    @property
    def is_none(self) -> bool:
        return not (self.lost or self.duplicated or self.reordered or self.extra)


def got(message: Any, event_id: str | None = None) -> Got:
    """The event of a JSON-RPC message."""
    if isinstance(message, dict):
        message = {name: value for name, value in message.items() if name not in ("jsonrpc", "id")}
    content = _without(message)
    return Got(jsontext.dumps(content).decode(), jsontext.dumps(_shape(content)).decode(), event_id)


def compare(whole: Sequence[Got], resumed: Sequence[Got], before: int) -> Difference:
    """`before` events of `resumed` had come before the cut, undisturbed: if these differ already, contents vary.

    They also do where what seems lost by its content came after all by its kind.
    """
    untouched = min(before, len(whole), len(resumed))
    by_content = _compare_by(whole, resumed, by_content=True)
    if [each.content for each in whole[:untouched]] == [each.content for each in resumed[:untouched]]:
        if not (by_content.lost and by_content.extra):
            return by_content
        by_kind = _compare_by(whole, resumed, by_content=False)
        return by_kind if by_kind.lost < by_content.lost else by_content
    return _compare_by(whole, resumed, by_content=False)


def _compare_by(whole: Sequence[Got], resumed: Sequence[Got], *, by_content: bool) -> Difference:
    once = _first_of_each_id(resumed, by_content=by_content)
    expected, came = ([each.content if by_content else each.shape for each in events] for events in (whole, once))
    return _difference(expected, came, len(resumed) - len(once), by_content=by_content)


def _difference(whole: list[str], once: list[str], twice: int, *, by_content: bool) -> Difference:
    expected, came = Counter(whole), Counter(once)
    surplus = came - expected
    duplicated = sum(count for key, count in surplus.items() if key in expected)
    return Difference(
        lost=(expected - came).total(),
        duplicated=twice + duplicated,
        reordered=_reordered(whole, once) if by_content else 0,
        extra=surplus.total() - duplicated,
        is_by_content=by_content,
    )


def _first_of_each_id(events: Sequence[Got], *, by_content: bool) -> list[Got]:
    """Without those that came before under the same id; another content under a known id is another event."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for event in events:
        known = (event.event_id or "", event.content if by_content else "")
        if event.event_id is None or known not in seen:
            kept.append(event)
        seen.add(known)
    return kept


def _reordered(whole: list[str], came: list[str]) -> int:
    """How many events stand where they should not: those outside of the longest run that is in order."""
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for place, key in enumerate(whole):
        places[key].append(place)
    order = [places[key].popleft() for key in came if places.get(key)]
    tails: list[int] = []
    for place in order:
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
    return len(order) - len(tails)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(member) for name, member in sorted(value.items()) if name not in _VARYING}
    return [_without(member) for member in value] if isinstance(value, list) else value


def _shape(value: Any) -> Any:
    """The members alone; of the values only those that count: method, and how far a step of progress is."""
    if isinstance(value, dict):
        return {
            name: member
            if name in ("method", "progress", "total") and not isinstance(member, dict | list)
            else _shape(member)
            for name, member in sorted(value.items())
        }
    return [] if isinstance(value, list) else type(value).__name__
