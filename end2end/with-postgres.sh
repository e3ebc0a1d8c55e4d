#!/usr/bin/env bash
# with-postgres.sh COMMAND…: runs the command beside a throw-away PostgreSQL, whose address it gets in
# SMART_BALANCER_TEST_POSTGRES. The cluster listens on loopback alone, keeps nothing and goes with the
# command.
set -euo pipefail

programs=$(dirname "$(compgen -G "/usr/lib/postgresql/*/bin/initdb" | sort -V | tail -n 1 || command -v initdb)")
folder=$(mktemp -d "${TMPDIR:-/tmp}/smart-balancer-postgres-XXXXXX")

# PostgreSQL refuses to run as root, so root hands it to an unprivileged user.
unprivileged() {
    if [ "$(id -u)" -ne 0 ]; then "$@"; else (cd "$folder" && runuser -u "$owner" -- "$@"); fi
}
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf %s "$password" >"$folder/password"
if [ "$(id -u)" -eq 0 ]; then
    owner=nobody
    ! id postgres >/dev/null 2>&1 || owner=postgres
    chown -R "$owner" "$folder"
fi

# shellcheck disable=SC2317 # The trap calls it.
stop() {
    if [ -f "$folder/data/postmaster.pid" ]; then
        unprivileged "$programs/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

unprivileged "$programs/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$folder/initdb.log" ||
    { cat "$folder/initdb.log" >&2; exit 1; }

# A port that looks free may be taken a moment later, so a few are tried.
for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    # What is thrown away need not survive a power cut: fsync=off.
    if unprivileged "$programs/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --silent --wait \
        --options="-h 127.0.0.1 -p $port -k '$folder' -c fsync=off -c max_connections=200" start; then
        status=0
        SMART_BALANCER_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres" "$@" || status=$?
        exit "$status"
    fi
done
echo "PostgreSQL did not start:" >&2
cat "$folder/log" >&2
exit 1
