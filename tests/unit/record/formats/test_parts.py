"""Parts that grow side by side and stand in order in the end."""

from __future__ import annotations

import io

from inspector.record.formats.parts import IN_MEMORY_BYTES, Parts, new_part, pieces


def test_parts_stand_by_their_place() -> None:
    out = io.BytesIO()
    with Parts() as parts:
        for place, content in ((5, b"c" * (IN_MEMORY_BYTES * 2)), (1, b"a"), (3, b""), (2, b"b")):
            part = new_part()
            part.write(content)
            parts.add(place, part)
            assert part.closed
        parts.write(out, b"|")
        assert len(parts) == 3
    assert out.getvalue() == b"a|b|" + b"c" * (IN_MEMORY_BYTES * 2)


def test_no_parts_write_nothing() -> None:
    out = io.BytesIO()
    with Parts() as parts:
        parts.write(out, b"|")
    assert out.getvalue() == b""


def test_pieces_end_where_they_are_told_to() -> None:
    assert list(pieces(io.BytesIO(b"abcdef"), 5, 2)) == [b"ab", b"cd", b"e"]
    assert list(pieces(io.BytesIO(b"ab"), 5, 2)) == [b"ab"]
