"""Examples of letters, for the document of the API."""

from typing import Any

BODIES: dict[str, Any] = {
    "preview_letter": {
        "kind": "final",
        "language": "en",
        "text": "Thank you for your patience.",
        "decision": {"decision": "upheld", "explanation": "The bank was late."},
    }
}
ANSWERS: dict[str, Any] = {
    "preview_letter": {
        "kind": "final",
        "template": "final",
        "template_version": "1",
        "language": "en",
        "subject": "Our decision on your complaint 7K3M-92QFV-8X",
        "text": "Dear Carla Bianchi,",
        "missing": [{"element": "right-to-refer", "meaning": "the right to turn to an outside body, and its name"}],
        "pending": [],
        "media": ["email", "letter"],
    }
}
