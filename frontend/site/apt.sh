#!/usr/bin/env bash
# apt.sh REASON PACKAGE…: installs Debian packages and prints why, or prints the command if it cannot.
set -euo pipefail

reason=$1
shift
install=(apt-get install --yes --no-install-recommends "$@")
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

give_up() {
    echo "Missing: $reason. $1" >&2
    exit 1
}
command -v apt-get >/dev/null || give_up "On Debian, it is in: $*. Install the packages of your system that match."
if [ ${#as_root[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
    give_up "Run as root: ${install[*]}"
fi

echo "Installing $* with apt-get (${as_root[*]:-as root}): $reason." >&2
export DEBIAN_FRONTEND=noninteractive
# One unreachable mirror does not matter if the packages can still be installed.
"${as_root[@]}" apt-get update -qq >&2 || true
"${as_root[@]}" "${install[@]}" -qq >&2 || give_up "Failed: ${as_root[*]} ${install[*]}"
