"""The Lambdas' environment: what is needed, what may be left out, and every mistake named at once."""

import pytest

from ffcore import ConfigError
from ffcore.aws.settings import Settings, read_settings

COMPLETE = {
    "FLAGS_TABLE": "flags",
    "EXPERIMENTS_TABLE": "experiments",
    "ASSIGNMENTS_TABLE": "assignments",
    "KINESIS_STREAM_NAME": "exposures",
    "LOG_LEVEL": "debug",
    "FLAG_BUCKETS": "100",
    "AWS_LAMBDA_FUNCTION_NAME": "feature-flags",
}


def test_a_complete_environment_is_read() -> None:
    """Every variable has its place."""
    expected = Settings("flags", "experiments", "assignments", "exposures", "DEBUG", 100, "feature-flags")

    assert read_settings("flag", COMPLETE) == expected


def test_each_handler_needs_its_own_tables_alone() -> None:
    """The stream and the level may be left out."""
    assert read_settings("flag", {"FLAGS_TABLE": "flags"}).buckets == 10_000
    assert read_settings("experiment", {"EXPERIMENTS_TABLE": "xxx", "ASSIGNMENTS_TABLE": "aaa"}).stream == ""
    with pytest.raises(ConfigError, match="ASSIGNMENTS_TABLE: required, but missing"):
        read_settings("experiment", {"EXPERIMENTS_TABLE": "experiments"})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FLAGS_TABLE", "", "required, but missing: the name of a DynamoDB table"),
        ("FLAGS_TABLE", "my flags", "expected 3 to 255 characters"),
        ("ASSIGNMENTS_TABLE", "ab", "expected 3 to 255 characters"),
        ("KINESIS_STREAM_NAME", "x" * 129, "expected 1 to 128 characters"),
        ("LOG_LEVEL", "WARN", "'WARN' is unknown; did you mean WARNING?"),
        ("FLAG_BUCKETS", "many", "expected a whole number from 1 to 4294967296, got 'many'"),
        ("FLAG_BUCKETS", "0", "expected a whole number from 1"),
        ("FLAG_BUCKETS", "9" * 5_000, "expected a whole number from 1"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, message: str) -> None:
    """Name, value and expectation."""
    with pytest.raises(ConfigError) as refused:
        read_settings("flag", {**COMPLETE, name: value})

    assert [path for path, _ in refused.value.problems] == [name]
    assert message in str(refused.value)


def test_all_mistakes_are_named_at_once() -> None:
    """One deployment repairs them all."""
    with pytest.raises(ConfigError) as refused:
        read_settings("experiment", {"LOG_LEVEL": "LOUD", "FLAG_BUCKETS": "-1"})

    assert [path for path, _ in refused.value.problems] == [
        "EXPERIMENTS_TABLE",
        "ASSIGNMENTS_TABLE",
        "LOG_LEVEL",
        "FLAG_BUCKETS",
    ]
