"""Outside bodies as the API answers them: how to reach each, by when to turn to it, from which day one may."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from services.intake.api.fields import Answer
from services.intake.views.promised_dates import Promises
from services.intake.views.referable import referable
from shared.contracts.bodies import Body


class LimitOut(Answer):
    """`amount` in `unit` from the final answer or from receipt; the last day of a complaint stands in `referable`."""

    amount: int
    unit: str
    counts_from: str
    source: str
    verified: bool


class BodyOut(Answer):
    """An empty list of jurisdictions or services means any; `verified` speaks of address, phone and web."""

    code: str
    label: str
    kind: str
    jurisdictions: tuple[str, ...]
    regulated_services: tuple[str, ...]
    address: str | None
    phone: str | None
    web: str | None
    limits: tuple[LimitOut, ...]
    source: str
    verified: bool


class BodiesOut(Answer):
    data: tuple[BodyOut, ...]


class ReferableOut(Answer):
    """From `referable_from` to `last_day` the complainant may turn to the body; null where no rule counts a day.

    `clock_id` is the promise that says so, `verified` whether its law is confirmed from a source.
    """

    body: BodyOut
    referable_from: date | None
    last_day: date | None
    clock_id: UUID
    policy: str
    verified: bool


def body_out(body: Body, language: str) -> BodyOut:
    return BodyOut(
        code=body.code,
        label=body.labels[language],
        kind=body.kind,
        jurisdictions=body.jurisdictions,
        regulated_services=body.regulated_services,
        address=body.address,
        phone=body.phone,
        web=body.web,
        limits=tuple(
            LimitOut(
                amount=amount,
                unit=unit,
                counts_from=limit.counts_from,
                source=limit.source,
                verified=limit.verified,
            )
            for limit in body.limits
            for unit, amount in limit.within.said
        ),
        source=body.source,
        verified=body.verified,
    )


def referable_out(promises: Promises, bodies: Mapping[str, Body], language: str) -> tuple[ReferableOut, ...]:
    """To whom the complainant may turn, from the promised dates."""
    return tuple(
        ReferableOut(
            body=body_out(each.body, language),
            referable_from=each.referable_from,
            last_day=each.last_day,
            clock_id=each.clock_id,
            policy=each.policy,
            verified=each.verified,
        )
        for each in referable(promises, bodies)
    )
