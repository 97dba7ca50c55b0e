#!/usr/bin/env bash
# benches/hardware/pack.sh OUT --subject FACESET --driver FACESET --troupe FACESET [--troupe FACESET …]
#
# Puts into OUT/kit.tar.xz what benches/hardware/run.sh needs on a Linux machine with a GPU and nothing installed: stripped
# programs, the libraries and GStreamer plugins that they load, a clip, the model, face sets. BINARIES=FOLDER takes programs
# that are built already, with examples/pass_times in it; otherwise they are built, the trainer with its Vulkan back end.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
fail() { printf 'pack: %s\n' "$*" >&2; exit 1; }

[ $# -ge 1 ] || fail "usage: pack.sh OUT --subject FACESET --driver FACESET --troupe FACESET …"
out=$1; shift
subject='' driver='' troupes=()
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a face set"
    [ -f "$2/faces.jsonl" ] || fail "$2 is no face set; make one with standin-train extract --jpeg 88 --max-side 224"
    case "$1" in
        --subject) subject=$2 ;;
        --driver) driver=$2 ;;
        --troupe) troupes+=("$2") ;;
        *) fail "unknown option $1" ;;
    esac
    shift 2
done
[ -n "$subject" ] && [ -n "$driver" ] && [ ${#troupes[@]} -gt 0 ] || fail "name --subject, --driver and --troupe"

binaries=${BINARIES:-$root/target/hardware/release}
if [ -z "${BINARIES:-}" ]; then
    (cd "$root" && cargo build --release --target-dir target/hardware --workspace --bins --example pass_times --features standin/train,standin/vulkan)
fi
runtime=${ORT_DYLIB_PATH:-${XDG_CACHE_HOME:-$HOME/.cache}/standin/onnxruntime/libonnxruntime.so}
[ -f "$runtime" ] || fail "no ONNX Runtime at $runtime: ./run fetches one"

kit=$(mktemp -d)
trap 'rm -rf "$kit"' EXIT
mkdir -p "$kit"/{lib,plugins,faces}
for program in standin standin-train; do
    strip -o "$kit/$program" "$binaries/$program"
done
strip -o "$kit/pass_times" "$binaries/examples/pass_times"
cp "$runtime" "$kit/lib/libonnxruntime.so"
plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
for plugin in coreelements app playback typefindfunctions videoconvertscale videobox matroska jpeg; do
    cp "$plugins/libgst$plugin.so" "$kit/plugins/"
done
# All that they link but the C library, which must be the machine's own.
vulkan=$(ldconfig -p | awk '/libvulkan\.so\.1 / { print $NF; exit }')
[ -n "$vulkan" ] && cp -L "$vulkan" "$kit/lib/libvulkan.so.1"
for file in "$kit"/{standin,standin-train,pass_times} "$kit"/lib/libonnxruntime.so "$kit"/plugins/*.so; do
    linked=$(ldd "$file")
    ! grep 'not found' <<< "$linked" || fail "$file lacks a library"
    awk '$3 ~ /^\// { print $3 }' <<< "$linked"
done | sort -u | grep -Ev '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' | xargs -I{} cp -n {} "$kit/lib/"
cp "$root/models/ben.dfm" "$root/models/ben.dfm.consent.toml" "$kit/"
gst-launch-1.0 -q filesrc location="$root/examples/media/ada.mp4" ! decodebin ! videoconvert ! identity eos-after=90 ! \
    jpegenc quality=90 ! matroskamux ! filesink location="$kit/clip.mkv"
cp -r "$subject" "$kit/faces/subject"
cp -r "$driver" "$kit/faces/driver"
for i in "${!troupes[@]}"; do
    cp -r "${troupes[$i]}" "$kit/faces/troupe$i"
done
rm -f "$kit"/faces/*/contact-sheet.png
cp "$here"/{run.sh,torch_network.py,torch_steps.py} "$kit/"
mkdir -p "$out"
tar -C "$kit" -cf - . | xz -T0 -9 > "$out/kit.tar.xz"
printf 'pack: %s, %d MiB\n' "$out/kit.tar.xz" "$(($(stat -c %s "$out/kit.tar.xz") >> 20))"
