"""What goes out of a letter by e-mail: text, HTML and PDF as one MIME entity, whose bytes are kept and sent."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

MEDIA_TYPE = "message/rfc822"


def entity_of(key: str, subject: str, text: str, html: str | None, pdf: bytes | None, *, name: str) -> bytes:
    """Make the same bytes of the same letter; the envelope (whom, when, from whom) is added when it is sent."""
    entity = EmailMessage(policy=SMTP)
    entity["Subject"] = subject
    entity.set_content(text, cte="base64")
    if html is not None:
        entity.add_alternative(html, subtype="html", cte="base64")
    if pdf is not None:
        entity.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    for number, part in enumerate(part for part in entity.walk() if part.is_multipart()):
        part.set_boundary(f"=_{key}-{number}")
    return entity.as_bytes()


def message_of(entity: bytes) -> EmailMessage:
    """The message around an entity that was kept; its parts stay as they are."""
    message = message_from_bytes(entity, policy=SMTP)
    if not isinstance(message, EmailMessage):
        raise TypeError("the policy of SMTP makes no other messages")
    return message


def text_of(entity: bytes) -> tuple[str, str]:
    """Subject and plain text of an entity."""
    message = message_of(entity)
    body = message.get_body(("plain",))
    words = str(body.get_content()) if body else ""
    return str(message["Subject"]), words.replace("\r\n", "\n")
