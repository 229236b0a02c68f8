"""Tests of how a check reads."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from ffcore import Flag
from ffcore.lab.verify import Check, rollout, sample_ratio
from ffcore.lab.verify.display import html, line, number, p_text, percent, points, reason, text

HUGE = sample_ratio([6 * 10**11, 4 * 10**11], [0.5, 0.5])


def test_three_significant_digits() -> None:
    """Numbers are short and whole numbers whole."""
    assert [number(1234.5678), number(12345678), percent(0.123456), points(-0.00123456)] == [
        "1.23e+03",
        "12,345,678",
        "12.3 %",
        "-0.123 pp",
    ]


def test_no_p_value_is_zero() -> None:
    """A p-value that underflows is shown as a bound."""
    assert (p_text(HUGE.p_value or 0.0), "p=below 1e-300" in line(HUGE)) == ("below 1e-300", True)


def test_the_html_leads_with_the_verdict_as_a_word() -> None:
    """The verdict stands first, as a word, so colour is never all that says it."""
    plain = re.sub("<[^>]*>", " ", html(HUGE)).split()

    assert plain[:3] == ["FAIL", "sample", "ratio"]
    assert "90 % interval" in html(HUGE)


def test_arm_names_cannot_break_the_page() -> None:
    """Names of arms are escaped."""
    page = html(sample_ratio({"<script>": 50, "b": 50}, {"<script>": 0.5, "b": 0.5}))

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_check_without_arms_is_a_line_and_facts() -> None:
    """A check of something other than shares reads as well."""
    assert text(Check("demo", "fail", p_value=1e-5, n=10)).splitlines()[-1] == "p 1e-05, n 10, alpha 0.001"
    assert "<table>" not in html(Check("demo", "fail"))


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (sample_ratio([50, 50, 1], [0.5, 0.5, 0]), "users in an arm of 0 %: 1 in 2"),
        (sample_ratio([0, 0], [0.5, 0.5]), "no users were counted"),
        (sample_ratio([44_700, 45_489], [0.5, 0.5]), "p 0.00861 is below 0.01: watch it"),
        (HUGE, "p below 1e-300 is below 0.001; the mismatch is not inside the margin"),
        (sample_ratio([50_000, 50_100], [0.5, 0.5]), "every interval lies inside its margin"),
        (sample_ratio([4_890, 5_110], [0.5, 0.5], margin=0.018), "an interval reaches beyond its margin"),
        (sample_ratio([100, 0], [1, 0]), "no user is in an arm of 0 %"),
        (
            rollout(Flag("a", enabled=True, rollout_percentage=Fraction("12.5"), buckets=100), ["u"]),
            "13 of 100 buckets are accepted for a target of 12.5 %",
        ),
    ],
)
def test_every_verdict_has_its_reason(check: Check, words: str) -> None:
    """The reason names what decided."""
    assert reason(check) == words
