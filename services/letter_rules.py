"""What the policies that tenants chose ask letters for: read where escalation reads it, for notifier to check by."""

from services.escalation.policy_files import load_book
from services.notifier.elements import LetterRule
from shared.contracts.letters import element_of
from shared.runtime.backends import Backend


def letter_rules(backend: Backend) -> list[LetterRule]:
    book = load_book(backend.tenants.values(), backend.settings.policies_dir)
    return [
        LetterRule(tenant, policy.name, letter.kind, tuple(element_of(code, letter.kind) for code in letter.elements))
        for tenant in backend.tenants
        for policy in book.chosen_by(tenant)
        for letter in policy.letters
    ]
