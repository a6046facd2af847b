#!/bin/sh
# setup.sh [PARLEY-SETUP.exe PARLEY.msi]: installs, updates and removes Parley in Wine, in a prefix of its own. Without arguments the two of DIST
# are tried. Updates are tried with programs of a few lines, which are packed in no time.
#
# Wine is silent on some of what Windows does: it has no firewall, no Restart Manager, and asks nobody for administrator's rights.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
need wine wine wine64
need Xvfb xvfb
need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
need osslsigncode osslsigncode
setup=${1:-$DIST/Parley-Setup-$VERSION.exe} msi=${2:-$DIST/Parley-$VERSION.msi}

work=$(mktemp -d "${TMPDIR:-/tmp}/parley setup ü.XXXXXX") # blanks and umlauts
export WINEPREFIX="$work/prefix" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='winemenubuilder.exe=;mscoree=;mshtml=' HOME="$work"
export XDG_RUNTIME_DIR="$work"
display= mounted=
end() {
	status=$?
	trap - EXIT
	[ $status = 0 ] || echo "packaging/test/setup.sh: failed: $doing" >&2
	exec 3>&- 4>&-
	wineserver -k 2>/dev/null || true
	[ -z "$mounted" ] || umount "$mounted" || true
	[ -z "$display" ] || kill "$display" 2>/dev/null || true
	rm -rf "$work"
	exit $status
}
trap end EXIT
trap 'exit 1' INT TERM

doing=
try() { doing=$*; echo "== $*"; }
fail() { echo "$*" >&2; exit 1; }
w() { timeout 120 wine "$@"; }
is() { # is STATUS COMMAND...: its exit status is that
	want=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" || got=$?
	[ "$got" = "$want" ] || fail "$* ended with $got instead of $want: $(cat "$work/out" "$work/err")"
}
says() { # says WORDS: the command before did, on its standard output
	tr -d '\r' <"$work/out" | grep -qF -- "$1" || fail "\"$1\" was not said, but: $(cat "$work/out")"
}
reg() { w reg query "$@" 2>/dev/null | tr -d '\r' | sed -n 's/^    .*    REG_[A-Z]*    //p'; } # reg KEY [/v NAME | /ve]
unix() { winepath -u "$1" 2>/dev/null; }
same() { [ "$1" = "$2" ] || fail "it is \"$1\" instead of \"$2\""; }
here() { for f; do [ -e "$f" ] || fail "$f is missing"; done; }
gone() { for f; do [ ! -e "$f" ] || fail "$f is there"; done; }

try "a prefix"
exec 5>"$work/display"
Xvfb -displayfd 5 -screen 0 1024x768x24 -nolisten tcp >/dev/null 2>&1 5>&5 &
display=$!
for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$work/display")
export DISPLAY
is 0 w wineboot --init
system=$(unix 'C:\windows\system32')
# Wine 8 lacks the one function by which Go gets its random numbers.
cat >"$work/prng.c" <<'END'
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
	return RtlGenRandom(data, (ULONG)size);
}
END
x86_64-w64-mingw32-gcc -O -shared -s -o "$system/bcryptprimitives.dll" "$work/prng.c" -ladvapi32

local=$(unix "$(w cmd /c 'echo %LOCALAPPDATA%' | tr -d '\r')") roaming=$(unix "$(w cmd /c 'echo %APPDATA%' | tr -d '\r')")
app=$local/Programs/Parley menu="$roaming/Microsoft/Windows/Start Menu/Programs/Parley.lnk"
uninstall='HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Parley' scheme='HKCU\Software\Classes\parley'
