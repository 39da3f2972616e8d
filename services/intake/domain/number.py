"""The number people read out: ten random symbols and a check symbol that catches one slip."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
BODY_SYMBOLS = 10
READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})


def complaint_number(random_bits: int) -> str:
    """Write 50 random bits as `7K3M-92QFV-8S`: any one wrong symbol, and most swaps, are noticed."""
    body = "".join(ALPHABET[random_bits >> 5 * place & 31] for place in range(BODY_SYMBOLS))
    symbols = body + _check_symbol(body)
    return f"{symbols[:4]}-{symbols[4:9]}-{symbols[9:]}"


def read_number(text: str) -> str | None:
    """Return the number as it is stored, or None where it is none."""
    symbols = text.upper().translate(READ_AS)
    body = symbols[:BODY_SYMBOLS]
    if len(symbols) != BODY_SYMBOLS + 1 or not set(symbols) <= set(ALPHABET) or _check_symbol(body) != symbols[-1]:
        return None
    return f"{symbols[:4]}-{symbols[4:9]}-{symbols[9:]}"


def _check_symbol(body: str) -> str:
    """The Luhn algorithm, modulo 32."""
    total = 0
    for distance, symbol in enumerate(reversed(body)):
        value = ALPHABET.index(symbol) * (2 if distance % 2 == 0 else 1)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]
