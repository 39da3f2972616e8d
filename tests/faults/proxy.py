"""A TCP proxy before PostgreSQL on which a network fails: it goes silent, or loses the reply to a COMMIT."""

import contextlib
import socket
import threading
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

PIECE = 65536


class Proxy:
    """While silent, connections are taken and stay open, and nothing passes. `url` leads through it."""

    def __init__(self, url: str) -> None:
        parts = conninfo_to_dict(url)
        self._target = (str(parts["host"]), int(parts["port"] or 5432))
        self._passing = threading.Event()
        self._passing.set()
        self._lock = threading.Lock()
        self._loses_commit = False
        self._commit_may_pass = threading.Event()
        self._sockets: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = make_conninfo(url, host="127.0.0.1", port=self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()
        self.let_commit_pass()
        for each in (self._door, *self._sockets):
            _cut(each)

    def fall_silent(self) -> None:
        self._passing.clear()

    def resume(self) -> None:
        self._passing.set()

    def lose_commit(self) -> None:
        """Cut off who sends the next COMMIT of a change, and keep that until it may pass."""
        self._loses_commit = True

    def let_commit_pass(self) -> None:
        self._commit_may_pass.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, asks: bool) -> None:
        changes = False
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self._passing.wait()
                changes = b"READ COMMITTED" in piece or (changes and b"BEGIN" not in piece)
                if asks and changes and self._takes_commit(piece):
                    _cut(source)
                    self._commit_may_pass.wait()
                    to.sendall(piece)
                    return
                to.sendall(piece)
        _cut(source)
        _cut(to)

    def _takes_commit(self, piece: bytes) -> bool:
        with self._lock:
            takes = self._loses_commit and b"COMMIT\0" in piece
            self._loses_commit = self._loses_commit and not takes
            return takes


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
