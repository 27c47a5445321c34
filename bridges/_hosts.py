"""Which hosts and addresses a list of network patterns names.

A pattern is `host`, `host:port`, `*.domain` (any depth below it, not the domain itself), an IP
address or network (`10.0.0.0/8`), `public` (any public address) or `*` (everything).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bridges._errors import ConfigError, InvalidArgument

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
DEFAULT_PORTS = {"http": 80, "https": 443}


def read_pattern(text: str) -> str:
    """Returns a network pattern in its one spelling; a URL stands for its host.

    Raises ConfigError for what is no pattern.
    """
    pattern = text.strip().lower()
    if "://" in pattern:
        pattern = urlsplit(pattern).netloc
    if pattern in ("*", "public"):
        return pattern
    if _network(pattern):
        return pattern
    host, port = _split(pattern)
    host = _ascii(host)
    if not (_NAME.fullmatch(host) or parse_address(host)):
        raise ConfigError(
            f"{text!r} is not a host",
            hint="write a name, name:port, *.domain, an address, public or *",
        )
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def split_url(url: str, where: str) -> tuple[str, str, int, str]:
    """Returns scheme, host, port and the rest of a URL; raises InvalidArgument naming `where`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidArgument(f"{where}: this is not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        hint = "files are read with File.read" if scheme == "file" else ""
        raise InvalidArgument(
            f"{where} takes http:// and https:// URLs, not {scheme or 'one without a scheme'!r}",
            hint=hint or "write the whole URL, such as https://example.org/page",
        )
    if "@" in parts.netloc:
        raise InvalidArgument(
            f"{where}: a URL may not carry a user name or password",
            hint="send an authorization header instead",
        )
    # Characters on which URL parsers disagree are refused, not interpreted.
    if not parts.hostname or re.search(r"[\x00-\x20\x7f\\]", url):
        raise InvalidArgument(f"{where}: {url!r} is not a URL")
    rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, _ascii(parts.hostname), port or DEFAULT_PORTS[scheme], rest


def allows(patterns: Iterable[str], host: str, port: int, address: Address | None) -> bool:
    """Tells whether patterns grant a host; with `address`, whether it may be reached there.

    Patterns that name many hosts reach public addresses only. A host named by itself is reached
    at private addresses too, but at link-local ones (where clouds serve credentials) only when
    the address itself is listed.
    """
    own = address or parse_address(host)
    for pattern in patterns:
        if pattern == "*":
            return True
        if pattern == "public":
            if own is None or is_public(own):
                return True
        elif network := _network(pattern):
            if own and _plain(own) in network:
                return True
        elif _names(pattern, host, port):
            if own is None or is_public(own):
                return True
            if not pattern.startswith("*.") and (_same(pattern, own) or _is_near(own)):
                return True
    return False


def denies(patterns: Iterable[str], host: str, port: int, address: Address | None) -> bool:
    """Tells whether patterns name a host, or the address it is reached at."""
    own = address or parse_address(host)
    for pattern in patterns:
        network = _network(pattern)
        if pattern == "*" or _names(pattern, host, port):
            return True
        if own and (
            (pattern == "public" and is_public(own))
            or (network and _plain(own) in network)
            or (_same(pattern, own) and _split(pattern)[1] in (None, port))
        ):
            return True
    return False


def parse_address(text: str) -> Address | None:
    """Returns the IP address a text is, or None."""
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Tells whether an address is on the public internet, seen through IPv6 wrappings of IPv4."""
    plain = _plain(address)
    if isinstance(plain, ipaddress.IPv6Address) and (
        plain.sixtofour or plain.teredo or plain.is_site_local
    ):
        return False
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _is_near(address: Address) -> bool:
    plain = _plain(address)
    return not (plain.is_link_local or plain.is_unspecified or plain.is_multicast)


def _plain(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _names(pattern: str, host: str, port: int) -> bool:
    name, wanted = _split(pattern)
    if wanted not in (None, port):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _same(pattern: str, address: Address) -> bool:
    named = parse_address(_split(pattern)[0])
    return named is not None and _plain(named) == _plain(address)


def _network(pattern: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in pattern:
        return None
    try:
        return ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return None


def _split(pattern: str) -> tuple[str, int | None]:
    if parse_address(pattern):
        return pattern.strip("[]"), None
    name, colon, port = pattern.rpartition(":")
    if colon and port.isascii() and port.isdigit():
        return name.strip("[]"), int(port)
    return pattern.strip("[]"), None


def _ascii(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
