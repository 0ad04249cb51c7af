"""Where the Hub's live answers may lead huggingface_hub, which takes its token along wherever that is."""

from __future__ import annotations

from hubkit._transport._links import next_page
from hubkit.errors import UnexpectedAnswerError
from hubkit.interop._http import Http, Request, Response
from hubkit.interop._reply import fit_to_keep

__all__ = ["kept_on_origin"]

_LEADING = ("link", "x-xet-refresh-route")


def kept_on_origin(response: Response, request: Request, http: Http) -> Response:
    """The response without what would lead to another origin than was asked.

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
    return response
