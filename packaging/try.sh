#!/usr/bin/env bash
# packaging/try.sh SUITE: the packages of packaging/deb.sh in a new Debian of that suite (bookworm, trixie), installed, used
# and removed. Needs root and debootstrap; the root folder lies in TMPDIR and goes at the end. KEEP names a folder for
# pictures, MIRROR where Debian's packages come from: else from where this machine has them.
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
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        ${PIP_CERT:+PIP_CERT="$PIP_CERT"} "$@"
}

say "a new $suite"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; fail "debootstrap failed"; }
rm "$root.log"
mount -t proc proc "$root/proc"
# The root goes at the end: nothing of it need be safe on the disk.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/try"
# Names are resolved and certificates trusted as here.
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/etc/ssl/certs" "$root/packages"
cp target/debian/*.deb "$root/packages/"
cp examples/media/ada.mp4 "$root/root/"

say "installing"
inside apt-get update -q
# What `standin` recommends for clips and for --mend, without a desktop's other wishes.
inside sh -c 'apt-get install -y -q --no-install-recommends /packages/*.deb gstreamer1.0-tools gstreamer1.0-libav \
    gstreamer1.0-plugins-ugly gstreamer1.0-plugins-bad gstreamer1.0-pipewire pipewire wireplumber dbus \
    libvulkan1 mesa-vulkan-drivers python3-pip ca-certificates desktop-file-utils' >"$root/log" 2>&1 || { tail -n 20 "$root/log" >&2; fail "the packages do not install"; }
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
inside gst-inspect-1.0 faceswap | sed -n 1,12p

say "standin doctor --mend"
inside standin doctor --mend || [ $? = 1 ]
say "standin doctor"
inside standin doctor /usr/share/standin/models/ben.dfm || [ $? = 1 ]
# Without a desktop there is a fault, and with it exit code 1.
report=$(inside standin doctor --json || [ $? = 1 ])
grep -A 3 '"area": "ONNX Runtime"' <<<"$report" | grep -q '"state": "good"' || fail "no ONNX Runtime loads"

say "a clip through the element"
inside gst-launch-1.0 -q filesrc location=/root/ada.mp4 ! decodebin ! videoconvert \
    ! faceswap model=/usr/share/standin/models/ben.dfm ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=/root/swapped.mp4
inside standin compare /root/ada.mp4 /root/swapped.mp4 --frames 4 --out /root/before-after.png
if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP"; cp "$root/root/before-after.png" "$KEEP/$suite.png"; fi
inside standin-train --help >/dev/null
for page in standin-doctor standin-train-export; do inside test -s "/usr/share/man/man1/$page.1.gz"; done
for program in standin standin-train; do inside test -s "/usr/share/bash-completion/completions/$program"; done
inside desktop-file-validate /usr/share/applications/standin.desktop
for package in gst-plugin-faceswap standin standin-train; do
    inside grep -q 'Bitstream Vera' "/usr/share/doc/$package/LICENSE-DejaVu.txt" || fail "$package lacks its font's licence"
done

say "a call, with PipeWire and without a desktop"
# Ctrl-C after half a minute; the daemons of a desktop end with the shell.
inside sh -c '
    export XDG_RUNTIME_DIR=/root/session DBUS_SESSION_BUS_ADDRESS=unix:path=/root/session/bus
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    dbus-daemon --session --nofork --nopidfile --address="$DBUS_SESSION_BUS_ADDRESS" & daemons=$!
    sleep 1; pipewire >/dev/null 2>&1 & daemons="$daemons $!"
    sleep 1; wireplumber >/dev/null 2>&1 & daemons="$daemons $!"
    sleep 3
    timeout --foreground --preserve-status --signal=INT 30 standin webcam test --model /usr/share/standin/models/ben.dfm --record /root/call.mkv
    ended=$?
    kill $daemons; wait; exit $ended' | tee "$root/call.txt"
grep -q '^pipewire  node' "$root/call.txt" && grep -q '^swapping' "$root/call.txt" || fail "no call"
inside standin compare /root/call.mkv --frames 4 --out /root/call.png
if [ -n "${KEEP:-}" ]; then cp "$root/root/call.png" "$KEEP/$suite-call.png"; fi

say "removing"
inside apt-get purge -y -q standin standin-train gst-plugin-faceswap >/dev/null
left=$(inside find /usr /etc -name '*standin*' -o -name '*faceswap*')
[ -z "$left" ] || fail "left behind: $left"
inside gst-inspect-1.0 faceswap >/dev/null 2>&1 && fail "the element is still there"
say "$suite is good"
