"""The notifications that are planned and not done, by when they are due, in order per complaint and recipient."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from typing_extensions import override

from services.notifier.domain.notification import ChannelName, Notification, RecipientKind, State
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Row, Schema, Store, Transaction

QUEUE = Schema(
    "queue",
    (
        """CREATE TABLE IF NOT EXISTS {app}_queue (
            notification_id TEXT PRIMARY KEY, position BIGINT NOT NULL, complaint_id TEXT NOT NULL,
            recipient TEXT NOT NULL, due_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_queue_due ON {app}_queue (due_at)",
        "CREATE INDEX IF NOT EXISTS {app}_queue_order ON {app}_queue (complaint_id, recipient, position)",
        """CREATE TABLE IF NOT EXISTS {app}_outbox (
            notification_id TEXT PRIMARY KEY, complaint_id TEXT NOT NULL, tenant TEXT NOT NULL,
            sent_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_outbox_newest ON {app}_outbox (tenant, sent_at)",
        """CREATE TABLE IF NOT EXISTS {app}_held (
            notification_id TEXT PRIMARY KEY, position BIGINT NOT NULL, complaint_id TEXT NOT NULL,
            recipient TEXT NOT NULL, held_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_held_of ON {app}_held (complaint_id)",
        "ALTER TABLE {app}_queue ADD COLUMN receiver TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE {app}_held ADD COLUMN receiver TEXT NOT NULL DEFAULT ''",
    ),
)


AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When a new notification is due: the sender's clock may be behind the database's."""


class Queue(Projection):
    """The outbox beside it lists what went over the console: ids, no text.

    A letter that lacks something waits apart, and holds up nothing that comes after it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue = f"{store.application}_queue"
        self._outbox = f"{store.application}_outbox"
        self._held = f"{store.application}_held"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Notification):
            return
        for each in recorded:
            if isinstance(each.event, Notification.Planned):
                self._enter(transaction, aggregate, each)
            elif isinstance(each.event, Notification.Held):
                self._put_apart(transaction, each, aggregate)
            elif isinstance(each.event, Notification.Failed):
                self._postpone(transaction, aggregate)
        if aggregate.state != State.PLANNED:
            self._leave(transaction, aggregate, recorded[-1])

    def _enter(self, transaction: Transaction, notification: Notification, planned: Recorded) -> None:
        how = notification.how
        transaction.execute(
            f"INSERT INTO {self._queue} (notification_id, position, complaint_id, recipient, due_at, receiver)"
            " VALUES (:id, :position, :complaint_id, :recipient, :due_at, :receiver)",
            {
                "id": str(notification.id),
                "position": planned.stored.position,
                "complaint_id": str(how.complaint_id),
                "recipient": f"{how.recipient.kind}:{how.recipient.id}:{how.over}",
                "due_at": AT_ONCE,
                "receiver": receiver_of(how),
            },
        )

    def _postpone(self, transaction: Transaction, notification: Notification) -> None:
        """A letter that was put apart and then failed on its way takes its place in the order again."""
        parameters = {"due_at": notification.retry_at, "id": str(notification.id)}
        transaction.execute(
            f"INSERT INTO {self._queue} (notification_id, position, complaint_id, recipient, due_at, receiver)"
            " SELECT notification_id, position, complaint_id, recipient, held_at, receiver"
            f" FROM {self._held} WHERE notification_id = :id",
            {"id": str(notification.id)},
        )
        transaction.execute(f"UPDATE {self._queue} SET due_at = :due_at WHERE notification_id = :id", parameters)
        transaction.execute(f"DELETE FROM {self._held} WHERE notification_id = :id", {"id": str(notification.id)})

    def _put_apart(self, transaction: Transaction, held: Recorded, notification: Notification) -> None:
        parameters = {"id": str(notification.id), "at": held.recorded_at}
        transaction.execute(
            f"INSERT INTO {self._held} (notification_id, position, complaint_id, recipient, held_at, receiver)"
            " SELECT notification_id, position, complaint_id, recipient, :at, receiver"
            f" FROM {self._queue} WHERE notification_id = :id",
            parameters,
        )
        transaction.execute(f"DELETE FROM {self._queue} WHERE notification_id = :id", {"id": str(notification.id)})

    def _leave(self, transaction: Transaction, notification: Notification, last: Recorded) -> None:
        for table in (self._queue, self._held):
            transaction.execute(f"DELETE FROM {table} WHERE notification_id = :id", {"id": str(notification.id)})
        how = notification.how
        if notification.state == State.SENT and how.over == ChannelName.CONSOLE:
            transaction.execute(
                f"INSERT INTO {self._outbox} (notification_id, complaint_id, tenant, sent_at)"
                " VALUES (:id, :complaint_id, :tenant, :sent_at)",
                {
                    "id": str(notification.id),
                    "complaint_id": str(how.complaint_id),
                    "tenant": how.tenant,
                    "sent_at": last.recorded_at,
                },
            )

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._queue}")
        transaction.execute(f"DELETE FROM {self._held}")
        transaction.execute(f"DELETE FROM {self._outbox}")

    def due(
        self, now: datetime, limit: int, *, over: ChannelName | None = None, receiver: str | None = None
    ) -> list[UUID]:
        """Return what is due over a channel, or any, and has nothing before it in its own order, the oldest first."""
        earlier = f"""SELECT 1 FROM {self._queue} e WHERE e.complaint_id = q.complaint_id
            AND e.recipient = q.recipient AND e.position < q.position"""
        sql = f"""SELECT notification_id FROM {self._queue} q WHERE due_at <= :now AND recipient LIKE :recipients
            {_of("receiver", receiver)} AND NOT EXISTS ({earlier}) ORDER BY position LIMIT :limit"""
        return self._ids(sql, now=now, recipients=_over(over), receiver=receiver, limit=limit)

    def held(
        self, *, over: ChannelName | None = None, receiver: str | None = None, complaint_id: UUID | None = None
    ) -> list[UUID]:
        """Return the letters that lack something, over a channel or of a complaint, the oldest first."""
        complaint = str(complaint_id) if complaint_id else None
        sql = f"""SELECT notification_id FROM {self._held} WHERE recipient LIKE :recipients
            {_of("receiver", receiver)} {_of("complaint_id", complaint)} ORDER BY held_at, position"""
        return self._ids(sql, recipients=_over(over), receiver=receiver, complaint_id=complaint)

    def receivers(self, now: datetime, *, over: ChannelName) -> list[str]:
        """Return who is to take something now over a channel, or has a letter that lacks something."""
        sql = f"""SELECT receiver FROM {self._queue} WHERE due_at <= :now AND recipient LIKE :recipients
            UNION SELECT receiver FROM {self._held} WHERE recipient LIKE :recipients"""
        with self._store.read() as reader:
            return [row["receiver"] for row in reader.execute(sql, {"now": now, "recipients": _over(over)})]

    def _ids(self, sql: str, **parameters: object) -> list[UUID]:
        with self._store.read() as reader:
            return [UUID(row["notification_id"]) for row in reader.execute(sql, parameters)]

    def outbox(self, tenant: str, complaint_id: UUID | None, limit: int) -> list[Row]:
        """Return the newest notices of the console outbox."""
        condition = "tenant = :tenant" + ("" if complaint_id is None else " AND complaint_id = :complaint_id")
        parameters = {"tenant": tenant, "complaint_id": str(complaint_id), "limit": limit}
        sql = f"SELECT * FROM {self._outbox} WHERE {condition} ORDER BY sent_at DESC, notification_id LIMIT :limit"
        with self._store.read() as reader:
            return list(reader.execute(sql, parameters))


def receiver_of(how: Notification.Planned) -> str:
    """Who takes it from the channel: one server or app of the tenant, but each team may have a provider of its own."""
    if how.over != ChannelName.APPRISE or how.recipient.kind == RecipientKind.COMPLAINANT:
        return how.tenant
    return f"{how.tenant}:{how.recipient.id if how.recipient.kind == RecipientKind.TEAM else 'front_line'}"


def _over(channel: ChannelName | None) -> str:
    return f"%:{channel}" if channel else "%"


def _of(column: str, value: str | None) -> str:
    return f"AND {column} = :{column}" if value is not None else ""
