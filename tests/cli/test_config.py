"""Configuration: where it comes from, what wins, what an untrusted project may not do."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ConfigError
from bridges._llm.providers import BUILT_IN
from llmspell_cli import trust
from llmspell_cli.config import Config, load
from llmspell_cli.config_example import example
from llmspell_cli.config_layers import line_of, read_file
from llmspell_cli.config_schema import PROTOCOLS, SCHEMA, Key
from llmspell_cli.world import World
from tests.cli.worlds import make_world

ROOT = Path(__file__).parent.parent.parent


def project(world: World, text: str, *, trusted: bool) -> Path:
    file = world.cwd / "llmspell.toml"
    file.write_text(text, encoding="utf-8")
    if trusted:
        trust.trust(world, file)
    return file


def user(world: World, text: str) -> None:
    world.config_dir.mkdir()
    (world.config_dir / "config.toml").write_text(text, encoding="utf-8")


def untrusted(tmp_path: Path, text: str) -> Config:
    world = make_world(tmp_path)
    project(world, text, trusted=False)
    return load(world)


def test_without_files_the_built_in_values_hold(tmp_path: Path) -> None:
    config = load(make_world(tmp_path))
    assert (config.limits.timeout, config.limits.memory) == (300.0, 256 * 1024 * 1024)
    assert config.security.profile == "medium"
    assert config.budget.max_cost is None
    assert config.file is None and config.warnings == ()


def test_every_setting_is_read(tmp_path: Path) -> None:
    world = make_world(tmp_path, LAB_KEY="k")
    file = project(
        world,
        """
        default_model = "fast"
        audit_log = "audit.jsonl"
        [models]
        fast = "lab:small"
        [providers.lab]
        kind = "anthropic"
        base_url = "http://127.0.0.1:1/v1"
        api_key_env = "LAB_KEY"
        [security]
        profile = "ci"
        allow_read = ["docs", "~/notes", "/etc/hosts"]
        allow_net = ["example.org"]
        deny_run = ["sh"]
        [security.profiles.ci]
        base = "high"
        allow_env = ["LANG"]
        [limits]
        timeout = "5m"
        cpu = 2.5
        memory = "1.5MB"
        output = 1000
        calls = 7
        [budget]
        max_cost = 0.25
        max_tokens = 10
        [requests]
        idle = "90s"
        retries = 0
        [logging]
        level = "warning"
        format = "json"
        file = "log.txt"
        """,
        trusted=True,
    )
    config = load(world)
    assert config.models.default_model == "fast"
    assert config.models.aliases == {"fast": "lab:small"}
    lab = config.models.providers["lab"]
    assert (lab.kind, lab.base_url, lab.api_key) == ("anthropic", "http://127.0.0.1:1/v1", "k")
    assert (config.models.idle, config.models.retries) == (90.0, 0)
    home = tmp_path / "home"
    assert config.security.allow_read == (
        str(world.cwd / "docs"),
        str(home / "notes"),
        "/etc/hosts",
    )
    assert config.security.profiles["ci"] == {"base": "high", "allow_env": ("LANG",)}
    assert config.security.deny_run == ("sh",)
    limits = config.limits
    assert (limits.timeout, limits.cpu, limits.calls) == (300.0, 2.5, 7)
    assert (limits.memory, limits.output) == (1024 * 1536, 1000)
    assert (config.budget.max_cost, config.budget.max_tokens) == (Decimal("0.25"), 10)
    assert (config.logging.level, config.logging.format) == ("warn", "json")
    assert config.logging.file == world.cwd / "log.txt"
    assert config.audit_log == world.cwd / "audit.jsonl"
    assert config.sources["limits", "calls"] == str(file)
    assert config.sources["limits", "in_flight"] == "built-in"


def test_later_sources_win_and_grant_lists_grow(tmp_path: Path) -> None:
    world = make_world(
        tmp_path, LLMSPELL_LIMITS__CALLS="3", LLMSPELL_SECURITY__ALLOW_NET="c.example, d.example"
    )
    user(
        world,
        '[limits]\ncalls = 1\ncpu = 1\ntimeout = 1\n[security]\nallow_net = ["a.example"]\n'
        'deny_env = ["A"]\n',
    )
    project(
        world,
        '[limits]\ncalls = 2\ncpu = 2\n[security]\nallow_net = ["b.example"]\ndeny_env = ["B"]\n',
        trusted=True,
    )
    config = load(world)
    assert (config.limits.calls, config.limits.cpu, config.limits.timeout) == (3, 2.0, 1.0)
    assert config.security.allow_net == ("a.example", "b.example", "c.example", "d.example")
    assert config.security.deny_env == ("A", "B")
    assert config.sources["limits", "calls"] == "environment"


def test_the_project_is_found_upwards_and_a_named_file_replaces_it(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, "[limits]\ncalls = 2\n", trusted=True)
    below = world.cwd / "a" / "b"
    below.mkdir(parents=True)
    assert load(world, start=below).limits.calls == 2
    named = tmp_path / "named.toml"
    named.write_text("[limits]\ntimeout = 9\n")
    config = load(world, file=named)
    assert (config.limits.calls, config.limits.timeout) == (10_000, 9.0)
    world = make_world(tmp_path, LLMSPELL_CONFIG=str(named))
    assert load(world).limits.timeout == 9.0


def test_a_named_file_needs_no_trust(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    file = project(world, '[security]\nprofile = "none"\n', trusted=False)
    assert load(world, file=file).security.profile == "none"
    assert load(world).security.profile == "medium"


@pytest.mark.parametrize(
    "setting",
    [
        '[security]\nprofile = "low"',
        '[security]\nprofile = "none"',
        '[security]\nprofile = "ci"',
        '[security]\nallow_read = ["/"]',
        '[security]\nallow_write = ["/"]',
        '[security]\nallow_net = ["*"]',
        '[security]\nallow_env = ["*"]',
        '[security]\nallow_run = ["*"]',
        '[security]\nallow_state = ["global"]',
        '[security]\nallow_modules = ["/"]',
        '[security.profiles.ci]\nbase = "none"',
        '[limits]\ntimeout = "10m"',
        '[limits]\ncpu = "10m"',
        '[limits]\nmemory = "1GB"',
        '[limits]\noutput = "1GB"',
        "[limits]\ncalls = 10001",
        "[limits]\nin_flight = 100000",
        "[requests]\nretries = 9",
        '[logging]\nfile = "/tmp/anywhere"',
        'audit_log = "/tmp/anywhere"',
        '[providers.lab]\nkind = "openai"',
        '[providers.openai]\nbase_url = "http://127.0.0.1:9/v1"',
        '[providers.openai]\napi_key = "of-somebody-else"',
    ],
)
def test_an_untrusted_project_widens_nothing(setting: str, tmp_path: Path) -> None:
    plain = load(make_world(tmp_path))
    config = untrusted(tmp_path, setting)
    assert config.values == plain.values
    assert len(config.warnings) == 1 and "llmspell trust" in config.warnings[0]


@pytest.mark.parametrize(
    ("setting", "keys", "value"),
    [
        ('[security]\nprofile = "high"', ("security", "profile"), "high"),
        ('[security]\ndeny_net = ["*"]', ("security", "deny_net"), ("*",)),
        ("[limits]\ncalls = 5", ("limits", "calls"), 5),
        ("[budget]\nmax_cost = 1", ("budget", "max_cost"), Decimal(1)),
        ('[logging]\nlevel = "debug"', ("logging", "level"), "debug"),
        ('default_model = "test:echo"', ("default_model",), "test:echo"),
        ('[models]\nfast = "test:echo"', ("models", "fast"), "test:echo"),
    ],
)
def test_an_untrusted_project_may_narrow(
    setting: str, keys: tuple[str, ...], value: object, tmp_path: Path
) -> None:
    config = untrusted(tmp_path, setting)
    assert config.values[keys] == value
    assert config.warnings == ()


def test_an_untrusted_project_narrows_below_what_the_user_set(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    user(
        world, '[budget]\nmax_cost = 1.0\n[security]\nprofile = "high"\ndeny_net = ["a.example"]\n'
    )
    text = '[budget]\nmax_cost = 2.0\n[security]\nprofile = "medium"\ndeny_net = ["b.example"]\n'
    project(world, text, trusted=False)
    config = load(world)
    assert config.budget.max_cost == Decimal("1.0")
    assert config.security.profile == "high"
    assert config.security.deny_net == ("a.example", "b.example")


def test_an_untrusted_project_gets_no_key_of_the_user(tmp_path: Path) -> None:
    world = make_world(tmp_path, OPENAI_API_KEY="of-the-user", LAB_KEY="of-the-user")
    user(
        world,
        '[providers.lab]\nkind = "openai"\nbase_url = "http://a/v1"\napi_key = "of-the-user"\n',
    )
    project(
        world,
        '[providers.lab]\nbase_url = "http://evil/v1"\n'
        '[providers.evil]\nkind = "openai"\nbase_url = "http://evil/v1"\napi_key_env = "LAB_KEY"\n'
        '[providers.openai]\nbase_url = "http://evil/v1"\n',
        trusted=False,
    )
    providers = load(world).models.providers
    assert set(providers) == {"lab"}
    assert providers["lab"].base_url == "http://a/v1"


def test_trust_ends_when_the_content_changes(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    file = project(world, '[security]\nprofile = "low"\n', trusted=True)
    assert load(world).security.profile == "low"
    file.write_text('[security]\nprofile = "none"\n')
    assert load(world).security.profile == "medium"


def test_keys_come_from_the_environment_then_dotenv(tmp_path: Path) -> None:
    world = make_world(tmp_path, OPENAI_API_KEY="from-environment")
    (world.cwd / ".env").write_text(
        "# keys\nOPENAI_API_KEY=from-dotenv\nexport ANTHROPIC_API_KEY='quoted'\n"
        "GOOGLE_API_KEY=plain # a comment\nPATH=/evil\nOPENAI_BASE_URL=http://evil\nBAD LINE\n"
        "GROQ_API_KEY=groq\n"
    )
    assert load(world).models.keys == {
        "OPENAI_API_KEY": "from-environment",
        "ANTHROPIC_API_KEY": "quoted",
        "GOOGLE_API_KEY": "plain",
        "GROQ_API_KEY": "groq",
    }


@pytest.mark.parametrize("trusted", [True, False])
def test_keys_of_a_folder_that_is_not_trusted_are_not_used(trusted: bool, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, "", trusted=trusted)
    (world.cwd / ".env").write_text("OPENAI_API_KEY=of-the-author\n")
    assert load(world).models.keys == ({"OPENAI_API_KEY": "of-the-author"} if trusted else {})


@pytest.mark.parametrize("name", [name for name, known in BUILT_IN.items() if known.base_url])
def test_a_built_in_provider_needs_no_kind(name: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, f'[providers.{name}]\napi_key = "mine"\n', trusted=True)
    found = load(world).models.providers[name]
    assert found.kind in PROTOCOLS and found.api_key == "mine"


@pytest.mark.parametrize("name", ["lab", "local", "test"])
def test_a_provider_of_ones_own_needs_a_kind(name: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, f'[providers.{name}]\nbase_url = "http://127.0.0.1:1"\n', trusted=True)
    with pytest.raises(ConfigError, match=f"providers.{name} has no kind"):
        load(world)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\n\ntimout = 1", ":3: limits.timout is not a setting"),
        ("timeout = 1", ":1: timeout is not a setting"),
        ("[limit]\ncpu = 1", ":1: limit is not a setting"),
        ("limits = 3", ":1: limits must be a table"),
        ("[limits]\ntimeout = true", ":2: limits.timeout must be seconds"),
        ("[limits]\ntimeout = 0", ":2: limits.timeout must be seconds"),
        ("[limits]\ntimeout = '5 parsecs'", ":2: limits.timeout"),
        ("[limits]\nmemory = '1XB'", ":2: limits.memory"),
        ("[limits]\ncalls = -1", ":2: limits.calls must be a whole number"),
        ("[limits]\ncalls = 1.5", ":2: limits.calls must be a whole number"),
        ("[budget]\nmax_cost = 'a lot'", ":2: budget.max_cost must be an amount"),
        ("[budget]\nmax_cost = nan", ":2: budget.max_cost must be an amount"),
        ("[security]\nallow_net = 'a'", ":2: security.allow_net must be a list"),
        ("[security.profiles.x]\nbase = 'lw'", ":2: security.profiles.x.base must be one of"),
        ("[providers.x]\nkind = 'opnai'", ":2: providers.x.kind must be one of"),
        ("[models]\n'a b' = 'c'", ":2: models.a b is not a name"),
        ("[limits\ncpu = 1", ":1: not valid TOML"),
        ("default_model = 1", ":1: default_model must be text"),
        ("a.b = 1\n[limits]\ncpu = 1", ":1: a is not a setting"),
    ],
)
def test_errors_name_file_line_and_key(text: str, said: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    file = project(world, text, trusted=False)
    with pytest.raises(ConfigError) as caught:
        load(world)
    assert caught.value.message.startswith(f"{file}{said}")


def test_hints_name_the_nearest_key_or_its_section(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    for text, hint in (
        (b"[limits]\ntimout = 1", "did you mean 'timeout'?"),
        (b"max_cost = 1", "'max_cost' belongs under [budget]"),
        (b"[securty]\nprofile = 'high'", "did you mean 'security'?"),
    ):
        with pytest.raises(ConfigError) as caught:
            read_file(file, text, tmp_path)
        assert caught.value.hint == hint


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"c.toml:2: the file is not UTF-8"):
        read_file(tmp_path / "c.toml", b"a = 1\nb = '\xff'", tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("LLMSPELL_LIMITS__TIMOUT", "1", "did you mean LLMSPELL_LIMITS__TIMEOUT?"),
        ("LLMSPELL_LIMTS__TIMEOUT", "1", "did you mean LLMSPELL_LIMITS__TIMEOUT?"),
        ("LLMSPELL_DEFAULT_MODL", "1", "did you mean LLMSPELL_DEFAULT_MODEL?"),
        ("LLMSPELL_LIMITS", "1", "settings are spelled"),
        ("LLMSPELL_LIMITS__CALLS", "many", "change it or unset it"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        environ: dict[str, Any] = {name: value}
        load(make_world(tmp_path, **environ))
    assert caught.value.hint.startswith(hint)


def test_tables_of_ones_own_can_be_set_by_variables(tmp_path: Path) -> None:
    world = make_world(
        tmp_path,
        LLMSPELL_MODELS__FAST="test:echo",
        LLMSPELL_PROVIDERS__LAB__KIND="google",
        LLMSPELL_LIMITS__MEMORY="64MB",
        LLMSPELL_BUDGET__MAX_COST="0.5",
    )
    config = load(world)
    assert config.models.aliases == {"fast": "test:echo"}
    assert config.models.providers["lab"].kind == "google"
    assert config.limits.memory == 64 * 1024 * 1024
    assert config.budget.max_cost == Decimal("0.5")


def test_the_example_in_the_repository_is_the_one_that_init_writes() -> None:
    assert (ROOT / "llmspell.toml.example").read_text(encoding="utf-8") == example()


def test_the_example_sets_nothing_and_every_line_of_it_is_valid(tmp_path: Path) -> None:
    assert read_file(tmp_path / "c.toml", example().encode(), tmp_path).values == {}
    used = re.sub(r"(?m)^# (?=\[|\w+ = )", "", example())
    found = read_file(tmp_path / "c.toml", used.encode(), tmp_path).values
    for section, schema in SCHEMA.items():
        if isinstance(schema, dict):
            for name, key in schema.items():
                assert not isinstance(key, Key) or (section, name) in found
    assert found["providers", "lab", "kind"] == "openai"
    assert found["security", "profiles", "ci", "base"] == "medium"


def test_the_line_of_a_key() -> None:
    text = 'a = 1\n[t]\n# b = 0\nb = 2\n[t."x.y"]\nc.d = 3\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("t", "b")) == 4
    assert line_of(text, ("t", "x.y", "c", "d")) == 6
    assert line_of(text, ("t", "x.y", "missing")) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[pools.main]\nstrategy = 'fastest'", "pools.main has no members"),
        ("[pools.main]\nmembers = []", "the pool 'main' has no members"),
        ("[pools.main]\nmembers = [1]", "must be a list of names or tables"),
        ("[pools.main]\nmembers = [{cost = 1}]", "must be a list of names or tables"),
        ("[pools.main]\nmembers = [{model = 'a:b', prize = 1}]", "wrong 'prize'"),
        ("[pools.main]\nmembers = [{model = 'a:b', cost = 'x'}]", "wrong 'cost'"),
        ("[pools.main]\nmembers = ['a:b']\nstrategy = 'best'", "must be one of fallback"),
        ("[pools.main]\nmembers = ['a:b']\nfailures = 0", "failures must be from 1"),
        ("[pools.'A b']\nmembers = ['a:b']", "is not a name of letters"),
        ("[providers.pool]\nkind = 'openai'", "no provider can be called 'pool'"),
    ],
)
def test_a_wrong_pool_is_named(text: str, says: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, text, trusted=True)
    with pytest.raises(ConfigError, match=says) as caught:
        load(world)
    assert "llmspell.toml" in caught.value.message


def test_pools_of_a_folder_that_is_not_trusted_are_used(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    project(world, "[pools.main]\nmembers = ['test:echo']", trusted=False)
    config = load(world)
    assert list(config.models.pools) == ["main"]
    assert not config.trusted
