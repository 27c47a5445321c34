"""`llmspell run --watch`: runs a spell again whenever it, or what it reads, has changed."""
