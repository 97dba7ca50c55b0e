#!/usr/bin/env bash
# packaging/deb.sh: Debian packages of the command, the trainer and the plugin, out of the release build that there is.
# They lie in target/debian. The release they are built on is the oldest that they install on.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'deb.sh: %s\n' "$*" >&2; exit 1; }

for file in standin standin-train libgstfaceswap.so; do
    [ -f "target/release/$file" ] ||
        fail "target/release/$file is missing: cargo build --release --workspace --lib --bins --features standin/train,standin/dmabuf"
done
command -v dpkg-shlibdeps >/dev/null || fail "dpkg-shlibdeps is missing: apt install dpkg-dev"
cargo deb --version >/dev/null 2>&1 || fail "cargo-deb is missing: cargo install --locked cargo-deb"

say "completions and manual pages"
made=target/packaging
rm -rf "$made"
for program in standin standin-train; do
    "target/release/$program" man --out "$made/$program/man" >/dev/null
    for shell in bash zsh fish; do "target/release/$program" completions "$shell" >"$made/$program/$program.$shell"; done
done

say "packages"
# `same` puts the plugin where this architecture's GStreamer looks.
cargo deb --quiet --no-build --multiarch=same --package gst-plugin-faceswap --output target/debian/
cargo deb --quiet --no-build --package standin-calls --output target/debian/
cargo deb --quiet --no-build --package standin --output target/debian/
