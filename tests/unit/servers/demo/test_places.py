"""The cities belong to their country."""

from __future__ import annotations

import pytest

from inspector.servers.demo.places import CITIES, cities


def test_the_cities_of_a_country() -> None:
    assert cities("Switzerland") == ("Basel", "Bern", "Geneva", "Zürich")


@pytest.mark.parametrize("country", ["", "Atlantis", None, 5, []])
def test_without_a_country_all_are_offered_in_order(country: object) -> None:
    offered = cities(country)
    assert list(offered) == sorted(offered)
    assert len(offered) == sum(map(len, CITIES.values()))
