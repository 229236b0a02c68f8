"""Other vendors' flag files: read as assignment functions, so nobody retypes a rollout; what is left out is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ffcore.errors import ConfigError
from ffcore.frozen import freeze
from ffcore.lab.schemes.files import flagd, growthbook, launchdarkly, unleash
from ffcore.lab.schemes.files.flags import FlagFile, VendorFlag
from ffcore.lab.schemes.files.parts import Reader
from ffcore.reading import read_data

READERS: Mapping[str, Callable[[Any, Reader], dict[str, VendorFlag]]] = {
    "flagd": flagd.read,
    "growthbook": growthbook.read,
    "launchdarkly": launchdarkly.read,
    "unleash": unleash.read,
}

__all__ = ["READERS", "FlagFile", "VendorFlag", "read_flags"]


def read_flags(path: str | PathLike[str], vendor: str, **settings: Any) -> FlagFile:
    """The flags of a vendor's file.

    Args:
        path: GrowthBook's features, LaunchDarkly's file data source, a flagd definition, or an Unleash bootstrap.
        vendor: "growthbook", "launchdarkly", "flagd" or "unleash".
        settings: those of the vendor's scheme, such as ``version`` and ``encoding``: they tell its clients apart.

    Raises:
        ConfigError: an unknown vendor, or a file that is none of the vendor's; it lists every problem.
    """
    if vendor not in READERS:
        raise ConfigError.unknown("vendor", vendor, READERS)
    file = Path(fspath(path))
    reader = Reader(vendor, settings)
    try:
        flags = READERS[vendor](freeze(read_data(file)), reader)
    except ConfigError as error:
        raise ConfigError(error.problems, source=str(file)) from None
    return FlagFile(vendor, flags, tuple(reader.uncovered))
