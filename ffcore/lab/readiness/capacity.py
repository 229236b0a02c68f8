"""How much of DynamoDB and Kinesis given traffic needs: the peak second, the cold fleet, the price of a month.

Limits and units are AWS's: half a read unit for each 4 KB read eventually consistently, one write unit for each KB,
1,000 records and 1 MB a second for a shard; unused read capacity of up to 300 s serves a burst.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy import stats

from ffcore.flagset import FlagSet
from ffcore.lab.caching import Traffic, cost, fleet_hit_rate, hit_rate, reads, zipf
from ffcore.lab.caching.traffic import require_positive
from ffcore.lab.report.tables import facts
from ffcore.model import Decision
from ffcore.sinks import encoded
from ffcore.stores.wire import encode, size_of

#: A second busier than the peak comes once in so many.
PEAK = 1e-9
READ_BYTES, BURST_SECONDS = 4_096, 300
SHARD_RECORDS, SHARD_BYTES = 1_000, 1_000_000
#: How full a shard may be on average at the peak, since users are spread over shards by their hash.
FULL = 0.75


@dataclass(frozen=True, slots=True)
class Demand:
    """The traffic to plan for.

    Attributes:
        traffic: Decisions a second of the whole fleet, each flag's share, and the containers.
        ttl: Seconds that a flag is cached.
        new_users: First assignments a second.
        item_bytes: The largest flag item.
        event_bytes: An evaluation event.
    """

    traffic: Traffic
    ttl: float = 300.0
    new_users: float = 1.0
    item_bytes: int = 1_024
    event_bytes: int = 512

    def __post_init__(self) -> None:
        require_positive(
            ttl=self.ttl, new_users=self.new_users, item_bytes=self.item_bytes, event_bytes=self.event_bytes
        )

    @classmethod
    def of(cls, flags: FlagSet, requests: float, containers: int, ttl: float, new_users: float) -> Demand:
        """The demand of a set of flags, popular by Zipf's law, with the sizes of its items and of an event.

        >>> from ffcore import Flag
        >>> Demand.of(FlagSet([Flag("a")]), 100, 10, 300, 1).item_bytes < 200
        True
        """
        items = [size_of(encode(item)) for item in flags.to_items()["flags"]]
        longest = max(flags, key=len, default="flag")
        decision = Decision(True, "targeting_rules_not_met", "v" * 20)
        context = {f"attribute_{number}": "value" * 4 for number in range(8)}
        event = encoded(("flag_evaluation", 1.8e9, "u" * 36, longest, longest, decision, context))
        traffic = Traffic(requests, zipf(max(1, len(flags))), containers)
        return cls(traffic, ttl, new_users, max(items, default=1_024), len(event))

    @property
    def read_units(self) -> float:
        """Read units of one flag."""
        return 0.5 * math.ceil(self.item_bytes / READ_BYTES)


@dataclass(frozen=True, slots=True)
class Capacity:
    """What to provide.

    Attributes:
        demand: For what.
        hit_rate: The share of hits that theory expects.
        read_units: Read units a second of the table of flags.
        write_units: Write units a second of the table of assignments.
        shards: Shards of the stream.
        cold_reads: Reads of a fleet whose containers all start at once.
        monthly_reads: Reads of a month.
        monthly_dollars: Their price on demand.
    """

    demand: Demand
    hit_rate: float
    read_units: int
    write_units: int
    shards: int
    cold_reads: int
    monthly_reads: float
    monthly_dollars: float

    def scaled(self, factor: float) -> Capacity:
        """The plan with another size, rounded down: below 1 it has to be found wanting.

        >>> plan(Demand(Traffic(5_000))).scaled(0.5).shards
        4
        """
        read, write = (math.floor(factor * number) for number in (self.read_units, self.write_units))
        return replace(self, read_units=read, write_units=write, shards=max(1, math.floor(factor * self.shards)))

    def _repr_html_(self) -> str:
        traffic, ttl = self.demand.traffic, self.demand.ttl
        fleet = f"{traffic.containers:,} containers, {len(traffic.shares):,} flags (Zipf), TTL {ttl:g} s"
        misses = f"{100 * (1 - self.hit_rate):.3g} %"
        stream = f"{traffic.requests:,g} events/s of {self.demand.event_bytes:,} bytes"
        month = f"{self.monthly_reads:,.0f}, on demand about {self.monthly_dollars:,.2f} US dollars"
        writes = f"{self.write_units:,} write units/s for {self.demand.new_users:g} new users/s"
        return facts(
            {
                "traffic": f"{traffic.requests:,g} decisions/s over {fleet}",
                "hit rate by theory": f"{100 * self.hit_rate:.3g} %, so {misses} read DynamoDB",
                "DynamoDB, flags": f"{self.read_units:,} read units/s; a cold fleet asks for {self.cold_reads:,} items",
                "DynamoDB, assignments": writes,
                "Kinesis": f"{self.shards:,} shards for {stream}",
                "reads of a month": month,
            }
        )


def plan(demand: Demand) -> Capacity:
    """What the demand needs: enough for the busiest second in 10^9, and for a cold fleet out of saved capacity.

    >>> found = plan(Demand(Traffic(100, zipf(15), 10)))
    >>> found.read_units, found.write_units, found.shards, found.cold_reads
    (5, 11, 1, 150)
    """
    traffic = demand.traffic
    misses = traffic.containers * float((traffic.rates * (1 - hit_rate(traffic.rates, demand.ttl))).sum())
    cold = traffic.containers * len(traffic.shares)
    month = reads(traffic, demand.ttl)
    return Capacity(
        demand,
        fleet_hit_rate(traffic, demand.ttl),
        math.ceil(demand.read_units * max(peak(misses), cold / BURST_SECONDS)),
        peak(demand.new_users),
        _shards(demand),
        cold,
        month,
        cost(month, units=demand.read_units),
    )


def peak(rate: float) -> int:
    """The most that comes in a second, but for one in 10^9, where ``rate`` comes on average (Poisson).

    >>> peak(1.0), peak(100.0)
    (11, 166)
    """
    return int(stats.poisson.isf(PEAK, rate))


def _shards(demand: Demand) -> int:
    records = peak(demand.traffic.requests)
    return max(1, math.ceil(max(records / SHARD_RECORDS, records * demand.event_bytes / SHARD_BYTES) / FULL))
