#!/usr/bin/env bash
# dist.sh: builds the binary that is shipped, dist/smart-balancer in the target folder. It is optimised as a whole, and
# by what it does under the load of the bench:
# 1. a build that counts how often each part of the code runs,
# 2. a minute of the bench's load on it,
# 3. the build that is laid out by these counts.
# Without LLVM's llvm-profdata, of the version that the compiler has, it is optimised as a whole only.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
folder=${CARGO_TARGET_DIR:-$PWD/target}
host=$(rustc -vV | sed -n 's/^host: //p')
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
# What is trained: plain calls, long ones, streams, embeddings and classified calls.
cases=(chat_c32 chat_64k stream_paced stream_unpaced embeddings router_0ms router_cached)

profdata() {
    local found
    found=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
    if [ ! -x "$found" ] && command -v rustup >/dev/null; then
        echo "Fetching llvm-profdata with rustup." >&2
        timeout 90 rustup component add llvm-tools >&2 || true
    fi
    if [ -x "$found" ]; then echo "$found"; else command -v "llvm-profdata-$llvm"; fi
}

# build FLAG…: the binary, with flags for the compiler beside those of .cargo/config.toml. The target is named so that
# build scripts are built without them.
build() {
    local flags
    flags=$(printf "'%s'," "$@")
    CARGO_TARGET_DIR=$folder/profiled cargo build --locked --profile dist -p smart-balancer --target "$host" \
        --config "build.rustflags=[$flags]"
    mkdir -p "$folder/dist"
    cp "$folder/profiled/$host/dist/smart-balancer" "$folder/dist/smart-balancer"
}

if ! merge=$(profdata); then
    echo "Missing: llvm-profdata for LLVM $llvm, by: rustup component add llvm-tools" >&2
    echo "The binary is built without it, and takes about 8 % more processor time a call." >&2
    exec cargo build --locked --profile dist -p smart-balancer
fi
counts=$folder/profiled/counts
rm -rf "$counts"
build "-Cprofile-generate=$counts"
CARGO_TARGET_DIR=$folder cargo bench --locked -p smart-balancer --bench calls -- \
    --alone --rounds 1 --patience 0 --json "$folder/profiled/training.json" \
    --bin "trained=$folder/dist/smart-balancer" "${cases[@]}"
"$merge" merge -o "$counts/merged" "$counts"
build "-Cprofile-use=$counts/merged"
