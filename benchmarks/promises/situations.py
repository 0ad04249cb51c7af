"""What can go wrong, done to one library at a time; each situation says what became of it."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sqlite3
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
from askers import ASKERS, Setup

from hubkit.testing import LocalHub

__all__ = ["SITUATIONS", "Outcome", "Stage"]

_TOKEN = "hf_aliceAliceAliceAliceAliceAlice"
_MODEL = "org/model"


@attrs.frozen
class Outcome:
    """What a library did."""

    said: str
    good: bool


@attrs.frozen(kw_only=True)
class Stage:
    """A hub with one model, and a library that may keep things in a folder."""

    hub: LocalHub
    name: str
    folder: Path
    sha: str

    def asker(
        self, *, token: str | None = None, ttl: float = 86_400.0, endpoint: str = ""
    ) -> Callable[[str], str]:
        """A new one, as in another process: nothing but the folder is kept."""
        setup = Setup(endpoint=endpoint or self.hub.endpoint, folder=self.folder, token=token, ttl=ttl)
        return ASKERS[self.name](setup).ask

    def listing(self, token: str) -> Iterator[str]:
        """All models."""
        return ASKERS[self.name](Setup(endpoint=self.hub.endpoint, folder=self.folder, token=token)).listing()

    def judged(self, ask: Callable[[str], str]) -> Outcome:
        """An answer is good if it is the right one."""
        begun = time.perf_counter()
        try:
            right = ask(_MODEL) == self.sha
        except Exception as error:  # noqa: BLE001
            return Outcome(f"{type(error).__name__}{_after(begun)}", good=False)
        return Outcome("answers" if right else "**wrong answer**", good=right)


def hub_gone(stage: Stage) -> Outcome:
    """The Hub is gone; the answer is still fresh"""
    stage.asker()(_MODEL)
    stage.hub.stop()
    return stage.judged(stage.asker())


def hub_gone_expired(stage: Stage) -> Outcome:
    """The Hub is gone; the answer has expired"""
    return _expired(stage, stage.hub.stop)


def limited_expired(stage: Stage) -> Outcome:
    """The quota is used up (429); the answer has expired"""
    return _expired(stage, lambda: stage.hub.limit(0))


def failing_expired(stage: Stage) -> Outcome:
    """The Hub answers 503; the answer has expired"""
    return _expired(stage, lambda: stage.hub.fail(None, status=503, times=None))


def one_failure(stage: Stage) -> Outcome:
    """One 503, nothing cached"""
    stage.hub.fail("model_info", status=503, times=1)
    return stage.judged(stage.asker())


def stampede(stage: Stage) -> Outcome:
    """32 threads ask at once, nothing cached"""
    stage.hub.fail("model_info", status=None, times=None, delay=0.1)
    ask, failures, gate = stage.asker(), [], threading.Barrier(32)

    def one() -> None:
        gate.wait()
        try:
            ask(_MODEL)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requests = stage.hub.requests["model_info"]
    failed = f", {len(failures)} fail" if failures else ""
    return Outcome(f"{requests} request{'s' * (requests > 1)}{failed}", good=requests == 1 and not failures)


def private_model(stage: Stage) -> Outcome:
    """A private model that another user of the same cache has asked for"""
    stage.hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    stage.asker(token=stage.hub.add_user("alice"))("alice/secret")
    bob = stage.hub.add_user("bob")
    told = [who for who, token in (("bob", bob), ("anonymous", None)) if _is_told(stage, token)]
    return Outcome(f"shown to {' and '.join(told)}" if told else "refused", good=not told)


def damaged_entry(stage: Stage) -> Outcome:
    """A bit of the stored answer has flipped, each time elsewhere"""
    if stage.name == "huggingface_hub":
        return Outcome("keeps none", good=True)
    stage.asker()(_MODEL)
    whole = _checkpointed(stage.folder)
    place = whole.index(stage.sha.encode())
    outcomes = []
    for offset in range(-400, 400, 20):
        damaged = bytearray(whole)
        damaged[place + offset] ^= 0x01
        _replaced(stage.folder, bytes(damaged))
        outcomes.append(stage.judged(lambda model: stage.asker()(model)).said)
    counts = Counter(outcomes)
    said = ", ".join(f"{said} {count} times" for said, count in sorted(counts.items()))
    return Outcome(said, good=set(counts) == {"answers"})


def damaged_file(stage: Stage) -> Outcome:
    """The file of the cache is no database any more"""
    if stage.name == "huggingface_hub":
        return Outcome("keeps none", good=True)
    stage.asker()(_MODEL)
    _replaced(stage.folder, b"not a database " * 1_000)
    return stage.judged(lambda model: stage.asker()(model))


def cut_body(stage: Stage) -> Outcome:
    """A body is cut short, once"""
    stage.hub.fail("model_info", status=200, body=b'{"id": "org/model"', headers={"Content-Length": "5000"})
    return stage.judged(stage.asker())


def another_model(stage: Stage) -> Outcome:
    """The Hub answers about another model than was asked"""
    record = {"id": "org/other", "sha": stage.sha, "private": False}
    stage.hub.fail("model_info", status=200, times=None, body=record)
    outcome = stage.judged(stage.asker())
    return (
        Outcome("taken for it", good=False)
        if outcome.good
        else Outcome(f"refused ({outcome.said})", good=True)
    )


def bomb(stage: Stage) -> Outcome:
    """A body of 1 MB that unpacks to 1 GB"""
    body = _gigabyte_of_nothing()
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    stage.hub.add_repo("org/first", {"config.json": b"{}"})
    stage.asker()("org/first")
    stage.hub.fail("model_info", status=200, times=None, body=body, headers=headers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = stage.judged(stage.asker())
    # The hub is in this process too; what it holds, and all imports, came before.
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Outcome(f"{grown:,.0f} MB of memory, then {outcome.said}", good=grown < 100)


def slow_body(stage: Stage) -> Outcome:
    """A body that comes byte by byte, for ever"""
    with _trickling() as endpoint:
        outcome = stage.judged(stage.asker(endpoint=endpoint))
    return Outcome(outcome.said, good="within" not in outcome.said)


def foreign_link(stage: Stage) -> Outcome:
    """The next page of a listing is on another host"""
    with LocalHub() as other:
        other.add_model({"id": "evil/model", "private": False})
        link = f'<{other.endpoint}/api/models?cursor=x>; rel="next"'
        headers, body = {"Link": link}, '[{"id": "org/model", "private": false}]'
        stage.hub.fail("models_list", status=200, times=None, body=body, headers=headers)
        with contextlib.suppress(Exception):
            list(stage.listing(stage.hub.add_user("alice", _TOKEN)))
        sent = [record for record in other.log if _TOKEN in str(record.headers)]
    return Outcome("gets the token" if sent else "never gets the token", good=not sent)


def netrc(stage: Stage) -> Outcome:
    """`~/.netrc` has a password for the Hub's host"""
    home = stage.folder / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login me password other\n")
    (home / ".netrc").chmod(0o600)
    os.environ["HOME"] = str(home)
    os.environ["NETRC"] = str(home / ".netrc")
    with contextlib.suppress(Exception):
        stage.asker(token=stage.hub.add_user("alice", _TOKEN))(_MODEL)
    right = stage.hub.log[-1].headers.get("authorization") == f"Bearer {_TOKEN}"
    return Outcome("the token is sent" if right else "the password replaces the token", good=right)


def echoed_token(stage: Stage) -> Outcome:
    """An error of the Hub repeats the token"""
    stage.hub.add_user("alice", _TOKEN)
    stage.hub.fail(None, status=400, times=None, body={"error": f"bad token {_TOKEN}"})
    try:
        stage.asker(token=_TOKEN)(_MODEL)
    except Exception as error:  # noqa: BLE001
        shown = _TOKEN in str(error) or _TOKEN in repr(error)
        return Outcome("is shown in the error" if shown else "masked, or left out", good=not shown)
    return Outcome("no error", good=False)


def forked(stage: Stage) -> Outcome:
    """Four children of a fork ask with what their parent has used, 100 times each"""
    shas = {
        f"org/m{number}": stage.hub.add_repo(f"org/m{number}", {"n": bytes([number])})
        for number in range(100)
    }
    ask = stage.asker(ttl=0.001)
    ask(_MODEL)
    wrong = failed = 0
    for reader in [_child(ask, shas) for _ in range(4)]:
        with os.fdopen(reader) as told:
            words = told.read().split()
        wrong, failed = wrong + int(words[0]), failed + int(words[1])
    said = f"{wrong} wrong and {failed} failed of 400" if wrong or failed else "400 right answers"
    return Outcome(said, good=not wrong and not failed)


SITUATIONS: dict[str, tuple[Callable[[Stage], Outcome], ...]] = {
    "The Hub": (hub_gone, hub_gone_expired, limited_expired, failing_expired, one_failure, stampede),
    "Its answers": (cut_body, another_model, bomb, slow_body),
    "The store": (damaged_entry, damaged_file, forked),
    "Secrets": (private_model, foreign_link, netrc, echoed_token),
}
"""By what goes wrong. A docstring is the row's title."""


def _gigabyte_of_nothing() -> bytes:
    """A gigabyte, packed piece by piece so that this process never holds it."""
    packer, piece = zlib.compressobj(wbits=31), bytes(2**20)
    return b"".join([*(packer.compress(piece) for _ in range(1024)), packer.flush()])


def _expired(stage: Stage, harm: Callable[[], object]) -> Outcome:
    stage.asker(ttl=0.5)(_MODEL)
    time.sleep(1.0)
    harm()
    return stage.judged(stage.asker(ttl=0.5))


def _is_told(stage: Stage, token: str | None) -> bool:
    try:
        return bool(stage.asker(token=token)("alice/secret"))
    except Exception:  # noqa: BLE001
        return False


def _checkpointed(folder: Path) -> bytes:
    """The database's bytes, with what lay in its log."""
    with contextlib.closing(sqlite3.connect(folder / "cache.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "cache.db").read_bytes()


def _replaced(folder: Path, contents: bytes) -> None:
    for path in folder.glob("cache.db*"):
        path.unlink()
    (folder / "cache.db").write_bytes(contents)


@contextlib.contextmanager
def _trickling() -> Iterator[str]:
    """A server that sends a byte every tenth of a second."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threading.Thread(target=trickle, args=(sock,), daemon=True).start()

    def trickle(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.recv(65_536)
            sock.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
            )
            while True:
                sock.sendall(b" ")
                time.sleep(0.1)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _child(ask: Callable[[str], str], shas: dict[str, str]) -> int:
    """Fork; the child writes how many answers were wrong, and how many failed."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        wrong = failed = 0
        for name, sha in shas.items():
            try:
                wrong += ask(name) != sha
            except Exception:  # noqa: BLE001
                failed += 1
        os.write(writer, f"{wrong} {failed}".encode())
        os._exit(0)
    os.close(writer)
    return reader


def _after(begun: float) -> str:
    seconds = time.perf_counter() - begun
    return f" after {seconds:.1f} s" if seconds >= 0.5 else ""
