"""The `ffcore` command as users call it: exit codes, and one clear message for every bad input."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ffcore.cli import main

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


@pytest.mark.slow
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
        (["--profile", ""], "profile: expected text that is not blank, got ''"),
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
def test_own_flags_and_users_end_to_end(folder: Path, fault: str, code: int, verdict: str) -> None:
    """A CSV with an id column of another name is judged, targeting included, and the exit code is the verdict."""
    targeted = "targeting_rules: [{attribute: country, operator: equals, value: NO}]"
    flags = f"flags: [{{key: half, enabled: true, rollout_percentage: 50, {targeted}}}, {{key: dark}}]"
    (folder / "flags.yaml").write_text(flags, encoding="utf-8")
    customers = "".join(f"u{number},{'NO' if number % 2 else 'DE'}\n" for number in range(5_000))
    (folder / "customers.csv").write_text(f"customer,country\n{customers}", encoding="utf-8")
    given = ["flags=flags.yaml", "population=customers.csv", "id_column=customer", f"fault={fault}"]
    done = ffcore("report", "--only", "rollout_accuracy", "--profile", "smoke", "--param", *given, cwd=folder)
    found = json.loads((folder / "reports" / "latest" / "rollout_accuracy.json").read_text(encoding="utf-8"))

    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == f"reports/latest/index.html: {verdict} (exit code {code})"
    assert "[1/1] rollout_accuracy: started" in done.stderr
    assert (folder / "reports" / "latest" / "index.html").exists()
    assert found["error"] is None
    counts = {check["name"]: check["n"] for check in found["checks"]}
    assert counts.pop("ramp of half") == counts.pop("ramp of dark") > 10_000
    assert counts == ({"dark": 5_000} if fault else {"half": 2_500, "dark": 5_000})


@pytest.mark.slow
def test_a_crashed_notebook_is_exit_code_1(folder: Path) -> None:
    """A notebook of one's own that raises is a fail with its log, told in one line without a traceback."""
    (folder / "notebooks").mkdir()
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "targets.yaml", folder / "data")
    notebook = nbformat.read(ROOT / "notebooks" / "rollout_accuracy.ipynb", as_version=4)
    notebook.cells = [*notebook.cells[:3], nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(notebook, folder / "notebooks" / "crash.ipynb")
    (folder / "flags.yaml").write_text("flags: [{key: dark}]", encoding="utf-8")
    done = ffcore("report", "--param", "flags=flags.yaml", "population=users.csv", cwd=folder)

    assert done.returncode == 1
    assert "fail          crash" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    assert "ZeroDivisionError" in (folder / "reports" / "latest" / "crash.log").read_text(encoding="utf-8")
    assert 'href="crash.log"' in (folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")


def test_without_the_laboratory_a_command_says_what_to_install(tmp_path: Path) -> None:
    """The evaluator alone is installed: a report names the extra in place of a traceback."""
    code = "import sys; sys.modules['numpy'] = None; from ffcore.cli import main; sys.exit(main(['report']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "numpy" in done.stderr
    assert "pip install 'ffcore[lab]'" in done.stderr


@pytest.mark.parametrize("margin", ["half", "1", "-0.1", "nan"])
def test_a_margin_that_is_none_is_bad_input(margin: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what was expected, whether or not it is a number."""
    with pytest.raises(SystemExit, match="2"):
        main(["bench", f"--margin={margin}"])

    assert f"argument --margin: expected a fraction from 0 to below 1, as in 0.02, got '{margin}'" in (
        capsys.readouterr().err
    )


def test_importing_the_command_leaves_the_laboratory_alone() -> None:
    """The door between the wings opens only when a command needs it."""
    code = "import sys, ffcore.cli; print([name for name in sys.modules if name.startswith(('ffcore.lab', 'numpy'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
