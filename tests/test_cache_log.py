"""What a failing store writes into the log: one line a call, a sentence where the store has one."""

import pytest

from ffcore import Evaluator
from ffcore.errors import StoreError
from tests.support.doubles import Store


def test_a_stores_own_sentence_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """It says all there is to say in one line, and nothing is logged of calls that the store spared itself."""
    store = Store()
    ev = Evaluator(store)
    store.fail(StoreError("DynamoDB table flags: no answer", transient=True, silent=True))
    assert ev.evaluate("u", "a").reason == "store_unavailable"
    store.fail(StoreError("DynamoDB table flags: not asked", transient=True, resting=True))
    for _ in range(100):
        assert ev.evaluate("u", "a").reason == "store_unavailable"

    [record] = caplog.records
    assert record.getMessage() == "the store failed to load a: DynamoDB table flags: no answer"
    assert record.exc_info is None
    assert ev.stats().errors == 101


def test_any_other_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in a store is found where it was made."""
    store = Store()
    store.fail(ZeroDivisionError("a mistake"))
    Evaluator(store).evaluate("u", "a")

    assert "ZeroDivisionError: a mistake" in caplog.text
