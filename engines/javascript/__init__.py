"""The JavaScript engine: QuickJS in a worker."""
