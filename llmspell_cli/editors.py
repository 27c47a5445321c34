"""What editors need to know of a folder of spells: the files that `llmspell types` writes."""

from __future__ import annotations

import json
from typing import Any

TYPES = ".llmspell/types"
LUA_SERVER = {
    "runtime.version": "Lua 5.4",
    "runtime.builtin": dict.fromkeys(("debug", "io", "os", "package"), "disable"),
    "workspace.library": [TYPES],
    # Fields that may be absent are no mistake, as in JavaScript below.
    "type.weakNilCheck": True,
    "diagnostics.disable": ["need-check-nil"],
}
TYPESCRIPT_SERVER = {
    "compilerOptions": {
        "target": "es2023",
        "lib": ["es2023"],
        "types": [],
        "module": "esnext",
        "moduleResolution": "bundler",
        "moduleDetection": "force",
        "checkJs": True,
        "strict": False,
        "noEmit": True,
    },
    "include": ["**/*.js", "**/*.mjs", f"{TYPES}/*.d.ts"],
}
LAUNCH = {
    "name": "Debug this spell",
    "type": "llmspell",
    "request": "launch",
    "program": "${file}",
    "cwd": "${workspaceFolder}",
    "args": [],
}
PROPERTIES: dict[str, dict[str, Any]] = {
    "program": {"type": "string", "description": "The spell"},
    "args": {"type": "array", "items": {"type": "string"}, "description": "Its arguments"},
    "params": {"type": "object", "description": "Its parameters"},
    "stdin": {"type": "string", "description": "A file that is its standard input"},
    "cwd": {"type": "string", "description": "The folder it works in"},
    "stopOnEntry": {"type": "boolean", "description": "Stop at its first line"},
    "model": {"type": "string", "description": "The default model"},
    "timeout": {"type": "string", "description": "How long it may take, such as 30s"},
}
"""What completion in launch.json offers; the debugger takes more, which docs/debugging.md lists."""
# Visual Studio Code knows no debugger without an extension; it offers to install those that lie
# in .vscode/extensions. This one has no code: it says how the debugger is started.
EXTENSION = {
    "name": "llmspell",
    "displayName": "llmspell",
    "description": "Debugs spells with the llmspell that is on the path",
    "publisher": "llmspell",
    "version": "1.0.0",
    "engines": {"vscode": "^1.89.0"},
    "categories": ["Debuggers"],
    "contributes": {
        "breakpoints": [{"language": "lua"}, {"language": "javascript"}],
        "debuggers": [
            {
                "type": "llmspell",
                "label": "llmspell",
                "languages": ["lua", "javascript"],
                "runtime": "llmspell",
                "runtimeArgs": ["debug", "--dap"],
                "configurationAttributes": {
                    "launch": {"required": ["program"], "properties": PROPERTIES}
                },
                "initialConfigurations": [LAUNCH],
            }
        ],
    },
}
FILES: dict[str, tuple[dict[str, Any], str]] = {
    ".luarc.json": (LUA_SERVER, TYPES),
    "jsconfig.json": (TYPESCRIPT_SERVER, TYPES),
    ".vscode/extensions.json": ({"recommendations": ["sumneko.lua"]}, "sumneko.lua"),
    ".vscode/launch.json": ({"version": "0.2.0", "configurations": [LAUNCH]}, '"llmspell"'),
    ".vscode/extensions/llmspell/package.json": (EXTENSION, '"llmspell"'),
}
"""By path: what a file holds, and a text by which one of the user's shows that it knows us."""


def text(content: dict[str, Any]) -> str:
    """Returns the text of a file."""
    return json.dumps(content, indent=2) + "\n"
