#!/usr/bin/env bash
# packaging/follow.sh GUIDE PICTURES: runs a guide's blocks as they are printed, in the root of packaging/try.sh.
#
# Blocks marked `sh` or `console` run in their order, by `sh -e`, each in the folder that the one before it ended in, and must
# end with 0. From the first section on there is a desktop: D-Bus, PipeWire, an X server without a screen, a camera that shows
# the clip, a microphone. `standin webcam` ends by Ctrl-C alone: it gets it some seconds after it swaps. Until then somebody
# looks at its camera, and keeps what is seen in PICTURES, as LINE.mkv. A block that needs what the root cannot have is not
# run, and that is said.
set -euo pipefail
# Each job has a group of its own.
set -m

guide=$1 pictures=$2
clip=/usr/share/standin/ada.mp4
printed=$(mktemp) place=$(mktemp)
pwd >"$place"
daemons=() group='' looker=''
ran=0

say() { printf '\n-- %s\n' "$*"; }
fail() { printf 'follow.sh: %s\n' "$*" >&2; exit 1; }

clean() {
    for each in $group $looker "${daemons[@]}"; do kill -KILL -- "-$each" 2>/dev/null || true; done
}
trap clean EXIT

daemon() {
    "$@" >/dev/null 2>&1 </dev/null &
    daemons+=($!)
}

has_desktop() { [ ${#daemons[@]} != 0 ]; }

wait_for() {
    for _ in {1..100}; do [ -e "$1" ] && return; sleep 0.2; done
    fail "$1 does not appear"
}

start_desktop() {
    say "a desktop begins"
    # Screens have their names on the whole machine.
    export XDG_RUNTIME_DIR=/root/session DISPLAY=:$((10 + $$ % 9000))
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    daemon dbus-daemon --session --nofork --nopidfile --address="$DBUS_SESSION_BUS_ADDRESS"
    wait_for "$XDG_RUNTIME_DIR/bus"
    daemon pipewire
    wait_for "$XDG_RUNTIME_DIR/pipewire-0"
    daemon wireplumber
    daemon pipewire-pulse
    daemon Xvfb "$DISPLAY"
    wait_for "/tmp/.X11-unix/X${DISPLAY#:}"
    start_camera
    start_microphone
    sleep 3
}

# It hears what is played to `voice`: a tone.
start_microphone() {
    daemon pw-loopback --capture-props='media.class=Audio/Sink node.name=voice' \
        --playback-props='media.class=Audio/Source node.name=microphone node.description=Microphone'
    sleep 2
    daemon gst-launch-1.0 audiotestsrc is-live=true ! pulsesink device=voice
}

# The sink of PipeWire 1.4 may end when somebody no longer looks.
show() {
    while :; do
        gst-launch-1.0 multifilesrc location="$1/%03d.jpg" loop=true caps=image/jpeg,framerate=15/1 ! jpegdec \
            ! videoconvert ! video/x-raw,format=YUY2 ! identity sync=true drop-allocation=true ! pipewiresink mode=provide \
            stream-properties="properties,media.class=Video/Source,media.role=Camera,node.name=camera,node.description=C920" || true
        sleep 0.5
    done
}

# The clip again and again, at a rate that a busy machine keeps up with. The sink of PipeWire 0.3 gives buffers without memory
# to what asks it for some.
start_camera() {
    local frames=/root/camera
    mkdir "$frames"
    gst-launch-1.0 -q filesrc location="$clip" ! decodebin ! videorate ! video/x-raw,framerate=15/1 ! videoconvert ! jpegenc \
        ! multifilesink location="$frames/%03d.jpg"
    daemon show "$frames"
}

# What a block needs that the root cannot have; nothing where it runs.
lacking() {
    case "$1" in
        *target/release*) echo "the sources" ;;
        *v4l2loopback*) echo "a kernel module" ;;
    esac
}

# Starts a block in the background.
begin() {
    : >"$printed"
    sh -e -c "$text"$'\n'"pwd >$place" >"$printed" 2>&1 </dev/null &
    group=$!
}

# Waits for the end of the block; what it printed, and its status.
end() {
    local status=0
    wait "$group" || status=$?
    cat "$printed"
    cd "$(cat "$place")"
    return "$status"
}

plain() {
    begin
    end && return
    # Without a desktop there is a fault.
    [ $? = 1 ] && ! has_desktop && [[ "$text" = *'standin doctor'* ]] && { echo '(1: there is no desktop yet)'; return; }
    fail "line $at does not end well"
}

# `standin webcam` of the block.
call() {
    local folder stat
    for folder in /proc/[0-9]*; do
        stat=$(cat "$folder/stat" 2>/dev/null) || continue
        # After the name: state, parent, group.
        read -r _ _ stat _ <<<"${stat##*) }"
        [ "$stat" = "$group" ] || continue
        [[ "$(tr '\0' ' ' <"$folder/cmdline" 2>/dev/null)" = 'standin webcam '* ]] && { echo "${folder#/proc/}"; return; }
    done
}

# Somebody looks at the camera of the call, until a fault or `end_look`.
look() {
    gst-launch-1.0 -q -e pipewiresrc target-object=standin always-copy=true do-timestamp=true ! video/x-raw,format=YUY2 \
        ! videoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=ultrafast tune=zerolatency \
        ! matroskamux ! filesink location="$pictures/$at.mkv" >/dev/null 2>&1 </dev/null &
    looker=$!
}

end_look() {
    kill -INT "$looker" 2>/dev/null || true
    sleep 2
    kill -KILL -- "-$looker" 2>/dev/null || true
    wait "$looker" 2>/dev/null || true
}

# Where the block has that flag: whether a line like that says that the door is open.
opened() {
    [[ "$text" != *"$1"* ]] || grep -q "$2" "$printed"
}

until_interrupted() {
    local turns=0
    looker=''
    begin
    until [ -n "$looker" ] && grep -q '^swapping' "$printed"; do
        [ $((turns += 1)) -lt 900 ] && kill -0 "$group" 2>/dev/null ||
            { cat "$printed"; fail "line $at does not swap, or offers no camera"; }
        if [ -z "$looker" ] || ! kill -0 "$looker" 2>/dev/null; then
            if grep -q "^pipewire  node 'standin'" "$printed"; then look; fi
        fi
        sleep 0.2
    done
    sleep 6
    end_look
    kill -INT "$(call)" || fail "line $at: the call is gone"
    end || fail "line $at does not end well"
    opened --audio '^sound  *source' && opened --preview '^preview  *a window' || fail "line $at: a door is not open"
    [ -s "$pictures/$at.mkv" ] || fail "line $at: nothing was seen in its camera"
}

block() {
    case "$mark" in sh | console) ;; *) return ;; esac
    local why
    why=$(lacking "$text")
    if [ -n "$why" ]; then say "line $at is not run, it needs $why:"; printf '%s' "$text"; return; fi
    say "line $at:"
    printf '%s\n' "$text"
    case "$text" in *'standin webcam '*) until_interrupted ;; *) plain ;; esac
    local empty
    empty=$(find . -maxdepth 1 -type f -empty)
    [ -z "$empty" ] || fail "line $at leaves files empty: $empty"
    ran=$((ran + 1))
}

number=0 mark=''
while IFS= read -r line <&3; do
    number=$((number + 1))
    case "$mark $line" in
        ' ```'*) mark=${line#'```'} text='' at=$number ;;
        ' ## '*) has_desktop || start_desktop ;;
        ' '*) ;;
        *' ```') block; mark='' ;;
        *) text+=$line$'\n' ;;
    esac
done 3<"$guide"
[ "$ran" -gt 10 ] || fail "$ran blocks are no guide"
say "$ran blocks of $(basename "$guide") ran"
