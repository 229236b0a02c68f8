"""Faults below boto3: botocore's own parsing and the caller's retries see them as they see AWS's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ffcore.errors import ConfigError

#: The error and the status of each fault that is an answer, for DynamoDB and Kinesis alike.
ANSWERS = {
    "throttling": ("ProvisionedThroughputExceededException", 400, "The level of configured throughput was exceeded."),
    "500": ("InternalServerError", 500, "Internal server error"),
    "access denied": ("AccessDeniedException", 400, "User is not authorized to perform this operation"),
    "expired credentials": ("ExpiredTokenException", 400, "The security token included in the request is expired"),
}
#: Every how many keys or records of a call one is left out, where part of it fails.
PARTIAL = "partial"
ONE_IN = 2
_LEFT_OUT = "ffcore_left_out"


class Injector:
    """Makes calls of clients fail while ``fault`` is set: a name of ``ANSWERS``, or ``partial``.

    ``partial`` withholds every second key of a BatchGetItem, which comes back unprocessed, and every second record of a
    PutRecords, which comes back failed; the others reach the server. Calls of one key or record succeed, as they may.

    Args:
        clients: boto3 clients of DynamoDB and Kinesis.
    """

    def __init__(self, *clients: Any) -> None:
        self._fault: str | None = None
        self.injected = 0
        for client in clients:
            events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
            events.register(f"before-send.{service}", self._answer)
            for operation in ("BatchGetItem", "PutRecords"):
                events.register(f"before-parameter-build.{service}.{operation}", self._withhold)
                events.register(f"after-call.{service}.{operation}", self._report)

    @property
    def fault(self) -> str | None:
        """What goes wrong now."""
        return self._fault

    @fault.setter
    def fault(self, name: str | None) -> None:
        if name is not None and name not in (*ANSWERS, PARTIAL):
            raise ConfigError.unknown("fault", name, [*ANSWERS, PARTIAL])
        self._fault = name

    def _answer(self, request: Any, **_: Any) -> Any:
        if self._fault not in ANSWERS:
            return None
        from botocore.awsrequest import AWSResponse

        self.injected += 1
        code, status, message = ANSWERS[self._fault]
        body = json.dumps({"__type": code, "message": message}).encode()
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.0"}, _Body(body))

    def _withhold(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self._fault != PARTIAL:
            return
        left_out: Any
        if "Records" in params:
            records = params["Records"]
            left_out = range(1, len(records), ONE_IN)
            params["Records"] = records[::ONE_IN]
        else:
            [(table, request)] = params["RequestItems"].items()
            keys = request["Keys"]
            left_out = keys[1::ONE_IN]
            params["RequestItems"] = {table: {**request, "Keys": keys[::ONE_IN]}}
            left_out = {table: {**request, "Keys": left_out}} if left_out else {}
        self.injected += bool(left_out)
        context[_LEFT_OUT] = left_out

    def _report(self, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        left_out = context.get(_LEFT_OUT)
        if not left_out:
            return
        if "Records" in parsed:
            failed = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"}
            for place in left_out:
                parsed["Records"].insert(place, dict(failed))
            parsed["FailedRecordCount"] = len(left_out)
        elif "Responses" in parsed:
            parsed["UnprocessedKeys"] = left_out


class _Body:
    """An answer's body, as botocore reads it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The bytes."""
        yield self._data
