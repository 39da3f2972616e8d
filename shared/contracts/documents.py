"""The documents generated from the registry: a JSON Schema each message, one AsyncAPI document, a page for people.

They are committed, and a test compares them with the registry: a change of a contract is seen in the diff.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.message import Audience, Message
from shared.contracts.registry import REGISTRY
from shared.contracts.topics import ALL_TOPICS, COMPLAINT_STATE, Topic

SCHEMAS = Path("shared/contracts/schemas")
ASYNCAPI = Path("shared/contracts/asyncapi.yaml")
EVENTS_PAGE = Path("docs/events.md")
DIALECT = "https://json-schema.org/draft/2020-12/schema"

HEADERS: dict[str, str] = {
    "ce_specversion": "CloudEvents 1.0",
    "ce_id": "The event id: the same however often the message is published",
    "ce_source": "Which service wrote it",
    "ce_type": "The type of the message",
    "ce_subject": "The complaint id, which is the key too",
    "ce_time": "When it happened",
    "ce_partitionkey": "The key",
    "ce_tenant": "The wallet brand",
    "ce_streamid": "The stream: a complaint, a case, a notification, a command",
    "ce_streamversion": "The version within the stream: dense from 1",
    "ce_sequence": "The notification id in the sender's store",
    "ce_recordedat": "When it was recorded: never decreasing along the sender's log",
    "ce_causationid": "The event or command that caused it, if any",
    "ce_correlationid": "What belongs together",
    "ce_actortype": "complainant, representative, handler, supervisor, service or system",
    "ce_eventdigest": "SHA-256 over the stored event, so that a change of history is seen",
    "content-type": "application/json",
}


def schema(message: type[Message]) -> dict[str, Any]:
    """The JSON Schema of the data of a message, with its audience and what is personal beside it."""
    generated = message.model_json_schema(mode="serialization")
    fields = generated["properties"]
    for name, field in fields.items():
        audience = message.audience_of_field(name)
        if audience != Audience.COMPLAINANT:
            field["x-audience"] = audience.value
    personal = {
        name: {"meaning": mark.meaning, "of": mark.of, "audience": mark.audience.value}
        for name, mark in message.personal.items()
    }
    head = {"$schema": DIALECT, "$id": f"urn:recourse:schema:{message.message_type()}"}
    return {**head, **generated, "x-audience": message.audience.value, "x-personal": personal}


def asyncapi() -> dict[str, Any]:
    messages = list(REGISTRY.by_type.values())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Recourse topics",
            "version": "1",
            "description": "Facts and commands about complaints: CloudEvents in binary mode, keyed by complaint id.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, messages) for topic in ALL_TOPICS},
        "operations": {f"receive_{topic.name}": _operation(topic) for topic in ALL_TOPICS},
        "components": {
            "messages": {message.__name__: _message(message) for message in messages} | {"ComplaintState": _state()},
            "schemas": {"Headers": _headers()},
        },
    }


def _channel(topic: Topic, messages: Iterable[type[Message]]) -> dict[str, Any]:
    names = [message.__name__ for message in messages if topic.name in _topics_of(message)]
    names += ["ComplaintState"] if topic.name == COMPLAINT_STATE else []
    cleanup = ["compact"] if topic.compacted else ["delete"]
    return {
        "address": topic.name,
        "description": topic.purpose,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": cleanup, "retention.ms": -1},
            }
        },
    }


def _topics_of(message: type[Message]) -> set[str]:
    if message.topic != "dead":
        return {message.topic}
    return {topic.name for topic in ALL_TOPICS if ".dead." in topic.name}


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{topic.name}"}, "summary": topic.purpose}


def _message(message: type[Message]) -> dict[str, Any]:
    return {
        "name": message.message_type(),
        "title": message.__name__,
        "summary": (message.__doc__ or "").strip().splitlines()[0] if message.__doc__ else message.message_type(),
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"schemas/{message.message_type()}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
    }


def _state() -> dict[str, Any]:
    return {
        "name": "recourse.complaint.state.v1",
        "title": "ComplaintState",
        "summary": "The newest public state of a complaint; keep the highest version.",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"type": "object", "required": ["complaint_id", "version", "status"]},
    }


def _headers() -> dict[str, Any]:
    properties = {name: {"type": "string", "description": meaning} for name, meaning in HEADERS.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in HEADERS if name != "ce_causationid"],
    }


def events_page() -> str:
    """A page that lists every message, its fields and who may see them."""
    parts = [
        "# Events, commands and their topics",
        "",
        "Generated by `make schemas` from `shared/contracts`; change nothing here.",
        "",
        "Personal fields are encrypted in the store and absent from every topic.",
        "",
    ]
    for topic in ALL_TOPICS:
        messages = [message for message in REGISTRY.by_type.values() if topic.name in _topics_of(message)]
        parts += [f"## `{topic.name}`", "", f"{topic.purpose} Written by {topic.written_by}.", ""]
        if ".dead." not in topic.name:
            parts += [line for message in messages for line in _section(message)]
    return "\n".join(parts).rstrip() + "\n"


def _section(message: type[Message]) -> list[str]:
    own = [name for name in message.model_fields if name not in Message.model_fields]
    doc = " ".join((message.__doc__ or "").split())
    lines = [f"### {message.__name__}", "", f"`{message.message_type()}`, audience {message.audience.value}.", ""]
    lines += [doc, ""] if doc else []
    lines += [f"- Public: {', '.join(f'`{name}`' for name in own) or 'nothing of its own'}"]
    lines += [f"- Personal: `{name}`: {mark.meaning}" for name, mark in message.personal.items()]
    return [*lines, ""]


def documents() -> dict[Path, str]:
    """Every generated file, by its path from the root of the repository."""
    schemas = {
        SCHEMAS / f"{message.message_type()}.json": json.dumps(schema(message), indent=2, ensure_ascii=False) + "\n"
        for message in REGISTRY.by_type.values()
    }
    text = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    return {**schemas, ASYNCAPI: text, EVENTS_PAGE: events_page()}


def write_documents(root: Path) -> None:
    for path, text in documents().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
