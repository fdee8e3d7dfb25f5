#!/usr/bin/env bash
# Saves a snapshot of an organisation that moto, an AWS server in Python, holds,
# and compares it with what was put in. Where moto cannot be installed it says so
# and passes. Nothing here is installed outside a folder of its own.
#
#   scripts/snapshot-moto.sh bin/pruner
set -euo pipefail
pruner=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=${MOTO_DIR:-$(mktemp -d)}
if [ ! -x "$work/venv/bin/moto_server" ]; then
    if ! { python3 -m venv "$work/venv" && "$work/venv/bin/pip" -q install 'moto[server]==5.*' boto3; } >"$work/install.log" 2>&1; then
        echo "snapshot-moto: skipped: moto cannot be installed here (see $work/install.log)"
        exit 0
    fi
fi
MOTO_IAM_LOAD_MANAGED_POLICIES=true "$work/venv/bin/moto_server" -H 127.0.0.1 -p 0 >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; [ -n "${MOTO_DIR:-}" ] || rm -rf "$work"' EXIT
for _ in $(seq 100); do
    url=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/server.log" | head -1 || true)
    [ -z "$url" ] || break
    kill -0 $server || { cat "$work/server.log"; exit 1; }
    sleep 0.2
done
[ -n "$url" ] || { echo "snapshot-moto: the server does not answer"; cat "$work/server.log"; exit 1; }
export AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
rm -rf "$work/snapshot"
"$work/venv/bin/python" "$here/snapshot-moto.py" fill
# moto has no last-accessed reports.
"$pruner" snapshot "$work/snapshot" --assume OrganizationAccountAccessRole --no-last-accessed
"$work/venv/bin/python" "$here/snapshot-moto.py" check "$work/snapshot"
