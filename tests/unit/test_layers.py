"""The plan of the house, kept by a test: one-way layers, sizes, and what starting up may load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import inspector

PACKAGE = Path(inspector.__file__).parent
UNIT_TESTS = Path(__file__).parent

RANKS = {
    "wire": 0,
    "protocol": 1,
    "trace": 2,
    "session": 3,
    "record": 3,
    "stats": 3,
    "diagnose": 3,
    "servers": 3,
    "expect": 4,
    "exports": 5,
    "ui": 6,
}
TOP_RANK = 7
"""The modules that stand in no sub-package: they may know everything below, and nothing below knows them."""

ONLY_IN = {
    "PySide6": ("ui", "app"),
    "shiboken6": ("ui", "app"),
    "qasync": ("ui", "app"),
    "qtawesome": ("ui", "app"),
    "numpy": ("ui.charts",),
    "pyqtgraph": ("ui.charts",),
    "httpx": ("session.http",),
    "httpx_sse": ("wire",),
}
"""Which library is whose; a name stands for the module and all below it."""

NO_MODULE_OF_THEIR_OWN = {
    "test_layers.py": "it is about the package as a whole",
    "test_face.py": "the face is the package's own __init__",
    "stats/test_folding.py": "one law that holds for every fold",
    "diagnose/test_fuzz.py": "it is about the engine with all its rules",
}
"""Tests that mirror no module, and why."""

MAX_FUNCTION_LINES = 60
MAX_CLASS_METHODS = 20
MAX_FILE_LINES = 400


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module, by its name behind `inspector.`; a package's own code is `package.__init__`."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def rank(module: str) -> int:
    return RANKS.get(module.partition(".")[0], TOP_RANK)


def is_below(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def imported(node: ast.AST) -> Iterator[str]:
    """The dotted names that one statement imports; `from a import b` may mean a module `a.b` or a name in `a`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_module(name: str) -> str | None:
    """The module of ours that an imported name belongs to, None if it is somebody else's."""
    head, _, rest = name.partition(".")
    if head != "inspector":
        return None
    while rest:
        for candidate in (rest, f"{rest}.__init__"):
            if candidate in modules():
                return candidate
        rest = rest.rpartition(".")[0]
    return "__init__"


def all_imports(module: str) -> set[str]:
    """Every import wherever it stands, also in functions and for type checking."""
    return {name for node in ast.walk(modules()[module]) for name in imported(node)}


def run_on_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that importing a module runs: not those of functions, nor those for type checking only."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield statement
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from run_on_import(statement.orelse)
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from run_on_import(getattr(statement, part, ()))
        for handler in getattr(statement, "handlers", ()):
            yield from run_on_import(handler.body)


def imports_at_once(module: str) -> set[str]:
    """The modules of ours that importing this one imports."""
    names = {name for statement in run_on_import(modules()[module].body) for name in imported(statement)}
    return {own for own in map(own_module, names) if own is not None and own != module}


def test_imports_go_down_only() -> None:
    wrong = []
    for module in modules():
        for target in {own_module(name) for name in all_imports(module)} - {None}:
            assert target is not None
            same_part = module.partition(".")[0] == target.partition(".")[0]
            top_to_top = rank(module) == rank(target) == TOP_RANK
            if rank(target) >= rank(module) and not same_part and not top_to_top:
                wrong.append(f"{module} imports {target}")
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_library_stays_in_its_place(library: str) -> None:
    users = {module for module in modules() for name in all_imports(module) if name.partition(".")[0] == library}
    strangers = {module for module in users if not any(is_below(module, place) for place in ONLY_IN[library])}
    assert strangers == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imports_at_once(module) for module in modules()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")
    assert set(order) == set(modules())


def test_every_unit_test_mirrors_a_module() -> None:
    lonely = []
    for path in sorted(UNIT_TESTS.rglob("test_*.py")):
        place = path.relative_to(UNIT_TESTS)
        name = place.name.removeprefix("test_")
        candidates = (
            PACKAGE / place.parent / name,
            PACKAGE / place.parent / f"__{place.stem.removeprefix('test_')}__.py",
        )
        if place.as_posix() not in NO_MODULE_OF_THEIR_OWN and not any(candidate.is_file() for candidate in candidates):
            lonely.append(place.as_posix())
    assert lonely == []


def test_no_exception_is_out_of_date() -> None:
    assert [place for place in NO_MODULE_OF_THEIR_OWN if not (UNIT_TESTS / place).is_file()] == []


def test_functions_are_short() -> None:
    long = [
        f"{module}.{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_classes_have_few_methods() -> None:
    methods = {
        f"{module}.{node.name}": sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in methods.items() if count > MAX_CLASS_METHODS} == {}


def test_files_are_short() -> None:
    lines = {path.relative_to(PACKAGE).as_posix(): path.read_bytes().count(b"\n") for path in PACKAGE.rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > MAX_FILE_LINES} == {}


_CHARTS = ("numpy", "pyqtgraph")
STARTS = {
    "inspector": ("PySide6", "httpx", "jsonschema", *_CHARTS),
    "inspector.arguments": ("PySide6", "httpx", "jsonschema", *_CHARTS),
    "inspector.__main__": ("PySide6", "httpx", "jsonschema", *_CHARTS),
    "inspector.cli": ("PySide6", "qasync", *_CHARTS),
    "inspector.ui.main_window": ("httpx", "jsonschema", *_CHARTS),
    "inspector.ui.statistics": _CHARTS,
    "inspector.ui.charts.pane": _CHARTS,
}
"""What importing a module must not load: the commands run without Qt, and the window stands before the network."""


@pytest.mark.parametrize("module", STARTS)
def test_starting_up_loads_no_more_than_it_needs(module: str) -> None:
    code = f"import {module}, sys; print(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "inspector" in loaded
    assert loaded.isdisjoint(STARTS[module]), loaded & set(STARTS[module])
