"""What the user marked in the timeline: event numbers with a comment, empty for a bare mark."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_COMMENT_CHARS = 1_000


class Marks:
    """Marks by event number. `on_change(n, comment)` hears each change, with None for a mark taken away.

    `watchers` are called after any change, also after `load`, which `on_change` does not hear.
    """

    def __init__(self, items: Mapping[int, str] | None = None) -> None:
        self.on_change: Callable[[int, str | None], None] = lambda _n, _comment: None
        self.watchers: list[Callable[[], None]] = []
        self._comments: dict[int, str] = dict(items or {})
        self._numbers = sorted(self._comments)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __contains__(self, n: object) -> bool:
        return n in self._comments

    def comment(self, n: int) -> str:
        """What the user wrote on event `n`; empty without a mark, too."""
        return self._comments.get(n, "")

    def items(self) -> list[tuple[int, str]]:
        """Event numbers with their comments, in ascending order."""
        return [(n, self._comments[n]) for n in self._numbers]

    def set(self, n: int, comment: str = "") -> None:
        """Mark event `n`, with one line of comment."""
        comment = " ".join(comment.split())[:MAX_COMMENT_CHARS]
        if self._comments.get(n) == comment:
            return
        if n not in self._comments:
            insort(self._numbers, n)
        self._comments[n] = comment
        self._tell(n, comment)

    def remove(self, n: int) -> None:
        """Take the mark of event `n` away, with its comment."""
        if self._comments.pop(n, None) is not None:
            del self._numbers[bisect_left(self._numbers, n)]
            self._tell(n, None)

    def toggle(self, n: int) -> bool:
        """Mark event `n` or take its mark away; True if it is marked now."""
        if n in self._comments:
            self.remove(n)
            return False
        self.set(n)
        return True

    def step(self, n: int | None, *, forward: bool) -> int | None:
        """The next marked event behind (or before) event `n`, around the end; None if there is none."""
        if not self._numbers:
            return None
        if n is None:
            return self._numbers[0 if forward else -1]
        place = bisect_right(self._numbers, n) if forward else bisect_left(self._numbers, n) - 1
        return self._numbers[place % len(self._numbers)]

    def load(self, items: Iterable[tuple[int, str]] | Mapping[int, str]) -> None:
        """Have these marks and no others; they are kept already, so `on_change` is not told."""
        self._comments = dict(items)
        self._numbers = sorted(self._comments)
        self._call_watchers()

    def _tell(self, n: int, comment: str | None) -> None:
        self.on_change(n, comment)
        self._call_watchers()

    def _call_watchers(self) -> None:
        for watcher in self.watchers:
            watcher()
