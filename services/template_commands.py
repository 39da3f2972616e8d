"""`recourse templates`: check what letters say before any is sent."""

import sys

import typer

from services.letter_rules import letter_rules
from services.notifier.elements import LettersIncompleteError, require_complete
from services.notifier.rendering import TemplateError
from services.notifier.wiring import own_templates
from services.opening import named

app = typer.Typer(no_args_is_help=True, help="Templates: the files that say how letters read.")


@app.callback()
def templates() -> None:
    """Keep `check` a word of its own."""


@app.command()
def check() -> None:
    """Read every template and compare it with the policies of each tenant; exit code 2 where one lacks something."""
    backend = named()
    rules = letter_rules(backend)
    try:
        require_complete(own_templates(backend), rules, {n: t.languages for n, t in backend.tenants.items()})
    except (TemplateError, LettersIncompleteError) as error:
        typer.secho(str(error), fg="red", err=True)
        sys.exit(2)
    for tenant in backend.tenants:
        policies = dict.fromkeys(rule.policy for rule in rules if rule.tenant == tenant)
        typer.echo(f"{tenant}: letters say what {', '.join(policies) or 'no policy'} asks for")
