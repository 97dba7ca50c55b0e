#!/usr/bin/env bash
# packaging/try.sh SUITE: the packages of packaging/deb.sh in a new Debian of that suite (bookworm, trixie), installed and used
# as docs/calls.md prints it, and removed. Needs root and debootstrap; the root folder lies in TMPDIR and goes at the end. KEEP
# names a folder for pictures, MIRROR where Debian's packages come from: else from where this machine has them.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'try.sh: %s\n' "$*" >&2; exit 1; }

suite=${1:-}
[ -n "$suite" ] || { echo 'usage: packaging/try.sh SUITE' >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "needs root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt install debootstrap"
ls target/debian/*.deb >/dev/null 2>&1 || fail "there are no packages: packaging/deb.sh"
debian=('Created-By: Packages' 'Origin: Debian' 'Label: Debian')
sources=$(apt-get indextargets --format '$(REPO_URI)' "${debian[@]}" 2>/dev/null) || true
mirror=${MIRROR:-$(grep -m 1 '^https\?:' <<<"$sources" || true)}
[ -n "$mirror" ] || fail "no source of Debian's packages is set up here: give MIRROR"

root=$(mktemp -d)
chmod 755 "$root"
clean() {
    mountpoint -q "$root/proc" && umount "$root/proc"
    rm -rf --one-file-system "$root"
}
trap clean EXIT
inside() {
    chroot "$root" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive ${PIP_CERT:+PIP_CERT=/etc/ssl/here.crt} "$@"
}

say "a new $suite"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; fail "debootstrap failed"; }
rm "$root.log"
mount -t proc proc "$root/proc"
# The root goes at the end: nothing of it need be safe on the disk.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/try"
# Nobody is there to say yes.
echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/try"
printf '#!/bin/sh\nexec "$@"\n' >"$root/usr/local/bin/sudo"
chmod 755 "$root/usr/local/bin/sudo"
# Names are resolved and certificates trusted as here.
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/etc/ssl" "$root/root/target/debian" "$root/root/seen"
if [ -n "${PIP_CERT:-}" ]; then cp "$PIP_CERT" "$root/etc/ssl/here.crt"; fi
cp target/debian/*.deb "$root/root/target/debian/"
cp packaging/follow.sh "$root/root/"
dpkg-deb --fsys-tarfile target/debian/standin_*.deb | tar -xO ./usr/share/doc/standin/calls.md >"$root/root/calls.md"

say "the guide"
inside apt-get update -q
# A screen that nobody sees and the sound of a desktop; the rest comes with the packages.
inside apt-get install -q --no-install-recommends xvfb pipewire-pulse desktop-file-utils >"$root/log" 2>&1 ||
    { tail -n 20 "$root/log" >&2; fail "no desktop"; }
inside sh -c 'cd && ./follow.sh calls.md /root/seen'
inside cmp /root/calls.md /usr/share/doc/standin/calls.md || fail "another guide is installed"
for film in "$root"/root/seen/*.mkv "$root"/root/standin/call.*; do
    film=${film#"$root"}
    inside standin compare "$film" --frames 4 --out "$film.png"
    if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP"; cp "$root$film.png" "$KEEP/$suite-$(basename "$film").png"; fi
done
heard=$(inside gst-launch-1.0 -m filesrc location=/root/standin/call.mp4 ! qtdemux name=file file.audio_0 ! queue ! decodebin \
    ! audioconvert ! level ! fakesink)
grep -q 'rms=[^ ]* -[0-9]\{1,2\}\.' <<<"$heard" || fail "call.mp4 is silent"

say "what is installed"
inside gst-inspect-1.0 faceswap | sed -n 1,12p
# Without a desktop there is a fault, and with it exit code 1.
report=$(inside standin doctor --json || [ $? = 1 ])
grep -A 3 '"area": "ONNX Runtime"' <<<"$report" | grep -q '"state": "good"' || fail "no ONNX Runtime loads"

say "a clip through the element"
inside gst-launch-1.0 -q filesrc location=/usr/share/standin/ada.mp4 ! decodebin ! videoconvert \
    ! faceswap model=/usr/share/standin/models/ben.dfm ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=/root/swapped.mp4
inside standin compare /usr/share/standin/ada.mp4 /root/swapped.mp4 --frames 4 --out /root/before-after.png
if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP"; cp "$root/root/before-after.png" "$KEEP/$suite.png"; fi
inside standin-train --help >/dev/null
for page in standin-doctor standin-train-export; do inside test -s "/usr/share/man/man1/$page.1.gz"; done
for program in standin standin-train; do inside test -s "/usr/share/bash-completion/completions/$program"; done
inside desktop-file-validate /usr/share/applications/standin.desktop
for package in gst-plugin-faceswap standin standin-train; do
    inside grep -q 'Bitstream Vera' "/usr/share/doc/$package/LICENSE-DejaVu.txt" || fail "$package lacks its font's licence"
done

say "removing"
inside apt-get purge -y -q standin standin-train gst-plugin-faceswap >/dev/null
left=$(inside find /usr /etc -name '*standin*' -o -name '*faceswap*')
[ -z "$left" ] || fail "left behind: $left"
inside gst-inspect-1.0 faceswap >/dev/null 2>&1 && fail "the element is still there"
say "$suite is good"
