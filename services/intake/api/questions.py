"""Routes for what can be known before a complaint: categories with guidance, and reasons."""

from typing import Annotated

from fastapi import APIRouter, Response

from services.intake.api.answers import (
    CategoriesOut,
    CategoryOut,
    GuidanceOut,
    ReasonsOut,
)
from services.intake.api.fields import LabelledCode
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.catalogue import Catalogue, Category
from shared.access.principals import Scope

router = APIRouter(tags=["questions"])

ANY_SCOPE = (Scope.READ, Scope.SUBMIT, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)
Reader = Annotated[Visit, visit(*ANY_SCOPE, of_user=False)]


@router.get(
    "/categories",
    summary="List the categories, with what to bring and what to try first",
    operation_id="list_categories",
    response_model=CategoriesOut,
    responses=problems(),
)
async def categories(visit: Reader) -> Response:
    catalogue = visit.counter.catalogue
    shown = (_category(category, catalogue, visit.language) for category in catalogue.categories.values())
    return visit.json(CategoriesOut(data=tuple(shown)))


def _category(category: Category, catalogue: Catalogue, language: str) -> CategoryOut:
    guidance = catalogue.guidance(category.code)
    return CategoryOut(
        code=category.code,
        label=category.labels[language],
        urgent=category.urgent,
        complexity=category.complexity,
        guidance=GuidanceOut(
            bring=tuple(LabelledCode(code=item.code, label=item.labels[language]) for item in guidance.bring),
            try_first=guidance.try_first[language],
        ),
    )


@router.get(
    "/reasons",
    summary="List the reason codes of each command, and the root causes",
    operation_id="list_reasons",
    response_model=ReasonsOut,
    responses=problems(),
)
async def reasons(visit: Reader) -> Response:
    catalogue, language = visit.counter.catalogue, visit.language
    bodies = {code: body.labels for code, body in catalogue.bodies.items()}
    everything = {**catalogue.reasons, "root_cause": catalogue.labels["root_cause"], "external_body": bodies}
    shown = {
        command: tuple(LabelledCode(code=code, label=labels[language]) for code, labels in codes.items())
        for command, codes in everything.items()
    }
    return visit.json(ReasonsOut(data=shown))
