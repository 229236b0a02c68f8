"""Run folders: they never collide, and `latest` is always a whole run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.report import folders

NOW = datetime(2026, 11, 23, 9, 21, 0, tzinfo=UTC)


def test_two_runs_of_one_moment_get_two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken is not used again, even if the random digits repeat."""
    digits = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(digits))
    runs = [folders.create(tmp_path / "reports", NOW) for _ in range(2)]

    assert [run.name for run in runs] == ["20261123T092100Z-aaaa", "20261123T092100Z-bbbb"]


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_one_message(tmp_path: Path, name: str) -> None:
    """A file where a folder should be is the user's mistake, said clearly."""
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="reports cannot be written there"):
        folders.create(tmp_path / name)


def test_a_dangling_link_is_one_message(tmp_path: Path) -> None:
    """A link to nowhere does not make the search for a free name endless."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "else")

    with pytest.raises(ConfigError, match="reports cannot be written there"):
        folders.create(tmp_path / "link")


@pytest.mark.parametrize("links", [True, False])
def test_latest_is_the_last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """`latest` shows the run published last, by a link or, where links are not possible, a copy."""
    if not links:
        monkeypatch.setattr(Path, "symlink_to", refuse)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
        latest = folders.publish(tmp_path / name)

    assert (latest / "index.html").read_text() == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "one", "two"]
    assert latest.is_symlink() == links


def test_latest_is_never_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the one step that replaces it, `latest` shows the whole run before, also to a reader in between."""
    seen: list[str] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        seen.append((target / "index.html").read_text() if target.exists() else "missing")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
        folders.publish(tmp_path / name)

    assert seen == ["missing", "one", "two"]


def refuse(*_: object, **__: object) -> None:
    """A file system without links."""
    raise OSError("no links here")
