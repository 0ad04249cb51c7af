"""`Reports`: looks up what a report on licences or compatibility needs, and has it judged."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from hubkit._compatibility import CompatibilityReport, assess, base_of
from hubkit._licenses import LicenseReport, allow_list, judge, license_chain
from hubkit._metadata import MetadataStore
from hubkit._refs import api_prefix, is_repo_id, parse_repo_id
from hubkit._secrets import clean_text
from hubkit._transport import REFUSALS, Transport
from hubkit.errors import (
    HubkitError,
    NotFoundError,
    OfflineError,
    TransportError,
)
from hubkit.models import ModelMetadata

__all__ = ["Reports"]

_FORBIDDEN = "the network is forbidden"


class Reports:
    """Reports for one caller.

    What can't be found out of a base model is said in the report: only the model itself must be known.

    Args:
        metadata: Answers about models.
        transport: The way to the Hub.
    """

    def __init__(self, metadata: MetadataStore, transport: Transport) -> None:
        self._metadata = metadata
        self._transport = transport

    def licenses(
        self, model_id: str, allowed: Sequence[str] | None, *, base_model: str | None
    ) -> LicenseReport:
        """The licences of a model and of everything that it was made from.

        Args:
            model_id: ``org/name``.
            allowed: What may be used.
            base_model: What the model was made from, for one that doesn't say.

        Raises:
            InvalidArgumentError: The list can't be right.
            InvalidRefError: An id is malformed.
            RepoNotFoundError: There is no such model.
            OfflineError: It isn't cached, and the Hub can't be asked.
        """
        names = allow_list(allowed)
        if base_model is not None:
            parse_repo_id(base_model, field="base_model")
        links, problems = license_chain(self._model(model_id), self._look, base_model=base_model)
        return judge(links, problems, names)

    def compatibility(
        self, model_id: str, required_library: str | None, *, revision: str | None, check_access: bool
    ) -> CompatibilityReport:
        """Whether a model can be used.

        Args:
            model_id: ``org/name``.
            required_library: The library that is to load it.
            revision: Branch, tag or commit; None: the default branch.
            check_access: Whether to ask if this token gets the files.

        Raises:
            InvalidRefError: The id or revision is malformed.
            RepoNotFoundError: There is no such model.
            OfflineError: It isn't cached, and the Hub can't be asked.
        """
        model = self._model(model_id, revision)
        return self.assessed(model, required_library, self._access(model_id) if check_access else None)

    def assessed(
        self, model: ModelMetadata, required_library: str | None, access: bool | str | None = None
    ) -> CompatibilityReport:
        """The report on a model that is known already."""
        named = base_of(model)
        base = None if named is None else self._look(named)
        installed = {name: _installed(name) for name in {"transformers", required_library} if name}
        return assess(model, required_library, base=base, access=access, installed=installed)

    def _model(self, model_id: str, revision: str | None = None) -> ModelMetadata:
        try:
            return self._metadata.require(model_id, revision=revision)
        except TransportError as error:
            raise OfflineError(f"{model_id} is not cached, and the Hub is out of reach: {error}") from error

    def _look(self, model_id: str) -> ModelMetadata | str:
        """What is known of a base model, or why nothing is: whatever it be, the rest of a report stands."""
        if not is_repo_id(model_id):
            return f"{clean_text(model_id)} is no id of a model"
        try:
            return self._metadata.require(model_id)
        except NotFoundError:
            return "there is no such model on the Hub, or this token may not know of it"
        except OfflineError:
            return f"it is not cached, and {_FORBIDDEN}"
        except HubkitError as error:
            return f"the Hub couldn't be asked: {clean_text(error.message)}"

    def _access(self, model_id: str) -> bool | str:
        """Whether this token gets a model's files, or why that isn't known."""
        try:
            self._transport.get(f"{api_prefix('model', model_id, None)}/auth-check")
        except REFUSALS:
            return False
        except OfflineError:
            return _FORBIDDEN
        except HubkitError as error:
            return f"the Hub couldn't be asked: {clean_text(error.message)}"
        return True


def _installed(library: str) -> str | None:
    """The version of a library in this Python."""
    try:
        return version(library)
    except (PackageNotFoundError, ValueError):
        return None
