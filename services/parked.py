"""`recourse parked`: the messages that could not be applied, shown and tried again."""

from typing import Annotated, Any

import typer

from services.intake.domain.number import read_number
from services.intake.operations import Desk
from services.opening import AlwaysJson, Json, Service, applications, opened
from shared.messaging.parking import ParkedMessage, Parking
from shared.runtime.terminal import print_json, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Messages that could not be applied.")


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List what is parked or waits for something earlier."""
    show("Parked messages", [_row(service, message) for service, message in _all()], as_json=as_json)


def _row(service: Service, message: ParkedMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "service": service,
        "complaint": message.incoming.key,
        "state": message.state,
        "reason": message.reason,
        "parked_at": message.parked_at.isoformat(),
    }


@app.command("show")
def show_one(
    message_id: Annotated[str, typer.Argument(help="As the list shows it: topic/partition/offset")],
    service: Annotated[Service | None, typer.Option(help="Where several have parked the same message")] = None,
    _as_json: AlwaysJson = True,
) -> None:
    """Show one parked message whole, as JSON."""
    found = [(name, each) for name, each in _all() if each.id == message_id and service in (None, name)]
    if not found:
        raise typer.BadParameter(f"nothing is parked as {message_id!r}")
    name, message = found[0]
    headers = {header: value.decode("latin-1") for header, value in message.incoming.headers}
    value = message.incoming.value.decode("utf-8", errors="replace")
    print_json({**_row(name, message), "detail": message.detail, "headers": headers, "value": value})


@app.command("redrive")
def redrive(
    service: Service,
    complaint: Annotated[str | None, typer.Argument(help="The id or number of a complaint; all without it")] = None,
) -> None:
    """Ask the consumer to try again: a running one does so at once, a stopped one when it starts."""
    embedded = opened()
    is_number = complaint is not None and read_number(complaint) is not None
    key = str(Desk(embedded.intake).find(complaint)) if complaint and is_number else complaint
    store = applications(embedded)[service].store
    with store.write() as transaction:
        count = Parking(store.application).request_redrive(transaction, key)
    typer.echo(f"{count} {'message is' if count == 1 else 'messages are'} tried again")


def _all() -> list[tuple[Service, ParkedMessage]]:
    parked = []
    for service, application in applications(opened()).items():
        with application.store.read() as reader:
            parked += [(service, message) for message in Parking(application.store.application).all(reader)]
    return parked
