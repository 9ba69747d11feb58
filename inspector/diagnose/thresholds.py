"""All thresholds of the rules in one table, from diagnoses.md: times can be scaled for tests, counts stay."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

_SCALED = ("_ms", "_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Fields that end in `_ms` are milliseconds, in `_s` seconds; all others are counts, shares or bytes."""

    scale: float = 1.0
    """What every time was multiplied with; the table of timeouts is matched on the same scale."""

    # Of all groups
    arrival_gap_ms: float = 5.0
    """Chunks closer together arrived as one group (not scaled below: it is a property of sockets)."""
    sleep_jump_s: float = 5.0
    """Wall clock ahead of monotonic clock by so much: the machine slept."""
    slow_loop_ms: float = 100.0
    slow_window_s: float = 3.0
    """What was found by times shortly before this program was found to be slow is in doubt."""
    slow_slack_s: float = 0.3
    """The session looks at itself ten times a second, and may say so one look later."""
    slow_again_s: float = 33.0
    """So long it counts as slow: if it still is then, the session has said so again."""

    # A delivery
    batch_width_ms: float = 50.0
    """What arrived within so little, and so close to an end, arrived at once (unscaled, as it is sockets' doing)."""
    batch_blocks: int = 3
    batch_span_s: float = 1.0
    """Blocks of one batch that were written so far apart were held back."""
    batch_slack_s: float = 0.5
    batch_silence_s: float = 2.0
    """A shorter call gives no time to report progress."""
    batch_progress: int = 2
    batch_calls: int = 2
    batch_repeats: int = 3
    block_bytes: int = 4_096
    block_pause_s: float = 0.5
    block_pauses: int = 3
    block_share: float = 0.8
    withheld_s: float = 2.0
    withheld_error_s: float = 10.0
    withheld_width_ms: float = 20.0
    """Headers and first byte closer together came as one (unscaled)."""
    prompt_s: float = 1.0
    """Who answers another request so soon is not slow to start."""
    date_step_s: float = 1.0
    """What the Date header leaves open (unscaled)."""
    stall_s: float = 2.0

    # B lifetime
    idle_least_s: float = 5.0
    """A shorter silence before an end says nothing of a timer."""
    timer_tolerance_s: float = 1.5
    timer_tolerance_share: float = 0.02
    """How far ends may lie from a timer: the greater of both, but never more than the next share of it."""
    timer_tolerance_most: float = 0.1
    timer_ends: int = 3
    timer_ends_named: int = 2
    """So many ends alike suffice where a product of the table has that very timer."""
    timer_share: float = 0.66
    """So many of the latest ends must be alike."""
    heartbeat_silence_s: float = 20.0
    heartbeat_slowest_s: float = 45.0
    """What beats more seldom does not get past the timers of a minute."""
    beat_least_s: float = 0.5
    """What repeats faster is no heartbeat."""
    beat_gaps: int = 3
    beat_variation: float = 0.2
    half_open_periods: float = 3.0
    half_open_least_s: float = 10.0
    gateway_least_s: float = 25.0

    # C reconnect
    together_ms: float = 300.0
    """Streams that end so close together ended for one reason."""
    gone_after_s: float = 2.0
    pool_idle_s: float = 4.0
    reset_idle_s: float = 4.0
    reset_crash_s: float = 1.0
    storm_window_s: float = 60.0
    storm_warn: int = 4
    storm_error: int = 10
    storm_gap_s: float = 2.0
    storm_life_s: float = 5.0
    polling_retry_ms: float = 250.0
    """From this `retry:` on, coming back that slowly is the polling which the server asked for."""
    retry_respected: float = 0.9
    """Whoever waited for this share of it did wait."""
    empty_stream_s: float = 1.0
    empty_streams: int = 2
    retry_short_ms: float = 500.0
    retry_long_ms: float = 120_000.0
    conflicts: int = 2
    replay_s: float = 30.0

    # D sessions
    session_early_s: float = 2.0
    """A session that is refused so soon was never known to whoever refused it."""
    session_idle_s: float = 1_800.0
    session_repeats: int = 3
    session_id_characters: int = 16
    session_id_step: int = 16
    session_id_stamp_s: float = 86_400.0

    # E addresses

    # F negotiation
    handshake_requests: int = 5
    """So many requests any client needs at once to connect."""
    upload_bytes: int = 1_048_576
    """What several proxies take by default; a connection cut behind more than that may be their limit."""

    # G framing
    blank_line_s: float = 2.0
    event_warn_bytes: int = 256 * 1024
    event_error_bytes: int = 1024 * 1024
    """From here on clients discard an event."""
    unfinished_bytes: int = 64 * 1024
    """So much of an unfinished event is kept to look at."""

    # H traffic
    unanswered_s: float = 10.0
    """Accepted, and then not a byte for so long."""
    open_after_answer_s: float = 5.0
    server_request_s: float = 5.0
    """How long a ping of the server's may go without an answer."""
    foreign_answer_s: float = 2.0
    """The same answer on two sessions so close together is one answer."""
    encoded_twice_bytes: int = 200
    cut_alike: int = 2
    cut_least_bytes: int = 512
    """So many broken events of one length, and not by chance, were cut by a buffer."""

    # I progress

    # J schemas
    tools_bytes: int = 262_144
    tools_count: int = 128
    tool_bytes: int = 32_768
    schema_depth: int = 12
    tool_name: int = 128
    tool_name_portable: int = 64
    """Several LLM interfaces take no more."""
    results_checked: int = 100
    """So many results of a tool are compared with its schema, later ones only now and then."""
    results_checked_every: int = 16
    metaschema_parts: int = 800
    """Schemas of so many parts in all are compared with their metaschema for each list, at about 0.05 ms a part."""
    list_tools: int = 1_000
    list_parts: int = 10_000
    """So many tools of a list are looked at, and so many parts of their schemas: a list must not stop the window."""
    result_steps: int = 8_000
    """So many checks of a result against its schema are worth their time: 30 ms."""

    # K security
    secret_bytes: int = 2_097_152
    """So much of what the server says at once is searched for secrets."""
    secret_bytes_per_second: int = 524_288
    """So much is searched of every second of a flood: 1 to 2 % of its time at 15 to 35 ns a byte."""
    certificate_days: float = 14.0

    # L measurement
    unnoticed_s: float = 5.0
    """How long a server may need to notice that a stream was left."""
    skew_note_s: float = 2.0
    skew_warn_s: float = 60.0
    skew_spread_s: float = 0.5
    skew_wait_s: float = 1.0
    """An answer that came later does not say when its Date was written."""
    skew_samples: int = 3
    bimodal_samples: int = 20
    bimodal_ratio: float = 5.0
    bimodal_gap: float = 2.0
    """How much slower the fastest slow answer must be than the slowest fast one."""
    bimodal_least_ms: float = 20.0
    """Slower answers below this are no population, but noise."""
    id_steps: int = 10
    """So many ids in a row must count up by one before a gap in them means a loss."""
    id_gap_s: float = 2.0
    """How long another stream may take to bring what is missing in one."""
    streams_per_origin: int = 6
    """How many connections a browser opens to an HTTP/1.1 server."""
    woken_s: float = 30.0
    """What ends so soon after the machine slept, ended for that."""

    def scaled(self, factor: float) -> Thresholds:
        """The same table with every time `factor` as long."""
        times = {
            field.name: getattr(self, field.name) * factor
            for field in fields(self)
            if field.name.endswith(_SCALED) and field.name not in _UNSCALED
        }
        return replace(self, scale=self.scale * factor, **times)


_UNSCALED = frozenset(
    {
        "skew_note_s",
        "skew_warn_s",
        "skew_spread_s",
        "skew_wait_s",
        "arrival_gap_ms",
        "sleep_jump_s",
        "slow_loop_ms",
        "slow_window_s",
        "slow_slack_s",
        "slow_again_s",
        "batch_width_ms",
        "withheld_width_ms",
        "date_step_s",
    }
)
"""What depends on sockets and machines and not on anybody's timers."""
