#!/usr/bin/env bash
# apt.sh REASON PACKAGE…: installs Debian packages and says why; where it cannot, it says the command.
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
command -v apt-get >/dev/null || give_up "Debian has it in: $*. Install what your system calls these."
if [ ${#as_root[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
    give_up "As root, run: ${install[*]}"
fi

echo "Installing $* with apt-get (${as_root[*]:-as root}): $reason." >&2
export DEBIAN_FRONTEND=noninteractive
# A package list may be old, and one unreachable mirror need not matter: the install decides.
"${as_root[@]}" apt-get update -qq >&2 || true
"${as_root[@]}" "${install[@]}" -qq >&2 || give_up "This failed: ${as_root[*]} ${install[*]}"
