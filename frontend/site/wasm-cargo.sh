#!/usr/bin/env bash
# wasm-cargo.sh ARGUMENTS…: runs cargo for the browser half, which is compiled to WebAssembly.
#
# It chooses the toolchain:
# 1. the cargo in PATH, if its toolchain has the standard library for WebAssembly or rustup can fetch it;
# 2. otherwise Debian's (rustc-web, cargo-web), whose standard library is built once, from Debian's source, into the
#    target folder.
# The browser half has its own target folder, so that builds of the two halves neither block nor invalidate each other.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=wasm32-unknown-unknown
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/../../target}/site
export CARGO_BUILD_TARGET=$target
mkdir -p "$CARGO_TARGET_DIR"

has_std() {
    compgen -G "$1/lib/rustlib/$target/lib/libstd-*.rlib" >/dev/null
}

# With a timeout, because rustup's server may be unreachable.
fetch_std() {
    command -v rustup >/dev/null || return 1
    echo "Fetching the standard library for WebAssembly with rustup." >&2
    timeout 90 rustup target add "$target" >"$CARGO_TARGET_DIR/rustup.log" 2>&1
}

debian_std() {
    echo "$CARGO_TARGET_DIR/std-$(/usr/bin/rustc -vV | sed -n 's/^release: //p')"
}

make_debian_std() {
    if ! { [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/src/rust/library ]; }; then
        "$here/apt.sh" "rustup could not fetch the standard library for WebAssembly; Debian's compiler can build it from source" \
            rustc-web cargo-web rust-web-src
    fi
    local made work
    made=$(debian_std)
    has_std "$made" && return
    echo "Building the standard library for WebAssembly from Debian's source (about 30 seconds, once)." >&2
    work=$(mktemp -d "$CARGO_TARGET_DIR/std-XXXXXX")
    mkdir -p "$work/empty/src" "$work/made/lib/rustlib/$target/lib"
    printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n' >"$work/empty/Cargo.toml"
    echo '#![no_std]' >"$work/empty/src/lib.rs"
    # RUSTC_BOOTSTRAP lets a stable compiler build its own standard library. Nothing else is built with it.
    (cd "$work/empty" && RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=$work \
        /usr/bin/cargo build --quiet --release -Z build-std=std,panic_abort,panic_unwind)
    rm -f "$work/$target/release/deps/libempty"*
    cp "$work/$target/release/deps/"*.rlib "$work/made/lib/rustlib/$target/lib/"
    # Moved in one step, so that a concurrent build never finds half a library.
    mv -T "$work/made" "$made" 2>/dev/null || has_std "$made"
    rm -rf "$work"
}

# Debian's compiler has no linker for WebAssembly; rustup's toolchains and LLVM do.
linker() {
    local found
    if command -v rustup >/dev/null; then
        found=$(compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/rust-lld") && echo "$found" && return
    fi
    found=$(compgen -G "/usr/bin/wasm-ld*" | tail -n 1) && echo "$found" && return
    "$here/apt.sh" "the linker for WebAssembly" lld-19
    echo /usr/bin/wasm-ld-19
}

if command -v rustc >/dev/null && has_std "$(rustc --print sysroot)"; then
    exec cargo "$@"
fi
if ! { [ -x /usr/bin/rustc ] && has_std "$(debian_std)"; }; then
    fetch_std && exec cargo "$@"
    make_debian_std
fi

export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo
# These apply to WebAssembly only; build scripts and macros are compiled as usual. They override .cargo/config.toml, so its
# flags are repeated here.
CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$(debian_std) --cfg erase_components"
CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(linker)
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
if [ "$1" = clippy ]; then
    # By path, because cargo would find rustup's first, which uses another compiler.
    [ -x /usr/bin/cargo-clippy ] || "$here/apt.sh" "the lints of the browser half" rust-web-clippy
    exec /usr/bin/cargo-clippy "$@"
fi
exec /usr/bin/cargo "$@"
