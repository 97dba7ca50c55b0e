#!/usr/bin/env bash
# ./run.sh OUT [SECONDS]: from an unpacked kit of pack.sh. Writes OUT/report.txt, the same figures as JSON (networks.json,
# bench-*.json) and, of the trainings, their weights; in about seven minutes.
#
# How near each tier of a GPU comes to the processor's picture and how fast it is, by pass; frames a second of the whole path; then
# a base that goes on and models of 224 px for SECONDS each (90). PyTorch's figures of the same beside them, where python3 has it
# and onnx. NETWORKS are the arguments of pass_times, BATCH and TRAIN_DEVICE those of the trainings.
set -uo pipefail
cd "$(dirname "$0")"
[ $# -ge 1 ] || { echo 'run: usage: run.sh OUT [SECONDS]' >&2; exit 1; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
seconds=${2:-90}
export ORT_DYLIB_PATH="$PWD/lib/libonnxruntime.so"
export GST_PLUGIN_SYSTEM_PATH="$PWD/plugins" GST_REGISTRY="$out/registry.bin" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
device=${TRAIN_DEVICE:-wgpu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

exec > >(tee "$out/report.txt") 2>&1
step() {
    local begun=$SECONDS
    printf '\n== %s\n' "$*"
    "$@"
    printf '== ended with %d after %d s\n' $? $((SECONDS - begun))
}
# Our programs alone get the kit's libraries: others have their own.
# A step of the trainer that hangs does not end at a signal that asks it to save.
ours() { LD_LIBRARY_PATH="$PWD/lib" timeout -k 10 "$@"; }
minutes() { LC_ALL=C awk -v s="$seconds" 'BEGIN { printf "%.3f", s / 60 }'; }

date -u
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv 2>/dev/null
step ours 60 ./standin devices
# The engine refuses a GPU whose trial crop is not the processor's picture, so that a figure here is agreement too.
bench() {
    local name=$1
    shift
    ours 120 ./standin bench --model ben.dfm --clip clip.mkv --frames 300 --json "$@" | tee "$out/bench-$name.json"
}
step bench cpu --device cpu
# The first load compiles every pipeline (unless the driver keeps some of its own), the second finds them.
export XDG_CACHE_HOME="$work/cache"
step bench gpu-cold --device gpu
step bench gpu --device gpu
step bench gpu-1080p --device gpu --pad 1920x1080
# Models with weights of chance stay in TMPDIR, for PyTorch.
export TMPDIR="$work"
step ours 400 ./pass_times --json "$out/networks.json" \
    ${NETWORKS:-live:160 df-ud:128 df-ud:224 liae-udt:192 --passes ben.dfm df-udt:224}
if python3 -c 'import onnx, torch; torch.zeros(1).cuda()' 2>/dev/null; then
    for model in ben.dfm "$work"/standin-pass-times/*.dfm; do
        [ -f "$model" ] || continue
        step timeout -k 10 120 python3 torch_network.py "$model"
    done
else
    echo 'python3 has no torch with CUDA, or no onnx: no network to compare with'
fi
troupes=()
for set in faces/troupe*; do troupes+=(--troupe "$set"); done
# What it is, what it needs, and its last speed.
train() {
    ours $((seconds + 180)) ./standin-train train --device "$device" --preview-every 0 "$@" |
        awk '/it\/s/ { last = $0; next } { print } END { print last }'
}
step train "${troupes[@]}" --from base --batch "${BATCH:-32}" -o "$work/base" --minutes "$(minutes)"
step ours 120 ./standin-train export "$work/base" -o "$out/base.safetensors"
step train --b faces/subject --from none --a faces/driver --model live --resolution 224 --batch "${BATCH:-32}" -o "$work/live" \
    --minutes "$(minutes)"
step ours 120 ./standin-train export "$work/live" --precision fp16 -o "$out/live-224.dfm"
step train --b faces/subject --from none --a faces/driver --model df-udt --resolution 224 --batch "${BATCH:-16}" -o "$work/df-udt" \
    --minutes "$(minutes)"
if python3 -c 'import torch' 2>/dev/null; then
    step timeout 120 python3 torch_steps.py "${BATCH:-32}"
else
    echo 'python3 has no torch: nothing to compare with'
fi
