r"""Other vendors' bucketing, one file each: assignment functions for one id and for arrays, checked bit for bit.

>>> assign = get("growthbook", version=2).rollout(25, key="new-checkout")
>>> assign("back\\slash")
True
"""

from __future__ import annotations

from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ffcore.errors import ConfigError
from ffcore.lab.schemes.scheme import Scheme, build
from ffcore.lab.schemes.vectors import Result, reproduced, scheme_of

#: Module -> class of each scheme.
NAMES = {
    "growthbook": "GrowthBook",
    "launchdarkly": "LaunchDarkly",
    "statsig": "Statsig",
    "posthog": "PostHog",
    "unleash": "Unleash",
    "optimizely": "Optimizely",
    "split": "Split",
    "eppo": "Eppo",
    "azure_featuremanagement": "AzureFeatureManagement",
    "flagd": "Flagd",
    "amplitude": "Amplitude",
    "flagsmith": "Flagsmith",
    "configcat": "ConfigCat",
    "firebase_remote_config": "FirebaseRemoteConfig",
    "devcycle": "DevCycle",
    "vwo": "VWO",
    "mixpanel": "Mixpanel",
    "go_feature_flag": "GoFeatureFlag",
    "flipt": "Flipt",
    "featurevisor": "Featurevisor",
    "featbit": "FeatBit",
    "harness_ff": "HarnessFF",
    "planout": "PlanOut",
    "kameleoon": "Kameleoon",
    "seed_platform": "SeedPlatform",
}

__all__ = ["NAMES", "Scheme", "check_vectors", "get"]


def get(name: str, version: int | None = None, **settings: Any) -> Scheme:
    """The scheme of a vendor.

    Args:
        name: one of `NAMES`.
        version: of the hash, where a vendor has several; its current one unless given.
        settings: what tells a vendor's clients apart, such as ``encoding``; see the scheme's documentation.

    Raises:
        ConfigError: an unknown name, version or setting.

    >>> get("growthbook", version=1).bucket(key="a")("user-1")
    0.495
    >>> get("growthboook")
    Traceback (most recent call last):
    ffcore.errors.ConfigError: scheme: 'growthboook' is unknown; did you mean growthbook?
    """
    return build(_class(name), version, settings)


def check_vectors(path: str | PathLike[str]) -> Result:
    """Hold a scheme against a file of test vectors, one by one and in bulk.

    Args:
        path: a CSV file ``<scheme>.csv`` with the columns n, op, unit_id, key, salt, seed, params, hash, bucket,
            variant.

    Returns:
        For each operation how many rows there are and how many of them the scheme reproduces in full, which takes the
        hash, the bucket, the variant and every number that ``params`` states.

    Raises:
        ConfigError: the name says no scheme, or a row cannot be read.
    """
    file = Path(fspath(path))
    return reproduced(_class(scheme_of(file, NAMES)), file)


def _class(name: str) -> type[Scheme]:
    if name not in NAMES:
        raise ConfigError.unknown("scheme", name, sorted(NAMES))
    found: type[Scheme] = getattr(import_module(f"{__name__}.{name}"), NAMES[name])
    return found
