"""The cache put beneath huggingface_hub: one line, and every program built on it is cached.

`install` does it to this process, `cached` for the length of a block, and the command
``hubkit run -- COMMAND`` to a program that nobody can edit. Cached are reads of
repositories (information, trees, refs, commits, paths, lists) and what HEAD says of
files; the files themselves are huggingface_hub's to cache. Settings are hubkit's own,
with ``HF_HUB_OFFLINE`` beside them: what isn't cached then raises
``OfflineModeIsEnabled``, as programs expect.
"""

from __future__ import annotations

from hubkit.interop._installation import cached, install, uninstall

__all__ = ["cached", "install", "uninstall"]
