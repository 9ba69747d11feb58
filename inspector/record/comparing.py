"""Two sessions side by side: what the second offers, answers and takes time for that the first did not."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, Final

from inspector.record.offered import LISTS, Call, Kept, Offered, Samples

MAX_DIFFERENCES = 200
"""So many of one definition or result are told."""


class Absence(enum.Enum):
    """Told from JSON's own null."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
"""What stands for a value that one side does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The value at `path`, a JSON pointer (RFC 6901), left and right."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A definition that was added (`old` is `ABSENT`), removed (`new` is) or changed in `differences`."""

    name: str
    old: Any
    new: Any
    differences: tuple[Difference, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class ListChanges:
    """One of the lists a server offers; `same` counts what did not change."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]
    same: int

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.added + self.removed + self.changed


@dataclass(frozen=True, slots=True)
class CallPair:
    """A call that both sessions made, or one (the other is None); `is_same` if both got the same answer."""

    left: Call | None
    right: Call | None
    differences: tuple[Difference, ...] = ()
    is_cut: bool = False
    is_same: bool = False

    @property
    def call(self) -> Call:
        """Either of them: method, name and arguments are the same."""
        call = self.left or self.right
        assert call is not None  # noqa: S101 - one of them is always there
        return call


@dataclass(frozen=True, slots=True)
class LatencyPair:
    """The round trips of one method or tool; a side that has none is None."""

    key: str
    left: Samples | None
    right: Samples | None

    def difference_ms(self, p: float) -> float | None:
        """How much slower the right one is at a percentile."""
        if self.left is None or self.right is None:
            return None
        left, right = self.left.percentile(p), self.right.percentile(p)
        return None if left is None or right is None else right - left


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a left and a right session. `lists` is by the names of `offered.LISTS`."""

    server: Change | None
    lists: Mapping[str, ListChanges]
    calls: tuple[CallPair, ...]
    latencies: tuple[LatencyPair, ...]
    calls_left_out: int = 0

    @property
    def differing_calls(self) -> tuple[CallPair, ...]:
        return tuple(pair for pair in self.calls if not pair.is_same)

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs; round trips always do, so they do not count."""
        return not (self.server or self.differing_calls or any(each.changes for each in self.lists.values()))


def compare(left: Offered, right: Offered) -> Comparison:
    """What differs."""
    return Comparison(
        _change("server", left.server, right.server) if differs(left.server, right.server) else None,
        {kind: _compare_lists(left.items[kind], right.items[kind]) for kind in LISTS},
        tuple(_pairs(left.calls, right.calls)),
        tuple(
            LatencyPair(key, left.latencies.get(key), right.latencies.get(key))
            for key in dict.fromkeys((*left.latencies, *right.latencies))
        ),
        left.calls_left_out + right.calls_left_out,
    )


def differs(old: Any, new: Any) -> bool:
    """Whether two JSON values are not the same; Python takes `true` for 1, JSON does not."""
    return next(differences(old, new), None) is not None


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Where two JSON values differ, as deep down as both have the same shape; a list of plain values is one place."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}/{_escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list) and (_holds_more(old) or _holds_more(new)):
        for place, (one, other) in enumerate(zip_longest(old, new, fillvalue=ABSENT)):
            yield from differences(one, other, f"{path}/{place}")
    elif not _equal(old, new):
        yield Difference(path, old, new)


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and (old == new or (old != old and new != new))  # noqa: PLR0124 - NaN


def _holds_more(items: list[Any]) -> bool:
    return any(isinstance(item, dict | list) for item in items)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _change(name: str, old: Any, new: Any) -> Change:
    found = tuple(islice(differences(old, new), MAX_DIFFERENCES + 1))
    return Change(name, old, new, found[:MAX_DIFFERENCES], len(found) > MAX_DIFFERENCES)


def _compare_lists(left: Mapping[str, Kept], right: Mapping[str, Kept]) -> ListChanges:
    common = [name for name in left if name in right]
    changed = [name for name in common if left[name] != right[name]]
    return ListChanges(
        tuple(Change(name, ABSENT, right[name].value) for name in right if name not in left),
        tuple(Change(name, left[name].value, ABSENT) for name in left if name not in right),
        tuple(_kept_change(name, left[name], right[name]) for name in changed),
        len(common) - len(changed),
    )


def _kept_change(name: str, old: Kept, new: Kept) -> Change:
    if old.is_whole and new.is_whole:
        return _change(name, old.value, new.value)
    return Change(name, _told(old), _told(new), (Difference("", _told(old), _told(new)),))


def _told(kept: Kept) -> Any:
    """The value, or what is known of one that was too large to be kept."""
    if kept.is_whole or not kept.digest:
        return kept.value if kept.is_whole else ABSENT
    return f"{kept.size_bytes:,} bytes, digest {kept.digest.hex()}"


def _pairs(left: Iterable[Call], right: Iterable[Call]) -> Iterator[CallPair]:
    """Each call with the same one of the other session: the first with the first, the second with the second ..."""
    waiting: defaultdict[tuple[str, str, Kept], list[Call]] = defaultdict(list)
    for call in right:
        waiting[call.key].append(call)
    for calls in waiting.values():
        calls.reverse()
    for call in left:
        others = waiting.get(call.key)
        yield _pair(call, others.pop()) if others else CallPair(call, None)
    for calls in waiting.values():
        for call in reversed(calls):
            yield CallPair(None, call)


def _pair(left: Call, right: Call) -> CallPair:
    found: list[Difference] = []
    if left.outcome != right.outcome:
        found.append(Difference("outcome", left.outcome, right.outcome))
    if left.answer != right.answer:
        change = _kept_change("", left.answer, right.answer)
        return CallPair(left, right, (*found, *change.differences), change.is_cut)
    return CallPair(left, right, tuple(found), is_same=not found)
