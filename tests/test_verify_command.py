"""`ffcore verify` as users call it: formats, exit codes, what it writes, and one clear message for every bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ffcore
from ffcore.cli import main
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BUNDLED = ["data/exposures.parquet", "--flags", "data/flags.yaml"]
FLAGS = """
flags:
  - key: half
    enabled: true
    rollout_percentage: 50
    targeting_rules: [{attribute: age, operator: greater_than, value: 20}]
"""
WIDER = FLAGS.replace("rollout_percentage: 50", "rollout_percentage: 80")
CHANGE = "2026-01-15T12:00"
SPLIT = """
  - key: split
    enabled: true
    rollout_percentage: 100
    variants: [{key: a, allocation: 0.5}, {key: b, allocation: 0.5}]
"""
USERS = 200_000


def verify(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "ffcore.cli", "verify", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with flags, a clean log in three formats, logs with faults, a short one, and bad ones."""
    path = tmp_path_factory.mktemp("verify")
    (path / "flags.yaml").write_text(FLAGS)
    (path / "wider.yaml").write_text(WIDER)
    (path / "split.yaml").write_text(FLAGS + SPLIT)
    flags = ffcore.load(path / "flags.yaml")
    users = pd.DataFrame(
        {"user_id": [f"u{number}" for number in range(USERS)], "age": [19, 25, 30, 40, 50] * (USERS // 5)}
    )
    log = simulate_exposures(flags, users, "2026-01-12")
    log.to_parquet(path / "log.parquet")
    log.to_csv(path / "log.csv", index=False)
    contexts: list[Any] = [{"age": age} for age in log["context.age"].tolist()]
    log.drop(columns="context.age").assign(context=contexts).to_json(
        path / "log.jsonl", orient="records", lines=True, date_format="iso", date_unit="us"
    )
    log.head(50).to_parquet(path / "short.parquet")
    log.head(0).to_parquet(path / "empty.parquet")
    log.rename(columns={"user_id": "userid"}).head(5).to_csv(path / "columns.csv", index=False)
    log_faults.unknown_flag(log, "half").to_parquet(path / "unknown.parquet")
    change = (CHANGE, ffcore.load(path / "wider.yaml"))
    simulate_exposures(flags, users, "2026-01-12", change=change).to_parquet(path / "changed.parquet")
    return path


@pytest.mark.parametrize("name", ["log.parquet", "log.csv", "log.jsonl"])
def test_a_clean_log_passes_in_each_format(folder: Path, name: str) -> None:
    """Parquet, CSV with text alone, and JSON lines with contexts as objects give the same answer, and exit code 0."""
    done = verify(name, "--flags", "flags.yaml", "--json", cwd=folder)
    found = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert (found["verdict"], found["rows"], found["notes"]) == ("pass", USERS, [])
    assert found["audit"]["n"] == USERS
    (share,) = found["shares"]
    assert share["name"] == "half: enabled share"
    assert share["n"] == sum(share["details"]["counts"].values()) == USERS * 4 // 5
    assert list(share["details"]["expected"].values()) == [0.5, 0.5]


def test_too_few_users_are_inconclusive(folder: Path) -> None:
    """Fifty rows show nothing: exit code 3, and how many would."""
    done = verify("short.parquet", "--flags", "flags.yaml", cwd=folder)

    assert done.returncode == 3
    assert "108,222" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("INCONCLUSIVE: Nothing failed; 1 of 2 checks needs more users")


def test_a_wrong_row_fails(folder: Path) -> None:
    """What the audit finds is told in words, with exit code 1."""
    done = verify("unknown.parquet", "--flags", "flags.yaml", cwd=folder)

    assert done.returncode == 1
    assert "rows are of 'half-old', which is neither a flag nor an experiment; did you mean half?" in done.stdout
    assert done.stdout.splitlines()[-1] == "FAIL: 1 of 2 checks failed: audit."


def test_a_change_during_the_log_is_taken_into_account(folder: Path) -> None:
    """With the flags of later days named the log passes, and shares are those since the change; without, it fails."""
    options = ["changed.parquet", "--flags", "flags.yaml", "--json"]
    known, unknown = (verify(*options, *more, cwd=folder) for more in (["--changes", f"wider.yaml@{CHANGE}"], []))

    assert (known.returncode, unknown.returncode) == (0, 1)
    found = json.loads(known.stdout)
    assert found["notes"] == ["half: shares of the rows since 2026-01-15T12:00:00Z, when it changed last"]
    assert found["shares"][0]["details"]["expected"] == {"enabled": 0.8, "not enabled": pytest.approx(0.2)}
    assert found["shares"][0]["n"] < USERS * 4 // 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["log.parquet", "--flags", "flag.yaml"], "flag.yaml"),
        (["columns.csv", "--flags", "flags.yaml"], "user_id: there is no such column; did you mean userid?"),
        (["empty.parquet", "--flags", "flags.yaml"], "there are no rows"),
        (["flags.yaml", "--flags", "flags.yaml"], "is neither Parquet nor CSV nor JSON lines by its name"),
        (["log.parquet", "--flags", "flags.yaml", "--by", "ago"], "no such attribute; did you mean age?"),
        (["log.parquet", "--flags", "flags.yaml", "--ttl", "-1"], "ttl: expected a number of seconds"),
        (["log.parquet", "--flags", "flags.yaml", "--changes", "wider.yaml"], "as in flags.yaml@2026-01-14T12:00"),
        (["log.parquet", "--flags", "flags.yaml", "--changes", "wider.yaml@noon"], "--changes: "),
        (["log.parquet", "--flags", "flags.yaml", "--html", "none/page.html"], "there is no folder none"),
        (["log.parquet", "--flags", "flags.yaml", "--json", "log.parquet"], "is the log itself"),
        (["log.parquet", "--flags", "flags.yaml", "--json", "x", "--html", "x"], "is named for JSON and HTML"),
    ],
    ids=lambda value: "-".join(value[:1] + value[3:]).replace("@", "-at-") if isinstance(value, list) else "said",
)
def test_bad_input_is_one_message(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    """Each mistake is named with what was expected, exit code 2 and no output, and the log stays as it is."""
    size = (folder / "log.parquet").stat().st_size
    monkeypatch.chdir(folder)
    code = main(["verify", *arguments])
    printed = capsys.readouterr()

    assert message in printed.err
    assert (code, printed.out) == (2, "")
    assert (folder / "log.parquet").stat().st_size == size


def test_a_missing_log_is_one_message_without_a_traceback(folder: Path) -> None:
    """A mistake is told on standard error alone, with exit code 2."""
    done = verify("log.parqet", "--flags", "flags.yaml", cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ffcore: log.parqet: no such file; did you mean log.parquet?\n"


def test_the_readme_shows_what_the_command_says() -> None:
    """Every line of README's example is one of the real answer, in order; dots stand for what is left out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("    $ ffcore verify ")
    block = rest.split("\n\n")[0].splitlines()
    assert block[0].split() == BUNDLED
    said = iter(verify(*BUNDLED).stdout.splitlines())

    shown = [line[4:].removesuffix("...").rstrip() for line in block[1:] if line.strip() != "..."]
    assert len(shown) >= 4
    for line in shown:
        assert any(real.startswith(line) for real in said), line


class Page(HTMLParser):
    """What a page holds that a reader or a browser would miss or fetch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.fetched: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note images, headings and addresses outside the page."""
        found = dict(attrs)
        self.images += [found] if tag == "img" else []
        self.headings += [tag] if tag in ("h1", "h2", "h3") else []
        outside = [value for name in ("src", "href") if (value := found.get(name)) and not value.startswith("data:")]
        self.fetched += outside + ([tag] if tag in ("script", "link", "iframe") else [])

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_the_page_is_self_contained_and_says_what_it_shows(tmp_path: Path) -> None:
    """The page names the segment, fetches nothing, and each figure is an inline PNG with an alternative text."""
    done = verify(*BUNDLED, "--html", str(tmp_path / "page.html"), "--json", str(tmp_path / "answer.json"))
    page = Page(tmp_path / "page.html")

    assert done.returncode == 1
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["verdict"] == "fail"
    assert page.fetched == []
    assert "@import" not in page.text
    assert "without app_version=5.3.0 the mismatch vanishes" in page.text
    assert page.headings[0] == "h1"
    assert len(page.images) == 3
    for image in page.images:
        assert (image["src"] or "").startswith("data:image/png;base64,")
        assert len(image["alt"] or "") > 40


def test_what_a_log_says_is_escaped_on_the_page(folder: Path, tmp_path: Path) -> None:
    """Ids and variants come from outside, so nothing in them becomes part of the page."""
    log = pd.DataFrame({"user_id": ["<b>ann</b>"], "flag_key": "split", "variant": "<script>x</script>"})
    log.to_csv(tmp_path / "log.csv", index=False)
    done = verify("log.csv", "--flags", str(folder / "split.yaml"), "--html", "page.html", cwd=tmp_path)

    assert done.returncode == 1
    assert Page(tmp_path / "page.html").fetched == []
    assert "&lt;script&gt;" in (tmp_path / "page.html").read_text(encoding="utf-8")
