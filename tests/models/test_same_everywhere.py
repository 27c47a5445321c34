"""One spell in both languages, against every protocol through the real SDKs: the same calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import llmspell
from tests.models.servers import start

LUA = """
local seen = {}
local lookup = Tool.new{
  name = "lookup", description = "Looks a city up",
  parameters = { city = { type = "string", required = true } },
  run = function(arguments)
    seen[#seen + 1] = arguments.city
    return { city = arguments.city, population = 42 }
  end,
}
local agent = Agent.new{
  name = "guide", system_prompt = "Be brief.", tools = { lookup, "calculator" },
  temperature = 0, max_tokens = 500,
}
local chunks = {}
local stream = agent:stream("How many people live there?")
for chunk in stream do chunks[#chunks + 1] = chunk end
local result = stream:result()
return {
  streamed = table.concat(chunks), several = #chunks > 1, text = tostring(result), seen = seen,
  steps = #result.steps, input = result.usage.input_tokens > 0, joined = "> " .. result,
}
"""
JAVASCRIPT = """
const seen = [];
const lookup = Tool.new({
  name: "lookup", description: "Looks a city up",
  parameters: { city: { type: "string", required: true } },
  run(args) { seen.push(args.city); return { city: args.city, population: 42 }; },
});
const agent = new Agent({
  name: "guide", systemPrompt: "Be brief.", tools: [lookup, "calculator"],
  temperature: 0, maxTokens: 500,
});
const chunks = [];
const stream = agent.stream("How many people live there?");
for await (const chunk of stream) chunks.push(chunk);
const result = await stream.result();
return {
  streamed: chunks.join(""), several: chunks.length > 1, text: `${result}`, seen,
  steps: result.steps.length, input: result.usage.inputTokens > 0, joined: "> " + result,
};
"""
PROVIDERS = {"openai": "openai_url", "anthropic": "anthropic_url", "google": "google_url"}


def cast(folder: Path, kind: str, suffix: str) -> tuple[Any, list[Any]]:
    """Returns the spell's value and the bodies of the requests it made."""
    with start() as servers:
        (folder / "config.toml").write_text(
            f'default_model = "lab:tool-all"\n[providers.lab]\nkind = "{kind}"\n'
            f'base_url = "{getattr(servers, PROVIDERS[kind])}"\napi_key = "k"\n'
        )
        (folder / "guide.lua").write_text(LUA)
        (folder / "guide.js").write_text(JAVASCRIPT)
        ended = llmspell(folder, "run", "--config", "config.toml", f"guide.{suffix}", "-o", "json")
        assert ended.code == 0, ended
        return json.loads(ended.out)["value"], [request.body for request in servers.requests]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_same_calls_and_same_result_in_both_languages(kind: str, tmp_path: Path) -> None:
    lua, lua_requests = cast(tmp_path, kind, "lua")
    javascript, javascript_requests = cast(tmp_path, kind, "js")
    assert lua == javascript
    assert [scrubbed(body) for body in lua_requests] == [
        scrubbed(body) for body in javascript_requests
    ]
    assert len(lua_requests) == 2
    assert lua["several"] and lua["text"] == lua["streamed"] and lua["text"] in lua["joined"]
    assert lua["seen"] == ["sample"]
    assert "population" in lua["text"]


def scrubbed(body: Any) -> str:
    """Returns a request without the ids that every run makes anew."""
    import re

    return re.sub(r'"(call|toolu|pyd_ai)[\w-]*"', '"ID"', json.dumps(body, sort_keys=True))
