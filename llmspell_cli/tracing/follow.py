"""Follows one run, or a row of inputs: the spans go to a file, to a collector, or to both."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from bridges._errors import ConfigError
from bridges._metrics.measured import measure
from bridges._metrics.registry import Registry, registry_of
from bridges._tracing import Span, Tracing, tracing_of, words_of
from llmspell_cli.config import COLLECTOR, Telemetry
from llmspell_cli.invocation import Invocation
from llmspell_cli.tracing.otlp import TraceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridges._session import Session
    from llmspell_cli.tracing.collector import Collector, Target

BASE, TRACES, METRICS = COLLECTOR


class Signal(NamedTuple):
    """One kind of what is told: where it goes, and what switches it off."""

    path: str
    address: str
    exporter: str


SPANS = Signal("/v1/traces", TRACES, "OTEL_TRACES_EXPORTER")
NUMBERS = Signal("/v1/metrics", METRICS, "OTEL_METRICS_EXPORTER")
LONGEST = 60.0
"""Seconds that a request may take, whatever the environment says: the run's end waits for it."""


class Follower:
    """What becomes of the spans of one run."""

    def __init__(self, invocation: Invocation, run: Session, file: str | None) -> None:
        """Raises ConfigError for a file or an address that is none."""
        self._invocation = invocation
        self._run = run
        world, settings = invocation.world, invocation.load_config().telemetry
        self._file: TraceFile | None = None
        self._collector: Collector | None = None
        self._registry: Registry | None = None
        self._url = ""
        tracing = tracing_of(run)
        tracing.content = settings.content
        if file:
            path, spell = world.path(file), run.spell.path
            if spell and spell.exists() and path.exists() and path.samefile(spell):
                raise ConfigError("the trace would overwrite the spell", hint="name another file")
            self._file = TraceFile(path, settings.service_name or "llmspell")
            tracing.listeners.append(self._file.tell)
        target = self._target(settings, world.environ)
        if target is not None and target.url and not _is_sampled(tracing, settings.sample):
            target = replace(target, url=None)
        if target is not None and (target.url or target.metrics):
            self._begin(target, tracing)

    def end(self, code: int) -> int:
        """Ends the run's own span and sends what is left; returns the run's exit code.

        code: the run's; it becomes 1 where the file could not be written
        """
        tracing = tracing_of(self._run)
        tracing.root.set({"llmspell.exit_code": code, **self._used()})
        tracing.end(f"exit code {code}" if code else "")
        return code if self.close() else code or 1

    @contextmanager
    def turn(self, name: str, attributes: Mapping[str, Any]) -> Iterator[Span]:
        """Has what happens inside be a trace of its own; an error marks its root and goes on.

        Gives the root, whose `error` says what failed without an exception.
        """
        tracing, before = tracing_of(self._run), self._used()
        tracing.renew(name)
        root = tracing.root
        root.set(attributes)
        try:
            yield root
        except BaseException as error:
            root.error = words_of(error)
            raise
        finally:
            root.set({key: amount - before[key] for key, amount in self._used().items()})
            tracing.end(root.error)

    def close(self) -> bool:
        """Sends and writes what is left; tells whether the file could be written."""
        if self._collector is not None:
            self._leave(self._collector)
        return self._is_written()

    def _used(self) -> dict[str, float]:
        budget = self._run.budget
        return {
            "llmspell.usage.requests": budget.requests,
            "gen_ai.usage.input_tokens": budget.input_tokens,
            "gen_ai.usage.output_tokens": budget.output_tokens,
            "llmspell.cost": float(budget.cost),
        }

    def join(self, session: Session) -> None:
        """Has a session be followed as well, with what it measures counted together."""
        session.tracing = tracing_of(self._run)
        if self._registry is not None:
            session.share(Registry, self._run)
            measure(session)

    def _leave(self, collector: Collector) -> None:
        (told, sent), log = collector.close(), self._run.log
        lost = collector.has_lost_metrics
        if sent < told:
            too = ", nor did the metrics" if lost else ""
            said = f"{told - sent} of {told} spans did not reach the collector at {self._url}{too}"
            log.write("warn", said)
        elif lost:
            # A collector that has taken the spans is one that has no use for metrics.
            said = f"the metrics did not reach the collector at {self._url}"
            log.write("info" if told else "warn", f"{said}; telemetry.metrics = false sends none")

    def _is_written(self) -> bool:
        file, world = self._file, self._invocation.world
        if file is None:
            return True
        file.close()
        if file.trouble:
            world.err(f"error: the trace cannot be written to {file.path}: {file.trouble}")
            return False
        self._invocation.note(f"trace: {file.path} (show it with 'llmspell trace {file.path}')")
        return True

    def _target(self, settings: Telemetry, environ: Mapping[str, str]) -> Target | None:
        from llmspell_cli.tracing.collector import Target, is_installed

        url = _url(settings, environ, SPANS)
        metrics = _url(settings, environ, NUMBERS) if settings.metrics else None
        if url is None and metrics is None:
            return None
        if settings.endpoint is None and not is_installed():
            self._run.log.write("debug", "nothing is sent: the extra opentelemetry is missing")
            return None
        headers = _headers(settings, environ)
        service = settings.service_name
        if service is None and not environ.get("OTEL_SERVICE_NAME"):
            service = "llmspell"
        return Target(url, headers, service, request_seconds(environ), metrics)

    def _begin(self, target: Target, tracing: Tracing) -> None:
        from llmspell_cli.tracing.collector import Collector

        self._url = _bare(target.url or target.metrics or "")
        if target.metrics:
            self._registry = registry_of(self._run)
            measure(self._run)
        self._collector = Collector(target, self._registry)
        if target.url:
            tracing.listeners.append(self._collector.tell)


def request_seconds(environ: Mapping[str, str]) -> float | None:
    """Returns how long a request may take; None for what is no time, which the libraries judge."""
    from llmspell_cli.tracing.collector import ATTEMPTS

    try:
        found = float(environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") or ATTEMPTS)
    except ValueError:
        return None
    return min(found, LONGEST) if found > 0 else None


def _url(settings: Telemetry, environ: Mapping[str, str], signal: Signal) -> str | None:
    """Returns the address for a signal: ours, or that of OpenTelemetry's own variables."""
    if settings.endpoint is not None:
        return _checked(settings.endpoint, "telemetry.endpoint", signal.path)
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    foreign = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf") != "http/protobuf"
    if off or foreign or environ.get(signal.exporter, "otlp") != "otlp":
        return None
    if environ.get(signal.address):
        return _checked(environ[signal.address], signal.address, "")
    return _checked(environ[BASE], BASE, signal.path) if environ.get(BASE) else None


def _checked(url: str, name: str, path: str) -> str:
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ConfigError(
            f"{name} is no address of a collector: {url!r}",
            hint="write it as in http://127.0.0.1:4318",
        )
    if not path:
        return url
    # Some write the address for spans with its path.
    return url.rstrip("/").removesuffix(SPANS.path).removesuffix(path) + path


def _headers(settings: Telemetry, environ: Mapping[str, str]) -> dict[str, str]:
    name = settings.headers_env
    if name is None:
        return {}
    written = environ.get(name)
    if not written:
        raise ConfigError(
            f"telemetry.headers_env names {name!r}, which is not set",
            hint=f"set it, as in {name}='authorization=Bearer KEY'",
        )
    found = {}
    for part in written.split(","):
        key, mark, value = part.partition("=")
        if not mark or not key.strip():
            raise ConfigError(f"{name} must be headers such as 'a=1,b=2'")
        found[key.strip().lower()] = value.strip()
    return found


def _is_sampled(tracing: Tracing, share: float) -> bool:
    if tracing.sampled is not None:
        return tracing.sampled
    return random.random() < share  # noqa: S311 - which runs are told is no secret


def _bare(url: str) -> str:
    """Returns an address without what may be a password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
