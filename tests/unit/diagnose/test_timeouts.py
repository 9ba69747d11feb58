"""Whose timer has so many seconds."""

from __future__ import annotations

import pytest

from inspector.diagnose.stack import Product
from inspector.diagnose.thresholds import Thresholds
from inspector.diagnose.timeouts import TABLE, Timer, candidates, coming, in_words, tolerance_s

PLAIN = Thresholds()


@pytest.mark.parametrize(
    ("measured_s", "who"),
    [
        (60.9, ["nginx", "an AWS ALB"]),
        (61.6, []),
        (125.4, ["Cloudflare"]),
        (55.2, ["Heroku"]),
        (233.0, ["Azure App Service"]),
        (305.9, ["Envoy"]),
        (45.0, []),
    ],
)
def test_an_idle_time_names_whose_it_is(measured_s: float, who: list[str]) -> None:
    assert [row.who for row in candidates(measured_s, [Timer.IDLE], (), PLAIN)] == who


def test_what_was_recognised_comes_first() -> None:
    rows = candidates(60.0, [Timer.IDLE], {Product.AWS_ALB: 7}, PLAIN)
    assert [row.who for row in rows] == ["an AWS ALB", "nginx"]


def test_the_closest_comes_first() -> None:
    rows = candidates(29.1, [Timer.TOTAL, Timer.IDLE], (), PLAIN)
    assert rows[0].who == "API Gateway (REST)"
    assert len(rows) > 1


def test_timers_of_clients_cut_no_stream_of_ours() -> None:
    rows = candidates(300.0, list(Timer), (), PLAIN)
    assert rows
    assert not any(row.is_client for row in rows)


def test_the_table_is_on_the_scale_of_the_thresholds() -> None:
    scaled = PLAIN.scaled(0.05)
    assert [row.who for row in candidates(3.0, [Timer.IDLE], (), scaled)] == ["nginx", "an AWS ALB"]
    assert candidates(60.0, [Timer.IDLE], (), scaled) == []


@pytest.mark.parametrize(("seconds", "tolerance"), [(5.0, 0.5), (60.0, 1.5), (300.0, 6.0)])
def test_the_tolerance_grows_with_the_time(seconds: float, tolerance: float) -> None:
    assert tolerance_s(seconds, PLAIN) == pytest.approx(tolerance)


def test_what_is_coming_leaves_out_what_has_passed_and_names_clients() -> None:
    ahead = {seconds: [row.who for row in rows] for seconds, rows in coming(58.0, [Product.AWS_ALB], PLAIN)}
    assert list(ahead) == [60, 120, 230, 240, 300, 350]
    assert ahead[60] == ["an AWS ALB", "nginx"]
    assert any("Cursor" in who for who in ahead[300])


def test_words_name_the_setting() -> None:
    assert "`proxy_read_timeout 1h;`" in in_words(candidates(60.0, [Timer.IDLE], (), PLAIN))
    assert in_words([]) == ""


def test_the_table_rises() -> None:
    assert [row.seconds for row in TABLE] == sorted(row.seconds for row in TABLE)
