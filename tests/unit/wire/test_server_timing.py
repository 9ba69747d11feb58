"""What servers write into `Server-Timing`, rightly and wrongly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.wire.server_timing import MAX_METRICS, Metric, metrics, server_ms


def read(*values: str) -> list[Metric]:
    return list(metrics(("Server-Timing", value) for value in values))


def test_entries_are_read_in_their_order() -> None:
    assert read('miss, db;dur=53, app;desc="the app; all, of it";dur=47.2', "cache;desc=hit") == [
        Metric("miss"),
        Metric("db", 53.0),
        Metric("app", 47.2, "the app; all, of it"),
        Metric("cache", None, "hit"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("db ; dur = 5", [Metric("db", 5.0)]),
        ("db;DUR=5;dur=9", [Metric("db", 5.0)]),
        ('db;dur="5.5"', [Metric("db", 5.5)]),
        (r'db;desc="a \"b\" \\ c"', [Metric("db", None, r'a "b" \ c')]),
        ("db;dur=", [Metric("db")]),
        ("db;dur=fast", [Metric("db")]),
        ("db;dur=-5", [Metric("db")]),
        ("db;dur=nan", [Metric("db")]),
        ("db;dur=inf", [Metric("db", 1e9)]),
        ("", []),
        (", ,", []),
        ("db;x=y;dur=1", [Metric("db", 1.0)]),
        ('db;desc="never closed', [Metric("db")]),
    ],
)
def test_what_is_malformed_hurts_nobody(value: str, expected: list[Metric]) -> None:
    assert read(value) == expected


def test_the_servers_time_is_its_total_or_the_sum_of_the_parts() -> None:
    assert server_ms(read("db;dur=5, app;dur=7.5")) == 12.5
    assert server_ms(read("db;dur=5, Total;dur=6.5, app;dur=7.5")) == 6.5
    assert server_ms(read("hit, total")) is None
    assert server_ms([]) is None


def test_other_headers_and_too_many_entries_are_left_out() -> None:
    assert metrics([("Server", "db;dur=5")]) == ()
    assert len(read(", ".join(f"m{i};dur=1" for i in range(500)))) == MAX_METRICS


@given(st.text(st.sampled_from('ab;,="\\ \tdur1.'), max_size=60))
def test_anything_can_be_read(value: str) -> None:
    for metric in read(value):
        assert metric.duration_ms is None or metric.duration_ms >= 0


@pytest.mark.parametrize("piece", ['a;"', ";", 'a;desc="\\', "a;b;", '"";', "a "])
def test_a_hostile_field_is_read_in_no_time(piece: str) -> None:
    started = time.process_time()
    read(piece * 100_000)
    assert time.process_time() - started < 1.0
