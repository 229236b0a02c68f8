"""A notebook's run: data by its parameters, a verdict without a clock, a result file only inside a report."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ffcore import ConfigError
from ffcore.lab.bench.estimate import median
from ffcore.lab.report import results, samples, session
from ffcore.lab.report.results import Measure
from ffcore.lab.report.session import ENVIRONMENT, open_run
from ffcore.lab.verify import Check, sequential_sample_ratio

GIVEN = {
    "flags": "data/flags.yaml",
    "population": "data/users.csv",
    "id_column": "user_id",
    "profile": "smoke",
    "fault": "",
}


@pytest.mark.usefixtures("house")
def test_a_run_opens_flags_and_users() -> None:
    """Flags and users are those of the parameters, context columns included."""
    run = open_run("demo", **GIVEN)

    assert list(run.flags) == ["dark-mode"]
    assert run.users.to_dict("list") == {"user_id": ["ann", "bob"], "country": ["NO", "DE"]}


def test_the_id_column_is_renamed_and_repeated_users_count_once(house: Any) -> None:
    """Whatever the id column is called, checks find `user_id`, each user once; another `user_id` gives way."""
    house.write("data/users.csv", "customer,user_id\nann,9\nbob,8\nann,7\n")

    assert open_run("demo", **{**GIVEN, "id_column": "customer"}).users["user_id"].tolist() == ["ann", "bob"]


def test_a_sample_is_spread_over_the_whole_population(house: Any) -> None:
    """A profile with fewer users takes them evenly from the first to the last, the same each time."""
    house.write("data/users.csv", "user_id\n" + "\n".join(f"u{number}" for number in range(1001)))
    users = session._users("data/users.csv", "user_id", 101)

    assert users["user_id"].tolist() == [f"u{number}" for number in range(0, 1001, 10)]
    pd.testing.assert_frame_equal(users, session._users("data/users.csv", "user_id", 101))


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(("name", "value"), [("profile", "smok"), ("population", "none.csv"), ("flags", "none.yaml")])
def test_what_cannot_be_opened_is_one_message(name: str, value: str) -> None:
    """In JupyterLab, too, a mistake is a message, not a traceback of a reader."""
    with pytest.raises(ConfigError):
        open_run("demo", **{**GIVEN, name: value})


@pytest.mark.usefixtures("house")
def test_the_verdict_is_text_of_the_checks_alone() -> None:
    """Two runs with the same checks have the same verdict text, however long they took and whatever they measured."""
    runs = [open_run("demo", **GIVEN) for _ in range(2)]
    for number, run in enumerate(runs):
        run.check(Check("x", "pass", n=3), "dark-mode")
        run.measure(Measure("p", "P", float(number), None, "ns", 3, "fail", "target"))

    assert repr(runs[0].verdict()) == repr(runs[1].verdict())
    assert runs[0].verdict().verdict == "pass"
    assert runs[0].finish().verdict == "fail"


@pytest.mark.usefixtures("house")
def test_a_named_check_keeps_its_figure() -> None:
    """What a notebook calls a check does not change how it is drawn."""
    check = sequential_sample_ratio([[50, 50]] * 3, [0.5, 0.5])
    run = open_run("demo", **GIVEN)

    assert "e-value" in run.check(run.check(check, "checkout"), "again").plot().caption


@pytest.mark.usefixtures("house")
def test_measures_are_judged_by_the_targets_of_their_notebook() -> None:
    """A target judges the measure of its own notebook and no other."""
    slow = Measure("p99_simple", "P99", 9.0, (8.0, 10.0), "ratio", 20)

    assert open_run("evaluation_latency", **GIVEN).measure(slow).verdict == "fail"
    assert open_run("demo", **GIVEN).measure(slow).verdict is None


@pytest.mark.usefixtures("house")
def test_judgements_show_target_and_verdict() -> None:
    """The table in the notebook says what was measured, what was wanted, and what follows."""
    run = open_run("evaluation_latency", **GIVEN)
    run.measure(Measure("p99_simple", "P99 <simple>", 9.0, (8.0, 10.0), "ratio", 20))
    shown = run.judgements()._repr_html_()

    for part in ("P99 &lt;simple&gt;", "9.00 times", "[8.00, 10.00 times]", "at most 2 times", "fail"):
        assert part in shown


def test_nothing_is_written_outside_a_report(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In JupyterLab and under nbval a run leaves no file behind."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    before = sorted(house.root.rglob("*"))
    open_run("demo", **GIVEN).finish()

    assert sorted(house.root.rglob("*")) == before


@pytest.mark.usefixtures("house")
def test_inside_a_report_the_result_file_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner says where; title and question come from it, what is needed from the open checks."""
    path = Path("demo.json")
    monkeypatch.setenv(ENVIRONMENT, json.dumps({"path": str(path), "title": "Demo", "question": "So?"}))
    run = open_run("demo", **GIVEN)
    run.check(Check("x", "inconclusive", n=3, n_needed=900), "a")
    run.check(Check("x", "pass", n=3, n_needed=1000), "b")
    run.measure(Measure.of("p50", "median", median([3, 1, 4, 1, 5, 9, 2]), "ns"))
    run.finish()
    found = results.read(path)

    assert (found.title, found.question, found.verdict, found.n_needed) == ("Demo", "So?", "inconclusive", 900)
    assert [check["name"] for check in found.checks] == ["a", "b"]
    assert found.parameters == GIVEN
    assert isinstance(found.machine["warnings"], list)
    assert list(samples.problems(found, Path("demo.samples.parquet").read_bytes())) == []


@pytest.mark.usefixtures("house")
def test_a_run_shows_its_data() -> None:
    """The table of a run names files, users and attributes as the user gave them."""
    shown = open_run("demo", **GIVEN)._repr_html_()

    for part in ("data/flags.yaml", "1 and 0", "country", "smoke"):
        assert part in shown
