"""Which recorded exchange answers a live request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from inspector.servers.replay.asked import Asked, Kind
from inspector.servers.replay.script import Exchange

HOW = ("equal parameters", "other parameters", "another kind")
"""In words, how close a match is. Another tool, prompt or resource than the one asked for never answers."""


@dataclass(frozen=True, slots=True)
class Match:
    """The exchange to serve, and how close it is to what was asked, in words."""

    exchange: Exchange
    how: str
    is_repeated: bool


class Matcher:
    """Hands out exchanges: the closest first, each once before any of its equals is used again.

    A client that begins a conversation anew when all recorded beginnings are used starts the recording over.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._by_kind: dict[tuple[str, str, Kind, str], list[Exchange]] = {}
        self._paths: set[str] = set()
        self._queries: dict[int, dict[str, str]] = {}
        self._uses: dict[int, int] = {}
        for exchange in exchanges:
            self._by_kind.setdefault(_key(exchange.method, exchange.path, exchange.asked), []).append(exchange)
            self._queries[exchange.number] = dict(parse_qsl(exchange.query))
            self._paths.add(exchange.path)

    def knows(self, path: str) -> bool:
        """Whether anything was ever asked there."""
        return path in self._paths

    def labels(self, path: str) -> list[str]:
        """What can be asked there, as a person would name it."""
        known = (exchange for group in self._by_kind.values() for exchange in group if exchange.path == path)
        return list(dict.fromkeys(exchange.asked.label for exchange in known if exchange.asked.label))

    def find(self, method: str, path: str, query: dict[str, str], asked: Asked) -> Match | None:
        """The exchange for a request, which is used from now on; None if nothing like it was recorded."""
        known = self._by_kind.get(_key(method, path, asked), [])
        candidates = [exchange for exchange in known if _may_answer(asked, exchange.asked)]
        if not candidates:
            return None

        def distance(exchange: Exchange) -> tuple[int, int, bool, int]:
            uses = self._uses.get(exchange.number, 0)
            return _closeness(asked, exchange.asked), uses, self._queries[exchange.number] != query, exchange.number

        chosen = min(candidates, key=distance)
        is_repeated = chosen.number in self._uses
        if is_repeated and chosen.begins:
            self._uses.clear()
            chosen = min(candidates, key=distance)
        self._uses[chosen.number] = self._uses.get(chosen.number, 0) + 1
        return Match(chosen, HOW[_closeness(asked, chosen.asked)], is_repeated)


def _key(method: str, path: str, asked: Asked) -> tuple[str, str, Kind, str]:
    return method, path, asked.kind, asked.method


def _may_answer(live: Asked, recorded: Asked) -> bool:
    return live.kind is Kind.OTHER or live.name == recorded.name


def _closeness(live: Asked, recorded: Asked) -> int:
    """0 for the same, 1 for another instance of the same, 2 for the same method only."""
    if live.name != recorded.name:
        return 2
    return int(live.digest != recorded.digest)
