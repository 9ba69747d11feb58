"""What the system says about our memory."""

from __future__ import annotations

from pathlib import Path

from inspector.exports.memory import rss_bytes, rss_peak_bytes


def test_what_is_held_grows_with_what_is_kept() -> None:
    before_bytes = rss_bytes()
    kept = bytearray(b"x" * 50_000_000)
    after_bytes, peak_bytes = rss_bytes(), rss_peak_bytes()
    if before_bytes is None or after_bytes is None:
        assert not Path("/proc/self/statm").exists()
        return
    assert after_bytes - before_bytes > 0.8 * len(kept)
    assert peak_bytes is None or peak_bytes > 0.8 * after_bytes
