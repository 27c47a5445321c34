"""The models kept on this machine."""
