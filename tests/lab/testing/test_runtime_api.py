"""The loopback Runtime API: the unmodified runtime client gets events; answers and failures come back as reported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ffcore.lab.testing.runtime_api import LambdaRuntime, RuntimeFailure

pytestmark = pytest.mark.slow
SOURCE = '''
import os

CALLS = []


def handler(event, context):
    """Echoes, fails or ends, as it is told."""
    CALLS.append(event)
    print('{"seen": %d}' % len(CALLS))
    if event == "fail":
        raise ValueError("told to")
    if event == "end":
        os._exit(3)
    return {"event": event, "calls": len(CALLS), "request": context.aws_request_id, "team": os.environ["TEAM"]}
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A function's folder: one handler that works, one that cannot be imported."""
    folder = tmp_path_factory.mktemp("function")
    (folder / "echo.py").write_text(SOURCE)
    (folder / "broken.py").write_text("import no_such_library\n")
    return folder


@pytest.fixture(scope="module")
def runtime(folder: Path) -> Iterator[LambdaRuntime]:
    """The handler under the real runtime client."""
    with LambdaRuntime("echo.handler", {"TEAM": "growth"}, folder) as runtime:
        yield runtime


def test_events_reach_a_handler_that_stays_warm(runtime: LambdaRuntime) -> None:
    """Each event gets its own answer and request id from one process, whatever its letters and its size."""
    before = runtime.invoke("first").answer["calls"]
    large = {"text": "Åsa " * 50_000}
    later = runtime.invoke(large).answer

    assert later["event"] == large
    assert later["calls"] == before + 1
    assert later["request"] == f"request-{later['calls']}"
    assert later["team"] == "growth"
    assert runtime.documents()[-1] == {"seen": later["calls"]}


def test_an_exception_comes_back_in_its_envelope(runtime: LambdaRuntime) -> None:
    """Type, message and stack trace are the runtime client's, and the next event is answered."""
    failed = runtime.invoke("fail")

    assert failed.answer is None
    assert failed.error is not None
    assert (failed.error["errorType"], failed.error["errorMessage"]) == ("ValueError", "told to")
    assert "echo.py" in failed.error["stackTrace"][0]
    assert runtime.invoke("again").answer["event"] == "again"


def test_times_are_measured(runtime: LambdaRuntime) -> None:
    """The start and each call take some time."""
    assert runtime.init_seconds > 0
    assert runtime.invoke("x").seconds > 0


def test_a_handler_that_cannot_be_imported_is_reported(folder: Path) -> None:
    """The failure is the runtime client's own: Runtime.ImportModuleError."""
    with pytest.raises(RuntimeFailure, match="no_such_library") as failed, LambdaRuntime("broken.handler", {}, folder):
        pass

    assert failed.value.envelope["errorType"] == "Runtime.ImportModuleError"


def test_a_runtime_that_ends_is_told_from_one_that_answers(folder: Path) -> None:
    """A process that dies in the middle of an event is a failure at once, not a time-out."""
    with LambdaRuntime("echo.handler", {"TEAM": "x"}, folder) as runtime, pytest.raises(RuntimeFailure, match="ended"):
        runtime.invoke("end")
