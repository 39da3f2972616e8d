"""`recourse intake api` and its like: one process of one service, on the database and the broker that all share."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from services.opening import settings
from services.processes import PARTS, compose_part
from shared.runtime import logs
from shared.runtime.backends import Backend, ConfigurationError, require_topics


def add_commands(app: typer.Typer) -> None:
    """Add a command for each service; its argument names the process."""
    for service, parts in PARTS.items():
        about = f"Run one process of {service}, as often as there is work for: {', '.join(parts)}."
        app.command(service, help=about)(_command(service))


def _command(service: str) -> Callable[[str], None]:
    def run(part: Annotated[str, typer.Argument(metavar="|".join(PARTS[service]))]) -> None:
        if part not in PARTS[service]:
            raise typer.BadParameter(f"{part!r} is none of {', '.join(PARTS[service])}")
        read = settings()
        logs.configure(level=read.log_level, as_json=read.log_json)
        if read.database_url is None or not read.kafka_bootstrap:
            raise ConfigurationError(
                "processes of their own share a database and a broker: set RECOURSE_DATABASE_URL and"
                " RECOURSE_KAFKA_BOOTSTRAP; `recourse run` needs neither"
            )
        backend = Backend(read)
        require_topics(backend.log)
        sys.exit(compose_part(backend, service, part).run())

    return run
