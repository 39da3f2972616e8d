"""Whether a Docker engine answers here, and whether it can compose."""

import os
import shutil
import subprocess
from functools import cache

DOCKER = shutil.which("docker") or ""


@cache
def starts_containers() -> bool:
    if not DOCKER and not os.environ.get("DOCKER_HOST"):
        return False
    import docker  # noqa: PLC0415 - slow, and only where there may be an engine

    try:
        client = docker.from_env(timeout=5)
    except docker.errors.DockerException:
        return False
    client.close()
    return True


@cache
def engine_answers() -> bool:
    """An engine with compose."""
    asked = ((DOCKER, "info"), (DOCKER, "compose", "version"))
    return bool(DOCKER) and all(
        subprocess.run(each, capture_output=True, timeout=30, check=False).returncode == 0 for each in asked
    )
