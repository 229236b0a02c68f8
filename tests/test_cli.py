"""The `ffcore` command as users call it: exit codes, and one clear message for every bad input."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIVE_MISTAKES = """flags:
  - {key: a, enabled: perhaps}
  - {key: b, rollout_percentage: 101}
  - {key: c, rollout: 5}
  - {key: d, targeting_rules: [{attribute: x, operator: equal, value: 1}]}
  - {enabled: true}
"""
USERS = "user_id,country\nann,NO\nbob,DE\n"


def ffcore(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "ffcore.cli", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with users, users without the column, no users, five mistakes, and a file in the way."""
    files = {"users.csv": USERS, "other.csv": "name\nann\n", "empty.csv": "user_id\n", "bad.yaml": FIVE_MISTAKES}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "taken").touch()
    return tmp_path


def test_five_mistakes_are_five_lines_with_their_paths(folder: Path) -> None:
    """A flags file's mistakes come all at once, each with its place, before anything runs."""
    done = ffcore("report", "--param", "flags=bad.yaml", "population=users.csv", cwd=folder)

    assert done.returncode == 2
    for place in (
        "bad.yaml: flags[0].enabled",
        "bad.yaml: flags[1].rollout_percentage",
        "bad.yaml: flags[2].rollout",
        "bad.yaml: flags[3].targeting_rules[0].operator",
        "bad.yaml: flags[4].key",
    ):
        assert place in done.stderr
    refused(done, folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--param", "populaton=users.csv"], "populaton: unknown parameter; did you mean population?"),
        (["--param", "population=none.csv"], "none.csv: no such file"),
        (["--param", "population=users.csv", "id_column=user"], "users.csv: no column 'user'"),
        (["--param", "population=other.csv"], "other.csv: no column 'user_id'"),
        (["--param", "population=empty.csv"], "empty.csv: no rows"),
        (["--param", "flags=none.yaml"], "none.yaml"),
        (["--out", "taken"], "taken: reports cannot be written there"),
        (["--only", "rollout_acuracy"], "no notebook 'rollout_acuracy'; did you mean rollout_accuracy?"),
        (["--profile", "smok"], "'smok' is not allowed; did you mean smoke?"),
        (["--param", "fault=leek"], "'leek' is not allowed; did you mean leak?"),
        (["--param", "fault"], "'fault' is not NAME=VALUE"),
    ],
)
def test_bad_input_is_one_message(folder: Path, arguments: list[str], message: str) -> None:
    """Each mistake is named with what was expected, exit 2, no traceback, and nothing is left behind."""
    extra = [] if "--only" in arguments else ["--only", "rollout_accuracy"]
    done = ffcore("report", *arguments, *extra, cwd=folder)

    assert message in done.stderr
    refused(done, folder)


def refused(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    """Exit 2, a message, no traceback, no output, no run left behind."""
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(folder.glob("reports/*")) == []


@pytest.mark.parametrize("arguments", [[], ["raport"], ["report", "--profil"]])
def test_an_unknown_command_or_option_is_bad_input(tmp_path: Path, arguments: list[str]) -> None:
    """Usage errors share the code of bad input."""
    assert ffcore(*arguments, cwd=tmp_path).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "code", "verdict"), [("", 3, "inconclusive"), ("leak", 1, "fail")])
def test_the_exit_code_is_the_verdict(folder: Path, fault: str, code: int, verdict: str) -> None:
    """Two users show nothing, and a leak fails; the last line names the page, the verdict and the code."""
    flags = folder / "flags.yaml"
    flags.write_text("flags: [{key: half, enabled: true, rollout_percentage: 50}, {key: dark}]", encoding="utf-8")
    (folder / "users.csv").write_text("user_id\n" + "\n".join(f"u{n}" for n in range(5_000)), encoding="utf-8")
    given = ["flags=flags.yaml", "population=users.csv", f"fault={fault}"]
    done = ffcore("report", "--only", "rollout_accuracy", "--profile", "smoke", "--param", *given, cwd=folder)

    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == f"reports/latest/index.html: {verdict} (exit code {code})"
    assert "[1/1] rollout_accuracy: started" in done.stderr
    assert (folder / "reports" / "latest" / "index.html").exists()


def test_importing_the_command_leaves_the_laboratory_alone() -> None:
    """The door between the wings opens only when a command needs it."""
    code = "import sys, ffcore.cli; print([name for name in sys.modules if name.startswith(('ffcore.lab', 'numpy'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
