"""The picture is a picture."""

from __future__ import annotations

import struct
import zlib

from inspector.servers.demo.content import gradient_png


def test_the_picture_has_the_size_it_says() -> None:
    png = gradient_png(16, 8)
    assert png.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert struct.unpack(">II", png[16:24]) == (16, 8)
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    assert len(zlib.decompress(png[start + 4 : start + 4 + length])) == 8 * (1 + 16 * 3)
    checksum = struct.unpack(">I", png[start + 4 + length : start + 8 + length])[0]
    assert checksum == zlib.crc32(png[start : start + 4 + length])
    assert png.endswith(b"IEND\xaeB`\x82")
