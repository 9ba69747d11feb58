"""Whatever comes, in whatever order: no exception, the same findings however it is cut, and findings of sane size."""

from __future__ import annotations

import random

import pytest

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import MAX_EVIDENCE
from inspector.diagnose.rules import ALL
from tests.support.disorder import Disorder

COUNT = 3_000
MAX_TEXT = 5_000


@pytest.mark.parametrize("seed", range(3))
def test_disorder_hurts_nobody(seed: int) -> None:
    engine = Engine()
    engine.fold(Disorder(random.Random(seed)).events(COUNT))
    findings = engine.findings()
    assert {finding.rule for finding in findings} & set(ALL)
    for finding in findings:
        assert len(finding.evidence) <= MAX_EVIDENCE
        assert len(finding.text) <= MAX_TEXT, finding.rule


@pytest.mark.parametrize("seed", [11, 12])
def test_how_the_river_is_cut_makes_no_difference(seed: int) -> None:
    events = Disorder(random.Random(seed)).events(COUNT)
    chance = random.Random(seed)
    at_once, in_pieces = Engine(), Engine()
    at_once.fold(events)
    at = 0
    while at < len(events):
        size = chance.choice((1, 2, 7, 100, 1_000))
        in_pieces.fold(events[at : at + size])
        at += size
    assert at_once.findings() == in_pieces.findings()
