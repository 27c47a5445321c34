"""The REPL and the chat: what they do, whatever the terminal; `llmspell_cli.shell` draws them."""
