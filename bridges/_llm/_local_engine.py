"""Model files loaded into this process with llama.cpp, each once, one request at a time."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bridges._errors import ModelNotFound, ProviderFailed, ProviderUnavailable

CONTEXT = 8192
"""Tokens a request and its answer may have together; more costs memory in every process."""
BATCH = 256
"""Input tokens read between two looks at whether the request was given up."""
MAX_SOCKET_PATH = 100

_loaded: dict[tuple[Path, bool], Engine] = {}
_loading = threading.Lock()


def load(path: Path, *, embeddings: bool = False) -> Engine:
    """Returns the process's engine of a model file, loading it on first use; it blocks.

    embeddings: for vectors instead of text; this is another engine
    Raises ProviderUnavailable without llama.cpp, ModelNotFound or ProviderFailed for a bad file.
    """
    key = (path, embeddings)
    with _loading:
        if key not in _loaded:
            _loaded[key] = Engine(path, embeddings=embeddings)
        return _loaded[key]


class Engine:
    """One loaded model.

    name: what answers call the model
    context: tokens of its window
    tools: whether its chat template knows tools
    """

    def __init__(self, path: Path, *, embeddings: bool = False) -> None:
        _check_file(path)
        self.name = path.stem
        self._server, facts = _start(path, self.name, embeddings)
        self.context = int(facts["default_generation_settings"]["n_ctx"])
        self.tools = bool(facts.get("chat_template_caps", {}).get("supports_tools"))
        self.queue = ThreadPoolExecutor(1, f"model {self.name}")

    def chat(
        self, body: dict[str, Any], emit: Callable[[dict[str, Any]], None], stop: threading.Event
    ) -> None:
        """Answers a streaming chat request of the OpenAI protocol; it blocks.

        emit: given every chunk, or one `{"error": …}`
        stop: once set, the answer ends at the next token or batch of input
        """

        def take(chunk: dict[str, Any]) -> bool:
            if "prompt_progress" not in chunk:
                emit(chunk)
            return stop.is_set()

        if not stop.is_set():
            with _errors_as_chunks(emit):
                self._server.handle_chat_completions({**body, "return_progress": True}, take)

    def embed(self, body: dict[str, Any], emit: Callable[[dict[str, Any]], None]) -> None:
        """Answers an embedding request of the OpenAI protocol with one emitted map; it blocks."""
        with _errors_as_chunks(emit):
            answer = self._server.handle_embeddings(body)
            if "Pooling type" in answer.get("error", {}).get("message", ""):
                raise ValueError(f"{self.name} gives no embeddings; name an embedding model")
            emit(answer)


@contextlib.contextmanager
def _errors_as_chunks(emit: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    try:
        yield
    except (ValueError, RuntimeError) as error:
        emit({"error": {"code": 400, "message": str(error), "type": "invalid_request_error"}})


def free_threads(processors: int, load: float) -> int | None:
    """Returns how many threads a busy machine leaves; None where the library may choose.

    The library's threads spin while they wait for each other: with more of them than free
    processors an answer takes twice as long as with one.
    """
    free = processors - load
    return max(1, int(free)) if free < processors / 2 else None


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelNotFound(f"cannot read the model {path}: {error.strerror}") from None
    if magic != b"GGUF":
        raise ProviderFailed(f"{path} is not a model in the GGUF format")


def _start(path: Path, name: str, embeddings: bool) -> tuple[Any, dict[str, Any]]:
    try:
        import xllamacpp
    except ImportError as error:
        raise ProviderUnavailable(
            f"local models need llama.cpp, which is not installed here ({error})",
            hint="pip install 'llmspell[local]', or name another model",
            retryable=False,
        ) from None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {name}
    params.n_ctx = CONTEXT
    params.n_batch = params.n_ubatch = BATCH
    params.embedding = embeddings
    if embeddings:  # an embedding's whole text has to fit one batch
        params.n_batch = params.n_ubatch = CONTEXT
    if threads := free_threads(os.cpu_count() or 1, os.getloadavg()[0]):
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 0
    params.warmup = False
    params.ui = False
    # The library opens a port that answers whoever asks. Its key is known here only, and where
    # it can be a file in a folder of our own, it is gone as soon as the model is loaded.
    key = secrets.token_urlsafe(32)
    params.api_keys = [key]
    with tempfile.TemporaryDirectory(prefix="llmspell-") as folder:
        socket = f"{folder}/s.sock"
        if len(socket) <= MAX_SOCKET_PATH:
            params.hostnames = [socket]
        try:
            server = xllamacpp.Server(params)
        except RuntimeError:
            raise ProviderFailed(
                f"llama.cpp cannot load {path}",
                hint="the file may be damaged, of a kind it does not know, or too big for memory",
            ) from None
        return server, _facts(server.listening_address, key)


def _facts(address: str, key: str) -> dict[str, Any]:
    import httpx2

    transport = None
    if address.startswith("unix://"):
        transport = httpx2.HTTPTransport(uds=address.removeprefix("unix://"))
        address = "http://local"
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(transport=transport, trust_env=False, headers=headers) as client:
        facts = json.loads(client.get(f"{address}/props").raise_for_status().content)
    assert isinstance(facts, dict)
    return facts
