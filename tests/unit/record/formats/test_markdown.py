"""Reports in Markdown: what the peer said stays text."""

from __future__ import annotations

import io

from inspector.record.formats.markdown import Report, Table, escaped, write_markdown


def test_facts_tables_and_sections() -> None:
    out = io.BytesIO()
    table = Table("Streams", ("Stream", "End"), [["1", "closed"]], frozenset({0}), "The last of many.")
    empty = Table("Latency", ("Method",), [])
    write_markdown(Report("On x", [("Server", "demo 1")], [table, empty], [("Findings", "Nothing.\n")]), out)
    assert out.getvalue().decode() == (
        "# On x\n\n- **Server:** demo 1\n\n## Findings\n\nNothing.\n\n## Streams\n\n"
        "| Stream | End |\n| ---: | --- |\n| 1 | closed |\n\n"
        "The last of many.\n\n## Latency\n\nNone.\n"
    )


def test_what_the_peer_said_is_no_markup() -> None:
    assert escaped("a|b <img> [x](y) *z*\n# `c`") == r"a\|b \<img\> \[x\](y) \*z\*\n\# \`c\`".replace(r"\n", r"\\n")


def test_long_text_is_cut() -> None:
    assert len(escaped("a" * 500)) == 160
