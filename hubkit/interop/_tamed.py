"""The Hub's live answers without what huggingface_hub would follow too far: to another host, or into long sleep."""

from __future__ import annotations

from typing import Final

from hubkit._transport._links import next_page
from hubkit._transport._pauses import literal_pause
from hubkit.errors import UnexpectedAnswerError
from hubkit.interop._http import Http, Request, Response
from hubkit.interop._reply import fit_to_keep

__all__ = ["tamed"]

_LEADING: Final = ("link", "x-xet-refresh-route")

# The Hub counts in windows of five minutes.
_LONGEST_PAUSE: Final = 3600.0


def tamed(response: Response, request: Request, http: Http) -> Response:
    """The response without what would lead to another origin than was asked, and without pauses of hours.

    huggingface_hub takes its token along wherever a listing or the key to a file is, and
    sleeps for as long as it is told to.

    Args:
        response: The Hub's, perhaps of the last of several redirects.
        request: What was asked, before any redirect.
        http: The library of both.

    Raises:
        RequestError: Of that library: the next page of a listing is elsewhere. Without
            it the listing would seem to end here. It is none that is tried again.
    """
    url = str(request.url)
    for name in _LEADING:
        value = response.headers.get(name)
        if value is None:
            continue
        try:
            next_page(value if name == "link" else None, current=url, endpoint=url)
        except UnexpectedAnswerError as error:
            response.close()
            raise http.library.RequestError(str(error), request=request) from error
        safe = fit_to_keep(name, value, url)
        if safe is None:
            del response.headers[name]
        elif safe != value:
            response.headers[name] = safe
    if literal_pause(response.headers) > _LONGEST_PAUSE:
        for name in ("retry-after", "ratelimit"):
            response.headers.pop(name, None)
    return response
