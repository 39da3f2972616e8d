"""Ports of this machine that nobody uses, and whether an API answers on one."""

import socket
import ssl

import httpx

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loading certificates for every request takes longer than the request, which is not encrypted anyway."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", verify=NO_CERTIFICATES).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
