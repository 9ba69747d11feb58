"""Every fault of the gallery over real sockets: its rule fires and stands alone, and its control says nothing."""

from __future__ import annotations

import asyncio
import logging

import pytest

from inspector.diagnose.rules import ALL as RULES
from inspector.servers.faults.fault import Side
from inspector.servers.faults.gallery import ALL
from tests.support.faults import CALM_SCALE, SCALE, Stop, Visited, flat, visit_many

SIDE_OF: dict[str, Side] = {"test_the_fault_fires_its_rule": "hit", "test_the_control_is_silent": "ok"}

RETRY_SCALES = (SCALE, 2 * SCALE, CALM_SCALE)


class Tour:
    """What was seen of all sides that the selected tests are about, visited a few at a time."""

    def __init__(self, wanted: list[Stop]) -> None:
        self._lines: list[str] = []
        self._seen = self._visit(wanted, at_once=6)
        self.logged = list(self._lines)

    def complaints(self, rule: str, side: Side) -> str:
        """What is wrong with a side, empty if nothing is.

        Where a visit among others was wrong, one without company counts, and then slower ones: the clocks of a busy
        machine are no verdict, and what it holds up weighs less where all other times are longer.
        """
        wrong = self._judge(rule, side, self._seen.get((rule, side)))
        for scale in RETRY_SCALES:
            if not wrong:
                break
            wrong = self._judge(rule, side, self._visit([(rule, side)], at_once=1, scale=scale)[rule, side])
        return wrong

    def _judge(self, rule: str, side: Side, seen: Visited | None) -> str:
        if seen is None:
            return "It was not visited."
        wrong = _wrong_with_hit(rule, seen) if side == "hit" else _wrong_with_control(rule, seen)
        return f"{wrong}\n{seen.words()}" if wrong else ""

    def _visit(self, wanted: list[Stop], at_once: int, scale: float = SCALE) -> dict[Stop, Visited]:
        handler = _Collector(self._lines)
        loggers = [logging.getLogger(name) for name in ("inspector", "asyncio")]
        for logger in loggers:
            logger.addHandler(handler)
        try:
            return asyncio.run(visit_many(wanted, at_once=at_once, scale=scale))
        finally:
            for logger in loggers:
                logger.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


def _wrong_with_hit(rule: str, seen: Visited) -> str:
    if rule not in seen.fired:
        return f"{rule} did not fire."
    own = seen.fired[rule]
    allowed = {rule, *ALL[rule].also, *(finding.rule for finding in flat(own.dependants))}
    others = set(seen.loud) - allowed
    return f"It is not alone: {others}." if others else ""


def _wrong_with_control(rule: str, seen: Visited) -> str:
    if seen.failure is not None and not ALL[rule].ok_fails:
        return "Nobody can connect."
    if rule in seen.fired:
        return f"{rule} fired."
    others = set(seen.loud) - set(ALL[rule].ok_also)
    return f"It is not silent: {others}." if others else ""


@pytest.fixture(scope="module")
def tour(request: pytest.FixtureRequest) -> Tour:
    wanted: list[Stop] = []
    for item in request.session.items:
        side = SIDE_OF.get(getattr(item, "originalname", ""))
        if side is not None and item.path == request.path:
            wanted.append((item.callspec.params["rule"], side))  # type: ignore[attr-defined] # pytest keeps it untyped
    return Tour(wanted)


@pytest.mark.parametrize("rule", ALL)
def test_the_fault_fires_its_rule(tour: Tour, rule: str) -> None:
    assert tour.complaints(rule, "hit") == ""


@pytest.mark.parametrize("rule", ALL)
def test_the_control_is_silent(tour: Tour, rule: str) -> None:
    assert tour.complaints(rule, "ok") == ""


def test_the_server_never_stumbles(tour: Tour) -> None:
    assert tour.logged == []


def test_faults_are_of_rules_that_there_are() -> None:
    assert set(ALL) - set(RULES) == set()
