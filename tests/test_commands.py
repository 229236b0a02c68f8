"""Tests of `ffcore evaluate` and `ffcore flags`: answers, sentences, exit codes and one clear message for a mistake."""

import json
import sys
from pathlib import Path

import pytest

from ffcore.cli import main

FLAGS = """
flags:
  - key: new-checkout
    enabled: true
    rollout_percentage: 100
    targeting_rules:
      - {attribute: country, operator: equals, value: NO}
    variants:
      - {key: one-page, allocation: 1, payload: {steps: 1}}
  - {key: dark-mode, enabled: true, rollout_percentage: 12.5}
experiments:
  - key: pricing
    status: active
    variants: [{key: control, allocation: 0.5}, {key: lower, allocation: 0.5}]
"""


@pytest.fixture
def flags(tmp_path: Path) -> str:
    """A flag file with two flags and an experiment."""
    file = tmp_path / "flags.yaml"
    file.write_text(FLAGS)
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints; its exit code is checked."""
    assert main(arguments) == code
    return capsys.readouterr().out


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message of a command that meets bad input."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_evaluate_answers_in_json_when_piped(capsys: pytest.CaptureFixture[str], flags: str) -> None:
    """A script reads the decision with its payload."""
    options = ["--flags", flags, "--flag", "new-checkout", "--user", "ann", "--context", '{"country": "NO"}']
    assert json.loads(answer(capsys, "evaluate", *options)) == {
        "key": "new-checkout",
        "user_id": "ann",
        "enabled": True,
        "reason": "enabled",
        "variant": "one-page",
        "payload": {"steps": 1},
    }


def test_evaluate_speaks_in_a_sentence_on_a_terminal(
    capsys: pytest.CaptureFixture[str], flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person reads one line."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    said = answer(capsys, "evaluate", "--flags", flags, "--flag", "new-checkout", "--user", "ann")
    assert said == "Decision for ann: off (targeting_rules_not_met).\n"


def test_trace_names_rule_hash_bucket_and_threshold(
    capsys: pytest.CaptureFixture[str], flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trace says each step in words, and in JSON holds its figures."""
    options = ["evaluate", "--flags", flags, "--flag", "dark-mode", "--user", "ann", "--trace"]
    steps = json.loads(answer(capsys, *options))["steps"]
    assert [step["name"] for step in steps] == ["enabled", "targeting", "rollout"]
    assert steps[2]["bucket"] == steps[2]["hash"] % 10_000
    assert steps[2]["threshold"] == 1_250

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    said = answer(capsys, *options)
    assert f"bucket {steps[2]['bucket']:,} of 10,000; buckets below 1,250 are in" in said


def test_a_payload_that_utf8_cannot_hold_is_printed_by_its_escape(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    """JSON can state half a character, so JSON is printed that reads back equal."""
    file, arms = tmp_path / "flags.json", [{"key": "v", "allocation": 1, "payload": "\ud800"}]
    flag = {"key": "odd", "enabled": True, "rollout_percentage": 100, "variants": arms}
    file.write_text(json.dumps({"flags": [flag]}))

    assert main(["evaluate", "--flags", str(file), "--flag", "odd", "--user", "ann"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["payload"] == "\ud800"


def test_evaluate_takes_an_experiment_too(capsys: pytest.CaptureFixture[str], flags: str) -> None:
    """A key that is no flag is looked up among the experiments."""
    found = json.loads(answer(capsys, "evaluate", "--flags", flags, "--flag", "pricing", "--user", "ann"))
    assert found["reason"] == "assigned"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["--flag", "new-chekout"], "did you mean new-checkout?"),
        (["--user", "  "], "--user: expected an id that is not blank"),
        (["--user", "\udcff"], r"--user: expected an id that UTF-8 can hold, got '\udcff'"),
        (["--context", "{"], "--context: not JSON"),
        (["--context", "[1]"], "--context: expected a JSON object"),
        (["--flags", "missing.yaml"], "no such file"),
        (["--buckets", "3"], "buckets: 24"),
    ],
)
def test_a_mistake_gives_one_message_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], flags: str, change: list[str], expected: str
) -> None:
    """Every wrong argument is named with what was expected."""
    right = ["evaluate", "--flags", flags, "--flag", "dark-mode", "--user", "ann"]
    assert expected in mistake(capsys, *right, *change)


def test_list_shows_every_flag_and_experiment(
    capsys: pytest.CaptureFixture[str], flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets a table, a pipe the items themselves."""
    assert [item["key"] for item in json.loads(answer(capsys, "flags", "list", flags))["flags"]] == [
        "new-checkout",
        "dark-mode",
    ]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    rows = answer(capsys, "flags", "list", flags).splitlines()
    assert [row.split()[1] for row in rows[1:]] == ["new-checkout", "dark-mode", "pricing"]


def test_validate_says_that_a_file_is_right(capsys: pytest.CaptureFixture[str], flags: str) -> None:
    """A right file is counted."""
    assert json.loads(answer(capsys, "flags", "validate", flags)) == {"valid": True, "flags": 2, "experiments": 1}


def test_validate_names_every_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A wrong file gives all its problems with their lines."""
    file = tmp_path / "flags.yaml"
    file.write_text("flags:\n  - {key: a, enabled: maybe}\n  - {rollout_percentage: 120}\n")
    said = mistake(capsys, "flags", "validate", str(file))
    assert "3 problems" in said
    assert "flags[0].enabled" in said
    assert "(line 2)" in said
    assert "flags[1].key" in said
    assert "flags[1].rollout_percentage" in said


def test_diff_says_what_changed_and_exits_with_1(
    capsys: pytest.CaptureFixture[str], flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is told in words; two equal files exit with 0."""
    changed = tmp_path / "new.yaml"
    changed.write_text(FLAGS.replace("12.5", "25"))
    assert json.loads(answer(capsys, "flags", "diff", flags, str(changed), code=1))[0]["after"] == 25
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "raised from 12.5 % to 25 %; nobody loses it" in answer(capsys, "flags", "diff", flags, str(changed), code=1)
    assert answer(capsys, "flags", "diff", flags, flags) == "nothing changed\n"


def test_schema_prints_the_schema_of_flag_files(capsys: pytest.CaptureFixture[str]) -> None:
    """The printed schema is the one that the model generates."""
    assert json.loads(answer(capsys, "flags", "schema"))["title"] == "ffcore flag file"
