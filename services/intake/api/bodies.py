"""Outside bodies as the API answers them: how to reach each, by when to turn to it, from which day one may."""

from datetime import date
from uuid import UUID

from services.intake.api.fields import Answer
from services.intake.views.referable import Referable
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


def referable_out(referable: Referable, language: str) -> ReferableOut:
    return ReferableOut(
        body=body_out(referable.body, language),
        referable_from=referable.referable_from,
        last_day=referable.last_day,
        clock_id=referable.clock_id,
        policy=referable.policy,
        verified=referable.verified,
    )
