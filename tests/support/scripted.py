"""A scripted server and its log: what was really done, and when, for figures to be compared with."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

BOUND_MS, BOUND_SHARE = 2.0, 0.01
"""A figure is right within two milliseconds or one per cent of the truth."""


@dataclass(frozen=True)
class Scripted:
    """A running server: `url` speaks Streamable HTTP, `feed` is an event stream without calls."""

    base: str

    @property
    def url(self) -> str:
        return f"{self.base}/mcp"

    @property
    def feed(self) -> str:
        return f"{self.base}/feed"

    def log(self) -> Log:
        """All that was done so far."""
        with urllib.request.urlopen(f"{self.base}/log", timeout=10) as response:  # noqa: S310 - our own server
            return Log(json.load(response))


class Log:
    """The entries of the server's log, by label."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = entries

    def of(self, label: str) -> Log:
        """What was done under this label."""
        return Log([entry for entry in self.entries if entry["label"] == label])

    def all(self, *whats: str, **facts: Any) -> list[dict[str, Any]]:
        """The entries of these kinds that have these facts, in their order."""
        return [
            entry
            for entry in self.entries
            if entry["what"] in whats and all(entry.get(name) == value for name, value in facts.items())
        ]

    def ns(self, what: str, **facts: Any) -> int:
        """When the first such entry was."""
        return int(self.all(what, **facts)[0]["ns"])

    def gaps_ms(self, *whats: str) -> list[float]:
        """The time between such entries."""
        return [(after["ns"] - before["ns"]) / 1e6 for before, after in pairwise(self.all(*whats))]


@contextmanager
def scripted_server(gets: Iterable[list[list[Any]]] = ()) -> Iterator[Scripted]:
    """The server; `gets` are the steps of each GET of an event stream, one after the other."""
    command = [sys.executable, "-m", "tests.support.scripted_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps({"gets": list(gets)}) + "\n")
            process.stdin.flush()
            port = json.loads(process.stdout.readline())["port"]
            yield Scripted(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(30)


@dataclass(frozen=True)
class Compared:
    """A figure of ours beside the truth."""

    name: str
    figure_ms: float | None
    truth_ms: float

    @property
    def off_ms(self) -> float:
        """How far they are apart; infinite where there is no figure."""
        return float("inf") if self.figure_ms is None else abs(self.figure_ms - self.truth_ms)

    def excess_ms(self, bound_ms: float = BOUND_MS, bound_share: float = BOUND_SHARE) -> float:
        """By how much it is farther off than it may be; nothing or less where it is right."""
        return self.off_ms - max(bound_ms, bound_share * abs(self.truth_ms))

    def __str__(self) -> str:
        shown = "none" if self.figure_ms is None else f"{self.figure_ms:.3f} ms"
        return f"{self.name}: {shown}, in truth {self.truth_ms:.3f} ms, {self.off_ms:.3f} ms off"


def wrong(compared: Iterable[Compared], bound_ms: float, bound_share: float) -> list[str]:
    """The figures that are farther off than they may be."""
    return [str(each) for each in compared if each.excess_ms(bound_ms, bound_share) > 0]


async def settled(
    measure: Callable[[], Awaitable[list[Compared]]], bound_ms: float, bound_share: float, tries: int = 3
) -> list[str]:
    """Measure anew until all figures are right, at most `tries` times: a busy machine may take one away from us."""
    found: list[str] = []
    for _ in range(tries):
        found = wrong(await measure(), bound_ms, bound_share)
        if not found:
            break
    return found
