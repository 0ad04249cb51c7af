"""The only cattrs converter of hubkit.

Conversions beside cattrs' own:

- `LazyJson` values (`JsonObject`, `FileList`): to and from decoded JSON;
- ``datetime``: to ISO 8601, from it or from a datetime;
- `Secret`: to ``"***"``, never back;
- ``Mapping[str, Any]`` and ``Sequence`` fields that hold a `LazyJson`: by the value's own class;
- ``str``, ``int``, ``bool``, ``bool | str | None`` and ``tuple[str, ...]``: from nothing but that, where
  cattrs would make ``"None"`` of None, True of ``"false"`` and letters of a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from hubkit._lazy import LazyJson
from hubkit._secrets import Secret
from hubkit.errors import DecodeError

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["structure", "unstructure"]

T = TypeVar("T")


def unstructure(value: Any) -> Any:
    """Plain data (dicts, lists, scalars) for an attrs value of hubkit."""
    return _converter().unstructure(value)


def structure(data: Mapping[str, Any], cls: type[T]) -> T:
    """Build an attrs value from plain data; ``data`` is left as it is.

    Raises:
        DecodeError: A field has a type that it can't have, or one is missing.
    """
    from cattrs.errors import BaseValidationError
    from cattrs.v import transform_error

    try:
        return _converter().structure(data, cls)
    except BaseValidationError as error:
        reasons = transform_error(error, format_exception=_reason)
        raise DecodeError(f"{cls.__name__}: {'; '.join(reasons)}") from error
    except (TypeError, ValueError, KeyError) as error:
        raise DecodeError(f"{cls.__name__}: {error}") from error


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter()
    converter.register_unstructure_hook(LazyJson, _plain_of_lazy)
    converter.register_unstructure_hook(datetime, _plain_of_datetime)
    converter.register_unstructure_hook(Secret, str)
    converter.register_structure_hook(datetime, _datetime_of_plain)
    converter.register_structure_hook_func(_is_any_container, _unchanged)
    converter.register_unstructure_hook_func(_is_any_container, converter.unstructure)
    for scalar in (str, int, bool):
        converter.register_structure_hook(scalar, _scalar_of_plain)
    converter.register_structure_hook_func(_is_bool_or_text, _bool_or_text_of_plain)
    converter.register_structure_hook_func(_is_texts, _texts_of_plain)
    return converter


def _plain_of_lazy(value: LazyJson) -> Any:
    return value.to_plain()


def _plain_of_datetime(value: datetime) -> str:
    return value.isoformat()


def _datetime_of_plain(value: Any, _: type) -> Any:
    """Leaves parsing to the field's own converter, which knows what a naive time means."""
    if not isinstance(value, (str, datetime)):
        raise TypeError(f"expected an ISO 8601 time, not {type(value).__name__}")
    return value


def _reason(error: BaseException, cls: type | None) -> str:
    from cattrs.v import format_exception

    # Ours say it themselves; cattrs would call them unknown.
    return str(error) if isinstance(error, (DecodeError, TypeError)) else format_exception(error, cls)


def _is_any_container(cls: Any) -> bool:
    origin = getattr(cls, "__origin__", None)
    return origin in (Mapping, Sequence)


def _is_bool_or_text(cls: Any) -> bool:
    return bool(cls == (bool | str | None))


def _is_texts(cls: Any) -> bool:
    return bool(cls == tuple[str, ...])


def _scalar_of_plain(value: Any, cls: type) -> Any:
    # A bool is an int to Python, and to nobody who counts downloads.
    if type(value) is not cls:
        raise TypeError(f"expected {cls.__name__}, not {type(value).__name__}")
    return value


def _bool_or_text_of_plain(value: Any, _: Any) -> Any:
    if value is not None and not isinstance(value, (bool, str)):
        raise TypeError(f"expected true, false or text, not {type(value).__name__}")
    return value


def _texts_of_plain(value: Any, _: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError("expected a list of texts")
    return tuple(value)


def _unchanged(value: Any, _: Any) -> Any:
    """The field's own converter does the work."""
    return value
