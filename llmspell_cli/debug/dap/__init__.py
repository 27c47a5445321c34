"""The Debug Adapter Protocol: how editors talk to the debugger."""
