"""ConfigCat: the first 28 bits of SHA-1 of setting and id, modulo 100."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class ConfigCat(Scheme):
    """ConfigCat's percentage options.

    Ids are the identifier, or the text of the attribute that the setting names. ``variants`` takes percentages.
    """

    name: ClassVar[str] = "configcat"
    reproduces: ClassVar[str] = "Python SDK 10.0.1"

    def _bucket(self, key: str) -> Draw:
        return Hashed(digest("sha1_28"), key, reduce=modulo(100), span=(0, 100))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, 100)))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights)
        return Plan((Step(self._bucket(key), running(numbers)),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = ConfigCat()
        if row.op in ("bucket", "bucket_by_attr"):
            yield from row.states(scheme.bucket(row.key))
        elif row.op == "percentage_options":
            yield from row.states(scheme.bucket(row.key), scheme.variants(row.numbered("weights"), row.key))
