"""Every promised remedy, across complaints: what is owed by when, what came, what failed; sums to the last digit."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import MAX_PREC, Context, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.remedies import Remedy, RemedyKind, RemedyState
from services.intake.terms import KnownPayments
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.purpose_keys import PurposeKey
from shared.eventstore.store import Row, Schema, Store, Transaction

EXACT = Context(prec=MAX_PREC)  # the usual context rounds to 28 digits

REMEDIES = Schema(
    "remedies",
    (
        """CREATE TABLE IF NOT EXISTS {app}_remedies (
            complaint_id TEXT NOT NULL, remedy_id TEXT NOT NULL, tenant TEXT NOT NULL, number TEXT NOT NULL,
            category TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, awaits_acceptance BOOLEAN NOT NULL,
            due_on TEXT NOT NULL, amount TEXT, currency TEXT, replaces TEXT, promised_at TIMESTAMPTZ NOT NULL,
            settled_at TIMESTAMPTZ, reference_digest TEXT, PRIMARY KEY (complaint_id, remedy_id))""",
        "CREATE INDEX IF NOT EXISTS {app}_remedies_due ON {app}_remedies (tenant, due_on, remedy_id)",
    ),
)


class Standing(StrEnum):
    """Where a promise stands; `overdue` is promised, hangs on nobody, and its day is over."""

    PROMISED = "promised"
    OVERDUE = "overdue"
    FULFILLED = "fulfilled"
    FAILED = "failed"
    REPLACED = "replaced"
    LAPSED = "lapsed"


Sort = tuple[str | None, str, str, str]
"""Currency, standing, kind and category."""

STANDING = "CASE WHEN state = 'promised' AND NOT awaits_acceptance AND due_on < :today THEN 'overdue' ELSE state END"
SHOWN = (
    "complaint_id, remedy_id, number, category, kind, awaits_acceptance, due_on, amount, currency, replaces,"
    f" promised_at, settled_at, {STANDING} AS standing"
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which remedies of a tenant; None asks nothing. `today` is the local day: what was due before it is overdue."""

    tenant: str
    today: date
    state: tuple[Standing, ...] = ()
    kind: RemedyKind | None = None
    category: str | None = None
    currency: str | None = None
    due_from: date | None = None
    due_before: date | None = None


@dataclass(frozen=True, kw_only=True)
class Total:
    """How many remedies of one sort there are and, where they are money, the exact sum."""

    currency: str | None
    standing: str
    kind: str
    category: str
    count: int
    amount: Decimal | None


CONDITIONS: Mapping[str, str] = {
    "kind": "kind = :kind",
    "category": "category = :category",
    "currency": "currency = :currency",
    "due_from": "due_on >= :due_from",
    "due_before": "due_on < :due_before",
}


class Remedies(Projection, KnownPayments):
    """Rows commit with the events they show; of a reference they hold a keyed hash, until the person is erased."""

    def __init__(self, store: Store, key: PurposeKey) -> None:
        self._store = store
        self._key = key
        self._table = f"{store.application}_remedies"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Complaint):
            return
        for each in recorded:
            fold = FOLDS.get(type(each.event))
            if fold:
                fold(self, transaction, aggregate, each.event, each.recorded_at)
        if aggregate.has_remedies:
            self._stand(transaction, aggregate)

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    @override
    def is_same(self, complaint_id: UUID, remedy_id: UUID, reference: str) -> bool:
        sql = f"SELECT reference_digest FROM {self._table} WHERE complaint_id = :complaint_id AND remedy_id = :id"
        with self._store.read() as reader:
            rows = reader.execute(sql, {"complaint_id": str(complaint_id), "id": str(remedy_id)})
        return bool(rows) and rows[0]["reference_digest"] == self._digest(remedy_id, reference)

    def page(self, wanted: Wanted, *, after: tuple[str, str] | None, limit: int) -> list[Row]:
        """Return up to `limit` rows, what is due first comes first; `after` is day and id of the last one seen."""
        conditions, parameters = _conditions(wanted)
        if after:
            conditions.append("(due_on > :after_on OR (due_on = :after_on AND remedy_id > :after_id))")
            parameters |= {"after_on": after[0], "after_id": after[1]}
        sql = f"SELECT {SHOWN} FROM {self._table} WHERE {' AND '.join(conditions)} ORDER BY due_on, remedy_id"
        with self._store.read() as reader:
            return list(reader.execute(f"{sql} LIMIT :limit", {**parameters, "limit": limit}))

    def totals(self, wanted: Wanted) -> list[Total]:
        """Count and add up by currency, standing, kind and category; here, since a database would round decimals."""
        conditions, parameters = _conditions(wanted)
        sort = f"currency, {STANDING} AS standing, kind, category"
        sql = f"SELECT {sort}, amount FROM {self._table} WHERE {' AND '.join(conditions)}"
        with self._store.read() as reader:
            rows = reader.execute(sql, parameters)
        return _added_up(rows)

    def promise(
        self,
        transaction: Transaction,
        complaint: Complaint,
        remedies: Sequence[Remedy],
        at: datetime,
        replaces: UUID | None = None,
    ) -> None:
        for remedy in remedies:
            row = {
                "complaint_id": str(complaint.id),
                "remedy_id": str(remedy.remedy_id),
                "tenant": complaint.tenant,
                "number": complaint.number,
                "category": complaint.category,
                "kind": str(remedy.kind),
                "state": RemedyState.PROMISED.value,
                "awaits_acceptance": False,
                "due_on": remedy.due_on.isoformat(),
                "amount": f"{remedy.amount.amount:f}" if remedy.amount else None,
                "currency": remedy.amount.currency if remedy.amount else None,
                "replaces": str(replaces) if replaces else None,
                "promised_at": at,
            }
            columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            transaction.execute(f"INSERT INTO {self._table} ({columns}) VALUES ({values})", row)

    def settle(self, transaction: Transaction, complaint: Complaint, remedy_id: UUID, **changes: object) -> None:
        changed = ", ".join(f"{name} = :{name}" for name in changes)
        where = "complaint_id = :complaint_id AND remedy_id = :remedy_id"
        ids = {"complaint_id": str(complaint.id), "remedy_id": str(remedy_id)}
        transaction.execute(f"UPDATE {self._table} SET {changed} WHERE {where}", {**changes, **ids})

    def pay(
        self, transaction: Transaction, complaint: Complaint, event: Complaint.RemedyFulfilled, at: datetime
    ) -> None:
        """Keep under which reference it was paid, and how much where the promise did not say."""
        digest = self._digest(event.remedy_id, event.reference) if event.reference else None
        paid = event.amount if complaint.promised_amounts[event.remedy_id] is None else None
        money = {"amount": f"{paid.amount:f}", "currency": paid.currency} if paid else {}
        self.settle(transaction, complaint, event.remedy_id, settled_at=at, reference_digest=digest, **money)

    def forget(self, transaction: Transaction, complaint: Complaint, erased: Sequence[UUID]) -> None:
        """The references go with the person whose they were."""
        if complaint.complainant in erased:
            sql = f"UPDATE {self._table} SET reference_digest = NULL WHERE complaint_id = :complaint_id"
            transaction.execute(sql, {"complaint_id": str(complaint.id)})

    def _stand(self, transaction: Transaction, complaint: Complaint) -> None:
        for remedy_id, state in complaint.remedies.items():
            awaits = remedy_id in complaint.remedies_to_accept
            stands = {"state": state.value, "awaits_acceptance": awaits, "category": complaint.category}
            self.settle(transaction, complaint, remedy_id, **stands)

    def _digest(self, remedy_id: UUID, reference: str) -> str:
        return self._key.digest(str(remedy_id), reference)


Fold = Callable[[Remedies, Transaction, Complaint, Any, datetime], None]

FOLDS: Mapping[type, Fold] = {
    Complaint.Resolved: lambda view, t, complaint, event, at: view.promise(t, complaint, event.remedies, at),
    Complaint.ExternalReferralDecided: lambda view, t, complaint, event, at: (
        view.promise(t, complaint, event.remedies, at) if event.binding else None
    ),
    Complaint.RemedyFulfilled: lambda view, t, complaint, event, at: view.pay(t, complaint, event, at),
    Complaint.RemedyFailed: lambda view, t, complaint, event, at: view.settle(
        t, complaint, event.remedy_id, settled_at=at
    ),
    Complaint.RemedyReplaced: lambda view, t, complaint, event, at: view.promise(
        t, complaint, event.remedies, at, event.remedy_id
    ),
    Complaint.PersonalDataErased: lambda view, t, complaint, event, _: view.forget(t, complaint, event.party_ids),
}
"""What each event changes; how every remedy of the complaint stands after the append is told by the complaint."""


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, object]]:
    conditions, parameters = ["tenant = :tenant"], {"tenant": wanted.tenant, "today": wanted.today.isoformat()}
    for name, condition in CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            parameters[name] = str(value)
    if wanted.state:
        names = {f"state_{index}": state.value for index, state in enumerate(wanted.state)}
        conditions.append(f"{STANDING} IN ({', '.join(f':{name}' for name in names)})")
        parameters |= names
    return conditions, dict(parameters)


def _added_up(rows: Sequence[Row]) -> list[Total]:
    """Add digits as whole numbers, apart for each number of decimals: exact, and quick."""
    units: Counter[tuple[Sort, int]] = Counter()
    counts: Counter[Sort] = Counter()
    for row in rows:
        sort = (row["currency"], row["standing"], row["kind"], row["category"])
        counts[sort] += 1
        if row["amount"] is not None:
            whole, _, decimals = row["amount"].partition(".")
            units[sort, len(decimals)] += int(whole + decimals)
    sums: dict[Sort, Decimal] = {}
    for (sort, scale), total in units.items():
        sums[sort] = EXACT.add(sums.get(sort, Decimal(0)), EXACT.scaleb(Decimal(total), -scale))
    return [
        Total(
            currency=sort[0],
            standing=sort[1],
            kind=sort[2],
            category=sort[3],
            count=counts[sort],
            amount=sums.get(sort),
        )
        for sort in sorted(counts, key=lambda sort: (sort[0] or "", *sort[1:]))
    ]
