"""What the notebook on the cache runs and judges: hit rates, stampedes, outages, changes, and times."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import ffcore
from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.latency import LatencyRun
from ffcore.lab.caching import Scenario, Traffic, arrivals, replay, stampede, zipf
from ffcore.lab.caching.measuring import Measured, measure, theory_check
from ffcore.lab.caching.replay import OUTCOMES, Answers
from ffcore.lab.caching.stampede import Stampede
from ffcore.lab.caching.theory import fleet_hit_rate, needed_ttl
from ffcore.lab.caching.timing import HIT, Spectrum, reading, spectrum
from ffcore.lab.testing import caches
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.lab.testing.servers import Server, installed
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.display import percent
from ffcore.stores import DynamoDBStore, FlagStore, SQLiteStore

from .mismatches import counted
from .results import Measure

FLEETS = (1, 3, 10, 30, 100, 300, 1_000)
HERDS = (1, 10, 100, 1_000)
#: Lives that put each flag at three places of the curve, as parts of the one that is asked about.
PARTS = (0.01, 0.1, 1.0)
#: What the sizes of a profile are, by its name: requests of a run by evaluators, and of one that is timed.
REQUESTS = {"smoke": 25_000, "standard": 200_000, "full": 4_000_000}
TIMED = {"smoke": (6_000, 400), "standard": (50_000, 3_000), "full": (1_000_000, 20_000)}
LATE, HITS = 0.005, 0.9
SQLITE, AWAY, DYNAMODB = "SQLite", "5 ms away", "DynamoDB server"
OURS, NAIVE, BARE = "ours", "errors as missing", "no single flight"
#: A failing store and a change are watched on a fleet of its own: every flag of it is asked for all the time.
START = 60.0
OUTAGES = {"1 second": 1.0, "10 minutes": 600.0}
WATCHED, WATCHED_REQUESTS = Traffic(40.0, zipf(8), 20), 60_000
#: What the notebook can answer in its time: seconds of a life, and containers.
LIVES, MOST_CONTAINERS = (0.001, 86_400.0), 10_000


def traffic(flags: ffcore.FlagSet, requests: float, containers: int, ttl: float) -> Traffic:
    """The traffic that is asked about: Zipf popularity over the flags in the order of their file.

    Raises ``ConfigError`` for a set without flags, and for numbers that make no sense or are beyond the notebook.
    """
    problems = [] if len(flags) else [("flags", "there is no flag that could be asked for")]
    if not LIVES[0] <= ttl <= LIVES[1]:
        problems.append(("ttl", f"expected seconds from {LIVES[0]:g} to {LIVES[1]:,.0f} (a day), got {ttl:g}"))
    if containers > MOST_CONTAINERS:
        problems.append(("containers", f"expected at most {MOST_CONTAINERS:,}, got {containers:,}"))
    try:
        asked = Traffic(requests, zipf(max(1, len(flags))), containers)
    except ffcore.ConfigError as error:
        problems += error.problems
    if problems:
        raise ffcore.ConfigError(problems)
    return asked


def watched(ttl: float) -> Traffic:
    """The fleet whose store fails: a smaller one for a longer life, each flag as often asked for at a container.

    >>> watched(300.0).containers, watched(86_400.0).containers
    (20, 1)
    """
    scale = min(1.0, WATCHED_REQUESTS / (WATCHED.requests * (1.3 * ttl + START + max(OUTAGES.values()))))
    return replace(WATCHED, requests=WATCHED.requests * scale, containers=max(1, round(WATCHED.containers * scale)))


def curve(asked: Traffic, ttl: float, profile: str) -> list[Measured]:
    """Runs of real evaluators with lives of a hundredth and a tenth of the one asked about, and with that one."""
    return [measure(asked, ttl * part, REQUESTS[profile], seed=place) for place, part in enumerate(PARTS)]


def fleets(asked: Traffic, ttl: float, profile: str) -> list[Measured]:
    """The same requests over 1 to 1,000 containers, each a real evaluator."""
    return [measure(asked.over(count), ttl, REQUESTS[profile], seed=count) for count in FLEETS]


def curve_check(runs: Sequence[Measured]) -> Check:
    """Whether the evaluators' hit rates are theory's, by the time to live."""
    return theory_check("hit rates", {f"ttl {run.ttl:g} s": run for run in runs})


def fleet_check(runs: Sequence[Measured]) -> Check:
    """Whether the fleets' hit rates are theory's, by the number of containers."""
    return theory_check("fleets", {f"{run.traffic.containers:,} containers": run for run in runs})


def simulator_check(runs: Sequence[Measured]) -> Check:
    """Whether the evaluators missed exactly the requests that the simulator says, in every run.

    >>> simulator_check([measure(Traffic(10), 3, 500)]).verdict
    'pass'
    """
    return counted("simulator", sum(run.mismatches or 0 for run in runs), sum(run.n for run in runs))


def herds(fault: str = "") -> dict[str, list[Stampede]]:
    """Threads on one cold key: the cache under test, and one without single flight."""
    makers = {OURS: caches.evaluator(fault), BARE: caches.NoSingleFlight}
    return {name: [stampede(threads, make) for threads in HERDS] for name, make in makers.items()}


def stampede_check(found: Mapping[str, Sequence[Stampede]]) -> Check:
    """One load however many threads ask, each with the right answer; and that many loads are seen where they happen.

    >>> stampede_check({OURS: [Stampede(8, 1, 8)], BARE: [Stampede(8, 8, 8)]}).verdict
    'pass'
    """
    single = all(herd.loads == 1 and herd.right == herd.threads for herd in found[OURS])
    seen = all(herd.loads == herd.threads for herd in found[BARE])
    most = max(herd.loads for herd in found[OURS])
    verdict: Verdict = "pass" if single and seen else "fail"
    control = max(herd.loads for herd in found[BARE])
    details = {"observed": f"{most:,} load{'s' * (most > 1)} at most", "loads": most, "control": control}
    return Check("stampede", verdict, n=max(herd.threads for herd in found[OURS]), details=details)


@dataclass(frozen=True, slots=True, eq=False)
class Outage:
    """A store down from ``start`` to ``end``, and each cache's answers to the same requests."""

    start: float
    end: float
    answers: Mapping[str, Answers]

    def check(self, name: str) -> Check:
        """Whether every answer of the cache under test was right."""
        tested = self.answers[OURS]
        wrong = tested.count(*OUTCOMES[1:])
        naive = self.answers[NAIVE].count(*OUTCOMES[1:])
        verdict: Verdict = "fail" if wrong else "pass"
        details = {"observed": f"{wrong:,} wrong", "wrong": wrong, "naive": naive}
        return Check(name, verdict, n=len(tested.seconds), details=details)


def outages(ttl: float, fault: str = "") -> dict[str, Outage]:
    """A store that is down for a second and for ten minutes, under the cache under test and under a naive one."""
    makers = {OURS: caches.evaluator(fault), NAIVE: caches.ErrorsAsMissing}
    found = {}
    for name, seconds in OUTAGES.items():
        end = START + seconds
        drawn = arrivals(watched(ttl), ttl, end + 1.3 * ttl, seed=1)
        scenario = Scenario(down=((START, end),))
        found[name] = Outage(START, end, {who: replay(drawn, scenario, make) for who, make in makers.items()})
    return found


def panels(found: Mapping[str, Outage]) -> dict[str, tuple[tuple[float, float], Mapping[str, Answers]]]:
    """Outages as their figure wants them."""
    return {f"down for {name}": ((case.start, case.end), case.answers) for name, case in found.items()}


def change(ttl: float) -> Answers:
    """What a fleet answers when every flag is switched off at ``START``."""
    return replay(arrivals(watched(ttl), ttl, START + 1.3 * ttl, seed=2), Scenario(change=START))


def change_check(answers: Answers, ttl: float) -> Check:
    """Whether no answer came from before the change once a time to live had passed, and every other was right."""
    stale = answers.seconds[answers.outcomes == OUTCOMES.index("stale")] - START
    late, wrong = int((stale >= ttl).sum()), answers.count(*OUTCOMES[2:])
    verdict: Verdict = "fail" if late or wrong else "pass"
    last = float(stale.max()) if len(stale) else 0.0
    details = {"observed": f"last stale after {last / ttl:.3f} lives", "late": late, "wrong": wrong}
    return Check("flag change", verdict, n=len(answers.seconds), details=details)


@contextmanager
def stores(flags: ffcore.FlagSet, profile: str) -> Iterator[dict[str, FlagStore]]:
    """The stores that misses read: SQLite, the same 5 ms away, and beyond smoke DynamoDB on a server of this machine.

    >>> with stores(ffcore.FlagSet(), "smoke") as found:
    ...     list(found)
    ['SQLite', '5 ms away']
    """
    with TemporaryDirectory() as folder, ExitStack() as ends:
        store = SQLiteStore(Path(folder) / "flags.db")
        ends.callback(store.close)
        found: dict[str, FlagStore] = {SQLITE: store, AWAY: DelayedStore(store, LATE)}
        if profile != "smoke" and installed("ministack"):
            server = ends.enter_context(Server("ministack"))
            found[DYNAMODB] = table = DynamoDBStore(client=server.client("dynamodb"))
            table.create()
            table.put(flags)
        store.put(flags)
        yield found


def readings(
    found: Mapping[str, FlagStore], flags: ffcore.FlagSet, users: Sequence[str], profile: str
) -> dict[str, LatencyRun]:
    """A hit beside a miss of each store, of the flag nearest to 50 %, which hashes; slow stores get fewer calls."""
    key = min(flags, key=lambda name: abs(flags[name].rollout_percentage - 50) if flags[name].enabled else 100)
    sizes = {name: TIMED[profile][name != SQLITE] for name in found}
    return {
        name: reading({name: store}, key, users, calls=sizes[name] // 5, blocks=20 if sizes[name] > 1_000 else 6)
        for name, store in found.items()
    }


def spectra(found: Mapping[str, FlagStore], flags: ffcore.FlagSet, profile: str) -> dict[str, Spectrum]:
    """The latencies of a run at one container whose hit rate is 90 %, for each store."""
    keys = list(flags)
    asked = Traffic(100.0, zipf(len(keys)))
    ttl = needed_ttl(asked, HITS)
    drawn = {name: arrivals(asked, ttl, TIMED[profile][name != SQLITE] / asked.requests, seed=3) for name in found}
    return {name: spectrum(drawn[name], store, keys, fleet_hit_rate(asked, ttl)) for name, store in found.items()}


def measures(run: Measured, herd: Check, outage: Check) -> list[Measure]:
    """The key figures that no clock touches: the fleet's hit rate, loads of a stampede, wrong answers of an outage."""
    low, high = run.interval()
    rate = Estimate(100 * run.hit_rate, 100 * low, 100 * high, run.n)
    note = f"theory {percent(run.expected, 4)}; {run.traffic.requests:g}/s, {run.traffic.containers:,} containers"
    share = Estimate(100 * outage.details["wrong"] / outage.n, None, None, outage.n)
    loads = Estimate(float(herd.details["loads"]), None, None, herd.n)
    wrong = f"a cache that takes errors for missing flags: {percent(outage.details['naive'] / outage.n)}"
    return [
        Measure.of("cache_hit_rate", "cache hits", rate, "%", note=note),
        Measure.of("stampede_loads", "loads of a cold key", loads, "loads", verdict=herd.verdict, basis="checks",
                   note=f"without single flight: {herd.details['control']:,}"),
        Measure.of("outage_wrong", "wrong answers, store down for 10 min", share, "%", verdict=outage.verdict,
                   basis="checks", note=wrong),
    ]  # fmt: skip


def timed_measures(found: Mapping[str, LatencyRun], spectrums: Mapping[str, Spectrum]) -> list[Measure]:
    """The key figures that a clock gives: a miss over a hit for each store, and how far the knee is off."""
    listed = []
    for name, run in found.items():
        hit, miss = (interval(run.workloads[kind].percentile(0.5), duration) for kind in (HIT, name))
        ratio = replace(run.ratio(name, HIT), n=run.workloads[HIT].blocks.size)
        note = f"medians: hit {hit}, miss {miss}"
        listed.append(Measure.of(f"speedup_{_slug(name)}", f"a miss over a hit, {name}", ratio, "ratio", note=note))
    for name, knee in spectrums.items():
        offset = replace(knee.offset(), n=len(knee.times))
        listed.append(Measure.of(f"knee_{_slug(name)}", f"knee less hit rate, {name}", offset, "points"))
    return listed


def _slug(name: str) -> str:
    return name.lower().replace(" ", "_")
