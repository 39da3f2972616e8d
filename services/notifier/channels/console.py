"""The outbox of an installation without providers: a notice is kept, its text is rendered when somebody reads it."""

from typing_extensions import override

from services.notifier.channels.channel import Channel, Outgoing


class ConsoleChannel(Channel):
    @override
    def send(self, message: Outgoing) -> None:
        """The record that it was sent is the notice; there is nothing else to do."""
