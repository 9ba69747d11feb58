"""Blocks of an event stream that arrived together, and over how long they were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.trace.events import CommentReceived, FrameReceived, Message, ToolStep
from inspector.trace.stamps import stamp_of, stamps_in

Block = Message | ToolStep | FrameReceived | CommentReceived
MAX_STAMP_TRIES = 4
"""In how many blocks of a group a first stamp is looked for, so that a flood without stamps costs nothing."""
_STAMPED = frozenset({"notifications/message", "notifications/progress"})
_NS = 1_000_000_000


@dataclass(slots=True)
class Group:
    """The blocks of one stream that arrived together; `silence_ns` is how long nothing had come before them."""

    start_ns: int
    end_ns: int
    silence_ns: int
    first_n: int
    last_n: int
    blocks: int = 0
    first_stamp: float | None = None
    stamped: str = ""
    """What kind of block the stamp was in: the others of that kind have one too."""
    last_stamped: Block | None = None
    tries: int = 0
    is_judged: bool = False
    is_after_live: bool = False
    """Whether blocks with stamps had come before them one by one."""

    @property
    def silence_s(self) -> float:
        return self.silence_ns / _NS

    @property
    def span_s(self) -> float | None:
        """How far apart by the server's clock the first and the last block were written; None if they do not say."""
        if self.first_stamp is None or self.last_stamped is None:
            return None
        last = stamp(self.last_stamped)
        return None if last is None else last - self.first_stamp

    def add(self, block: Block) -> None:
        """One more that came with the others."""
        self.end_ns, self.last_n = block.monotonic_ns, block.n
        self.blocks += 1
        self._look_for_stamp(block)

    def add_all(self, blocks: Sequence[Block]) -> None:
        """What came with the others in one run; the same as adding each, and cheap in a flood."""
        last = blocks[-1]
        self.end_ns, self.last_n = last.monotonic_ns, last.n
        self.blocks += len(blocks)
        tried = 0
        while tried < len(blocks) and self.first_stamp is None and self.tries < MAX_STAMP_TRIES:
            self._look_for_stamp(blocks[tried])
            tried += 1
        if self.first_stamp is not None:
            rest = reversed(blocks[tried:])
            self.last_stamped = next((block for block in rest if kind_of(block) == self.stamped), self.last_stamped)

    def _look_for_stamp(self, block: Block) -> None:
        if self.first_stamp is not None:
            if kind_of(block) == self.stamped:
                self.last_stamped = block
        elif self.tries < MAX_STAMP_TRIES:
            self.tries += 1
            self.first_stamp, self.stamped = stamp(block), kind_of(block)


def group_from(block: Block, before: Group | None, since_ns: int) -> Group:
    """A new group that begins with a block; `since_ns` is since when the stream was silent if there is none before."""
    now_ns = block.monotonic_ns
    silence_ns = now_ns - (before.end_ns if before else since_ns)
    group = Group(now_ns, now_ns, silence_ns, block.n, block.n)
    group.add(block)
    return group


def stamp(block: Block) -> float | None:
    """When a block was written, by the server's clock, as far as it says so."""
    if isinstance(block, CommentReceived):
        return stamp_of(block)
    if isinstance(block, FrameReceived) or (isinstance(block, Message) and block.method not in _STAMPED):
        return None
    return next(iter(stamps_in(block)), None)


def kind_of(block: Block) -> str:
    """The method of a message, or what else the block is."""
    return block.method or "" if isinstance(block, Message) else block.kind
