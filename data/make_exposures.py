"""Makes data/exposures.parquet, a log with a seeded fault, from the bundled data: ``python data/make_exposures.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import ffcore
from ffcore import FlagSet
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.testing.log_faults import dropped_segment

HERE = Path(__file__).parent
TARGET = HERE / "exposures.parquet"
START, DAYS = "2026-01-12", 7
EXPERIMENT, FLAG = "seat-upgrade-copy", "lounge-day-pass"
EXPERIMENT_USERS, FLAG_USERS = 40_000, 10_000
VERSIONS = {"5.1.4": 0.15, "5.2.0": 0.35, "5.3.0": 0.5}
#: The fault: this version loses a tenth of the users in this arm, before they are logged.
LOST_ARM, LOST_VERSION, LOST_PART = "legroom", "5.3.0", 0.1
#: What a monitor needs of an event; the rest stays small for it.
LEFT_OUT = ["event_type", "flag_id"]


def make_exposures(flags: FlagSet, population: pd.DataFrame) -> pd.DataFrame:
    """A week of exposures in order of time, times in whole milliseconds, with the fault."""
    rng = np.random.default_rng(2026)
    users = population.iloc[np.sort(rng.choice(len(population), EXPERIMENT_USERS, replace=False))]
    users = users[["user_id", "carrier", "origin", "distance"]].reset_index(drop=True)
    users["app_version"] = rng.choice(list(VERSIONS), size=len(users), p=list(VERSIONS.values()))
    experiment, flag = FlagSet([], [flags.experiments[EXPERIMENT]]), FlagSet([flags[FLAG]])
    logs = [
        simulate_exposures(experiment, users, START, DAYS, seed=1),
        simulate_exposures(flag, users.sample(FLAG_USERS, random_state=2), START, DAYS, seed=2),
    ]
    log = pd.concat(logs).sort_values("timestamp", ignore_index=True).drop(columns=LEFT_OUT)
    log["timestamp"] = log["timestamp"].dt.floor("ms").astype("datetime64[ms, UTC]")
    log = dropped_segment(log, EXPERIMENT, LOST_ARM, {"app_version": LOST_VERSION}, LOST_PART)
    texts = ["flag_key", "reason", "variant"]
    return log.astype(dict.fromkeys(texts, "str")).reset_index(drop=True)


def main() -> None:
    """Writes the log beside this file."""
    log = make_exposures(ffcore.load(HERE / "flags.yaml"), pd.read_parquet(HERE / "population.parquet"))
    log.to_parquet(
        TARGET,
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in log.columns if name not in ("timestamp", "user_id")],
        column_encoding={"timestamp": "DELTA_BINARY_PACKED", "user_id": "PLAIN"},
    )


if __name__ == "__main__":
    main()
