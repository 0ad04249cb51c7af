"""The contract's clauses about keys and values."""

from __future__ import annotations

from hubkit.testing._contract_base import Clauses, OpenBackend

__all__ = ["ValueClauses"]

_TEXTS = (
    "",
    "../x",
    "/etc/passwd",
    "a:b*?[]\\",
    "key" * 1_365,
    "\N{BOOKS} é",
    "\ud800",
    "a\0b",
    "%",
    "_",
    " ",
    "A",
    "a",
)


class ValueClauses(Clauses):
    """Bytes go in and come out, under any text."""

    def test_missing_key_is_none(self, open_backend: OpenBackend) -> None:
        """A key that nobody set is None, and no error."""
        backend = open_backend()

        assert backend.get("missing") is None
        assert backend.get_many(["missing", "too"]) == {}
        assert list(backend.keys()) == []

    def test_set_then_get(self, open_backend: OpenBackend) -> None:
        """What was set comes back, byte for byte."""
        backend = open_backend()
        value = bytes(range(256))
        backend.set("key", value, expires_in=60.0)

        assert backend.get("key") == value
        assert type(backend.get("key")) is bytes

    def test_foreign_bytes_come_back_unchanged(self, open_backend: OpenBackend) -> None:
        """Bytes are not interpreted: what no codec wrote comes back as it is."""
        backend = open_backend()
        values = {
            "text": b"not an entry",
            "torn": b"HKE1\0",
            "zeros": b"\0" * 100,
            "utf-16": "\ufeff".encode("utf-16"),
        }
        for key, value in values.items():
            backend.set(key, value, expires_in=None)

        assert {key: backend.get(key) for key in values} == values
        assert backend.get_many(values) == values

    def test_empty_value(self, open_backend: OpenBackend) -> None:
        """An empty value is a value."""
        backend = open_backend()
        backend.set("key", b"", expires_in=60.0)

        assert backend.get("key") == b""
        assert backend.get_many(["key"]) == {"key": b""}

    def test_large_value(self, open_backend: OpenBackend) -> None:
        """A megabyte comes back whole."""
        backend = open_backend()
        value = b"0123456789abcdef" * 65_536
        backend.set("key", value, expires_in=60.0)

        assert backend.get("key") == value

    def test_any_text_is_a_key(self, open_backend: OpenBackend) -> None:
        """Path, glob and SQL characters, lone surrogates and nothing at all are keys, each its own."""
        backend = open_backend()
        values = {text: f"value {number}".encode() for number, text in enumerate(_TEXTS)}
        for key, value in values.items():
            backend.set(key, value, expires_in=60.0)

        assert {key: backend.get(key) for key in values} == values
        assert sorted(backend.keys()) == sorted(values)
        assert [backend.delete(key) for key in values] == [True] * len(values)

    def test_overwrite(self, open_backend: OpenBackend) -> None:
        """The last value set is the one there is."""
        backend = open_backend()
        backend.set("key", b"a longer old value", expires_in=60.0)
        backend.set("key", b"new", expires_in=60.0)

        assert backend.get("key") == b"new"
        assert list(backend.keys()) == ["key"]

    def test_get_many(self, open_backend: OpenBackend) -> None:
        """Of many keys, those that are there come back; any iterable will do."""
        backend = open_backend()
        values = {f"key {number}": str(number).encode() for number in range(1_200)}
        backend.set_many(values, expires_in=60.0)
        backend.delete("key 7")
        del values["key 7"]

        assert backend.get_many(iter([*values, "key 7", "missing"])) == values
        assert backend.get_many([]) == {}

    def test_set_many(self, open_backend: OpenBackend) -> None:
        """Several values at once, over what was there."""
        backend = open_backend()
        backend.set("a", b"old", expires_in=60.0)
        backend.set_many({}, expires_in=60.0)
        backend.set_many({"a": b"1", "b": b"2"}, expires_in=None)

        assert backend.get("a") == b"1"
        assert backend.get("b") == b"2"

    def test_delete_says_whether(self, open_backend: OpenBackend) -> None:
        """Deleting tells whether there was something, and removes it alone."""
        backend = open_backend()
        backend.set("key", b"value", expires_in=60.0)
        backend.set("other", b"value", expires_in=60.0)

        assert backend.delete("key") is True
        assert backend.delete("key") is False
        assert backend.get("key") is None
        assert backend.get("other") == b"value"

    def test_keys_by_prefix(self, open_backend: OpenBackend) -> None:
        """A prefix is plain text, whatever its characters mean elsewhere."""
        backend = open_backend()
        for key in ("a*1", "a*2", "ab1", "a", "A*1", "%a"):
            backend.set(key, b"value", expires_in=60.0)

        assert sorted(backend.keys("a*")) == ["a*1", "a*2"]
        assert sorted(backend.keys("a")) == ["a", "a*1", "a*2", "ab1"]
        assert list(backend.keys("%")) == ["%a"]
        assert list(backend.keys("none")) == []

    def test_clear_leaves_other_prefixes(self, open_backend: OpenBackend) -> None:
        """Clearing a prefix counts what goes, and leaves the rest; clearing nothing named clears all."""
        backend = open_backend()
        for key in ("hub|a", "hub|b", "hu", "other[|]", "\N{BOOKS}"):
            backend.set(key, b"value", expires_in=60.0)

        assert backend.clear("hub|") == 2
        assert sorted(backend.keys()) == ["hu", "other[|]", "\N{BOOKS}"]
        assert backend.clear("[") == 0
        assert backend.clear() == 3
        assert list(backend.keys()) == []

    def test_entry_lasts_until_it_ends(self, open_backend: OpenBackend) -> None:
        """A store doesn't judge freshness: what its writer calls stale is there as long as it was told to keep it."""
        backend = open_backend()
        backend.set("short", b"value", expires_in=60.0)
        backend.set("endless", b"value", expires_in=None)
        self.pass_time(self.instant)

        assert backend.get("short") == b"value"
        assert backend.get("endless") == b"value"
        assert sorted(backend.keys()) == ["endless", "short"]

    def test_expired_entry_is_gone(self, open_backend: OpenBackend) -> None:
        """After its time an entry is nowhere to be seen."""
        backend = open_backend()
        backend.set("key", b"value", expires_in=self.instant)
        self.pass_time(2 * self.instant)

        assert backend.get("key") is None
        assert backend.get_many(["key"]) == {}
        assert list(backend.keys()) == []
        assert backend.delete("key") is False

    def test_overwriting_begins_a_new_time(self, open_backend: OpenBackend) -> None:
        """An entry set anew lasts as long as it was told the second time."""
        backend = open_backend()
        backend.set("key", b"old", expires_in=self.instant)
        backend.set("key", b"new", expires_in=60.0)
        self.pass_time(2 * self.instant)

        assert backend.get("key") == b"new"
