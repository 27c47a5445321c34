"""Model calls against a local server: many at once, and one in a cold process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, interleaved, once

MANY = 1000
SPELL = """
local jobs = {}
for i = 1, COUNT do jobs[i] = function() return LLM.complete{ prompt = "hi " .. i }.text end end
local answers = Async.all(jobs)
assert(#answers == COUNT)
"""
BARE = """
import asyncio, sys
from openai import AsyncOpenAI
async def main():
    async with AsyncOpenAI(base_url=sys.argv[1], api_key="x", max_retries=0) as client:
        async def one(i):
            await client.chat.completions.create(
                model="echo", messages=[{"role": "user", "content": f"hi {i}"}])
        await asyncio.gather(*(one(i) for i in range(int(sys.argv[2]))))
asyncio.run(main())
"""


def rows(folder: Path, rounds: int) -> list[Row]:
    """Measures a thousand calls at once, and one call in a whole cold process."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.models.servers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        url = json.loads(server.stdout.readline())["openai"]
        return _rows(folder, rounds, url)
    finally:
        server.kill()
        server.wait()


def _rows(folder: Path, rounds: int, url: str) -> list[Row]:
    (folder / "bare.py").write_text(textwrap.dedent(BARE))
    (folder / "llmspell.toml").write_text("")
    config = folder / "bench.toml"
    config.write_text(
        f'default_model = "lab:echo"\n[providers.lab]\nkind = "openai"\nbase_url = "{url}"\n'
        'api_key = "x"\n[limits]\ncalls = 100000\nin_flight = 5000\n'
    )
    llmspell = str(Path(sys.executable).parent / "llmspell")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    measures: dict[str, Callable[[], float]] = {}
    for count in (1, MANY):
        spell = folder / f"calls{count}.lua"
        spell.write_text(SPELL.replace("COUNT", str(count)))
        spelled = [llmspell, "run", "--config", str(config), str(spell)]
        bare = [sys.executable, str(folder / "bare.py"), url, str(count)]
        measures[f"ours {count}"] = partial(once, spelled, env)
        measures[f"bare {count}"] = partial(once, bare, env)
    found = interleaved(measures, rounds)
    cold = found["ours 1"] / found["bare 1"]
    # What starting costs is the row above; here only the calls themselves are compared.
    ours = found[f"ours {MANY}"] - found["ours 1"]
    many = ours / (found[f"bare {MANY}"] - found["bare 1"])
    return [
        Row(
            "one model call, whole process, cold",
            f"{cold:.2f}x of a bare script on the same SDK ({found['ours 1'] * 1000:.0f} ms)",
            "2.2x",
            cold <= 2.2,
        ),
        Row(
            f"{MANY:,} model calls at once, start-up apart",
            f"{many:.2f}x of plain asyncio on the same SDK ({ours:.1f} s)",
            "1.3x",
            many <= 1.3,
        ),
    ]
