"""The official conformance suite, installed once for a machine and version, outside the checkout."""

from __future__ import annotations

from pathlib import Path

from tests.support.npm import NodeProgram, NotInstalled

__all__ = ["NotInstalled", "install"]

PACKAGE = "@modelcontextprotocol/conformance"
VERSION = "0.2.0-alpha.12"


def install() -> Path:
    """The suite's program, a file for Node.js; fetched with npm where this machine does not have it yet."""
    return NodeProgram("conformance", PACKAGE, VERSION).install()
