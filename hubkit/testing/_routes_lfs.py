"""Handlers of git-lfs: which objects to send, receiving them, checking them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response

from hubkit.testing._accounts import check_write_token
from hubkit.testing._call import Call, HubRequest, json_response
from hubkit.testing._refusal import Refusal

__all__ = ["lfs_batch", "lfs_put", "lfs_verify"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 18


def lfs_batch(call: Call) -> Response:
    """POST /{id}.git/info/lfs/objects/batch."""
    repo, body = call.repo(), call.json()
    check_write_token(call.identity)
    if body.get("operation") != "upload":
        raise Refusal(400, "Only uploads are supported")
    href = f"{call.page_of(repo)}.git/info/lfs"
    objects = [_planned(call, href, each) for each in call.objects("objects")]
    answer = {"transfer": "basic", "objects": objects, "hash_algo": "sha256"}
    response = json_response(answer)
    response.content_type = "application/vnd.git-lfs+json; charset=utf-8"
    return response


def lfs_put(call: Call) -> Response:
    """PUT /lfs-upload/{oid}/{secret}: no token, as the secret of the batch answer is proof enough."""
    oid, ticket = call.args["oid"], call.args["ticket"]
    with call.state.lock:
        size = call.state.pending_uploads.get(f"{oid}/{ticket}")
    if size is None:
        raise Refusal(403, "This upload was not announced by a batch request")
    # Received outside the lock: a slow upload must not stop the hub.
    digest, received = call.state.blobs.receive(_checked(call.request, oid, size))
    with call.state.lock:
        call.state.pending_uploads.pop(f"{oid}/{ticket}", None)
    return Response(headers={"ETag": f'"{digest}"', "X-Received": str(received)})


def lfs_verify(call: Call) -> Response:
    """POST /{id}.git/info/lfs/verify."""
    call.repo()
    body = call.json()
    oid, size = str(body.get("oid")), body.get("size")
    if oid not in call.state.blobs:
        raise Refusal(404, f"LFS object {oid} was not uploaded")
    if call.state.blobs.size(oid) != size:
        raise Refusal(422, f"LFS object {oid} has not {size} bytes")
    return json_response({})


def _checked(request: HubRequest, oid: str, size: int) -> Iterator[bytes]:
    """Read an upload in chunks; refuse a wrong size or hash before the last of them counts."""
    digest, received = hashlib.sha256(), 0
    while chunk := request.stream.read(_CHUNK):
        digest.update(chunk)
        received += len(chunk)
        yield chunk
    if received != size or digest.hexdigest() != oid:
        raise Refusal(400, f"What arrived is not the LFS object {oid} of {size} bytes")


def _planned(call: Call, href: str, wanted: dict[str, Any]) -> dict[str, Any]:
    oid, size = wanted.get("oid"), wanted.get("size")
    if not isinstance(oid, str) or not _DIGEST.fullmatch(oid) or not isinstance(size, int) or size < 0:
        error = {"code": 422, "message": "an object needs a sha256 oid and a size"}
        return {"oid": oid, "size": size, "error": error}
    if oid in call.state.blobs:
        return {"oid": oid, "size": size}
    ticket = secrets.token_urlsafe(16)
    call.state.pending_uploads[f"{oid}/{ticket}"] = size
    upload = {"href": f"{call.base_url}/lfs-upload/{oid}/{ticket}"}
    return {"oid": oid, "size": size, "actions": {"upload": upload, "verify": {"href": f"{href}/verify"}}}
