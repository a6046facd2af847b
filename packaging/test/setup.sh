#!/bin/sh
# setup.sh [PARLEY-SETUP.exe PARLEY.msi]: installs, updates and removes Parley in Wine, in a prefix of its own. Without arguments the two of
# DIST are tried. Updates are tried with programs of a few lines, which are packed in no time.
#
# Wine lacks some of what Windows has: a firewall (its netsh only says what it was told), a menu for all, Restart Manager, administrators.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
need wine wine wine64
need Xvfb xvfb
need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
need osslsigncode osslsigncode
need msiinfo msitools
setup=${1:-$DIST/Parley-Setup-$VERSION.exe} msi=${2:-$DIST/Parley-$VERSION.msi}

work=$(mktemp -d "${TMPDIR:-/tmp}/parley setup ü.XXXXXX") # blanks and umlauts
export WINEPREFIX="$work/prefix" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='winemenubuilder.exe=;mscoree=;mshtml=' HOME="$work"
export XDG_RUNTIME_DIR="$work"
display='' mounted=''
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
fail() { printf '%s\n' "$*" >&2; exit 1; }
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
reg() { # reg KEY [/v NAME | /ve]
	w reg query "$@" 2>/dev/null | iconv -f CP850 -t UTF-8 | tr -d '\r' | sed -n 's/^    .*    REG_[A-Z]*    //p'
}
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
desktop=$(unix "$(w cmd /c 'echo %USERPROFILE%' | tr -d '\r')")/Desktop
app=$local/Programs/Parley menu="$roaming/Microsoft/Windows/Start Menu/Programs/Parley.lnk"
here "$desktop"
uninstall='HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Parley' scheme='HKCU\Software\Classes\parley'

# small VERSION [BYTES]: a setup and an MSI of programs that tell their version, hold FILE open, or else run as long as their input lasts;
# BYTES are how much there is of it.
cat >"$work/small.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int n, char **words) {
	if (n > 1 && !strcmp(words[1], "version")) return printf("{\"version\":\"%s\"}\n", VERSION) < 0;
	if (n > 2 && !strcmp(words[1], "hold") && CreateFileA(words[2], GENERIC_READ, 0, 0, OPEN_EXISTING, 0, 0) == INVALID_HANDLE_VALUE) return 1;
	puts("here");
	fflush(stdout);
	while (getchar() != EOF) {}
	return 0;
}
END
small() {
	numbers=${1%%-*} dir=$work/build-$1/windows-amd64
	mkdir -p "$dir"
	printf '1 VERSIONINFO\nFILEVERSION %s,0\nBEGIN\nEND\n' "$(echo "$numbers" | tr . ,)" | x86_64-w64-mingw32-windres -o "$work/version.o"
	x86_64-w64-mingw32-gcc -O -s -DVERSION="\"$1\"" -o "$dir/parley.exe" "$work/small.c" "$work/version.o"
	cp "$dir/parley.exe" "$dir/parleyctl.exe"
	openssl rand "${2:-1}" >>"$dir/parley.exe"
	echo notices >"$work/build-$1/THIRD-PARTY-NOTICES.txt"
	BUILD="$work/build-$1" DIST="$work" PARLEY_VERSION=$1 PARLEY_SIGN=no PARLEY_NOTICES='' is 0 "$ROOT/packaging/windows/setup.sh"
}
# into STATUS SETUP DIR: /D= is the rest of the command line, blanks included; Wine puts words with a blank in quotation marks, so these are
# many.
# shellcheck disable=SC2086
into() { is "$1" w "$2" /S /D=$3; }
version() { w "$1/parleyctl.exe" version | tr -d '\r'; }
removed() { # removed DIR: nothing of Parley is there any more, but what it kept about the person
	gone "$1" "$menu"
	same "$(reg "$uninstall" /v DisplayVersion)$(reg "$scheme" /ve)" ""
}

# ------------------------------------------------------------------------------------------------------------------ what is given to people

try "signatures"
keys=$BUILD/windows-setup/keys
roots=${PARLEY_SIGN_CA:-$keys/test.pem}
for f in "$setup" "$msi"; do
	is 0 osslsigncode verify -CAfile "$roots" -in "$f"
	cp "$f" "$work/tampered"
	size=$(wc -c <"$f")
	printf 'tampered with' | dd of="$work/tampered" bs=1 seek=$((size / 2)) conv=notrunc status=none
	is 1 osslsigncode verify -CAfile "$roots" -in "$work/tampered"
	mv "$work/tampered" "$work/tampered-${f##*/}"
done

try "Windows 7 is told what is missing"
is 0 w winecfg -v win7
is 6 w "$setup" /S
says "Windows 10"
there=$(w winepath -w "$msi" | tr -d '\r')
! w msiexec /i "$there" /qn >"$work/out" 2>&1 || fail "the MSI was taken"
gone "$app" "$(unix 'C:\Program Files')/Parley"
is 0 w winecfg -v win10

try "a setup that was damaged on its way does not start"
is 2 w "$work/tampered-${setup##*/}" /S
gone "$app"

try "the setup"
is 0 w "$setup" /S
here "$app/parley.exe" "$app/parleyctl.exe" "$app/LICENSE.txt" "$app/NOTICES.txt" "$app/uninstall.exe" "$menu"
gone "$app/parley.new" "$app/parley.old" "$desktop/Parley.lnk"
same "$(tr -d '\r' <"$app/parley.install")" nsis
same "$(version "$app")" "{\"version\":\"$VERSION\"}"
in=$(w winepath -w "$app" | tr -d '\r')
same "$(reg "$scheme" /ve)" "URL:Parley invite"
reg "$scheme" /v "URL Protocol" >"$work/out"
same "$(wc -l <"$work/out")" 1
same "$(reg "$scheme\\shell\\open\\command" /ve)" "\"$in\\parley.exe\" -- \"%1\""
same "$(reg "$uninstall" /v DisplayVersion)" "$VERSION"
same "$(reg "$uninstall" /v Publisher)" "The Parley authors"
same "$(reg "$uninstall" /v DisplayIcon)" "$in\\parley.exe"
kib=$(du -k --apparent-size "$app" | cut -f 1) said=$(($(reg "$uninstall" /v EstimatedSize)))
[ $((said * 10 / (kib + 300))) = 9 ] || [ $((said * 10 / (kib + 300))) = 10 ] || fail "$said KiB are said to be $kib"
for f in parley.exe parleyctl.exe uninstall.exe; do
	is 0 osslsigncode verify -CAfile "$roots" -in "$app/$f"
done

try "the setup once more, and removed: the data are kept"
mkdir -p "$roaming/parley" "$roaming/fyne/chat.parley.app" "$roaming/fyne/other"
touch "$roaming/parley/identity.key" "$app/somebody's"
is 0 w "$setup" /S
is 0 w "$app/uninstall.exe" /S
wineserver -w
here "$app/somebody's" "$roaming/parley/identity.key"
rm "$app/somebody's"
rmdir "$app"
removed "$app"

# ---------------------------------------------------------------------------------------------------------------------------------- updates

try "small programs"
small 1.9.0
small 1.10.0-beta.2
small 1.10.0-beta.10
small 1.10.0
small 2.0.0 8000000

old=$work/Parley-Setup-1.10.0-beta.2.exe
try "versions are in order"
for v in 1.9.0 1.10.0-beta.2 1.10.0-beta.10 1.10.0; do
	is 0 w "$work/Parley-Setup-$v.exe" /S
	same "$(version "$app") $(reg "$uninstall" /v DisplayVersion)" "{\"version\":\"$v\"} $v"
done
for v in 1.9.0 1.10.0-beta.10; do
	is 3 w "$work/Parley-Setup-$v.exe" /S
	says "1.10.0 is installed"
	same "$(version "$app") $(reg "$uninstall" /v DisplayVersion)" "{\"version\":\"1.10.0\"} 1.10.0"
done
is 0 w "$old" /S /FORCE
same "$(version "$app")" '{"version":"1.10.0-beta.2"}'

try "a program that kept itself current is newer than its setup"
cp "$work/build-1.10.0/windows-amd64/parley.exe" "$work/build-1.10.0/windows-amd64/parleyctl.exe" "$app"
is 0 w reg add "$uninstall" /v VersionKey /d 0 /f
is 3 w "$work/Parley-Setup-1.9.0.exe" /S
says "1.10.0 is installed"
is 0 w "$old" /S # of that number

try "a program that runs is in the way"
mkfifo "$work/input"
wine "$app/parley.exe" <"$work/input" >"$work/running" 2>/dev/null &
running=$!
exec 3>"$work/input"
for _ in $(seq 100); do [ -s "$work/running" ] && break; sleep 0.1; done
for f in "$work/Parley-Setup-1.10.0.exe" "$app/uninstall.exe"; do
	# An uninstaller that is told its folder runs where it is, and so tells its exit status; a copy, as it can't remove itself then.
	cp "$f" "$work/run.exe"
	if [ "${f##*/}" = uninstall.exe ]; then set -- "_?=$in"; else set --; fi
	is 4 w "$work/run.exe" /S "$@"
	says "parley.exe is in use"
	same "$(version "$app") $(reg "$uninstall" /v DisplayVersion)" '{"version":"1.10.0-beta.2"} 1.10.0-beta.2'
	gone "$app/parley.new" "$app/parley.old"
done
exec 3>&-
wait $running

try "a file that can't be replaced: all are put back"
wine "$work/build-1.10.0/windows-amd64/parleyctl.exe" hold "$in\\parley.install" <"$work/input" >"$work/held" 2>/dev/null &
running=$!
exec 3>"$work/input"
for _ in $(seq 100); do [ -s "$work/held" ] && break; sleep 0.1; done
is 5 w "$work/Parley-Setup-1.10.0.exe" /S
says "put back"
exec 3>&-
wait $running
for f in parley.exe parleyctl.exe; do
	cmp "$app/$f" "$work/build-1.10.0-beta.2/windows-amd64/$f"
done
gone "$app/parley.new"
same "$(version "$app") $(reg "$uninstall" /v DisplayVersion)" '{"version":"1.10.0-beta.2"} 1.10.0-beta.2'
is 0 w "$app/uninstall.exe" /S /PURGE # and the second name of the file that was held
wineserver -w
removed "$app"
gone "$roaming/parley" "$roaming/fyne/chat.parley.app"
here "$roaming/fyne/other"

try "a full disk"
mkdir -p "$work/disk"
mount -t tmpfs -o size=4m tmpfs "$work/disk"
mounted=$work/disk
into 0 "$old" "$(w winepath -w "$work/disk/Parley" | tr -d '\r')"
is 2 w "$work/Parley-Setup-2.0.0.exe" /S
same "$(version "$work/disk/Parley") $(reg "$uninstall" /v DisplayVersion)" '{"version":"1.10.0-beta.2"} 1.10.0-beta.2'
gone "$work/disk/Parley/parley.new" "$work/disk/Parley/parley.old"

try "another folder, with blanks and umlauts: a Parley that runs in the one before, or is newer, is left as it is"
there='C:\Zoë Müller\Töne & mehr'
wine "$work/disk/Parley/parley.exe" <"$work/input" >"$work/running" 2>/dev/null &
running=$!
exec 3>"$work/input"
for _ in $(seq 100); do [ -s "$work/running" ] && break; sleep 0.1; done
into 4 "$work/Parley-Setup-1.10.0.exe" "$there"
says "parley.exe is in use"
exec 3>&-
wait $running
cp "$work/build-1.10.0/windows-amd64/parley.exe" "$work/disk/Parley"
is 0 w reg add "$uninstall" /v VersionKey /d 0 /f
into 3 "$work/Parley-Setup-1.9.0.exe" "$there"
says "1.10.0 is installed"
gone "$(unix "$there")"
here "$work/disk/Parley/uninstall.exe"

try "another folder: the copy before goes, the icon on the desktop stays"
touch "$desktop/Parley.lnk"
into 0 "$work/Parley-Setup-1.10.0.exe" "$there"
other=$(unix 'C:\Zoë Müller\Töne & mehr')
same "$(version "$other") $(reg "$uninstall" /v DisplayVersion)" '{"version":"1.10.0"} 1.10.0'
same "$(reg "$scheme\\shell\\open\\command" /ve)" '"C:\Zoë Müller\Töne & mehr\parley.exe" -- "%1"'
gone "$work/disk/Parley"
here "$desktop/Parley.lnk"

try "the same folder by another name"
into 0 "$work/Parley-Setup-1.10.0.exe" "Z:$(printf '%s/drive_c/Zoë Müller/Töne & mehr' "$WINEPREFIX" | sed 's,/,\\,g')"
same "$(version "$other") $(reg "$uninstall" /v DisplayVersion)" '{"version":"1.10.0"} 1.10.0'
here "$other/uninstall.exe"
into 0 "$work/Parley-Setup-1.10.0.exe" "$there"
same "$(version "$other") $(reg "$uninstall" /v InstallLocation)" "{\"version\":\"1.10.0\"} $there"
cp "$other/uninstall.exe" "$work/run.exe"
is 0 w "$work/run.exe" /S _?=C:\\Zoë Müller\\Töne '&' mehr
removed "$other"
gone "$desktop/Parley.lnk"

try "a folder that can't be written"
mount -o remount,ro "$work/disk"
into 5 "$old" "$(w winepath -w "$work/disk/Parley" | tr -d '\r')"
says "can't be written"
same "$(reg "$uninstall" /v DisplayVersion)" ""

# -------------------------------------------------------------------------------------------------------------------------------------- MSI

try "the MSI's tables: what Wine does not mind"
# Properties that are not secure do not get from the person who starts an MSI by a click to the service that installs it: it would leave the
# version before, and take an older one.
msiinfo export "$msi" Property | tr -d '\r' >"$work/properties"
for want in 'ALLUSERS 1' 'SecureCustomProperties BEFORE;NEWER' "ProductVersion ${VERSION%%-*}"; do
	tr '\t' ' ' <"$work/properties" | grep -qx "$want" || fail "$want is missing: $(cat "$work/properties")"
done
msiinfo suminfo "$msi" | tr -d '\r' | grep -qx 'Template: x64;1033' || fail "$(msiinfo suminfo "$msi")"

try "the MSI"
files=$(unix 'C:\Program Files')/Parley
rules() { tr -d '"' <"$work/err" | tr -s ' ' | grep -c "advfirewall.*firewall.*$1.*name=Parley.*parley.exe" || true; }
there=$(w winepath -w "$msi" | tr -d '\r')
WINEDEBUG=fixme+netsh
is 0 w msiexec /i "$there" /qn
same "$(rules add)" 1
WINEDEBUG=-all
here "$files/parley.exe" "$files/parleyctl.exe" "$files/LICENSE.txt" "$files/NOTICES.txt" "$menu"
same "$(tr -d '\r' <"$files/parley.install")" msi
same "$(version "$files")" "{\"version\":\"$VERSION\"}"
same "$(reg 'HKLM\Software\Classes\parley\shell\open\command' /ve)" '"C:\Program Files\Parley\parley.exe" -- "%1"'
is 0 osslsigncode verify -CAfile "$roots" -in "$files/parley.exe"
WINEDEBUG=fixme+netsh
is 0 w msiexec /x "$there" /qn
same "$(rules delete)" 1
WINEDEBUG=-all
gone "$files" "$menu"
same "$(reg 'HKLM\Software\Classes\parley' /ve)" ""

try "MSIs in order"
msi() { w msiexec "$1" "$(w winepath -w "$work/Parley-$2.msi" | tr -d '\r')" /qn; }
for v in 1.9.0 1.10.0-beta.10 1.10.0; do
	is 0 msi /i $v
	same "$(version "$files")" "{\"version\":\"$v\"}"
done
! msi /i 1.9.0 >"$work/out" 2>&1 || fail "an older MSI was taken"
same "$(version "$files")" '{"version":"1.10.0"}'
is 0 msi /x 1.10.0
gone "$files" "$menu"

try "all done"
