"""Pools in whole runs of the program, in both languages: the same answers, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment, llmspell
from tests.models.servers import Servers, start

SPELLS = {
    "lua": """
local pool = Model.pool{
  name = "main", strategy = "fastest", hedge_after = 0.1,
  members = { "lab:slow-60", { model = "lab:echo", weight = 2 } },
}
local answer = LLM.complete("one", { model = "pool:main" })
local agent = Agent.new{ name = "a", model = "pool:main" }
local streamed = agent:stream("two words")
local pieces = {}
for piece in streamed do pieces[#pieces + 1] = piece end
Model.pool{
  name = "jury", strategy = "consensus", quorum = 1,
  members = { "lab:say-a", "lab:say-b", "pool:main" },
  judge = function(answers) return #answers end,
}
local judged = LLM.complete("three", { model = "pool:jury" })
Model.set_default("pool:jury")
return {
  answer.text, answer.model, table.concat(pieces), streamed:result().model, #judged.text > 0,
  Model.default(), pool:info().members, #Model.health(), Model.list("pool"),
}
""",
    "js": """
const pool = Model.pool({
  name: "main", strategy: "fastest", hedgeAfter: 0.1,
  members: ["lab:slow-60", { model: "lab:echo", weight: 2 }],
});
const answer = await LLM.complete("one", { model: "pool:main" });
const agent = new Agent({ name: "a", model: "pool:main" });
const streamed = agent.stream("two words");
const pieces = [];
for await (const piece of streamed) pieces.push(piece);
Model.pool({
  name: "jury", strategy: "consensus", quorum: 1,
  members: ["lab:say-a", "lab:say-b", "pool:main"],
  judge: (answers) => answers.length,
});
const judged = await LLM.complete("three", { model: "pool:jury" });
Model.setDefault("pool:jury");
export default [
  answer.text, answer.model, pieces.join(""), (await streamed.result()).model,
  judged.text.length > 0,
  Model.default(), pool.info().members, Model.health().length, await Model.list("pool"),
];
""",
}


def write(folder: Path, servers: Servers) -> None:
    (folder / "config.toml").write_text(
        f'[providers.lab]\nkind = "openai"\nbase_url = "{servers.openai_url}"\napi_key = "k"\n'
    )


@pytest.mark.parametrize("suffix", SPELLS)
def test_a_spell_with_pools(suffix: str, tmp_path: Path) -> None:
    with start() as servers:
        write(tmp_path, servers)
        (tmp_path / f"spell.{suffix}").write_text(SPELLS[suffix])
        options = ("run", "--config", "config.toml", f"spell.{suffix}", "-o", "json")
        ended = llmspell(tmp_path, *options)
        assert ended.code == 0, ended
        assert json.loads(ended.out)["value"] == [
            *("echo: one", "lab:echo", "echo: two words", "lab:echo", True, "pool:jury"),
            *(["lab:slow-60", "lab:echo"], 5, ["pool:main", "pool:jury"]),
        ]
        assert servers.under_way == 0


@pytest.mark.parametrize("suffix", ["lua", "js"])
def test_ctrl_c_while_hedging_leaves_nothing_open(suffix: str, tmp_path: Path) -> None:
    wait = "" if suffix == "lua" else "await "
    members = '"lab:slow-60", "lab:slow-61", "lab:slow-62"'
    lists = f"{{ {members} }}" if suffix == "lua" else f"[{members}]"
    fields = (("name", '"main"'), ("strategy", '"fastest"'), ("members", lists))
    after = "hedge_after = 0.05" if suffix == "lua" else "hedgeAfter: 0.05"
    mark = " = " if suffix == "lua" else ": "
    options = ", ".join([*(f"{name}{mark}{value}" for name, value in fields), after])
    asks = f'{wait}LLM.complete("x", {{ model{mark}"pool:main" }})'
    with start() as servers:
        write(tmp_path, servers)
        (tmp_path / f"spell.{suffix}").write_text(f"Model.pool({{ {options} }})\n{asks}\n")
        running = subprocess.Popen(
            [*PROGRAM, "run", "--config", "config.toml", f"spell.{suffix}"],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
        )
        try:
            until(lambda: servers.under_way == 3)
            os.kill(running.pid, signal.SIGINT)
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
        assert running.returncode == 130, said
        assert b"Traceback" not in said
        until(lambda: servers.under_way == 0 and servers.left >= 3)
        assert servers.left == 3


def until(holds: object) -> None:
    assert callable(holds)
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
