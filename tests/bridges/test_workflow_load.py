"""A thousand steps at the same time over a local server: never more at work than allowed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bridges._permissions import Grants
from tests.casting import cast
from tests.sessions import make_session

SPELLS = {
    "lua": """
local steps = {}
for i = 1, 1000 do
  steps[i] = {name = "s" .. i, tool = "http_request", params = {url = URL}}
end
local result = Workflow.parallel{name = "many", steps = steps, max_concurrency = 50}:run()
local count = 0
for _, answer in pairs(result.outputs) do count = count + (answer.text == "ok" and 1 or 0) end
return count""",
    "javascript": """
const steps = [];
for (let i = 0; i < 1000; i++) {
  steps.push({name: `s${i}`, tool: "http_request", params: {url: URL}});
}
const result = await Workflow.parallel({name: "many", steps, maxConcurrency: 50}).run();
return Object.values(result.outputs).filter(answer => answer.text === "ok").length;""",
}


class Server:
    """Answers on loopback in a thread of its own, and counts what is in flight."""

    def __init__(self) -> None:
        self.now = self.most = self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Server:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._start, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.now += 1
                self.most = max(self.most, self.now)
                await asyncio.sleep(0.05)
                self.now -= 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_no_more_steps_run_at_a_time_than_allowed(language: str, tmp_path: Path) -> None:
    grants = Grants(base=tmp_path, read=(tmp_path,), net=("127.0.0.1",))
    with Server() as server:
        url = f'"http://127.0.0.1:{server.port}/"'
        source = SPELLS[language].replace("URL", url)
        outcome, _ = cast(language, source, make_session(tmp_path, grants=grants))
        assert (outcome.error, outcome.value) == (None, 1000)
        assert 2 <= server.most <= 50
