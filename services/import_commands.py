"""`recourse import`: take open cases in from another system; look first, then write."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from services.embedded import compose
from services.intake.importing.importer import Importer, Origin
from services.intake.importing.lines import Encoding
from services.intake.importing.running import ImportFile, Report, Run
from services.intake.wiring import IntakeService
from services.opening import Json, existing, tenant_named
from shared.eventstore.purpose_keys import PurposeKey
from shared.runtime.backends import Backend
from shared.runtime.terminal import print_json, progress_bar, show

SYSTEM = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

app = typer.Typer(no_args_is_help=True, help="Open cases of another system: look at a file, then take it in.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, or JSON lines")]
System = Annotated[str, typer.Option(help="A code for the other system; with the reference it names a case")]
Zone = Annotated[str | None, typer.Option(help="Of times without an offset, such as Asia/Shanghai")]
Written = Annotated[Encoding | None, typer.Option(help="Of the file; without it, what most lines are")]


@app.command()
def check(
    file: File,
    system: System,
    tenant: str = "default",
    time_zone: Zone = None,
    encoding: Written = None,
    as_json: Json = False,
) -> None:
    """Say what a file would bring, and every line at fault; nothing is written. Exit code 2 where one is at fault."""
    backend = existing()
    opened = _opened(file, time_zone, encoding)
    service = compose(backend, serve=False).intake
    with progress_bar("check", total=opened.lines) as progress:
        report = Run(_importer(backend, service, system, tenant, ""), opened, progress).check()
    _tell("Would be taken in", report, as_json=as_json)


@app.command()
def apply(
    file: File,
    system: System,
    by: Annotated[str, typer.Option(help="Who brings the cases; stands in every event")],
    tenant: str = "default",
    time_zone: Zone = None,
    encoding: Written = None,
    leave_faults: Annotated[bool, typer.Option("--leave-faults", help="Take in what is not at fault")] = False,
    as_json: Json = False,
) -> None:
    """Take a file in: each case once, however often. Nothing is written where a line is at fault."""
    backend = existing()
    opened = _opened(file, time_zone, encoding)
    with _taken(backend):
        service = compose(backend, serve=False).intake
        importer = _importer(backend, service, system, tenant, by)
        with progress_bar("check", total=opened.lines) as progress:
            report = Run(importer, opened, progress).check()
        if report.is_clean or leave_faults:
            with service.application.writing(), progress_bar("apply", total=opened.lines) as progress:
                report = Run(importer, opened, progress).apply()
            _tell("Taken in", report, as_json=as_json)
        else:
            _tell("Nothing was written; would be taken in", report, as_json=as_json)


@contextmanager
def _taken(backend: Backend) -> Iterator[None]:
    """Hold the data directory; on PostgreSQL the services may run meanwhile."""
    if backend.settings.database_url is None:
        backend.take_directory()
    try:
        yield
    finally:
        backend.release_directory()


def _opened(file: Path, time_zone: str | None, encoding: Encoding | None) -> ImportFile:
    if time_zone is not None and time_zone not in available_timezones():
        raise typer.BadParameter(f"there is no time zone {time_zone!r}")
    return ImportFile.open(file, encoding=encoding, zone=ZoneInfo(time_zone) if time_zone else None)


def _importer(backend: Backend, service: IntakeService, system: str, tenant: str, by: str) -> Importer:
    named_tenant = tenant_named(tenant, backend.tenants)
    if not SYSTEM.fullmatch(system):
        raise typer.BadParameter(f"a system is a code such as old-desk, got {system!r}")
    origin = Origin(tenant=named_tenant, system=system, brought_by=by)
    intake = service.application
    return Importer(intake, origin, key=PurposeKey.of(intake.store, backend.master_key, "import"), now=backend.clock)


def _tell(title: str, report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "counts": report.counts(),
                "differing": [fault.row() for fault in report.differing],
                "faults": [fault.row() for fault in report.faults],
                "cases": [taken.row() for taken in report.taken],
            }
        )
    else:
        for fault in (*report.faults, *report.differing):
            typer.secho(str(fault), fg="red", err=True)
        show(title, [report.counts()], as_json=False)
    if not report.is_clean:
        sys.exit(2)
