"""The machine record."""

import json
import platform
import shutil
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from ffcore.lab.bench import machine
from ffcore.lab.bench.machine import machine_record

FIELDS = {
    "python", "implementation", "compiler", "flags", "debug_build", "traced", "gc_enabled", "gc_thresholds", "ffcore",
    "numpy", "scipy", "pandas", "commit", "platform", "architecture", "cpu_model", "cpu_count", "cpu_affinity",
    "cpu_quota", "cpu_mhz", "governor", "hypervisor", "memory_gib", "aslr", "date", "boot_time", "load", "steal_share",
    "on_battery", "memory_available_gib", "timer", "timer_resolution_ns", "timer_overhead_ns", "hash_seed",
    "switch_interval_s", "global_lock", "optimised_build", "turbo_off", "hyperthreading", "clock_source",
    "isolated_cpus",
}  # fmt: skip


def test_record_has_these_fields_as_plain_json() -> None:
    """The record holds exactly the stated fields and survives JSON unchanged."""
    record = machine_record()

    assert set(record) == FIELDS
    assert json.loads(json.dumps(record)) == record


def test_record_says_what_this_interpreter_is() -> None:
    """Versions, times and sizes are those of this machine."""
    record = machine_record()

    assert record["python"] == platform.python_version()
    assert isinstance(record["date"], str)
    assert isinstance(record["boot_time"], str)
    assert datetime.fromisoformat(record["boot_time"]) < datetime.fromisoformat(record["date"])
    assert isinstance(record["steal_share"], float)
    assert 0 <= record["steal_share"] <= 1


def test_record_names_no_host_user_or_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the host's name, nor the user's, nor any absolute path stands in it."""
    monkeypatch.setattr(socket, "gethostname", lambda: "secret-host")
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "secret-user")
    monkeypatch.setenv("HOME", str(tmp_path))

    text = json.dumps(machine_record())

    places = ["secret", str(tmp_path), str(Path.cwd()), sys.prefix, str(Path(machine.__file__).parent)]
    assert [place for place in places if place in text] == []


def test_tracing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profiler that watches every call stands in the record."""
    monkeypatch.setattr(sys, "getprofile", lambda: print)

    assert machine_record()["traced"] is True


def test_container_quota_is_in_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cgroup limit of 150 ms in each 100 ms is one and a half cores; "max" is no limit."""
    monkeypatch.setattr(machine, "_read", lambda path: "150000 100000")
    assert machine._cpu_quota() == 1.5

    monkeypatch.setattr(machine, "_read", lambda path: "max 100000")
    assert machine._cpu_quota() is None


def test_unreadable_files_are_unknown(tmp_path: Path) -> None:
    """A file that a system does not have gives None, not an error."""
    assert machine._read(tmp_path / "scaling_governor") is None


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_commit_is_that_of_the_source(tmp_path: Path) -> None:
    """The commit is that which tracks the file, marked when the tree differs; an untracked file has none."""
    source = tmp_path / "module.py"
    source.write_text("one = 1\n")
    assert machine._commit(source) is None

    _git(tmp_path, "init", "-q")
    assert machine._commit(source) is None

    _git(tmp_path, "add", "module.py")
    _git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "one")
    commit = machine._commit(source)
    assert commit is not None
    assert len(commit) == 40

    source.write_text("one = 2\n")
    assert machine._commit(source) == f"{commit}-dirty"


def test_commit_is_unknown_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git gives None, not an error."""
    monkeypatch.setenv("PATH", "")

    assert machine._commit(tmp_path / "module.py") is None


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607
