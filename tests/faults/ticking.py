"""A ticker of escalation in a process of its own, on the installation that the environment names."""

import sys

from services.embedded import compose
from shared.runtime.backends import Backend, development_settings
from shared.runtime.process import Process
from shared.runtime.settings import Settings

ROLES = frozenset({"escalation-writer", "escalation-ticker"})


def main() -> int:
    embedded = compose(Backend(development_settings(Settings())), serve=False)
    roles = [role for role in embedded.escalation.roles if role.name in ROLES]
    services = (embedded.intake, embedded.escalation, embedded.notifier)
    return Process(roles, drain_seconds=8, closers=[each.application.close for each in services]).run()


if __name__ == "__main__":
    sys.exit(main())
