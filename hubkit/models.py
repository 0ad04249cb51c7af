"""The values that hubkit hands out: models and their files, and, from next door, accounts and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, overload

import attrs

from hubkit import _serialize
from hubkit._clock import CLOCK_SKEW
from hubkit._history import Identity, RepoCommit, RepoRef, RepoRefs
from hubkit._hub_record import fields_from_hub
from hubkit._lazy import JsonObject, LazyJson, dump_json, load_json
from hubkit.errors import DecodeError

__all__ = ["FileList", "Identity", "ModelFile", "ModelMetadata", "RepoCommit", "RepoRef", "RepoRefs"]


def _json_object(plain: Mapping[str, Any] | None) -> JsonObject:
    return plain if isinstance(plain, JsonObject) else JsonObject.from_plain(plain)


def _texts(values: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(values, str):
        raise DecodeError("expected a list of texts, not one text")
    return tuple(values or ())


@attrs.frozen(kw_only=True)
class ModelFile:
    """One file of a repository.

    Answers attribute access and, as the Hub's own records do, ``file["rfilename"]``,
    ``file.get("size")``, ``"lfs" in file`` and ``dict(file)``.
    """

    rfilename: str
    """Path inside the repository, POSIX."""
    size: int | None = None
    """Bytes; None when the answer didn't say."""
    blob_id: str | None = None
    """git's sha1 of the blob."""
    lfs: JsonObject = attrs.field(factory=JsonObject, converter=_json_object)
    """The LFS block (``sha256``, ``size``, ``pointerSize``); empty for a regular file."""
    extra: JsonObject = attrs.field(factory=JsonObject, converter=_json_object, repr=False)
    """Keys of the Hub that this class has no field for."""

    @classmethod
    def from_hub(cls, record: Any) -> ModelFile:
        """Build from one item of the Hub's ``siblings``.

        Raises:
            DecodeError: It has no ``rfilename``.
        """
        name = record.get("rfilename") if isinstance(record, Mapping) else None
        if not isinstance(name, str):
            raise DecodeError("a file record has no 'rfilename'")
        size, blob_id, lfs = map(record.get, ("size", "blobId", "lfs"))
        sized = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
        named = blob_id if isinstance(blob_id, str) else None
        stored = lfs if isinstance(lfs, Mapping) else None
        known = {"rfilename": name, "size": sized, "blobId": named, "lfs": stored}
        rest = {key: value for key, value in record.items() if key not in known or value != known[key]}
        return cls(rfilename=name, size=sized, blob_id=named, lfs=stored, extra=rest)

    def to_hub(self) -> dict[str, Any]:
        """The Hub's form: every key that it sent, and no more."""
        record: dict[str, Any] = {"rfilename": self.rfilename}
        if self.size is not None:
            record["size"] = self.size
        if self.blob_id is not None:
            record["blobId"] = self.blob_id
        if self.lfs:
            record["lfs"] = self.lfs.to_plain()
        return record | self.extra.to_plain()

    @property
    def path(self) -> str:
        """The same as `rfilename`, in the words of the rest of hubkit."""
        return self.rfilename

    @property
    def sha256(self) -> str | None:
        """Hex digest of the content, known for LFS files only."""
        digest = self.lfs.get("sha256")
        return digest if isinstance(digest, str) else None

    def __getitem__(self, key: str) -> Any:
        return self.to_hub()[key]

    def __contains__(self, key: object) -> bool:
        return key in self.to_hub()

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_hub())

    def keys(self) -> KeysView[str]:
        """The Hub's keys that this file has."""
        return self.to_hub().keys()

    def get(self, key: str, default: Any = None) -> Any:
        """The value under one of the Hub's keys."""
        return self.to_hub().get(key, default)


class FileList(LazyJson, Sequence[ModelFile]):
    """The files of a repository, decoded when first looked at."""

    __slots__ = ()

    def __init__(self, files: Iterable[ModelFile | Mapping[str, Any]] = ()) -> None:
        self._raw = None
        self._decoded = tuple(
            item if isinstance(item, ModelFile) else ModelFile.from_hub(item) for item in files
        )

    @classmethod
    def from_plain(cls, plain: Any) -> FileList:
        """Build from files or Hub records; None stands for no files."""
        if isinstance(plain, FileList):
            return plain
        if plain is not None and (
            isinstance(plain, (str, bytes, Mapping)) or not isinstance(plain, Iterable)
        ):
            raise DecodeError(f"siblings must be a list of files, not {type(plain).__name__}")
        return cls(plain or ())

    def to_plain(self) -> list[dict[str, Any]]:
        """Hub records, the caller's own to change."""
        return [file.to_hub() for file in self._files()]

    def _files(self) -> tuple[ModelFile, ...]:
        decoded = self._decoded
        if decoded is None:
            plain = load_json(self._text())
            if not isinstance(plain, list):
                raise DecodeError("stored text is not a list of files")
            decoded = tuple(map(ModelFile.from_hub, plain))
            self._decoded = decoded
        files: tuple[ModelFile, ...] = decoded
        return files

    @overload
    def __getitem__(self, index: int) -> ModelFile: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ModelFile]: ...
    def __getitem__(self, index: int | slice) -> ModelFile | Sequence[ModelFile]:
        return self._files()[index]

    def __iter__(self) -> Iterator[ModelFile]:
        return iter(self._files())

    def __len__(self) -> int:
        return len(self._files())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FileList):
            return self._files() == other._files()
        return isinstance(other, Sequence) and not isinstance(other, str) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._files())

    def __repr__(self) -> str:
        return f"<{len(self)} files>"


def _file_list(files: Iterable[ModelFile | Mapping[str, Any]] | None) -> FileList:
    return FileList.from_plain(files)


def _aware(value: datetime | str | None) -> datetime:
    """An aware time; a naive one is local time, as the first connector wrote them."""
    if value is None:
        return datetime.now(timezone.utc)
    if isinstance(value, str):
        # Python 3.10 doesn't read the "Z" that the Hub writes.
        value = datetime.fromisoformat(value.removesuffix("Z") + "+00:00" if value.endswith("Z") else value)
    return value.astimezone() if value.tzinfo is None else value


@attrs.frozen
class ModelMetadata:
    """What the Hub says about a model.

    Immutable, hashable, picklable and safe to share between threads. A field is None
    when the Hub didn't say; nothing is guessed.

    >>> model = ModelMetadata("org/name", tags=["gguf"], siblings=[{"rfilename": "a.gguf"}])
    >>> model.tags, model.siblings[0]["rfilename"], model.license
    (('gguf',), 'a.gguf', None)
    """

    model_id: str
    """The repository, ``org/name``."""
    author: str | None = None
    """The account that owns it."""
    downloads: int | None = None
    """Downloads in the last 30 days."""
    likes: int | None = None
    tags: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    """Everything the Hub files the model under, ``license:mit`` and the like included."""
    pipeline_tag: str | None = None
    """The task, such as ``text-generation``."""
    library_name: str | None = None
    """The library that loads it, such as ``transformers``."""
    license: str | None = None
    """Licence id, from the card or else the tags; several are joined by ", "."""
    model_size: int | None = None
    """Bytes of the weight files together; None when a size is unknown."""
    created_at: str | None = None
    """ISO 8601, as the Hub wrote it."""
    last_modified: str | None = None
    """ISO 8601, as the Hub wrote it."""
    siblings: Sequence[ModelFile] = attrs.field(factory=FileList, converter=_file_list)
    """The files. Takes those of another model, or the Hub's dicts."""
    card_data: Mapping[str, Any] = attrs.field(factory=JsonObject, converter=_json_object, repr=False)
    """The card's front matter."""
    cached_at: datetime = attrs.field(default=None, converter=_aware)
    """When the Hub gave this answer, or last confirmed it."""
    sha: str | None = attrs.field(default=None, kw_only=True)
    """The commit (40 hex digits) that the answer is about."""
    private: bool | None = attrs.field(default=None, kw_only=True)
    gated: bool | str | None = attrs.field(default=None, kw_only=True)
    """False, or how access is granted: ``auto`` or ``manual``."""
    disabled: bool | None = attrs.field(default=None, kw_only=True)
    parameters: int | None = attrs.field(default=None, kw_only=True)
    """Number of parameters, from the safetensors or GGUF block. Of weights that a quantizer such as GPTQ has
    packed the Hub counts the packed numbers, which are fewer."""
    base_models: tuple[str, ...] = attrs.field(default=(), converter=_texts, kw_only=True)
    """What the model was made from, as its card says."""
    endpoint: str | None = attrs.field(default=None, kw_only=True)
    """The Hub that was asked."""
    partial: bool = attrs.field(default=False, kw_only=True)
    """It came from a listing, which leaves fields out: an absent one may yet exist."""
    extra: Mapping[str, Any] = attrs.field(
        factory=JsonObject, converter=_json_object, repr=False, kw_only=True
    )
    """Keys of the Hub that have no field here, under the Hub's names."""

    @classmethod
    def from_hub(
        cls,
        record: Mapping[str, Any],
        *,
        endpoint: str | None = None,
        cached_at: datetime | None = None,
        partial: bool = False,
    ) -> ModelMetadata:
        """Build from one decoded record of the Hub.

        Args:
            record: An answer of ``/api/models/{id}`` or an item of ``/api/models``.
            endpoint: The Hub that was asked.
            cached_at: When; now, if left out.
            partial: Whether it is an item of a listing.

        Raises:
            DecodeError: It isn't about a model.
        """
        fields = fields_from_hub(record)
        # Encoded once here, so that storing is free and files are decoded only when read.
        fields["siblings"] = FileList.from_raw(dump_json(fields["siblings"]))
        return cls(**fields, endpoint=endpoint, cached_at=cached_at, partial=partial)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelMetadata:
        """Build from what `to_dict` gave, of this version or another; a Hub record is taken too.

        ``data`` is left as it is.

        Raises:
            DecodeError: A field has a type that it can't have.
        """
        if "model_id" not in data:
            return cls.from_hub(data)
        names = {field.name for field in attrs.fields(cls)}
        # None is no value of most fields, and the constructor takes it for a field that is left out.
        known = {key: value for key, value in data.items() if key in names and value is not None}
        unknown = {key: value for key, value in data.items() if key not in names}
        if unknown:
            known["extra"] = {**unknown, **(known.get("extra") or {})}
        return _serialize.structure(known, cls)

    def scalars(self) -> list[Any]:
        """All but the date and the big parts, for `restored`: their order is that of the fields."""
        return [getattr(self, name) for name in _SCALARS]

    @classmethod
    def restored(
        cls,
        scalars: list[Any],
        *,
        siblings: FileList,
        card_data: JsonObject,
        extra: JsonObject,
        cached_at: datetime,
    ) -> ModelMetadata:
        """Build from parts that this class gave away, without converting them again.

        Conversions cost more than all the rest of a cache hit.

        Args:
            scalars: What `scalars` gave, lists in place of tuples; no longer the caller's.
            siblings: The files.
            card_data: The card's front matter.
            extra: What has no field.
            cached_at: Aware.

        Raises:
            DecodeError: They are not those of a model of this version.
        """
        if type(scalars) is not list or len(scalars) != len(_SCALARS):
            raise DecodeError("the fields are not those of a model of this version")
        # Without a loop of Python's, which took 4 us of the 26 of a first hit.
        if not all(map(frozenset.__contains__, _SCALAR_KINDS, map(type, scalars))):
            raise DecodeError("a field has a type that it can't have")
        # JSON knows no tuples.
        for place in _TEXTS_AT:
            scalars[place] = _only_texts(scalars[place])
        model = object.__new__(cls)
        for put, value in zip(_PUT_ALL, (*scalars, siblings, card_data, extra, cached_at), strict=True):
            put(model, value)
        return model

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: `from_dict` makes an equal value of it."""
        plain: dict[str, Any] = _serialize.unstructure(self)
        return plain

    def is_expired(self, ttl_hours: float = 24, *, now: datetime | None = None) -> bool:
        """Whether the answer is older than ``ttl_hours``.

        One that claims to come from the future counts as expired: a clock was wrong,
        and it would otherwise never age.
        """
        age = (_aware(now) - self.cached_at).total_seconds()
        return not -CLOCK_SKEW <= age <= 3600.0 * ttl_hours


# Frozen classes refuse assignment; their slots' own descriptors don't.
_PUT: dict[str, Callable[[Any, Any], None]] = {
    field.name: vars(ModelMetadata)[field.name].__set__ for field in attrs.fields(ModelMetadata)
}
_PARTS = ("siblings", "card_data", "extra", "cached_at")
_SCALARS = tuple(name for name in _PUT if name not in _PARTS)
_PUT_ALL = tuple(_PUT[name] for name in (*_SCALARS, *_PARTS))
_TEXTS_AT = tuple(_SCALARS.index(name) for name in ("tags", "base_models"))
# By annotation: what JSON gives for it. Whoever may write to a store may forge an entry,
# and callers count on these.
_KINDS: dict[str, frozenset[type]] = {
    "str": frozenset({str}),
    "str | None": frozenset({str, type(None)}),
    "int | None": frozenset({int, type(None)}),
    "bool": frozenset({bool}),
    "bool | None": frozenset({bool, type(None)}),
    "bool | str | None": frozenset({bool, str, type(None)}),
    "tuple[str, ...]": frozenset({list}),
}
_SCALAR_KINDS = tuple(
    _KINDS[str(field.type)] for field in attrs.fields(ModelMetadata) if field.name in _SCALARS
)


def _only_texts(values: Sequence[Any]) -> tuple[str, ...]:
    """What JSON has as a list of texts, as a tuple.

    Raises:
        DecodeError: It holds something else.
    """
    try:
        # The quickest way to look at all of them.
        "".join(values)
    except TypeError as error:
        raise DecodeError("a list of texts holds something else") from error
    return tuple(values)
