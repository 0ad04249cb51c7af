"""Asking all that a program will ask to load a model, so that it needs no network then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hubkit._rooms import Rooms
from hubkit.interop._installation import cached_in

__all__ = ["remember"]


def remember(model_id: str, rooms: Rooms, *, revision: str) -> str | None:
    """Let a client's cache learn of a model what huggingface_hub asks about it: information, refs, tree, and each file.

    Args:
        model_id: ``org/name``.
        rooms: The client's: its stores and the token in use.
        revision: Branch or tag, as programs will name it.

    Returns:
        The commit that the branch or tag is at, as far as the Hub says so.

    Raises:
        HfHubHTTPError: The Hub refused.
    """
    from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url

    config = rooms.config
    token = config.token.reveal() if config.token else False
    api = HfApi(endpoint=config.endpoint, token=token)
    with cached_in(rooms.tiers, config, rooms.clock):
        api.model_info(model_id)
        # The branch is at this commit then, for all that is asked below.
        info = api.model_info(model_id, revision=revision)
        api.list_repo_refs(model_id)
        list(api.list_repo_tree(model_id, revision=info.sha, recursive=True))

        def ask(path: str) -> None:
            url = hf_hub_url(model_id, path, revision=revision, endpoint=config.endpoint)
            get_hf_file_metadata(url, token=token)

        with ThreadPoolExecutor(config.max_workers, "hubkit") as pool:
            list(pool.map(ask, [file.rfilename for file in info.siblings or ()]))
    return info.sha
