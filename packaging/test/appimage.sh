#!/bin/sh
# Runs the AppImage as people do, and as it goes wrong for them: a window from a path with blanks and umlauts, ends of every kind, a home
# that can't be written, folders without room or that start no programs, a file that was cut. The small cases are those of
# packaging/linux/appimage.
#
#   packaging/test/appimage.sh      leaves BUILD/test/appimage.png, the window
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"

need Xvfb xvfb
need xdotool xdotool
need import imagemagick
need desktop-file-validate desktop-file-utils
need appstreamcli appstream
need unshare util-linux
need openbox openbox
need /usr/lib/x86_64-linux-gnu/libGL.so.1 libgl1
need /usr/lib/x86_64-linux-gnu/dri/swrast_dri.so libgl1-mesa-dri

sh "$ROOT/packaging/linux/appimage.sh"
made=$DIST/Parley-$VERSION-x86_64.AppImage

room=$(mktemp -d)
started=
xvfb=
wm=
clean() {
	for p in $started $wm $xvfb; do
		kill -9 "$p" 2>/dev/null || true
	done
	chmod -R u+w "$room"
	rm -rf "$room"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "appimage: $*" >&2
	exit 1
}

soon() { # soon COMMAND...: within half a minute
	n=0
	until "$@"; do
		n=$((n + 1))
		[ $n -lt 150 ] || fail "not within half a minute: $*"
		sleep 0.2
	done
}

chmod 755 "$room"
mkdir "$room/Programme für Ümit" "$room/places" "$room/home"
chmod 700 "$room/places"
app="$room/Programme für Ümit/Parley & mehr.AppImage"
cp "$made" "$app"
unset XDG_RUNTIME_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY PULSE_SERVER
export TMPDIR="$room/places" HOME="$room/home" LC_ALL=C.UTF-8
empty() { [ -z "$(ls -A "$room/places")" ]; }

echo "what is in it is what was built"
(cd "$room" && "$app" --appimage-extract >/dev/null)
tree=$room/squashfs-root
for p in parley parleyctl; do
	cmp "$tree/usr/bin/$p" "$BUILD/linux-amd64/$p"
	[ -x "$tree/usr/bin/$p" ] || fail "$p can't be started"
done
[ "$(readlink "$tree/AppRun")" = usr/bin/parley ] || fail "AppRun starts something else"
desktop-file-validate "$tree/chat.parley.app.desktop"
for f in .DirIcon chat.parley.app.png usr/share/metainfo/chat.parley.app.metainfo.xml \
	usr/share/doc/parley/LICENSE usr/share/doc/parley/THIRD-PARTY-NOTICES.txt; do
	[ -s "$tree/$f" ] || fail "$f is missing"
done
expected="version=\"$VERSION\" date=\"$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)\""
grep -q "$expected" "$tree/usr/share/metainfo/chat.parley.app.metainfo.xml" || fail "the metadata is of another version"
appstreamcli validate --no-net "$tree/usr/share/metainfo/chat.parley.app.metainfo.xml" || fail "the metadata is not valid"
[ "$("$app" --parleyctl version)" = "$("$tree/usr/bin/parleyctl" version)" ] || fail "--parleyctl says something else"
rm -r "$tree"
soon empty

# On the screen.
mkfifo "$room/display"
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$room/display" 2>/dev/null &
xvfb=$!
read -r DISPLAY <"$room/display"
export DISPLAY=":$DISPLAY"
openbox >/dev/null 2>&1 &
wm=$!

start() { # start COMMAND...: starts it and waits for its window
	"$@" >"$room/log" 2>&1 &
	started=$!
	soon window
}
window() {
	kill -0 "$started" 2>/dev/null || { cat "$room/log" >&2; fail "it has ended"; }
	found=$(xdotool search --onlyvisible --name '^Parley' 2>/dev/null | head -n 1)
	[ -n "$found" ]
}
ends() { # ends STATUS...: the program ends, with one of these
	status=0
	wait "$started" || status=$?
	started=
	case " $* " in
	*" $status "*) ;;
	*) cat "$room/log" >&2; fail "exit status $status instead of $*" ;;
	esac
	soon empty
}

echo "a window, and one folder for its owner alone"
start "$app" --profile "$room/profile"
sleep 2 # the window is there before what is in it
mkdir -p "$BUILD/test"
import -window "$found" "$BUILD/test/appimage.png"
colours=$(identify -format %k "$BUILD/test/appimage.png")
[ "$colours" -gt 50 ] || fail "the window has $colours colours: nothing was drawn"
set -- "$room/places"/*
[ $# = 1 ] || fail "folders: $*"
[ "$(stat -c %a "$1")" = 700 ] || fail "$(stat -c '%a %n' "$1")"
[ "$(readlink "/proc/$started/exe")" = "$1/usr/bin/parley" ] || fail "the process is $(readlink "/proc/$started/exe")"
tr '\0' '\n' <"/proc/$started/environ" | grep -qxF "APPIMAGE=$app" || fail "APPIMAGE is not $app"

echo "the window's end"
xdotool windowactivate --sync "$found" key alt+F4 # openbox closes the window, as a click on its cross does
ends 0
for s in TERM HUP KILL; do # what a shell starts in the background ignores INT
	echo "SIG$s"
	start "$app" --profile "$room/profile"
	kill -s $s "$started"
	case $s in
	TERM) ends 0 143 ;;
	HUP) ends 0 129 ;;
	KILL) ends 137 ;;
	esac
done

echo "a home that can't be written"
mkdir -m 755 "$room/ro" "$room/nobody"
chmod 555 "$room/ro"
chmod 700 "$room/nobody"
if [ "$(id -u)" = 0 ]; then # root can write everywhere
	chown 65534:65534 "$room/nobody"
	as="setpriv --reuid 65534 --regid 65534 --clear-groups"
else
	as=
fi
# shellcheck disable=SC2086
HOME=$room/ro TMPDIR=$room/nobody $as "$app" --help 2>&1 | grep -q 'desktop app' || fail "no help"
# shellcheck disable=SC2086
HOME=$room/ro TMPDIR=$room/nobody timeout 20 $as "$app" >"$room/log" 2>&1 || true
grep -q "$room/ro/.config: permission denied" "$room/log" || { cat "$room/log" >&2; fail "no word of the home"; }
nobody() { [ -z "$(ls -A "$room/nobody")" ]; }
soon nobody

echo "places without room, without programs"
mount_in=$room/mounted
mkdir "$mount_in"
user=
[ "$(id -u)" = 0 ] || user=-r
for options in size=8m size=200m,noexec size=200m,nr_inodes=4 size=200m,ro; do
	echo "  $options"
	# shellcheck disable=SC2016,SC2086
	TMPDIR=$mount_in XDG_RUNTIME_DIR=$room/places unshare $user -m sh -c '
		mount -t tmpfs -o "$1" none "$2"
		"$3" --help 2>&1 | grep "desktop app" && [ -z "$(ls -A "$2")" ]' - "$options" "$mount_in" "$app" >"$room/log" 2>&1 ||
		{ cat "$room/log" >&2; fail "$options"; }
done
# shellcheck disable=SC2016,SC2086
TMPDIR=$mount_in unshare $user -m sh -c '
	cp "$1" /dev/shm/parley-test-$$ && exec 3</dev/shm/parley-test-$$ && rm /dev/shm/parley-test-$$
	for place in /tmp /var/tmp; do mount -t tmpfs -o size=8m none $place; done
	status=0
	/proc/self/fd/3 --help || status=$?
	ls /tmp /var/tmp
	echo "status $status"' - "$app" >"$room/log" 2>&1
for words in TMPDIR= 'No space left' 'status 127'; do
	grep -q "$words" "$room/log" || { cat "$room/log" >&2; fail "no word of what to do: $words"; }
done
if grep -q parley-appimage- "$room/log"; then
	fail "folders are left"
fi
soon empty

echo "a file that was cut"
size=$(stat -c %s "$made")
for n in 1200000 $((size / 2)) $((size - 64)) $((size - 1)); do
	head -c "$n" "$made" >"$app.new"
	chmod 755 "$app.new"
	mv "$app.new" "$app"
	status=0
	"$app" >"$room/log" 2>&1 || status=$?
	if [ "$status" != 127 ] || ! grep -q 'is damaged' "$room/log"; then
		cat "$room/log" >&2
		fail "cut at $n: $status"
	fi
done
empty || fail "folders are left"

echo "the same again"
mkdir -p "$room/again/linux-amd64"
for f in linux-amd64/parley linux-amd64/parleyctl THIRD-PARTY-NOTICES.txt; do
	cp "$BUILD/$f" "$room/again/$f"
done
TMPDIR=/tmp BUILD=$room/again DIST=$room/again sh "$ROOT/packaging/linux/appimage.sh"
cmp "$made" "$room/again/$(basename "$made")" || fail "two builds differ"
echo "appimage: all is well"
