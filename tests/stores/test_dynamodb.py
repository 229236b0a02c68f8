"""The DynamoDB store: what stands in its tables, what is refused with which words, and what is tried again."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from ffcore import ConfigError, Evaluator, Flag, FlagSet
from ffcore.lab.testing.servers import Server, free_port
from ffcore.stores import DynamoDBStore, Malformed, StoreError
from tests.support.doubles import switched_on

NUMBERS = count()


@pytest.fixture
def client(ministack: Server) -> Any:
    """A client of a real server."""
    return ministack.client("dynamodb")


@pytest.fixture
def store(client: Any) -> DynamoDBStore:
    """An empty store."""
    number = next(NUMBERS)
    made = DynamoDBStore(f"flags-{number}", f"experiments-{number}", client=client)
    made.create()
    return made


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DynamoDBStore]:
    """Makes a store at an endpoint, with any credentials."""
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    return lambda url, **settings: DynamoDBStore(endpoint=url, region="us-east-1", **settings)


def test_an_items_attributes_are_the_fields_of_a_flag_file(store: DynamoDBStore, client: Any) -> None:
    """The platform, which reads the table by itself, finds numbers as numbers, and lists and maps as such."""
    store.put(FlagSet.from_items([{"key": "a", "enabled": True, "rollout_percentage": 12.5}]))
    [item] = client.scan(TableName=store.flags_table)["Items"]

    assert item["key"] == {"S": "a"}
    assert item["enabled"] == {"BOOL": True}
    assert item["rollout_percentage"] == {"N": "12.5"}
    assert item["targeting_rules"] == {"L": []}


def test_a_table_is_made_once(store: DynamoDBStore) -> None:
    """Making what is there changes nothing and says so."""
    store.put(switched_on("a"))

    assert store.create() == []
    assert list(store.get_flags(["a"])) == ["a"]


def test_a_table_that_is_not_there_is_named(client: Any) -> None:
    """Reading, writing and checking say which table is missing and what makes it."""
    store = DynamoDBStore("nowhere", "neither", client=client)
    for act in (lambda: store.get_flags(["a"]), lambda: store.put(switched_on("a")), store.check):
        with pytest.raises(StoreError, match=r"DynamoDB table nowhere: there is no such table .* ffcore flags load"):
            act()


def test_a_wrong_key_schema_is_named(client: Any) -> None:
    """A table with another key says which it has and which is expected; a read says so too."""
    name = f"wrong-{next(NUMBERS)}"
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "flag", "KeyType": "HASH"}, {"AttributeName": "version", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "flag", "AttributeType": "S"},
            {"AttributeName": "version", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    store = DynamoDBStore(name, name, client=client)

    with pytest.raises(StoreError, match=r"wrong key schema: expected .* key \(S\).*; its key is flag \(S\), version"):
        store.check()
    with pytest.raises(StoreError, match="wrong key schema"):
        store.get_flags(["a"])


BAD = {
    "a wrong type": {"enabled": {"S": "yes"}},
    "bytes": {"enabled": {"B": b"yes"}},
    "broken JSON": {"variants": {"M": {"$json": {"S": "{"}}}},
    "a wrong share": {"rollout_percentage": {"N": "101"}},
}


@pytest.mark.parametrize("attributes", BAD.values(), ids=BAD)
@pytest.mark.usefixtures("caplog")
def test_a_malformed_item_spoils_no_other(store: DynamoDBStore, client: Any, attributes: dict[str, Any]) -> None:
    """What cannot be read as a flag is malformed; those beside it, from the same call, are decided."""
    store.put(switched_on("good"))
    client.put_item(TableName=store.flags_table, Item={"key": {"S": "bad"}, **attributes})
    found = store.get_flags(["bad", "good"])

    assert isinstance(found["bad"], Malformed)
    decisions = Evaluator(store).batch_evaluate("u", ["bad", "good", "none"])
    assert [each.reason for each in decisions.values()] == ["flag_malformed", "enabled", "flag_not_found"]


def test_what_others_write_is_read(store: DynamoDBStore, client: Any) -> None:
    """Sets, as boto3 writes Python's, and attributes that are no flag's field are no mistake."""
    rule = {"attribute": {"S": "plan"}, "operator": {"S": "in"}, "value": {"SS": ["pro", "free"]}}
    item = {"key": {"S": "a"}, "owner": {"B": b"x"}, "targeting_rules": {"L": [{"M": rule}]}}
    client.put_item(TableName=store.flags_table, Item=item)
    flag = store.get_flags(["a"])["a"]

    assert isinstance(flag, Flag)
    assert flag.to_item()["targeting_rules"][0]["value"] == ["free", "pro"]


def test_an_item_too_large_is_refused_before_anything_is_written(store: DynamoDBStore) -> None:
    """400 KB is the most of an item; the one that is larger is named, and the others are not written either."""
    large = {"key": "large", "variants": [{"key": "v", "allocation": 1, "payload": "x" * 410_000}]}
    with pytest.raises(ConfigError, match=r"flags\[1\]: large: DynamoDB takes items of up to 400 KB, got 400 KB"):
        store.put(FlagSet.from_items([{"key": "small"}, large]))

    assert store.get_flags(["small", "large"]) == {}


def test_a_key_too_long_is_refused_and_unknown(store: DynamoDBStore) -> None:
    """2 KB is the most of a key: a longer one cannot be written, and is asked for without an error."""
    with pytest.raises(ConfigError, match="keys of up to 2,048 bytes, got 2,049"):
        store.put(switched_on("x" * 2_049))
    assert store.get_flags(["x" * 2_049, ""]) == {}


def test_a_server_that_is_not_there_is_no_answer(at: Callable[..., DynamoDBStore]) -> None:
    """The message names the table, that no answer came and from where; the decision is store_unavailable."""
    port = free_port()
    store = at(f"http://127.0.0.1:{port}", attempts=2)

    with pytest.raises(StoreError, match=f"DynamoDB table flags: no answer: .*{port}") as caught:
        store.get_flags(["a"])
    assert caught.value.transient
    assert Evaluator(store).evaluate("u", "a").reason == "store_unavailable"


def test_without_a_region_or_credentials_the_message_says_what_to_set(
    at: Callable[..., DynamoDBStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is guessed."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "nothing")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nothing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match=r"dynamodb: no region: name one, or set AWS_DEFAULT_REGION"):
        DynamoDBStore()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(StoreError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        at("http://127.0.0.1:9").get_flags(["a"])
