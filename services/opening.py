"""What a command works on: the installation that the environment names, opened without serving anything."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError

from services.embedded import Embedded, compose
from shared.contracts.tenant import Tenant
from shared.eventstore.application import EventSourced
from shared.runtime.backends import Backend, ConfigurationError, development_settings
from shared.runtime.settings import Settings


class Service(StrEnum):
    INTAKE = "intake"
    ESCALATION = "escalation"
    NOTIFIER = "notifier"


class Language(StrEnum):
    ZH_CN = "zh-CN"
    EN = "en"


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no instant such as 2026-01-31T12:00:00+08:00") from error
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text!r} names no offset; write it as {text}+08:00")
    return instant


Json = Annotated[bool, typer.Option("--json", help="For machines")]
AlwaysJson = Annotated[bool, typer.Option("--json", help="As it is anyway")]
AsOf = Annotated[datetime | None, typer.Option(help="An instant with offset", parser=_instant, metavar="INSTANT")]


def settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(faults(error, prefix="RECOURSE_")) from error


def faults(error: ValidationError, *, prefix: str = "") -> str:
    """Write on one line which fields are at fault, and why."""
    named = ((".".join(str(each) for each in fault["loc"]), fault["msg"]) for fault in error.errors())
    return "; ".join(f"{prefix}{name.upper() if prefix else name}: {why}" for name, why in named)


def named(**changes: object) -> Backend:
    """The installation that the environment names, or the development one in the data directory."""
    read = settings().model_copy(update=changes)
    if read.master_key_file is None and (read.data_dir / "development").is_dir():
        read = development_settings(read)
    return Backend(read)


def existing(**changes: object) -> Backend:
    """The same where it has run before: looking into a mistyped directory must not make an installation there."""
    backend = named(**changes)
    directory = backend.settings.data_dir
    if not backend.settings.database_url and not directory.is_dir():
        raise ConfigurationError(f"there is no data directory {directory}; RECOURSE_DATA_DIR names another")
    return backend


def opened() -> Embedded:
    return compose(existing(), serve=False)


def tenant_named(name: str, tenants: Mapping[str, Tenant]) -> Tenant:
    """The tenant that an option names; raises typer.BadParameter where there is none."""
    if name not in tenants:
        raise typer.BadParameter(f"there is no tenant {name!r}")
    return tenants[name]


def applications(embedded: Embedded) -> Mapping[Service, EventSourced]:
    services = (embedded.intake, embedded.escalation, embedded.notifier)
    return {Service(service.application.name): service.application for service in services}
