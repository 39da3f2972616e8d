"""Money: a decimal amount with its currency; never a float, never added across currencies."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Money:
    """`currency` is an ISO 4217 code or an asset code of the tenant's asset file."""

    amount: Decimal
    currency: str
