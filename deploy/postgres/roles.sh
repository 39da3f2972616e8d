#!/usr/bin/env bash
# Runs once, when the volume is empty: the database, who owns it, and who the services log in as.
set -euo pipefail
psql --username "${POSTGRES_USER:-postgres}" --set ON_ERROR_STOP=1 \
  --set owner="$RECOURSE_OWNER_PASSWORD" --set service="$RECOURSE_SERVICE_PASSWORD" <<'SQL'
CREATE ROLE recourse_owner LOGIN PASSWORD :'owner';
CREATE ROLE recourse_service LOGIN PASSWORD :'service';
CREATE DATABASE recourse OWNER recourse_owner ENCODING 'UTF8' TEMPLATE template0;
SQL
