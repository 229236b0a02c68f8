"""What all tests share: Hypothesis runs the same examples on every machine, and long comparisons are counted."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random examples the long comparisons ran, also where they ran in several processes."""
    reports = terminalreporter.getreports("passed")
    counts = [value for report in reports for name, value in report.user_properties if name == "examples"]
    if counts:
        terminalreporter.write_line(f"{sum(counts):,} random examples compared with the reference: no difference")
