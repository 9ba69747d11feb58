"""What the README counts is what there is."""

from __future__ import annotations

import shlex
from pathlib import Path

from inspector import cli
from inspector.diagnose.rule import Group, SeenBy
from inspector.diagnose.rules import ALL as RULES
from inspector.expect.grammar import FORMS, parse
from inspector.servers.faults.gallery import ALL as FAULTS

README = Path(__file__).parents[2] / "README.md"


def counted_rules() -> list[str]:
    """The table of rules: by group how many there are, who finds them, and how many have a fault with its control."""
    lines = [_line(group, [rule.id for rule in RULES.values() if rule.group is group]) for group in Group]
    return [*lines, _line("**all**", list(RULES))]


def _line(title: str, rules: list[str]) -> str:
    by = [sum(RULES[rule].seen_by is who for rule in rules) for who in SeenBy]
    figures = [len(rules), *by, sum(rule in FAULTS for rule in rules)]
    return f"| {title} | {' | '.join(map(str, figures))} |"


def test_the_readme_counts_the_rules() -> None:
    lines = README.read_text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith(f"| {next(iter(Group))} ")))
    expected = counted_rules()
    assert lines[start : start + len(expected)] == expected


def test_every_form_of_expectation_is_in_the_readme_and_reads_as_it_says() -> None:
    section = README.read_text().split("## Expectations", 1)[1]
    said = parse(section.split("```text\n", 1)[1].split("```", 1)[0])
    assert [str(each) for each in said] == [line for line, _ in FORMS]


def test_the_command_of_the_readme_can_be_typed() -> None:
    section = README.read_text().split("## Expectations", 1)[1]
    words = shlex.split(section.split("```sh\n", 1)[1].split(" > ", 1)[0].replace("\\\n", " "))
    given = cli._parser().parse_args(words[1:])
    assert (given.call, given.times, given.concurrency, given.expect) == ("search", 50, 5, ["no gap over 1s"])
