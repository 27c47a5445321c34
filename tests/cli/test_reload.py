"""`run --reload-config`: what of a changed configuration a running spell takes over."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.running import llmspell
from tests.cli.watches import Watching, rewrite

LOOP = """
for round = 1, 9 do
  print('round ' .. round)
  while not File.exists('go' .. round) do Async.sleep(0.02) end
  local ok, found = pcall(CALL)
  Logger.info('logged ' .. round)
  print('round ' .. round .. ': ' .. (ok and tostring(found) or found.code))
end
"""
ASK = "function() return LLM.complete('hello').text end"
FLAGS = ("--calls", "1000000")


class Refusing(BaseHTTPRequestHandler):
    """A server of models that takes no key."""

    def do_POST(self) -> None:
        """Answers every request."""
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def prepare(folder: Path, config: str, code: str = ASK, *, trusted: bool = True) -> None:
    """Writes a spell that asks its model once a round, its models and its configuration."""
    for answer in ("one", "two"):
        (folder / f"{answer}.json").write_text(json.dumps([{"match": "", "text": answer}]))
    (folder / "llmspell.toml").write_text(config)
    (folder / "s.lua").write_text(LOOP.replace("CALL", code))
    if trusted:
        assert llmspell(folder, "trust", ".").code == 0


def begin(folder: Path, *more: str) -> Watching:
    """Runs the spell until its first round has begun, and the configuration is looked after."""
    running = Watching(folder, "--reload-config", "s.lua", *FLAGS, *more)
    running.says(r"^round 1\n")
    return running


def round_gives(folder: Path, running: Watching, number: int, text: str) -> None:
    """Lets a round go on and expects what it gives."""
    (folder / f"go{number}").touch()
    running.says(rf"^round {number}: {text}\n")
    running.says(rf"^round {number + 1}\n")


def change(folder: Path, config: str) -> None:
    rewrite(folder / "llmspell.toml", config)
    assert llmspell(folder, "trust", ".").code == 0


def test_the_default_model_and_the_log_level_change(tmp_path: Path) -> None:
    prepare(tmp_path, "default_model = 'test:one.json'\n")
    with begin(tmp_path) as running:
        round_gives(tmp_path, running, 1, "one")
        change(tmp_path, "default_model = 'test:two.json'\n[logging]\nlevel = 'info'\n")
        running.says(r"^info: the configuration has changed: default_model, logging.level\n")
        round_gives(tmp_path, running, 2, "two")
        assert "info: logged 1" not in running.text
        assert "info: logged 2" in running.text


def test_an_alias_changes_for_a_spell_that_the_spell_runs(tmp_path: Path) -> None:
    prepare(tmp_path, "[models]\nx = 'test:one.json'\n", "Spell.run, 'inner.lua'")
    (tmp_path / "inner.lua").write_text(
        "print('inner') "
        "while not File.exists('on') do Async.sleep(0.02) end "
        "return LLM.complete('hello', {model = 'x'}).text"
    )
    with begin(tmp_path) as running:
        (tmp_path / "go1").touch()
        running.says(r"^inner\n")
        change(tmp_path, "[models]\nx = 'test:two.json'\n")
        running.says(r"^info: the configuration has changed: models.x\n")
        (tmp_path / "on").touch()
        running.says(r"^round 1: two\n")


def test_a_provider_gets_another_address(tmp_path: Path) -> None:
    text = "[requests]\nretries = 0\n[providers.lab]\nkind = 'openai'\nbase_url = '%s'\n"
    code = "function() return LLM.complete('hello', {model = 'lab:x'}).text end"
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        prepare(tmp_path, text % "http://127.0.0.1:9/v1", code)
        with begin(tmp_path) as running:
            round_gives(tmp_path, running, 1, "provider_unavailable")
            change(tmp_path, text % f"http://127.0.0.1:{server.server_port}/v1")
            running.says(r"^info: the configuration has changed: providers.lab.base_url\n")
            round_gives(tmp_path, running, 2, "provider_auth")
        server.shutdown()


def test_a_budget_is_raised_and_cut(tmp_path: Path) -> None:
    text = "default_model = 'test:one.json'\n[budget]\nmax_requests = %s\n"
    prepare(tmp_path, text % 1)
    with begin(tmp_path) as running:
        round_gives(tmp_path, running, 1, "one")
        round_gives(tmp_path, running, 2, "budget_exceeded")
        for number, (most, given) in enumerate(((2, "one"), (1, "budget_exceeded")), 3):
            change(tmp_path, text % most)
            running.says(r"^info: the configuration has changed: budget.max_requests\n")
            round_gives(tmp_path, running, number, given)


def test_security_and_limits_do_not_change(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away/secret.txt").write_text("x")
    prepare(tmp_path, "", "File.read, '../away/secret.txt'")
    work = tmp_path / "work"
    work.mkdir()
    for path in ("s.lua", "llmspell.toml"):
        (tmp_path / path).rename(work / path)
    assert llmspell(work, "trust", ".").code == 0
    with begin(work) as running:
        round_gives(work, running, 1, "permission_denied")
        change(work, "[security]\nprofile = 'none'\nallow_read = ['..']\n[limits]\ncalls = 1\n")
        running.says(
            r"^warn: a spell that runs keeps its security and limits, "
            r"so not: limits.calls, security.allow_read, security.profile\n"
        )
        round_gives(work, running, 2, "permission_denied")


@pytest.mark.parametrize(
    "broken",
    [
        "default_model = 'test:two.json'\nmodells = 3\n",
        "default_model = 'test:two.json'\n[security]\nprofile = 'nothing'\n",
        "default_model = ",
    ],
)
def test_a_broken_file_is_reported_and_the_old_kept(broken: str, tmp_path: Path) -> None:
    prepare(tmp_path, "default_model = 'test:one.json'\n")
    with begin(tmp_path) as running:
        change(tmp_path, broken)
        running.says(r"^warn: the configuration is kept as it was: ")
        round_gives(tmp_path, running, 1, "one")
        change(tmp_path, "default_model = 'test:two.json'\n")
        running.says(r"^info: the configuration has changed: default_model\n")
        round_gives(tmp_path, running, 2, "two")


def test_what_was_trusted_has_to_be_trusted_again(tmp_path: Path) -> None:
    prepare(tmp_path, "default_model = 'test:one.json'\n")
    with begin(tmp_path) as running:
        rewrite(tmp_path / "llmspell.toml", "default_model = 'test:two.json'\n")
        running.says(r"^warn: the configuration is kept as it was: .* is not trusted any more")
        round_gives(tmp_path, running, 1, "one")
        assert llmspell(tmp_path, "trust", ".").code == 0
        running.says(r"^info: the configuration has changed: default_model\n")
        round_gives(tmp_path, running, 2, "two")


def test_what_was_never_trusted_only_narrows(tmp_path: Path) -> None:
    prepare(tmp_path, "default_model = 'test:one.json'\n", trusted=False)
    with begin(tmp_path) as running:
        rewrite(
            tmp_path / "llmspell.toml",
            "default_model = 'test:two.json'\n"
            "[providers.lab]\nkind = 'openai'\nbase_url = 'http://127.0.0.1:9'\n",
        )
        running.says(r"^info: the configuration has changed: default_model\n")
        round_gives(tmp_path, running, 1, "two")


def test_flags_decide_whatever_a_file_says(tmp_path: Path) -> None:
    prepare(tmp_path, "")
    flags = ("--model", "test:one.json", "--log-level", "warn", "--max-requests", "1")
    with begin(tmp_path, *flags) as running:
        change(
            tmp_path,
            "default_model = 'test:two.json'\n[logging]\nlevel = 'trace'\n"
            "[budget]\nmax_requests = 9\nmax_tokens = 1000\n",
        )
        running.says(r"^info: the configuration has changed")
        round_gives(tmp_path, running, 1, "one")
        round_gives(tmp_path, running, 2, "budget_exceeded")
        assert "logged" not in running.text


def test_without_the_flag_nothing_changes_and_nothing_is_imported(tmp_path: Path) -> None:
    prepare(tmp_path, "default_model = 'test:one.json'\n")
    with Watching(tmp_path, "s.lua", *FLAGS) as running:
        running.says(r"^round 1\n")
        change(tmp_path, "default_model = 'test:two.json'\n")
        round_gives(tmp_path, running, 1, "one")
        maps = Path(f"/proc/{running.process.pid}/maps")
        assert not maps.exists() or "watchfiles" not in maps.read_text()
