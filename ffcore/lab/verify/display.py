"""How a Check reads: numbers to three significant digits, one line, a text table, an HTML table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

#: Okabe and Ito's colour-blind-safe green, vermilion and orange, darkened until white text on them is readable.
VERDICT_COLOURS = {"pass": "#00694e", "fail": "#b34500", "inconclusive": "#7d5a00"}
SMALLEST_P = 1e-300
HEADINGS = ("arm", "expected", "observed", "off by", "interval", "margin")


def number(value: float) -> str:
    """Three significant digits; integers whole, with thousands marked.

    >>> number(0.123456), number(27056)
    ('0.123', '27,056')
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def percent(share: float, digits: int = 3) -> str:
    """A share as a percentage.

    >>> percent(0.49691), percent(0.005)
    ('49.7 %', '0.5 %')
    """
    return f"{100 * share:.{digits}g} %"


def points(difference: float, sign: str = "+") -> str:
    """A difference of shares in percentage points.

    >>> points(-0.0031), points(0.01, sign="")
    ('-0.31 pp', '1 pp')
    """
    return f"{100 * difference:{sign}.3g} pp" if difference else "0 pp"


def p_text(p_value: float) -> str:
    """A p-value as text; what underflows is shown as a bound, never as 0.

    >>> p_text(0.0086432), p_text(0.0)
    ('0.00864', 'below 1e-300')
    """
    return f"below {SMALLEST_P:g}" if p_value < SMALLEST_P else number(p_value)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def bar(p_value: float, alpha: float) -> str:
    """What a small p-value lies below, in words.

    >>> bar(0.0005, 0.001), bar(0.005, 0.001)
    ('below 0.001', 'below 0.01: watch it')
    """
    return f"below {alpha:g}" if p_value < alpha else "below 0.01: watch it"


def more_needed(needed: int | None, counted: int, of: str = "users") -> str:
    """How many would settle it, as a closing phrase; nothing where enough were counted.

    >>> more_needed(27_056, 10_000), more_needed(200, 1_000)
    ('; 27,056 users would give 90 % power to pass', '')
    """
    return f"; {needed:,} {of} would give 90 % power to pass" if needed is not None and needed > counted else ""


def facts(check: Check) -> dict[str, str]:
    """The numbers that stand beside the verdict, by name; what is not known is left out.

    >>> from ffcore.lab.verify.check import Check
    >>> facts(Check("demo", "pass", p_value=0.5, n=1000, n_needed=300, detectable=0.02))
    {'p': '0.5', 'n': '1,000', 'n needed': '300', 'detectable': '2 pp', 'alpha': '0.001'}
    """
    known = {
        "p": None if check.p_value is None else p_text(check.p_value),
        "n": number(check.n),
        "n needed": None if check.n_needed is None else number(check.n_needed),
        "detectable": None if check.detectable is None else distance(check, check.detectable, sign=""),
        "alpha": number(check.alpha),
    }
    return {name: text for name, text in known.items() if text is not None}


def rows(check: Check) -> Iterator[tuple[str, ...]]:
    """One row of text for each arm, under ``HEADINGS``; the interval is that of the deviation.

    >>> from ffcore.lab.verify.check import Check
    >>> details = {"expected": {"on": 0.5}, "margin": {"on": 0.01}}
    >>> next(rows(Check("demo", "pass", estimate={"on": 0.502}, interval={"on": (0.499, 0.505)}, details=details)))
    ('on', '50 %', '50.2 %', '+0.2 pp', '-0.1 pp to +0.5 pp', '±1 pp')
    """
    expected, margin = check.details.get("expected", {}), check.details.get("margin", {})
    for arm, share in check.estimate.items():
        low, high = check.interval.get(arm, (share, share))
        target = expected.get(arm)
        if target is None:
            yield arm, "-", amount(check, share), "-", f"{amount(check, low)} to {amount(check, high)}", "-"
            continue
        span = f"{distance(check, low - target)} to {distance(check, high - target)}"
        allowed = f"±{distance(check, margin[arm], sign='')}" if arm in margin else "-"
        off = distance(check, share - target)
        yield arm, amount(check, target, digits=6), amount(check, share), off, span, allowed


def amount(check: Check, value: float, digits: int = 3) -> str:
    """What a check measures, as text: a share as a percentage; in ``details["unit"]``, a number (V: Cramér's V)."""
    return f"{value:.{digits}g}" if "unit" in check.details else percent(value, digits)


def distance(check: Check, value: float, sign: str = "+") -> str:
    """A difference of what a check measures, as text.

    >>> from ffcore.lab.verify.check import Check
    >>> distance(Check("demo", "pass"), 0.01), distance(Check("demo", "pass", details={"unit": "V"}), 0.01)
    ('+1 pp', '+0.01 V')
    """
    if "unit" not in check.details:
        return points(value, sign)
    return f"{value:{sign}.3g} {check.details['unit']}" if value else "0"


def reason(check: Check) -> str:
    """Why the verdict is what it is, in words: those in ``details["reason"]``, else what shares and margins say.

    >>> from ffcore.lab.verify import sample_ratio
    >>> reason(sample_ratio([4969, 5031], [0.5, 0.5]))
    'an interval reaches beyond its margin; 27,056 users would give 90 % power to pass'
    >>> reason(sample_ratio([4969, 5031, 2], [0.5, 0.5, 0]))
    'users in an arm of 0 %: 2 in 2'
    """
    details = check.details
    if said := details.get("reason") or violation(details):
        return str(said)
    if check.p_value is None:
        return "no user is in an arm of 0 %" if check.verdict == "pass" else no_evidence(check)
    if crossing := details.get("crossing"):
        return f"the e-value passed {1 / check.alpha:,.4g} at look {crossing['look']:,} ({crossing['users']:,} users)"
    if check.verdict == "fail":
        size = "inside" if details.get("equivalent") else "not inside"
        return f"p {p_text(check.p_value)} is {bar(check.p_value, check.alpha)}; the mismatch is {size} the margin"
    if details.get("watch"):
        return f"p {p_text(check.p_value)} is {bar(check.p_value, check.alpha)}"
    return "every interval lies inside its margin" if check.verdict == "pass" else no_evidence(check)


def violation(details: Mapping[str, Any]) -> str:
    """What must never be, whatever the shares; nothing if it is not.

    >>> violation({"conflicting": 3}), violation({"leak": {"b": 1}}), violation({})
    ('3 users got several different answers', 'users in an arm of 0 %: 1 in b', '')
    """
    if details.get("conflicting"):
        return f"{details['conflicting']:,} users got several different answers"
    if details.get("leak"):
        return f"users in an arm of 0 %: {', '.join(f'{count:,} in {arm}' for arm, count in details['leak'].items())}"
    return "" if details.get("proof", {}).get("holds", True) else proof_text(details["proof"])


def proof_text(proof: Mapping[str, Any]) -> str:
    """What a violated proof over the buckets found.

    >>> proof_text({"accepted": 13, "buckets": 100, "target": 0.125, "disagreeing_users": 0})
    '13 of 100 buckets are accepted for a target of 12.5 %'
    """
    if proof["disagreeing_users"]:
        return f"{proof['disagreeing_users']:,} users were not decided by their bucket"
    served = f"{proof['accepted']:,} of {proof['buckets']:,} buckets are accepted"
    return f"{served} for a target of {percent(proof['target'], 6)}"


def no_evidence(check: Check) -> str:
    """What an inconclusive check lacks."""
    if not check.n:
        return "no users were counted"
    return f"an interval reaches beyond its margin{more_needed(check.n_needed, check.n)}"


def line(check: Check) -> str:
    """The check in one line.

    >>> from ffcore.lab.verify.check import Check
    >>> line(Check("demo", "inconclusive", p_value=0.5, n=100, n_needed=27_056, detectable=0.2))
    'Check(demo: inconclusive, p=0.5, n=100, n_needed=27,056, detectable=20 pp)'
    """
    shown = {name.replace(" ", "_"): text for name, text in facts(check).items() if name != "alpha"}
    parts = [f"{check.name}: {check.verdict}", *(f"{name}={text}" for name, text in shown.items())]
    return f"Check({', '.join(parts)})"


def text(check: Check) -> str:
    """The check as a text table: the verdict, the numbers beside it, one line for each arm.

    >>> from ffcore.lab.verify.check import Check
    >>> print(text(Check("demo", "pass", p_value=0.5, n=100, estimate={"on": 0.5})))
    PASS demo: every interval lies inside its margin
    p 0.5, n 100, alpha 0.001
    arm  expected  observed  off by  interval      margin
    on   -         50 %      -       50 % to 50 %  -
    """
    beside = ", ".join(f"{name} {value}" for name, value in facts(check).items())
    head = [f"{check.verdict.upper()} {check.name}: {reason(check)}", beside]
    if not check.estimate:
        return "\n".join(head)
    return "\n".join([*head, aligned([HEADINGS, *rows(check)])])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines of text whose columns stand below each other.

    >>> print(aligned([["arm", "share"], ["control", "50 %"]]))
    arm      share
    control  50 %
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def html(check: Check) -> str:
    """The check as a small HTML table, the verdict first, as a word on a colour; all text is escaped."""
    badge = (
        f'<b style="background:{VERDICT_COLOURS[check.verdict]};color:#fff;padding:0.15em 0.6em;border-radius:0.3em">'
        f"{check.verdict.upper()}</b> <b>{escape(check.name)}</b>: {escape(reason(check))}"
    )
    beside = " · ".join(f"{name}&nbsp;<b>{escape(value)}</b>" for name, value in facts(check).items())
    level = check.details.get("interval_level")
    headings = [f"{percent(level)} interval" if name == "interval" and level else name for name in HEADINGS]
    head = html_row("th", headings)
    body = "".join(html_row("td", row) for row in rows(check))
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>" if body else ""
    return f'<div class="ffcore-check">{badge}<div style="margin:0.3em 0">{beside}</div>{table}</div>'


def html_row(tag: str, cells: Iterable[str]) -> str:
    """One row of an HTML table.

    >>> html_row("td", ["<b>"])
    '<tr><td style="text-align:left">&lt;b&gt;</td></tr>'
    """
    return "<tr>" + "".join(f'<{tag} style="text-align:left">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"
