"""TLS for the tests: certificates, and a relay for servers that were built without it."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import attrs
import trustme

__all__ = ["Certificates", "Relay", "make_certificates"]


@attrs.frozen
class Certificates:
    """Files of one authority, which knows this machine, and of another."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority that issued all certificates."""
        return self.folder / "authority.pem"

    @property
    def stranger(self) -> Path:
        """An authority that issued none."""
        return self.folder / "stranger.pem"

    @property
    def server_options(self) -> list[str]:
        """What makes a server speak TLS alone, on its port."""
        files = [
            "--tls-cert-file",
            f"{self.folder}/localhost.pem",
            "--tls-key-file",
            f"{self.folder}/localhost.key",
        ]
        ports = ["--tls-port", "{port}", "--port", "0", "--tls-auth-clients", "no"]
        return [*ports, *files, "--tls-ca-cert-file", str(self.authority)]

    def context(self, name: str = "localhost") -> ssl.SSLContext:
        """The same for the standard library; or with the certificate of ``elsewhere.example``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make the authorities and the certificates."""
    made, authority = Certificates(folder), trustme.CA()
    authority.cert_pem.write_to_path(made.authority)
    trustme.CA().cert_pem.write_to_path(made.stranger)
    for names in (("localhost", "127.0.0.1"), ("elsewhere.example",)):
        issued = authority.issue_cert(*names)
        issued.cert_chain_pems[0].write_to_path(folder / f"{names[0]}.pem")
        issued.private_key_pem.write_to_path(folder / f"{names[0]}.key")
    return made


class Relay:
    """Speaks TLS with its callers, and carries what they say to a server that doesn't.

    Args:
        context: The certificate.
        target: The server's port.
    """

    def __init__(self, context: ssl.SSLContext, target: int) -> None:
        self._context = context
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Take no more callers."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        """Carry bytes both ways with one thread, as TLS sockets can't be used by two."""
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as caller,
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            for one in (caller, server):
                one.settimeout(0.001)
            while _carry(caller, server) and _carry(server, caller):
                pass


def _carry(source: socket.socket, target: socket.socket) -> bool:
    """Carry what there is; False at the end."""
    try:
        data = source.recv(65_536)
    except (TimeoutError, ssl.SSLWantReadError):
        return True
    target.settimeout(5.0)
    target.sendall(data)
    target.settimeout(0.001)
    return bool(data)
