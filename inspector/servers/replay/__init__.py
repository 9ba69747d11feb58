"""The replay server: a recording on loopback, so that a client meets the recorded server again."""

from inspector.servers.replay.server import ReplayServer

__all__ = ["ReplayServer"]
