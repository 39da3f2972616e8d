"""`recourse letters` and `recourse templates`: look at a letter before it is ordered, check what letters say."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.embedded import compose
from services.intake import operations as intake_operations
from services.letter_rules import letter_rules
from services.notifier.drafting import Draft, Drafted, Drafts
from services.notifier.elements import require_complete
from services.notifier.html_page import html_of
from services.notifier.keeping import sheet_of
from services.notifier.pages import GlyphsMissingError
from services.notifier.rendering import KINDS, TemplateError, TemplateUnknownError
from services.notifier.wiring import own_templates
from services.opening import existing, named
from shared.contracts.letters import MEANING, Element

letters = typer.Typer(no_args_is_help=True, help="Letters: what one would say, before it is ordered.")
templates = typer.Typer(no_args_is_help=True, help="Templates: the files that say how letters read.")


def add_commands(app: typer.Typer) -> None:
    """Add both groups; an empty callback keeps the one word of each a word of its own."""
    for name, group in (("letters", letters), ("templates", templates)):
        group.callback()(lambda: None)
        app.add_typer(group, name=name)


@letters.command()
def preview(
    complaint: Annotated[str, typer.Argument(help="Id or number")],
    kind: Annotated[str, typer.Option(help=", ".join(KINDS))] = "final",
    text: Annotated[str, typer.Option(help="The words of the handler")] = "",
    language: Annotated[str | None, typer.Option(help="Such as en; the complainant's without it")] = None,
    template: Annotated[str | None, typer.Option(help="Another than the newest of this kind")] = None,
    template_version: Annotated[str | None, typer.Option()] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write: .pdf, .html or .txt")] = None,
) -> None:
    """Show a letter and what it would lack; exit code 2 where it would not be sent."""
    if kind not in KINDS:
        raise typer.BadParameter(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
    embedded = compose(existing(), serve=False)
    complaint_id = intake_operations.Desk(embedded.intake).find(complaint)
    draft = Draft(kind=kind, language=language, template=template, template_version=template_version, text=text)
    drafts = embedded.notifier.drafts
    try:
        drafted = drafts.draft(complaint_id, None, draft)
        if drafted is None:
            raise typer.BadParameter(f"there is no complaint {complaint!r}")
        _show(drafts, drafted, out)
    except (TemplateUnknownError, GlyphsMissingError) as error:
        raise typer.BadParameter(str(error)) from error
    for element in drafted.missing:
        typer.secho(f"missing: {element} ({MEANING[Element(element)]})", fg="red", err=True)
    for element in drafted.pending:
        typer.echo(f"comes with the letter: {element} ({MEANING[Element(element)]})", err=True)
    sys.exit(2 if drafted.missing else 0)


def _show(drafts: Drafts, drafted: Drafted, out: Path | None) -> None:
    letter = drafted.letter
    if out is None:
        typer.echo(f"{letter.rendered.subject}\n\n{letter.rendered.text}")
    elif out.suffix == ".pdf":
        out.write_bytes(drafts.pages(drafted))
    elif out.suffix == ".html":
        out.write_text(html_of(sheet_of(letter)), encoding="utf-8")
    else:
        out.write_text(letter.rendered.text, encoding="utf-8")


@templates.command()
def check() -> None:
    """Read every template and compare it with the policies of each tenant; exit code 2 where one lacks something."""
    backend = named()
    rules = letter_rules(backend)
    try:
        require_complete(own_templates(backend), rules, {n: t.languages for n, t in backend.tenants.items()})
    except TemplateError as error:
        typer.secho(str(error), fg="red", err=True)
        sys.exit(2)
    for tenant in backend.tenants:
        policies = dict.fromkeys(rule.policy for rule in rules if rule.tenant == tenant)
        typer.echo(f"{tenant}: letters say what {', '.join(policies) or 'no policy'} asks for")
