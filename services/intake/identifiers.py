"""How what identifies somebody is written alike, however it was typed: phones, addresses, users, transactions."""

import unicodedata
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from shared.eventstore.purpose_keys import PurposeKey


class Identifier(StrEnum):
    """What a complaint is found by; `reference` is that of a regulator, a body or the payments ledger."""

    PHONE = "phone"
    EMAIL = "email"
    WALLET_USER = "wallet_user_id"
    ACCOUNT = "account_id"
    TRANSACTION = "transaction_id"
    CLIENT_REFERENCE = "client_reference"
    REFERENCE = "reference"
    EXTERNAL_BODY = "external_body"


def alike(kind: Identifier, text: str, *, region: str) -> str:
    """Write an identifier as its equals are written; a phone without a country is one of the region."""
    return _phone(text, region) if kind == Identifier.PHONE else _word(text)


def _phone(text: str, region: str) -> str:
    """E.164, or the bare digits of what no country would dial."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return "".join(symbol for symbol in _word(text) if symbol.isdigit())
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _word(text: str) -> str:
    """Width, case and spaces tell nobody apart."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class IdentifierHashes:
    """Keyed hashes of identifiers within one tenant: what nobody can guess without the key."""

    def __init__(self, key: PurposeKey, regions: dict[str, str]) -> None:
        self._key = key
        self._regions = regions

    def term(self, tenant: str, kind: Identifier, text: str) -> str:
        return self._key.digest(tenant, kind.value, alike(kind, text, region=self._regions[tenant]))
