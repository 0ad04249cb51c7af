"""A small web app over the async connector: search, a page for each model, a banner while the Hub is away.

python examples/connector_fastapi/app.py                                      # with a Hub of its own
HF_TOKEN=hf_... python examples/connector_fastapi/app.py --endpoint https://huggingface.co

Needs ``pip install "hubkit[examples]"``. What a Hub says is anybody's text: templates escape all of it, and the
pages' policy runs no scripts and loads nothing from elsewhere.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from hubkit import HubConfig, HubkitError, InvalidRefError, ModelMetadata
from hubkit.connector import HuggingFaceConnector
from hubkit.testing import LocalHub

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[1] / "tests" / "data" / "payloads" / "models_2022_sample.jsonl.gz"
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Desk:
    """The connector, and whether its Hub can be reached: tried now and then, and not for every page."""

    def __init__(self, config: HubConfig, seconds: float) -> None:
        self.hub = HuggingFaceConnector(config=config)
        self._seconds = seconds
        self._token = config.token.reveal() if config.token else ""
        self._trouble: str | None = None
        self._next_try = 0.0

    async def trouble(self) -> str | None:
        """Why the Hub can't be asked; None when it can."""
        if time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + self._seconds
            try:
                await self.hub.connect({"token": self._token})
                self._trouble = None
            except HubkitError as error:
                self._trouble = str(error)
        return self._trouble


def create_app(config: HubConfig, *, retry_seconds: float = 10.0) -> FastAPI:
    """The app over one Hub.

    Args:
        config: Settings; without a token the app knows what is cached, and no more.
        retry_seconds: How often it is tried whether the Hub answers.
    """
    desk = Desk(config, retry_seconds)
    pages = Jinja2Templates(env=environment())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with desk.hub:
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    @app.middleware("http")
    async def policed(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @app.get("/")
    async def search(request: Request, q: str = "") -> HTMLResponse:
        found: list[ModelMetadata] = []
        trouble = await desk.trouble()
        try:
            found = await desk.hub.search_models(q or None)
        except HubkitError as error:
            trouble = trouble or str(error)
        return pages.TemplateResponse(request, "search.html", {"q": q, "found": found, "trouble": trouble})

    @app.get("/models/{model_id:path}")
    async def model(request: Request, model_id: str) -> HTMLResponse:
        found, fits = None, False
        trouble = await desk.trouble()
        try:
            found = await desk.hub.get_model_metadata(model_id)
            fits = await desk.hub.check_compatibility(model_id, "transformers")
        except InvalidRefError:
            pass  # Nothing can be called that.
        except HubkitError as error:
            trouble = trouble or str(error)
        status = 200 if found else 503 if trouble else 404
        page = {"model": found, "fits": fits, "model_id": model_id, "trouble": trouble}
        return pages.TemplateResponse(request, "model.html", page, status_code=status)

    return app


def environment() -> Environment:
    """Templates that escape all text, and show nothing of characters that can't be seen."""
    return Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, finalize=visible)


def visible(value: object) -> object:
    """Nothing for None; text without control characters, nor those that turn it round."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(letter for letter in value if letter.isprintable())
    return "" if value is None else value


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub; without it one is started")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    # Somebody waits for the page: rather the cache's answer than a late one.
    settings: dict[str, object] = {"deadline": 5, "retries": 1}
    with ExitStack() as stack:
        if arguments.endpoint:
            settings["endpoint"] = arguments.endpoint
        else:
            server = stack.enter_context(LocalHub())
            server.load_models(MODELS)
            settings |= {"endpoint": server.endpoint, "token": server.add_user("alice"), "cache": "memory://"}
        uvicorn.run(create_app(HubConfig.load(settings)), port=arguments.port)


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"app: {error}") from None
