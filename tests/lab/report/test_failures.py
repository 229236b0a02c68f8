"""Failures: each way a notebook can end badly has its own words."""

from pathlib import Path

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from ffcore.lab.report import failures

CRASH = PapermillExecutionError(
    3, 2, "1/0", "ZeroDivisionError", "division by zero", ["\x1b[31mline 1\x1b[39m", "line 2"]
)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (CRASH, "ZeroDivisionError", "cell 4: ZeroDivisionError: division by zero"),
        (DeadKernelError("Kernel died"), "DeadKernelError", "kernel died"),
        (CellTimeoutError("..."), "CellTimeoutError", "longer than the profile allows"),
        (KeyboardInterrupt(), failures.STOPPED, "Ctrl-C"),
        (OSError("no space"), "OSError", "no space"),
        (failures.NoResultError("nothing said"), "NoResultError", "nothing said"),
    ],
)
def test_an_end_is_described_in_one_line(error: BaseException, kind: str, words: str) -> None:
    """The result file says what happened without a traceback."""
    described = failures.describe(error)

    assert described["kind"] == kind
    assert words in described["message"]
    assert "\n" not in described["message"]


def test_the_log_keeps_what_the_kernel_wrote_and_adds_the_traceback(tmp_path: Path) -> None:
    """The traceback follows, without colours and without the places of this machine."""
    log = tmp_path / "demo.log"
    log.write_text("from the kernel\n")
    failures.append(log, CRASH)
    failures.append(log, OSError(f"{Path.cwd()}/x"))

    assert log.read_text() == "from the kernel\nline 1\nline 2\nOSError: ./x\n"
