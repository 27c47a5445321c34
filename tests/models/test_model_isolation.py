"""The SDKs read no environment of their own, print nothing, and load only when they are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from bridges._llm.sdk_warnings import listen
from bridges._log import Log
from bridges._settings import Provider
from tests.models.asking import PROTOCOLS, ask, lines, session_at
from tests.models.servers import Servers
from tests.sessions import make_session

ROOT = Path(__file__).parents[2]
KEYS = {"openai-chat": "key-openai"}

SECRETS = {
    "OPENAI_API_KEY": "leak-1",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/leak",
    "OPENAI_ORG_ID": "leak-2",
    "OPENAI_PROJECT_ID": "leak-3",
    "OPENAI_CUSTOM_HEADERS": "x-mine: leak-4",
    "ANTHROPIC_API_KEY": "leak-5",
    "ANTHROPIC_AUTH_TOKEN": "leak-6",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/leak",
    "ANTHROPIC_CUSTOM_HEADERS": "x-mine: leak-7",
    "GOOGLE_API_KEY": "leak-8",
    "GEMINI_API_KEY": "leak-9",
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9/leak",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "OPENROUTER_API_KEY": "leak-10",
    "OLLAMA_BASE_URL": "http://127.0.0.1:9/leak",
}


@pytest.mark.parametrize("provider", [*PROTOCOLS, "ollama", "openrouter"])
def test_nothing_of_the_environment_is_sent(
    provider: str, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    session = session_at(servers, tmp_path)
    for name in ("ollama", "openrouter"):
        session.models.providers[name] = Provider("openai", servers.openai_url, f"key-{name}")
    model = "openrouter:openai/echo" if provider == "openrouter" else f"{provider}:echo"
    found = ask(session, "LLM.complete", "x", {"model": model})
    assert found["text"] == "echo: x"
    headers = json.dumps(servers.requests[-1].headers)
    assert "leak" not in headers
    assert KEYS.get(provider, f"key-{provider}") in headers


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
def test_a_server_without_a_key_gets_none_from_the_environment(
    kind: str, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    url = servers.openai_url if kind == "openai" else servers.url
    session = session_at(
        servers,
        tmp_path,
        models={"providers": {"bare": Provider(kind, url)}},  # type: ignore[arg-type]
    )
    ask(session, "LLM.complete", "x", {"model": "bare:echo"})
    assert "leak" not in json.dumps(servers.requests[-1].headers)


def test_warnings_of_the_sdks_go_to_the_log(servers: Servers, tmp_path: Path) -> None:
    # The Responses protocol has no stop sequences, which pydantic-ai warns of.
    session = session_at(servers, tmp_path)
    ask(session, "LLM.complete", "x", {"model": "openai:echo", "stop": ["END"]})
    assert [m for m, _ in lines(session, "debug") if "stop_sequences" in m]


def test_other_warnings_stay_what_they_were(tmp_path: Path) -> None:
    before = list(warnings.filters)
    shown = warnings.showwarning
    stop = listen(Log("trace", lambda *line: None))
    again = listen(Log("trace", lambda *line: None))
    with pytest.raises(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)
    stop()
    again()
    assert list(warnings.filters) == before
    assert warnings.showwarning is shown


def program(code: str) -> str:
    """Runs Python with warnings as errors and returns what it printed, standard error included."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_declarations_and_names_load_no_sdk() -> None:
    code = """
import sys, bridges.llm, bridges.model, bridges._llm.names, bridges._llm.models
heavy = {"pydantic_ai", "pydantic", "openai", "anthropic", "google.genai", "httpx2", "genai_prices"}
print(sorted(heavy & set(sys.modules)))
"""
    assert program(code) == "[]\n"


def test_one_provider_loads_its_own_sdk_only(servers: Servers) -> None:
    code = f"""
import asyncio, sys, tempfile
from pathlib import Path
from bridges._llm import preload
from bridges._settings import ModelSettings, Provider
from tests.sessions import make_session
preload.start("openai").join()
async def main():
    folder = Path(tempfile.mkdtemp())
    providers = {{"lab": Provider("openai", "{servers.openai_url}")}}
    session = make_session(folder, models=ModelSettings(providers=providers))
    number = session.door.number("LLM.complete")
    print((await session.door.call_async(number, ["hi", {{"model": "lab:echo"}}]))["text"])
    await session.close()
asyncio.run(main())
import pydantic_ai
loaded = {{"openai", "anthropic", "google.genai"}} & set(sys.modules)
print(sorted(loaded), pydantic_ai.BANNER_ENABLED)
"""
    assert program(code) == "echo: hi\n['openai'] False\n"


def test_a_model_is_closed_with_its_session(servers: Servers, tmp_path: Path) -> None:
    from bridges._llm.models import Models

    session = session_at(servers, tmp_path)
    ask(session, "LLM.complete", "x", {"model": "lab:echo"})
    http = session.shared(Models)._http
    assert http is not None and http.is_closed


def test_sessions_share_nothing(servers: Servers, tmp_path: Path) -> None:
    first = session_at(servers, tmp_path)
    second = make_session(tmp_path)
    ask(first, "LLM.complete", "x", {"model": "lab:echo"})
    assert second.budget.requests == 0
