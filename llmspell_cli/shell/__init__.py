"""The terminal side of REPL, chat and debugger: the only importer of prompt_toolkit."""
