"""A finding and a rule as rich text: what the peer said is never markup, settings stand in fixed-width letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from inspector.diagnose.finding import Finding
from inspector.diagnose.rule import Era, Rule
from inspector.diagnose.rules import ALL
from inspector.exports.check_formats import clock
from inspector.record.text import plain
from inspector.ui import theme
from inspector.ui.models.finding_lines import ROLES, SIGNS

_TEXT_CHARS = 4_000
_TIGHT = 'style="margin-top:0; margin-bottom:4px"'
_GRADES = {"proven": "proven", "likely": "likely", "hint": "a hint"}


def of_finding(finding: Finding, reason: str | None = None, cause: Finding | None = None) -> str:
    """The whole detail; `reason` is why it was dismissed, `cause` the finding that explains it."""
    role, times = ROLES[finding.severity], "once" if finding.count == 1 else f"{finding.count:,} times"
    facts = f" · {_GRADES[finding.grade]} · seen {times}, first at {clock(finding.first_at_s)}"
    parts = [
        _title(finding.title),
        f"<p {_TIGHT}>{_colored(role, f'{SIGNS[finding.severity]} {finding.severity}')}{_colored('muted', facts)}</p>",
    ]
    if finding.over_at_s is not None:
        parts.append(f"<p {_TIGHT}>{_colored('good', f'✓ No longer since {clock(finding.over_at_s)}.')}</p>")
    if reason is not None:
        why = f"Dismissed: {plain(reason)}" if reason else "Dismissed."
        parts.append(f"<p {_TIGHT}>{_colored('muted', why)}</p>")
    if cause is not None:
        parts.append(f"<p {_TIGHT}>Most likely a consequence of {_link(f'rule:{cause.rule}', plain(cause.title))}.</p>")
    parts += [_labelled("Seen", *map(_prose, finding.text.split("\n\n")))]
    parts += [_labelled("Likely cause", _prose(finding.cause)), _labelled("What to change", _prose(finding.fix))]
    parts += [_labelled("Source", _prose(finding.requirement)), _labelled("Read on", _address(finding.link))]
    parts += [_labelled("Evidence", ", ".join(_link(f"#{n}", f"#{n:,}") for n in finding.evidence))]
    parts += [_labelled("Explains", _listed((each.rule, each.title) for each in finding.dependants))]
    parts += [_labelled("Rule", _mono(escape(plain(finding.rule))))]
    return "".join(parts)


def of_rule(rule: Rule) -> str:
    """The page of a rule in the help."""
    causes = [(each.id, each.title) for each in ALL.values() if rule.id in each.explains]
    seen = f" · {rule.group} · found by {rule.seen_by} · "
    eras = "" if rule.eras == frozenset(Era) else "only in " + ", ".join(era for era in Era if era in rule.eras)
    parts = [
        _title(rule.title),
        f"<p {_TIGHT}>{_colored(ROLES[rule.severity], f'{SIGNS[rule.severity]} {rule.severity}')}"
        f"{_colored('muted', seen)}{_mono(escape(rule.id), 'muted')}</p>",
        _labelled("Protocol revisions", eras),
        _labelled("What one sees", _prose(rule.symptom)),
        _labelled("Likely cause", _prose(rule.cause)),
        _labelled("What to change", _prose(rule.fix)),
        *(_labelled(f"With {product}", _prose(_sentence(fix))) for product, fix in rule.fixes.items()),
        _labelled("Source", _prose(rule.source)),
        _labelled("Read on", _address(rule.link)),
        _labelled("Explains", _listed((name, ALL[name].title) for name in rule.explains if name in ALL)),
        _labelled("Explained by", _listed(causes)),
    ]
    return "".join(parts)


def _sentence(said: str) -> str:
    """Where it stands alone, a continuation begins like a sentence."""
    return said[:1].upper() + said[1:]


def _title(said: str) -> str:
    return f'<h3 style="margin-top:0; margin-bottom:2px">{_prose(said)}</h3>'


def _labelled(label: str, *html: str) -> str:
    """A heading of its own for each part, so that the eye finds it; nothing where there is nothing."""
    said = "<br>".join(filter(None, html))
    if not said:
        return ""
    return f'<p style="margin-top:6px; margin-bottom:0">{_colored("muted", label)}<br>{said}</p>'


def _prose(said: str) -> str:
    """Text, in which settings stand between backticks."""
    parts = plain(" ".join(said.split()), _TEXT_CHARS).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    return "".join(_mono(escape(part)) if place % 2 else escape(part) for place, part in enumerate(parts))


def _mono(html: str, role: str = "") -> str:
    family = escape(theme.mono_font().family())
    ground = "" if role else f" background-color:{theme.color('raised').name()};"
    shade = f" color:{theme.color(role).name()};" if role else ""
    return f"<span style=\"font-family:'{family}'; white-space:nowrap;{ground}{shade}\">{html}</span>"


def _colored(role: str, text: str) -> str:
    return f'<span style="color:{theme.color(role).name()}">{escape(text)}</span>'


def _link(target: str, text: str) -> str:
    shade = theme.color("accent").name()
    return f'<a href="{escape(target)}" style="color:{shade}">{escape(text)}</a>'


def _address(url: str) -> str:
    return _link(url, plain(url, 200)) if url.startswith(("https://", "http://")) else ""


def _listed(rules: Iterable[tuple[str, str]] | Sequence[tuple[str, str]]) -> str:
    return ", ".join(_link(f"rule:{rule}", plain(title)) for rule, title in rules)
