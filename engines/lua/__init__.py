"""The Lua engine: Lua 5.4 through lupa, its runtime in `runtime/*.lua`."""
