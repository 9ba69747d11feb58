"""Only this machine is served."""

from __future__ import annotations

import pytest

from inspector.servers.http import HttpRequest, RequestRejected
from inspector.servers.loopback import check_is_local


def request(**headers: str) -> HttpRequest:
    return HttpRequest("GET", "/", {}, tuple(headers.items()))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"])
@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1"])
def test_local_names_are_served(host: str, origin: str) -> None:
    check_is_local(request(host=host, origin=origin))
    assert check_is_local(request(host=host)) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1.example.com", "localhost@example.com", "", "[::1", "0.0.0.0"]
)
def test_foreign_hosts_are_not(host: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        check_is_local(request(host=host))
    assert caught.value.status == 403


@pytest.mark.parametrize("origin", ["null", "https://example.com", "", "http://localhost.example.com", "http://[::1"])
def test_foreign_origins_are_not(origin: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        check_is_local(request(host="localhost", origin=origin))
    assert caught.value.status == 403
