"""JSON and YAML as plain data: the 1.2 rules, and bounds against files that are made to exhaust a reader."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from ffcore import ConfigError, reading
from ffcore.reading import MAX_BYTES, MAX_DEPTH, lines_of, parse_json, parse_yaml, read_data

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("null", None),
        ("", None),
        ("nil", "nil"),
        ('"1.10"', "1.10"),
        ("'1.10'", "1.10"),
        ("1.10", Decimal("1.10")),
        ("1.2.3", "1.2.3"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("-5", -5),
        ("+.5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("1/3", "1/3"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("=", "="),
        ("!!str 5", "5"),
        ("! 5", 5),
        ("9" * 101, "9" * 101),
        ("1e-99999999999999999999", Decimal(0)),
        ("Größe 😀", "Größe 😀"),
        ("|\n    two\n    lines", "two\nlines"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_12(text: str, value: Any) -> None:
    """Countries, switches, dates, times and quoted versions stay text; numbers are exact."""
    read = parse_yaml(f"key: {text}")["key"]

    assert read == value
    assert type(read) is type(value)


def test_anchors_repeat_what_they_name() -> None:
    """Aliases stand for the value of their anchor, which may be given anew; ``<<`` is a key like any other."""
    text = "a: &x {n: 1}\nb: *x\nc: &x [2, &y three]\nd: [*x, *y]\ne: {<<: 1}\n? &k key\n: *k"

    assert parse_yaml(text) == {
        "a": {"n": 1},
        "b": {"n": 1},
        "c": [2, "three"],
        "d": [[2, "three"], "three"],
        "e": {"<<": 1},
        "key": "key",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "line 2: key 'a' stands here a second time"),
        ("a: {b: {c: 1, c: 2}}", "line 1: key 'c' stands here a second time"),
        ("1: a", "line 1: key 1 is no text; quote it"),
        ("a: 1\n[b]: 2", "line 2: key [] is no text; quote it"),
        ("~: a", "line 1: key None is no text; quote it"),
        ("a: *b", "line 1: alias *b has no finished anchor"),
        ("a: &a [*a]", "line 1: alias *a has no finished anchor"),
        ("a: 1\nb: .inf", "line 2: .inf is no finite number"),
        ("a: -.Inf", "line 1: -.Inf is no finite number"),
        ("a: .NaN", "line 1: .NaN is no finite number"),
        ("a: 1e999", "line 1: '1e999' is too large"),
        ("a: 1e99999999999999999999", "line 1: '1e99999999999999999999' is too large"),
        ("a: !!python/object:os.system x", "line 1: tag tag:yaml.org,2002:python/object:os.system is not supported"),
        ("a: !!set {b}", "line 1: tag tag:yaml.org,2002:set is not supported"),
        ("a: !env HOME", "line 1: tag !env is not supported"),
        ("a: 1\n---\nb: 2", "2 documents in one file, expected one"),
        ("a:\n\t- b", "not YAML at line 2, column 1: found character that cannot start any token"),
        ("a: [1", "not YAML at line 2, column 1: did not find expected ',' or ']'"),
        ("%YAML 3.0\n---\na", "not YAML at line 1, column 1: found incompatible YAML document"),
        (BOMB, "line 7: more than 5,000,000 values, aliases counted out"),
        ("[" * 101 + "]" * 101, "nested deeper than 100 levels"),
        ("[" * 10_000, "nested deeper than 100 levels"),
        ("{a: " * 10_000, "nested deeper than 100 levels"),
        ("- " * 10_000, "nested deeper than 100 levels"),
        ("\n".join(" " * i + "a:" for i in range(500)), "nested deeper than 100 levels"),
    ],
)
def test_hostile_yaml_is_refused(text: str, message: str) -> None:
    """What YAML 1.2 leaves open, or what grows without bound, is one problem with its line."""
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text)

    assert caught.value.problems == [("", message)]


def test_control_characters_are_refused() -> None:
    """A character that YAML forbids is no YAML."""
    with pytest.raises(ConfigError, match="not YAML"):
        parse_yaml("a: \0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "key 'a' stands a second time in one object"),
        ('{"a": NaN}', "NaN is no finite number"),
        ('{"a": -Infinity}', "-Infinity is no finite number"),
        ('{"a": 1e999}', "'1e999' is too large"),
        ('{"a": 1e99999999999999999999}', "'1e99999999999999999999' is too large"),
        ('{"a": tru}', "not JSON at line 1, column 7: Expecting value"),
        ("{}\n{}", "not JSON at line 2, column 1: Extra data"),
        ("[" * 100_000, "nested deeper than 100 levels"),
        ("[" * 101 + "]" * 101, "nested deeper than 100 levels"),
    ],
)
def test_hostile_json_is_refused(text: str, message: str) -> None:
    """Duplicate keys, numbers that are none and endless nesting are one problem, as in YAML."""
    with pytest.raises(ConfigError) as caught:
        parse_json(text)

    assert caught.value.problems == [("", message)]


def test_json_refuses_integers_beyond_reading() -> None:
    """An integer of more digits than Python reads is a ConfigError."""
    with pytest.raises(ConfigError, match="digits"):
        parse_json("9" * 5_000)


@pytest.mark.parametrize("parse", [parse_json, parse_yaml])
def test_a_hundred_levels_are_read(parse: Any) -> None:
    """The bound on nesting is exactly where it says."""
    value, depth = parse("[" * MAX_DEPTH + "]" * MAX_DEPTH), 0
    while value:
        value, depth = value[0], depth + 1

    assert depth == MAX_DEPTH - 1


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": "é"}'.encode("utf-16"), "byte 0 is not UTF-8; save the file as UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "byte 7 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_other_encodings_are_refused(tmp_path: Path, suffix: str, content: bytes, message: str) -> None:
    """A file in another encoding names the first byte that gives it away."""
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        read_data(path)

    assert caught.value.problems == [("", message)]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, suffix: str) -> None:
    """A UTF-8 file may begin with the mark that some editors write."""
    path = tmp_path / f"a.{suffix}"
    path.write_bytes('{"ключ": 1}'.encode("utf-8-sig"))

    assert read_data(path) == {"ключ": 1}


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """More than 32 MiB are refused by size; exactly as many are read."""
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="33,554,433 bytes, expected at most 33,554,432"):
        read_data(path)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES)

    with pytest.raises(ConfigError, match="not JSON"):
        read_data(path)


def test_lines_are_those_of_the_nearest_place() -> None:
    """A path below what the file holds has its parent's line; one that the file lacks altogether has none."""
    text = "flags:\n  - key: a\n    variants:\n      - key: x\n"

    assert lines_of(text, ["flags[0].variants[0].allocation", "flags[7].key", "flags[0].key.x", "other"]) == [
        4,
        1,
        2,
        None,
    ]


def test_lines_are_given_up_where_an_anchor_is_given_twice() -> None:
    """Valid YAML that the line finder does not know costs the lines, not the message."""
    assert lines_of("a: &x 1\nb: &x 2", ["a"]) == [None]


def test_lines_of_many_problems_are_found_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapping with many problems is gone through once, not once for each of them."""
    noted = Mock(wraps=reading._places)
    monkeypatch.setattr(reading, "_places", noted)
    names = [f"a{i}" for i in range(100)]

    assert lines_of("\n".join(f"{name}:" for name in names), names) == list(range(1, 101))
    assert noted.call_count == 1
