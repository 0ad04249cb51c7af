"""Whether the caller may have a model's files, whoever has fetched them."""

from __future__ import annotations

from hubkit._metadata import MetadataStore
from hubkit._refs import api_prefix
from hubkit._transport import REFUSALS, Transport
from hubkit.cache._access import AccessNotes
from hubkit.models import ModelMetadata

__all__ = ["Gate"]


class Gate:
    """The gate in front of one caller.

    The folder of snapshots is anybody's on this machine. Hence hubkit hands out only what
    the caller's token is known to be allowed: what the Hub says now or, when it can't be
    asked, what it told this caller before and hasn't taken back.

    Args:
        transport: The way to the Hub.
        metadata: Says what the Hub knows of a model, and whether it is private or gated.
        notes: Remembers who was let in.
    """

    def __init__(self, transport: Transport, metadata: MetadataStore, notes: AccessNotes) -> None:
        self._transport = transport
        self._metadata = metadata
        self._notes = notes

    def ask(self, model_id: str, revision: str | None) -> ModelMetadata:
        """What the Hub says now, if it lets the caller have the files.

        Raises:
            AuthenticationError: It refused the token.
            GatedRepoError: The token has no access.
            NotFoundError: There is no such model or revision, or not for this token.
            OfflineError: The network is forbidden.
            TransportError: The Hub can't be reached.
        """
        try:
            model = self._metadata.require(model_id, use_cache=False, revision=revision)
            if model.gated:
                # Its metadata is everybody's, its files aren't.
                self._transport.get(f"{api_prefix('model', model_id)}/auth-check")
                self._notes.remember(model_id)
        except REFUSALS:
            self._notes.forget(model_id)
            raise
        return model

    def recall(self, model_id: str, revision: str | None) -> ModelMetadata | None:
        """What the Hub said before, by whatever name it was asked; None if that lets the caller have nothing."""
        model = self._metadata.recall(model_id, revision=revision)
        if model is None and revision is not None:
            default = self._metadata.recall(model_id)
            model = default if default is not None and revision in ("main", default.sha) else None
        if model is None or (model.gated and not self._notes.knows(model_id)):
            return None
        return model
