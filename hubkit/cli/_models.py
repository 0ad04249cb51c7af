"""``hubkit search``, ``info``, ``license`` and ``compat``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._known_models import MODEL
from hubkit.cli._session import Session, end_with, json_option, pass_session

if TYPE_CHECKING:
    from hubkit.models import ModelMetadata

__all__ = ["compat_command", "info", "license_command", "search"]

SORTS = ("downloads", "likes", "trending", "updated", "created")
"""Repeated here, so that ``--help`` needs no import."""

_revision_option = click.option("--revision", metavar="REV", help="Branch, tag or commit.")
_refresh_option = click.option("--refresh", is_flag=True, help="Ask the Hub, whatever is cached.")


@click.command()
@click.argument("query", required=False)
@click.option("--tag", "tags", metavar="T", multiple=True, help="A tag; repeatable, all are required.")
@click.option(
    "--sort", type=click.Choice(SORTS), default="downloads", show_default=True, help="The order, descending."
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many models."
)
@click.option("--all", "everything", is_flag=True, help="All that fit, page after page, and no --limit.")
@click.option("--author", metavar="NAME", help="The account that owns them.")
@click.option("--task", metavar="TASK", help="Such as text-generation.")
@json_option
@pass_session
def search(
    session: Session,
    query: str | None,
    tags: tuple[str, ...],
    sort: str,
    limit: int,
    everything: bool,
    author: str | None,
    task: str | None,
    as_json: bool,
) -> None:
    """Find models whose name contains QUERY.

    On a pipe each line is: id, downloads, likes, task, licence, date of the last change. When the Hub
    can't be asked, cached models are searched, and standard error says how old the answer is.
    """
    from hubkit.cli._listing import all_of, check_asked, found_document, print_models, tell_source

    with session.hub() as hub:
        if everything:
            found = hub.iter_models(query, tags, sort, author=author, pipeline_tag=task)
            models = all_of(session, found)
        else:
            models = hub.search_models(query, tags, sort, limit, author=author, pipeline_tag=task)
    if not models:
        check_asked(session)
    if as_json:
        session.out.json([found_document(model, from_cache=models.from_cache) for model in models])
    else:
        print_models(session, models)
    tell_source(session, models)
    if not models:
        session.out.note("hubkit: nothing found")
        end_with(ExitCode.NO)


@click.command()
@click.argument("model", type=MODEL)
@_revision_option
@_refresh_option
@json_option
@pass_session
def info(session: Session, model: str, revision: str | None, refresh: bool, as_json: bool) -> None:
    """Show what the Hub says about MODEL.

    The last line tells where the answer came from and how old it is.
    """
    from hubkit.cli._listing import model_document, model_facts

    started = session.clock.now()
    with session.hub() as hub:
        found = hub.require_model_metadata(model, not refresh, revision=revision)
    # A fresh answer is dated later than the question.
    from_cache = found.cached_at.timestamp() < started
    now = session.clock.now()
    if as_json:
        session.out.json(model_document(found, from_cache=from_cache, now=now))
    else:
        session.out.facts(model_facts(found, from_cache=from_cache, now=now))


@click.command("license")
@click.argument("model", type=MODEL)
@click.option("--report", is_flag=True, help="Show the licences of its base models too, and what they ask.")
@click.option(
    "--allow",
    "allowed",
    metavar="ID",
    multiple=True,
    help="A licence that may be used; repeatable, implies --report.",
)
@click.option(
    "--base-model", metavar="ID", help="What MODEL was made from, if it doesn't say; implies --report."
)
@_refresh_option
@json_option
@pass_session
def license_command(
    session: Session,
    model: str,
    report: bool,
    allowed: tuple[str, ...],
    base_model: str | None,
    refresh: bool,
    as_json: bool,
) -> None:
    """Show the licence that MODEL states.

    Exit code 1 when it states none. On a pipe the licence's id stands alone.

    With --report each line is a model, the first of them MODEL and the others those that it was made from:
    id, licence, SPDX id, what states it, what was made from it. Exit code 1 when one states none, or one
    contradicts another; with --allow when not all are allowed.
    """
    if not report and not allowed and base_model is None:
        _show_statement(session, _require(session, model, refresh), as_json=as_json)
        return
    from hubkit.cli._reports import show_license_report

    if refresh:
        _require(session, model, refresh)
    with session.hub() as hub:
        found = hub.license_report(model, allowed or None, base_model=base_model)
    show_license_report(session, found, as_json=as_json)


def _show_statement(session: Session, found: ModelMetadata, *, as_json: bool) -> None:
    from hubkit._licenses import stated_license

    stated = stated_license(found)
    if as_json:
        session.out.json(
            {
                "model_id": found.model_id,
                "license": stated and stated.id,
                "license_name": stated and stated.name,
                "license_link": stated and stated.link,
                "source": stated and stated.source,
            }
        )
    elif stated is not None:
        details = [stated.name, stated.link, f"stated by the {stated.source}"]
        shown = f"{stated.id} ({', '.join(filter(None, details))})"
        session.out.line(shown if session.out.is_terminal else stated.id)
    if stated is None:
        session.out.note(f"hubkit: {found.model_id} states no licence")
        end_with(ExitCode.NO)


@click.command("compat")
@click.argument("model", type=MODEL)
@click.option("--library", metavar="L", help="Such as transformers or peft.")
@_revision_option
@click.option("--report", is_flag=True, help="Show all that is found, and what to do about it.")
@click.option(
    "--check-access", is_flag=True, help="Ask the Hub whether this token gets the files; implies --report."
)
@_refresh_option
@json_option
@pass_session
def compat_command(
    session: Session,
    model: str,
    library: str | None,
    revision: str | None,
    report: bool,
    check_access: bool,
    refresh: bool,
    as_json: bool,
) -> None:
    """Say whether MODEL can be loaded, and why not.

    It needs a configuration and weights, and must be made for the library. Exit code 1 when it can't, or
    when that can't be told.

    With --report each line on a pipe is: severity, code, message, remedy, what says so.
    """
    from hubkit.cli._reports import show_compatibility, show_compatibility_report

    if refresh:
        _require(session, model, refresh, revision)
    with session.hub() as hub:
        found = hub.compatibility_report(model, library, revision=revision, check_access=check_access)
    show = show_compatibility_report if report or check_access else show_compatibility
    show(session, found, as_json=as_json)


def _require(session: Session, model: str, refresh: bool, revision: str | None = None) -> ModelMetadata:
    with session.hub() as hub:
        return hub.require_model_metadata(model, not refresh, revision=revision)
