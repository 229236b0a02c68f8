"""The summary page: the verdict first, every failure named, nothing fetched from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.report import page, results
from ffcore.lab.report.results import Measure, Result
from ffcore.lab.report.targets import Target, load_targets
from ffcore.lab.verify import Check, sample_ratio

TARGETS = load_targets(Path(__file__).parents[3] / "data" / "targets.yaml")
MEASURE = Measure("worst_deviation", "largest deviation", 0.26, (0.05, 0.47), "points", 113_156, "pass", "checks")
RESULT = Result(
    notebook="rollout_accuracy",
    title="Rollout accuracy",
    question="Is it so?",
    profile="standard",
    parameters={"flags": "mine.yaml", "fault": ""},
    seed=0,
    version="0.1.0",
    commit="0123456789abcdef-dirty",
    machine={"python": "3.11.7", "governor": None, "warnings": ["The load is 3.5 on 2 cores."]},
    started="2026-11-23T09:21:00Z",
    seconds=12.0,
    verdict="pass",
    checks=[Check("dark-mode", "pass", n=10, p_value=0.5).to_dict()],
    measures=[MEASURE],
)
OPEN = replace(sample_ratio([4969, 5031], [0.5, 0.5]), name="dark-mode")
FAILED = replace(sample_ratio([6000, 4000], [0.5, 0.5]), name="dark-mode")


def text(html: str) -> str:
    """What a reader reads, on one line."""
    return " ".join(re.sub("<[^>]+>", " ", html.split("</style>")[1]).split())


def test_the_verdict_comes_first() -> None:
    """The first thing under the title is the verdict, as a word and a sentence."""
    shown = text(page.html([RESULT], TARGETS))

    assert shown.startswith("Feature-flag report pass The notebook met every target")


def test_the_table_shows_seed_target_actual_interval_n_and_verdict() -> None:
    """A row holds the seed's target and figure, ours, and what was measured."""
    shown = text(page.html([RESULT], TARGETS))

    for part in ("±5 %", "±0.31 % at 10,000 users", "+0.26 points", "[+0.05, +0.47 points]", "n = 113,156"):
        assert part in shown
    assert "not measured in this run" in shown


def test_an_open_check_says_how_many_users_would_settle_it() -> None:
    """Inconclusive is shown with what is missing."""
    result = replace(RESULT, verdict="inconclusive", checks=[OPEN.to_dict()], n_needed=OPEN.n_needed)
    shown = text(page.html([result], TARGETS))

    assert "1 of 1 notebook stayed open: Rollout accuracy. About 27,056 users would settle Rollout accuracy." in shown
    assert "dark-mode: an interval reaches beyond its margin" in shown
    assert "Every check reached a decision" not in shown


def test_a_failed_check_is_named_with_its_reason() -> None:
    """What failed, and why, stands above the table."""
    shown = text(page.html([replace(RESULT, verdict="fail", checks=[FAILED.to_dict()])], TARGETS))

    assert shown.index("What failed") < shown.index("Targets")
    assert re.search(r"dark-mode: p \S+ is below 0.001; the mismatch is not inside the margin", shown)


def test_a_failed_measure_is_named() -> None:
    """A target that a measure missed is a failure with the measured interval."""
    missed = replace(MEASURE, verdict="fail", basis="target")
    shown = text(page.html([replace(RESULT, verdict="fail", measures=[missed])], TARGETS))

    assert "largest deviation: +0.26 points [+0.05, +0.47 points]" in shown


def test_a_crash_is_a_fail_with_its_log() -> None:
    """A notebook that crashed shows its message and links to the log."""
    error = {"kind": "ZeroDivisionError", "message": "cell 4: ZeroDivisionError: division by zero"}
    html = page.html([replace(RESULT, verdict="fail", checks=[], measures=[], error=error)], TARGETS)

    assert "cell 4: ZeroDivisionError" in html
    assert 'href="rollout_accuracy.log"' in html


def test_machine_warnings_parameters_and_commit_are_visible() -> None:
    """A reviewer sees what makes the machine unfit, what was run, and on which state of the code."""
    shown = text(page.html([RESULT], TARGETS))

    for part in ("Machine: The load is 3.5 on 2 cores.", "governor unknown", "flags mine.yaml", "0123456789ab-dirty"):
        assert part in shown


def test_parameters_that_differ_name_their_notebooks() -> None:
    """Where notebooks ran with different values, the page says which."""
    other = replace(RESULT, notebook="other", parameters={"flags": "theirs.yaml"})

    assert page.shared_parameters([RESULT, other])["flags"] == "rollout_accuracy: mine.yaml, other: theirs.yaml"


def test_text_from_outside_is_escaped() -> None:
    """A flag's key or a message cannot become markup."""
    html = page.html([replace(RESULT, title="<script>alert(1)</script>")], TARGETS)

    assert "<script>" not in html


def test_no_result_is_no_pass() -> None:
    """An empty run is inconclusive."""
    assert text(page.html([], TARGETS)).startswith("Feature-flag report inconclusive Nothing was measured.")


class Outline(HTMLParser):
    """Collects what accessibility and self-containment rest on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.unscoped = 0
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        """Note headings, table headers without scope, and everything that a browser would fetch."""
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.unscoped += tag == "th" and "scope" not in given
        self.addresses += [given[name] for name in ("src", "href") if name in given]


def test_the_page_is_accessible_and_self_contained() -> None:
    """Headings descend by one, table headers have a scope, links stay in the folder, nothing names another host."""
    html = page.html([RESULT, replace(RESULT, notebook="b", verdict="fail", checks=[FAILED.to_dict()])], TARGETS)
    outline = Outline(html)

    assert outline.headings[0] == 1
    assert all(below - above <= 1 for above, below in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.unscoped == 0
    assert all(re.fullmatch(r"[\w.]+|#\w+", address) for address in outline.addresses)
    assert "//" not in html
    assert '<html lang="en">' in html


def test_the_page_is_rebuilt_from_result_files_alone(house: Any) -> None:
    """Result files in a folder are all that the summary needs; a damaged one is refused."""
    results.write(RESULT, house.root / "rollout_accuracy.json")

    assert "Rollout accuracy" in page.write(house.root).read_text(encoding="utf-8")
    house.write("damaged.json", "{")
    with pytest.raises(ConfigError, match=r"damaged\.json"):
        page.write(house.root)


def test_a_row_takes_the_notebooks_verdict_where_its_measure_is_missing() -> None:
    """A notebook that failed before it measured does not leave its row open."""
    target = Target("P99", RESULT.notebook, "none", "", "", "")

    assert page.rows([replace(RESULT, verdict="fail")], [target])[0].verdict == "fail"
    assert page.rows([], [target])[0].verdict == "not run"


def test_warnings_that_differ_in_a_figure_alone_are_told_once() -> None:
    """The load is another one in every notebook, and one line about it is enough."""
    busy = [replace(RESULT, machine={"warnings": [f"The load is {load} on 2 cores."]}) for load in (3.5, 4.0, 4.5)]

    assert page.warnings(busy) == ["The load is 3.5 on 2 cores. (So it was in 2 more notebooks.)"]


def test_metrics_of_notebooks_left_out_stand_in_one_sentence() -> None:
    """A run of one notebook is not a table of empty rows."""
    shown = text(page.html([RESULT], TARGETS))

    assert "not measured in this run, whose notebooks it left out: Variant distribution," in shown
    assert "not run" not in shown
