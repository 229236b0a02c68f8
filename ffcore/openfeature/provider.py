"""The provider: openfeature-sdk asks it for values, an evaluator over the flags' store decides them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from ..decide import compile_experiment, compile_flag
from ..evaluator import EXPERIMENT, Evaluator, Found
from ..flagset import FlagSet
from ..model import Decision, Experiment, Flag
from .answers import Answer, answer, draws, failure
from .watch import WatchedStore

if TYPE_CHECKING:
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.flag_evaluation import FlagResolutionDetails
    from openfeature.hook import Hook
    from openfeature.provider import Metadata
    from openfeature.track import TrackingEventDetails

    from ..stores.base import FlagStore

#: Asked of the store to see whether it answers; nobody's flag.
PROBE = "ffcore-openfeature-probe"
READY, STALE, ERROR, CHANGED = "READY", "STALE", "ERROR", "CONFIGURATION_CHANGED"


Details: TypeAlias = "FlagResolutionDetails[Any]"


def _methods(kind: str, told: str) -> tuple[Callable[..., Details], Callable[..., Coroutine[Any, Any, Details]]]:
    """The two methods that the interface has for a kind of value: one that waits, and one beside the event loop."""

    def resolve(
        self: Provider, flag_key: str, default_value: Any, evaluation_context: EvaluationContext | None = None
    ) -> Details:
        return self._resolve(kind, flag_key, default_value, evaluation_context)

    async def resolve_async(
        self: Provider, flag_key: str, default_value: Any, evaluation_context: EvaluationContext | None = None
    ) -> Details:
        return await self._resolve_async(kind, flag_key, default_value, evaluation_context)

    resolve.__doc__ = resolve_async.__doc__ = told
    return resolve, resolve_async


class Provider:
    """ffcore as a provider of OpenFeature: ``api.set_provider_and_wait(Provider(flags))``.

    A key stands for a flag, or for the experiment if there is no such flag; ``answers.answer`` says what is told of it.
    A flag whose answer depends on the user needs a targeting key. The provider's events follow the store: STALE where
    it fails and expired flags serve, ERROR where none can, READY when it answers again, CONFIGURATION_CHANGED where a
    flag that is read anew (see ``ttl``) has changed.

    Args:
        source: A ``FlagSet`` or any ``FlagStore``; it stays open when the provider is shut down.
        settings: Those of ``Evaluator``: ``ttl``, ``tracker`` and so on.

    Raises ``ModuleNotFoundError`` without openfeature-sdk, and what ``Evaluator`` raises.

    >>> from openfeature import api
    >>> from ffcore import Flag
    >>> api.set_provider_and_wait(Provider(FlagSet([Flag("dark-mode", True, 100)])), "docs")
    >>> details = api.get_client("docs").get_boolean_details("dark-mode", False)
    >>> details.value, details.variant, details.reason.value
    (True, 'on', 'STATIC')
    """

    def __init__(self, source: FlagSet | FlagStore, **settings: Any) -> None:
        try:
            import openfeature.provider  # noqa: F401
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error}: pip install 'ffcore[openfeature]'", name=error.name) from None
        Evaluator(source, **settings)  # refuses what makes no sense now, not at its first use
        self._source, self._settings = source, settings
        self._blocks = not isinstance(source, FlagSet)
        self._evaluator: Evaluator | None = None
        self._on_emit: Callable[..., None] | None = None
        self._state = READY
        self._lock = Lock()

    def attach(self, on_emit: Callable[..., None]) -> None:
        """Events go to this function from now on."""
        self._on_emit = on_emit

    def detach(self) -> None:
        """Events go nowhere from now on."""
        self._on_emit = None

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002 - the interface's
        """Ask the store once; raises ``GeneralError`` where it fails. May be called again, after a shutdown too."""
        from openfeature.exception import GeneralError

        self._state, source = READY, self._source
        watched = source if isinstance(source, FlagSet) else WatchedStore(source, self._answered)
        self._evaluator = Evaluator(watched, **self._settings)
        if isinstance(source, FlagSet):
            return
        try:
            source.get_flags([PROBE])
        except Exception as error:
            self._state = ERROR
            raise GeneralError(f"the store cannot be reached: {type(error).__name__}: {error}") from error

    def shutdown(self) -> None:
        """Forget what was read; until the next ``initialize`` each answer is PROVIDER_NOT_READY."""
        self._evaluator = None

    def get_metadata(self) -> Metadata:
        """The provider's name."""
        from openfeature.provider import Metadata

        return Metadata("ffcore")

    def get_provider_hooks(self) -> list[Hook]:
        """None: what applications and integrators hook in is left alone."""
        return []

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Does nothing: users' actions are recorded elsewhere."""

    resolve_boolean_details, resolve_boolean_details_async = _methods(
        "boolean", "Whether the flag is on, or the boolean that the user's variant carries."
    )
    resolve_string_details, resolve_string_details_async = _methods(
        "string", "The text that the user's variant carries, or its key."
    )
    resolve_integer_details, resolve_integer_details_async = _methods(
        "integer", "The whole number that the user's variant carries."
    )
    resolve_float_details, resolve_float_details_async = _methods(
        "float", "The number that the user's variant carries."
    )
    resolve_object_details, resolve_object_details_async = _methods(
        "object", "The structure that the user's variant carries; it cannot be changed."
    )

    async def _resolve_async(self, kind: str, key: str, default: Any, context: EvaluationContext | None) -> Details:
        if not self._blocks:
            return self._resolve(kind, key, default, context)
        import asyncio  # a web application has it loaded; others wait for it here, not at start-up

        return await asyncio.to_thread(self._resolve, kind, key, default, context)

    def _resolve(self, kind: str, key: str, default: Any, context: EvaluationContext | None) -> Details:
        from openfeature.exception import ErrorCode
        from openfeature.flag_evaluation import FlagResolutionDetails, Reason

        found = self._answer(kind, key, context)
        return FlagResolutionDetails(
            value=default if found.value is None else found.value,
            error_code=None if found.error is None else ErrorCode(found.error),
            error_message=found.message,
            reason=Reason(found.reason),
            variant=found.variant,
            flag_metadata=found.metadata,
        )

    def _answer(self, kind: str, key: str, context: EvaluationContext | None) -> Answer:
        evaluator = self._evaluator
        if evaluator is None:
            return failure("not_ready", key)
        found = evaluator.look_up(key)
        if found is not None and found.item is None:
            experiment = evaluator.look_up((EXPERIMENT, key))
            found = experiment if experiment is None or experiment.item is not None else found
        if found is None:
            self._failed(ERROR)
            return failure("unavailable", key)
        if found.stale:
            self._failed(STALE)
        return decided(found, kind, key, context)

    def _failed(self, state: str) -> None:
        """The store fails: tell it once."""
        with self._lock:
            new, self._state = self._state != state, state
        if new:
            self._emit(state, message="the store cannot be reached")

    def _answered(self, changed: list[str]) -> None:
        """The store answered: tell that it is back, and what changed."""
        with self._lock:
            back, self._state = self._state != READY, READY
        if back:
            self._emit(READY)
        if changed:
            self._emit(CHANGED, flags_changed=changed)

    def _emit(self, event: str, **details: Any) -> None:
        from openfeature.event import ProviderEvent, ProviderEventDetails

        if (on_emit := self._on_emit) is not None:
            on_emit(self, ProviderEvent[f"PROVIDER_{event}"], ProviderEventDetails(**details))


def decided(found: Found, kind: str, key: str, context: EvaluationContext | None) -> Answer:
    """What a client is told of what is cached, for a context."""
    user_id: Any = None if context is None else context.targeting_key
    attributes: Any = {} if context is None else context.attributes
    if (user_id is not None and not isinstance(user_id, str)) or not isinstance(attributes, Mapping):
        return failure("invalid_context", key)
    user, item = user_id or "", found.item
    absent = not user.strip()
    if item is None:
        malformed = not absent and found.decide(user, attributes).reason.endswith("malformed")
        return failure("malformed" if malformed else "not_found", key)
    if absent and draws(item):
        return failure("no_targeting_key", key)
    decision = _for_nobody(item, attributes) if absent else found.decide(user, attributes)
    return answer(item, decision, kind, stale=found.stale)


def _for_nobody(item: Flag | Experiment, attributes: Mapping[str, Any]) -> Decision:
    """The decision without a user, whose id is a missing attribute to the rules; no tracker is told of it."""
    decide: Any = compile_flag(item) if isinstance(item, Flag) else compile_experiment(item)
    decision: Decision = decide(None, attributes)
    return decision
