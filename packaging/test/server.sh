#!/bin/sh
# The server as people get it: the static program where there is nothing else, no root and one folder, as in packaging/server/Containerfile;
# and the programs for other processors and systems as far as this machine can run them. Needs root (chroot); BUILD holds the programs.
#
#   packaging/test/server.sh
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"

programs=$BUILD/linux-amd64
work=$(mktemp -d)
pids=
# What was started by us ends with us, whatever happens.
finish() {
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	[ ! -d "$work/wine" ] || WINEPREFIX="$work/wine" wineserver -k || true
	wait
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
	echo "server: $*" >&2
	for log in "$work"/*.log; do [ -s "$log" ] && tail -n 5 "$log" >&2; done
	exit 1
}

await() { # await SECONDS COMMAND...: fails when the command still does so after that time
	tenths=$(($1 * 10))
	shift
	until "$@"; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}

ready() { grep -q '^ready ' "$1"; } # ready FILE: the server's first line is there

value() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1" | head -n 1; } # value FILE NAME: a string of a line of JSON

stop() { # stop PID NAME: a server ends by itself when asked, and without an error
	kill -TERM "$1"
	wait "$1" || fail "$2 ended with status $?"
}

for program in linux-amd64/parleyd linux-amd64/parleyctl linux-arm64/parleyd windows-amd64/parleyd.exe; do
	[ -x "$BUILD/$program" ] || fail "there is no $BUILD/$program; packaging/binaries.sh makes it"
done

# 1. The image's folder: the program, the certificates' place and /data, and nobody there is root.
root=$work/root
mkdir -p "$root/data" && chmod 755 "$work" "$root" && chmod 700 "$root/data"
cp "$programs/parleyd" "$root/parleyd"
chown 65532:65532 "$root/data"
inside() { # inside PARLEYD'S ARGUMENTS
	exec env -i /usr/sbin/chroot --userspec=65532:65532 --groups=65532 "$root" /parleyd "$@"
}
# Ports of our own instead of 7440 and 3478: others may run a server on this machine. All else is the image's command line.
web=17440 relay=13478
(inside serve --listen 127.0.0.1:$web --data /data --relay-listen 127.0.0.1:$relay) >"$work/serve.out" 2>"$work/serve.log" &
server=$!
pids="$pids $server"
await 20 ready "$work/serve.out" || fail "no first line"
invite=$(value "$work/serve.out" invite)
case $invite in
parley://*) ;;
*) fail "no invite in: $(cat "$work/serve.out")" ;;
esac
[ "$(awk '/^Uid:/ { print $2 }' "/proc/$server/status")" = 65532 ] || fail "the server is not user 65532"
(inside status --data /data) >"$work/status" || fail "status, which is the health check"
(inside doctor --data /data) >"$work/doctor" 2>"$work/doctor.log" || fail "doctor"
(inside invite --data /data --uses 5) >"$work/invite" || fail "invite"
[ -n "$(value "$work/invite" invite)" ] || fail "invite printed: $(cat "$work/invite")"

# 2. Two people from outside, one of whom talks.
need /usr/share/sounds/alsa/Front_Center.wav alsa-utils
for who in ana bob; do
	[ $who = ana ] && sound='--play /usr/share/sounds/alsa/Front_Center.wav --loop' || sound=
	# Words of a list; bob's microphone is silent. Both hear into files.
	# shellcheck disable=SC2086
	[ -n "$sound" ] || sound="--play $work/silence.wav --loop"
	[ -e "$work/silence.wav" ] || {
		# A second of silence: 48 kHz, 16 bit, one channel.
		printf 'RIFF\244\167\001\000WAVEfmt \020\000\000\000\001\000\001\000\200\273\000\000\000\167\001\000\002\000\020\000data\000\167\001\000'
		head -c 96000 /dev/zero
	} >"$work/silence.wav"
	# shellcheck disable=SC2086
	"$programs/parleyctl" join "$(value "$work/invite" invite)" --home "$work/$who" --name $who --channel General $sound \
		--record "$work/$who.wav" --duration 6s >"$work/$who.out" 2>"$work/$who.log" </dev/null &
	eval "$who=\$!"
	pids="$pids $!"
done
# They are set by eval.
# shellcheck disable=SC2154
wait "$ana" || fail "ana ended with status $?"
# shellcheck disable=SC2154
wait "$bob" || fail "bob ended with status $?"
loudest() { # loudest FILE: the greatest of a WAV file's 16-bit samples
	tail -c +45 "$1" | od -An -v -t d2 -w2 | awk '{ v = $1 < 0 ? -$1 : $1; if (v > max) max = v } END { print max + 0 }'
}
[ "$(loudest "$work/bob.wav")" -gt 1000 ] || fail "bob has not heard ana: at most $(loudest "$work/bob.wav") of 32767"
(inside users --data /data) >"$work/users" || fail "users"
grep -q '"ana"' "$work/users" || fail "ana is no member: $(cat "$work/users")"
stop $server "the server"
echo "server: in an empty root as user 65532: serves, invites, two people have talked, ends" >&2

# 3. The one for 64-bit ARM, by an emulator of the processor.
need qemu-aarch64-static qemu-user-static
arm() { exec qemu-aarch64-static "$BUILD/linux-arm64/parleyd" "$@"; } # arm PARLEYD'S ARGUMENTS
[ "$(arm version)" = "{\"version\":\"$VERSION\"}" ] || fail "arm64: version"
(arm serve --listen 127.0.0.1:17441 --data "$work/arm" --relay-listen 127.0.0.1:13479) >"$work/arm.out" 2>"$work/arm.log" &
pid=$!
pids="$pids $pid"
await 60 ready "$work/arm.out" || fail "arm64: no first line"
(arm status --data "$work/arm") >/dev/null || fail "arm64: status"
stop $pid "the server for arm64"
echo "server: linux-arm64 serves, too" >&2

# 4. The one for Windows, by Wine, whose version 8 lacks a library with the one function that Go's run-time library begins with.
need wine wine wine64
need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
export WINEPREFIX="$work/wine" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
wineboot --init >"$work/wine.log" 2>&1 || fail "wineboot"
cat >"$work/random.c" <<'END'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T n) { return RtlGenRandom(to, (ULONG)n); }
END
x86_64-w64-mingw32-gcc -shared -Os -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$work/random.c" -ladvapi32
exe=$BUILD/windows-amd64/parleyd.exe
[ "$(wine "$exe" version 2>"$work/wine.log" | tr -d '\r')" = "{\"version\":\"$VERSION\"}" ] || fail "windows: version"
# Serving is beyond Wine 8, which refuses a setting that Go makes of every UDP socket (SIO_UDP_NETRESET). The
# store is not: the folder of the server above, moved to a Windows.
cp -r "$root/data" "$WINEPREFIX/drive_c/Leute für Parley"
wine "$exe" channels add Musik --data 'C:\Leute für Parley' >"$work/wine.log" 2>&1 || fail "windows: channels add"
wine "$exe" channels list --data 'C:\Leute für Parley' >"$work/channels" 2>"$work/wine.log" || fail "windows: channels list"
grep -q '"Musik"' "$work/channels" || fail "windows: no channel in: $(cat "$work/channels")"
wineserver -k
echo "server: windows-amd64 keeps its store, by Wine" >&2
