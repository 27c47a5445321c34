"""The one list of files that hold secrets, and of files that spells never write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

SECRETS = (
    # The kernel's windows into processes (the host's own environment among them) and devices.
    "//proc", "//sys", "//dev",
    ".env", ".env.*", "*.env", ".envrc", "secrets.toml", "secrets.yaml", "secrets.yml",
    "secrets.json", "llmspell.toml",
    "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.agekey",
    "id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk",
    ".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".yarnrc.yml", ".pypirc", ".htpasswd",
    ".git-credentials", ".git/config", ".dockercfg", ".vault-token", ".terraformrc",
    "*.tfstate", "*.tfstate.backup", "*.tfvars",
    "credentials", "credentials.json", "credentials.toml", "application_default_credentials.json",
    "client_secret*.json", "service_account*.json",
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store", ".oci",
    ".config/gcloud", ".config/gh", ".config/hub", ".config/op", ".config/rclone",
    ".config/llmspell", "application support/llmspell",
    "keyrings", "library/keychains", ".mozilla", ".config/google-chrome", ".config/chromium",
    ".bash_history", ".zsh_history", ".python_history", ".psql_history", ".lua_history",
    "etc/shadow", "etc/gshadow", "etc/sudoers", "etc/sudoers.d",
    "llmspell.db", "llmspell.db-*",
)  # fmt: skip
"""Files and folders (with all below them) that a grant of a folder above does not cover.

A pattern is one or more path parts, compared without case anywhere in a path; `//` ties it to the
root. `*` stands for any characters of one part.
"""

HARMLESS = (".env.example", ".env.sample", ".env.template", ".env.dist", ".env.schema")
"""Names the patterns above would take for secrets and that are not."""

PROTECTED = (
    "llmspell.toml", ".git", ".local/share/llmspell",
    # What shells, editors and desktops run without being asked: a way out of the sandbox where
    # the working directory is somebody's home.
    ".bashrc", ".bash_*", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout",
    ".kshrc", ".cshrc", ".tcshrc", ".login", ".logout", ".inputrc", ".xprofile", ".xinitrc",
    ".xsession", ".xsessionrc", ".pam_environment", ".gitconfig", ".config/git", ".hgrc",
    ".config/fish", ".config/autostart", ".config/systemd", ".config/environment.d",
    ".local/bin", ".local/lib", ".local/share/applications", ".local/share/systemd",
    "library/launchagents", "library/preferences", ".vimrc", ".gvimrc", ".vim", ".config/nvim",
    ".emacs", ".emacs.d", ".config/emacs", ".tmux.conf", ".config/tmux", ".screenrc", ".gdbinit",
    ".lldbinit", ".vscode", ".vscode-server", ".idea", ".husky", ".pre-commit-config.yaml",
    ".cargo", ".pip", ".config/pip",
)  # fmt: skip
"""What decides over a spell's own grants, or runs on its own: not written by a wider grant."""


@cache
def _compile(patterns: tuple[str, ...], harmless: tuple[str, ...] = ()) -> re.Pattern[str]:
    tied = "|".join(_part(p[2:]) for p in patterns if p.startswith("//"))
    free = "|".join(_part(p) for p in patterns if not p.startswith("//"))
    spared = "|".join(_part(p) for p in harmless) or "(?!)"
    start = rf"(?:\A/(?:{tied or '(?!)'})|.*/(?!(?:{spared})(?:/|\Z))(?:{free}))"
    return re.compile(rf"{start}(?:/|\Z)", re.DOTALL)


def _part(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", "[^/]*")


def fold(path: str) -> str:
    """Returns a path as a file system that ignores case and composition compares it."""
    return path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def is_secret(path: str) -> bool:
    """Tells whether an absolute path is on the list of secrets."""
    return _compile(SECRETS, HARMLESS).match(fold(path)) is not None


def is_protected(path: str) -> bool:
    """Tells whether an absolute path is one that spells do not write."""
    return _compile(PROTECTED).match(fold(path)) is not None


KEYS = r"""
    \b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}             # OpenAI, Anthropic, OpenRouter, DeepSeek, Stripe
    | \b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}
    | \bAIza[A-Za-z0-9_-]{30,}                    # Google
    | \b(?:gsk_|xai-|hf_|r8_|tvly-|pplx-|nvapi-|csk-|fw_)[A-Za-z0-9_-]{16,}
    | \b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|dop_v1_|shpat_)[A-Za-z0-9_-]{16,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b               # AWS
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}            # Slack
    | \beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}   # JSON web tokens
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY
    | \b[a-z][a-z0-9+.-]*://[^\s/@:"']*:[^\s/@"']+@  # a password in an address
    | \b(?:bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}
    | (?:api[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|passphrase|credentials?
        |authorization)
      [\w-]*["'\]]*(?:\s*[:=]\s*(?:["'`]|\[=*\[)|=(?!=|\d+\b))[^\s"'`,)}\]]{6,}
    """
"""How keys look, and how texts that are set to a name such as `password` or `api_key` do."""
_TELLING = (
    r"api[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|passphrase|credential|authorization"
)
SHORTEST = 8
"""Characters of a known value for it to be looked for."""
_SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL")


def has_key(text: str, known: Iterable[str] = ()) -> bool:
    """Tells whether a text seems to hold a key or a password.

    known: values that are secret however they look
    """
    return _key_pattern().search(text) is not None or any(
        len(value) >= SHORTEST and value in text for value in known
    )


@cache
def _key_pattern() -> re.Pattern[str]:
    # Compiled when it is asked for: a run of a spell never does.
    return re.compile(KEYS, re.IGNORECASE | re.VERBOSE)


def is_secret_name(name: str) -> bool:
    """Tells whether a name says that the text under it is secret."""
    return re.search(_TELLING, name, re.IGNORECASE) is not None


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Returns the values of the variables whose names say that they are secret."""
    return [
        value
        for name, value in environ.items()
        if value and any(word in name.upper() for word in _SECRET_NAMES)
    ]
