"""The files that are shipped beside the code: icons, help pages, sample recordings."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable


def resource(name: str) -> Traversable:
    """The file `name` of the resources: in the wheel inside the package, in a checkout beside it."""
    package = resources.files("inspector")
    shipped = package / "resources" / name
    return shipped if shipped.is_file() else package / ".." / "resources" / name
