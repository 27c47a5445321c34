"""States that several processes write, and processes that are killed while they write."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bridges.state_writer import ROUNDS, session_in, state_of
from tests.door import finish

ROOT = Path(__file__).parent.parent.parent
PROCESSES, WRITERS = 4, 25
KILLS = 30


def start(way: str, folder: Path, store: str, number: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bridges.state_writer", way, folder, store, str(number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def values(folder: Path, store: str) -> Any:
    session = session_in(folder)
    return finish(session, state_of(session, store).all())


@pytest.mark.parametrize("store", ["sqlite", "file"])
def test_a_hundred_writers_in_four_processes_lose_nothing(store: str, tmp_path: Path) -> None:
    running = [start("count", tmp_path, store, WRITERS) for _ in range(PROCESSES)]
    for process in running:
        out, err = process.communicate()
        assert process.returncode == 0, err[-2000:]
        assert int(out) >= WRITERS * ROUNDS
    assert values(tmp_path, store) == {"count": PROCESSES * WRITERS * ROUNDS}


@pytest.mark.parametrize("store", ["sqlite", "file"])
def test_a_killed_writer_leaves_the_old_value_or_the_new_one(store: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    last = 0
    waiting = [start("forever", tmp_path, store) for _ in range(2)]
    for _ in range(KILLS):
        # The next one starts while this one writes: both write, for a while.
        process = waiting.pop(0)
        waiting.append(start("forever", tmp_path, store))
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate()
        found = values(tmp_path, store)
        if found:
            one, other = found["pair"]["one"], found["pair"]["other"]
            assert one == other
            assert found["text"] == str(one) * (1 + one % 2000)
            last = one
    while not values(tmp_path, store):  # on a busy machine all may have been killed too soon
        time.sleep(0.1)
    for process in waiting:
        process.kill()
        process.communicate()
    kept = values(tmp_path, store)
    assert kept["pair"]["one"] == kept["pair"]["other"] >= last
    session = session_in(tmp_path)
    state = state_of(session, store)

    async def goes_on() -> Any:
        await state.set("pair.one", -1)
        return await state.get("pair.one")

    assert finish(session, goes_on()) == -1
