"""What all tests share: the same random examples on every machine, their count, and real servers on loopback."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from ffcore.lab.testing.servers import Server

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


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Warnings that a module's random cases cause by the thousand, and that nobody reads, are not logged."""
    logger = logging.getLogger("ffcore")
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def ministack() -> Iterator[Server]:
    """DynamoDB and Kinesis, one server for each process of tests: tables and streams need names of their own."""
    with Server("ministack") as server:
        yield server


@pytest.fixture(scope="session")
def moto() -> Iterator[Server]:
    """DynamoDB and Kinesis by another hand."""
    with Server("moto") as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Server]:
    """Redis, one server for each process of tests: keys need prefixes of their own."""
    with Server("valkey") as server:
        yield server
