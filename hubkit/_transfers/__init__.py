"""Files to and from the Hub, through `huggingface_hub`."""

from __future__ import annotations

from hubkit._transfers._download import Brought, Downloads
from hubkit._transfers._status import SnapshotStatus
from hubkit._transfers._upload import UploadRequest, Uploads

__all__ = ["Brought", "Downloads", "SnapshotStatus", "UploadRequest", "Uploads"]
