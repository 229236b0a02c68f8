"""What the Lambdas run on: their zip unpacked, a DynamoDB server with their tables, the real runtime client."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from zipfile import ZipFile

import pandas as pd

from ffcore.aws import package
from ffcore.errors import ConfigError
from ffcore.flagset import FlagSet
from ffcore.lab.report.tables import facts
from ffcore.lab.testing import runtime_api, servers
from ffcore.lab.testing.lambda_tables import lambda_tables

FLAG, ASSIGNMENT, FLOOR = "flag", "assignment", "no-op"
HANDLERS = {
    FLAG: "ffcore.aws.flag_handler.handler",
    ASSIGNMENT: "ffcore.aws.assignment_handler.handler",
    FLOOR: "lambda_handlers.nothing",
}
#: A fault, the function that has it, and the handler in the place of that function's own.
FAULTS = {
    "rebuilding": (FLAG, "lambda_handlers.rebuilding"),
    "wrong": (FLAG, "lambda_handlers.wrong"),
    "forgetful": (ASSIGNMENT, "lambda_handlers.forgetful"),
}
#: What is asked for where a flag file has no flag, or no experiment that is active.
SPARE = FlagSet.from_items(
    flags=[{"key": "lambda-flag", "enabled": True, "rollout_percentage": 50}],
    experiments=[
        {
            "key": "lambda-experiment",
            "status": "active",
            "variants": [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}],
        }
    ],
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one user."""

    user_id: str
    key: str
    context: Mapping[str, Any]

    def event(self, kind: str) -> bytes:
        """The direct event, as JSON, for the flag or the assignment handler."""
        name = "flag_key" if kind == FLAG else "experiment_key"
        return json.dumps({"user_id": self.user_id, name: self.key, "context": self.context}).encode()


class Stage:
    """The zip, the server and the runtime client, started; ``missing`` names what is not installed, if anything.

    Args:
        flags: What the tables hold.
        fault: A fault in one of the handlers.

    Raises:
        ConfigError: An unknown fault.
    """

    def __init__(self, flags: FlagSet, fault: str = "") -> None:
        active = [key for key, experiment in flags.experiments.items() if experiment.status == "active"]
        self.flag_keys = list(flags) or list(SPARE)
        self.experiment_keys = active or list(SPARE.experiments)
        self.flags = FlagSet((flags or SPARE).values(), {**SPARE.experiments, **flags.experiments}.values())
        self.missing = missing()
        self.seed(fault)
        self._folder: TemporaryDirectory[str] | None = None
        self._server: servers.Server | None = None

    def __enter__(self) -> Self:
        if self.missing:
            return self
        self._folder = TemporaryDirectory()
        scratch = Path(self._folder.name)
        self.built = package.build(scratch / "dist")
        self.task = scratch / "task"
        with ZipFile(self.built.path) as archive:
            archive.extractall(self.task)
        shutil.copy(Path(runtime_api.__file__).with_name("lambda_handlers.py"), self.task)
        self._server = servers.Server("ministack").start()
        self.tables = lambda_tables(self._server, self.flags)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def seed(self, fault: str) -> None:
        """Put a handler with a fault in its function's place, or with a blank name none; raises ``ConfigError``."""
        if fault and fault not in FAULTS:
            raise ConfigError.unknown("fault", fault, FAULTS)
        self._handlers = HANDLERS | ({FAULTS[fault][0]: FAULTS[fault][1]} if fault else {})

    def runtime(self, kind: str) -> runtime_api.LambdaRuntime:
        """A fresh container of a function, to be started as a context manager."""
        if self._server is None:
            raise RuntimeError("the stage is not open")
        return runtime_api.LambdaRuntime(self._handlers[kind], self.tables.environment, self.task)

    def questions(self, users: pd.DataFrame, kind: str) -> list[Asked]:
        """One question for each user, about each flag or experiment in turn."""
        keys = self.flag_keys if kind == FLAG else self.experiment_keys
        rows = json.loads(users.to_json(orient="records", date_format="iso", double_precision=15))
        return [
            Asked(
                str(row["user_id"]),
                keys[place % len(keys)],
                {name: value for name, value in row.items() if name != "user_id" and value is not None},
            )
            for place, row in enumerate(rows)
        ]

    def close(self) -> None:
        """Stop the server and drop the files; more than once does nothing."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _repr_html_(self) -> str:
        if self.missing:
            return facts({"not measured": self.missing})
        return facts(
            {
                "zip": f"{self.built.size / 1e6:.2f} MB, {self.built.unpacked / 1e6:.2f} MB unpacked",
                "flags asked for": ", ".join(self.flag_keys),
                "experiments asked for": ", ".join(self.experiment_keys),
                "DynamoDB": "ministack on loopback",
                "runtime": "awslambdaric, one process for each container",
            }
        )


def missing() -> str:
    """Which part is not installed and how to get it; blank where all are there."""
    needed = {"awslambdaric": runtime_api.installed(), "ministack": servers.installed("ministack")}
    absent = [name for name, there in needed.items() if not there]
    return f"{' and '.join(absent)} not installed: pip install 'ffcore[dev]'" if absent else ""


def open_stage(flags: FlagSet, fault: str = "") -> Stage:
    """Start the parts; ``close`` ends them.

    >>> open_stage(FlagSet(), "slow")
    Traceback (most recent call last):
    ffcore.errors.ConfigError: fault: 'slow' is unknown; expected one of rebuilding, wrong, forgetful
    """
    return Stage(flags, fault).__enter__()
