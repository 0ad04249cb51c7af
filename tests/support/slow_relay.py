"""A relay that carries bytes between callers and a server, and takes its time when told to."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

__all__ = ["SlowRelay"]


class SlowRelay:
    """Carries what is said on its port to another, and the answers back.

    Args:
        target: The server's port.
    """

    def __init__(self, target):
        self.delay = 0.0
        """Seconds that each piece of an answer waits."""
        self.prompt = 0
        """So many pieces don't."""
        self._target = target
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        """Take no more callers, and let those who wait go."""
        self._over.set()
        with suppress(OSError):
            # Closing alone wouldn't wake who waits for callers.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller):
        with suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=self._carry, args=(server, caller), daemon=True)
            back.start()
            self._carry(caller, server, is_answer=False)
            back.join()

    def _carry(self, source, target, is_answer=True):
        with suppress(OSError):
            while data := source.recv(65_536):
                if is_answer and self.prompt:
                    self.prompt -= 1
                elif is_answer:
                    self._over.wait(self.delay)
                target.sendall(data)
        # The other direction ends too.
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
