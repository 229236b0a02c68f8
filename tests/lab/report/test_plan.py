"""Plans: everything a user can get wrong is found before anything runs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.report.plan import prepare

OUT = Path("reports")


def test_a_plan_holds_full_parameters_and_a_folder(house: Any) -> None:
    """Defaults, which a notebook writes relative to itself, become relative to the current directory."""
    house.notebook("demo")
    plan = prepare([], {"profile": "smoke"}, OUT)

    assert plan.values["demo"]["flags"] == "data/flags.yaml"
    assert plan.folder.is_dir()
    assert plan.folder.parent == OUT


def test_a_given_path_stays_as_it_was_given(house: Any) -> None:
    """What the user typed is what the result file and the page will say."""
    house.notebook("demo")
    house.write("mine.csv", "user_id\nann\n")

    assert prepare([], {"population": "./mine.csv"}, OUT).values["demo"]["population"] == "./mine.csv"


def test_only_the_named_notebooks_are_planned(house: Any) -> None:
    """A name that no notebook has is refused with the nearest."""
    house.notebook("demo")
    house.notebook("other")

    assert [source.stem for source in prepare(["other"], {}, OUT).sources] == ["other"]
    with pytest.raises(ConfigError, match="no notebook 'dmo'; did you mean demo"):
        prepare(["dmo"], {}, OUT)


HEAVY = {"matplotlib", "nbformat", "numpy", "pandas", "papermill", "scipy"}
ORDER = """
import sys
from ffcore.cli import main
code = main(sys.argv[1:])
print(code, *{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.parametrize("given", [["--only", "dmo"], ["--profile", "smok"], ["--param", "looks=1"]], ids=" ".join)
def test_a_mistake_in_an_order_does_not_wait_for_the_laboratory(house: Any, given: list[str]) -> None:
    """Names and values are checked before anything that takes seconds to import."""
    house.notebook("demo")
    done = subprocess.run([sys.executable, "-c", ORDER, "report", *given], capture_output=True, text=True, check=True)
    code, *loaded = done.stdout.split()

    assert code == "2"
    assert HEAVY & set(loaded) == set()


def test_mistakes_of_files_and_folder_come_together_and_leave_nothing(house: Any) -> None:
    """One message names flags, population and folder; no run folder is left behind."""
    house.notebook("demo")
    house.write("data/flags.yaml", "flags: [{key: a, enabled: perhaps, rollout_percentage: 101}]")
    house.write("data/users.csv", "name\nann\n")
    with pytest.raises(ConfigError) as error:
        prepare([], {}, house.write("file", ""))
    found = [f"{path}: {message}" for path, message in error.value.problems]

    assert len(found) == 4
    assert any("flags[0].enabled" in line and "flags.yaml" in line for line in found)
    assert any("flags[0].rollout_percentage" in line for line in found)
    assert any("no column 'user_id'" in line and "users.csv" in line for line in found)
    assert any("cannot be written" in line for line in found)
    assert not OUT.exists()


def test_damaged_targets_are_found_before_hours_of_measuring(house: Any) -> None:
    """The page needs the targets at the very end, so a mistake in them is told at the very start."""
    house.notebook("demo")
    house.write("data/targets.yaml", "metrics: [{metric: 3}]")

    with pytest.raises(ConfigError, match=r"targets\.yaml: metrics\[0\]\.metric: 3 is no text"):
        prepare([], {}, OUT)
    assert list(OUT.iterdir()) == []


def test_a_refused_plan_leaves_no_empty_run(house: Any) -> None:
    """The folder made to prove that it can be made goes again."""
    house.notebook("demo")
    house.write("data/users.csv", "user_id\n")
    with pytest.raises(ConfigError, match="no rows"):
        prepare([], {}, OUT)

    assert list(OUT.iterdir()) == []
