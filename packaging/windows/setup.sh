#!/bin/sh
# setup.sh: Parley-Setup-VERSION.exe (NSIS, for a person) and Parley-VERSION.msi (for administrators), of the programs in
# BUILD/windows-amd64, signed by sign.sh.
#
# PARLEY_SIGN=no leaves everything unsigned: that is what two builds, of whatever machines, have byte for byte alike. Signed, they are
# alike where the certificate is the same one and no time stamp server is asked (sign.sh).
#
# PARLEY_VERSION=1.2.3 is what the packages say instead of the programs' version; tests make updates of it.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
VERSION=${PARLEY_VERSION:-$VERSION}
need makensis nsis
need wixl wixl
need msibuild msitools
need icotool icoutils
need uuidgen uuid-runtime

here=$ROOT/packaging/windows programs=$BUILD/windows-amd64 work=$BUILD/windows-setup
stage=$work/stage setup=$DIST/Parley-Setup-$VERSION.exe msi=$DIST/Parley-$VERSION.msi
sign=${PARLEY_SIGN:-yes}
notices=${PARLEY_NOTICES:-$BUILD/THIRD-PARTY-NOTICES.txt}
for f in "$programs/parley.exe" "$programs/parleyctl.exe"; do
	[ -e "$f" ] || { echo "setup.sh: there is no $f: packaging/windows/build.sh makes it" >&2; exit 1; }
done

# What nothing was changed of need not be packed again: LZMA takes its time.
made=$(cat "$programs/parley.exe" "$programs/parleyctl.exe" "$here"/*.sh "$here"/parley.nsi "$here"/parley.wxs "$here"/side/main.go \
	"$ROOT"/assets/icons/app/*.png "$ROOT/LICENSE" "$notices" "${PARLEY_SIGN_PKCS12:-/dev/null}" | sha256sum | cut -d ' ' -f 1)
made="$made $VERSION $SOURCE_DATE_EPOCH $sign ${PARLEY_SIGN_PKCS12:-test} ${PARLEY_SIGN_TIMESTAMP:-}"
if [ -e "$setup" ] && [ -e "$msi" ] && [ "$made $(cat "$setup" "$msi" | sha256sum)" = "$(cat "$work/made" 2>/dev/null)" ]; then
	exit
fi
rm -rf "$work/made" "$stage" "$setup" "$msi"
mkdir -p "$stage"

# A version as numbers: NUMBERS is 1.2.3; HIGH and LOW are the halves of a file version as Windows counts it.
NUMBERS=${VERSION%%-*}
IFS=. read -r major minor patch <<END
$NUMBERS
END

# key prints VERSION so that its bytes compare as versions do (Semantic Versioning 2.0.0, section 11; update/version.go): numbers are
# padded, a release ("~") comes after what precedes it ("-"), of whose parts numbers ("0") come before words ("1").
key() {
	printf '%07d%07d%07d' "$major" "$minor" "$patch"
	case $VERSION in
	*-*) ;;
	*) printf '~'; return ;;
	esac
	printf -- '-'
	echo "${VERSION#*-}" | tr . '\n' | while read -r part; do
		case $part in
		*[!0-9]*) printf '1%s ' "$part" ;;
		*) printf '0%020d ' "$part" ;;
		esac
	done
}

lines() { sed 's/$/\r/' "$1"; } # for Notepad of old
lines "$ROOT/LICENSE" >"$stage/LICENSE.txt"
lines "$notices" >"$stage/NOTICES.txt"
printf 'msi\r\n' >"$stage/parley.install"
cp "$programs/parley.exe" "$programs/parleyctl.exe" "$stage"
for size in 16 24 32 48 64 128; do
	set -- "$@" "$ROOT/assets/icons/app/$size.png"
done
icotool -c -o "$stage/parley.ico" "$@" --raw="$ROOT/assets/icons/app/256.png"
(cd "$ROOT" && env -u GOOS -u GOARCH "${GO:-go}" run ./packaging/windows/side "$ROOT/assets/icons/app/128.png") >"$stage/side.bmp"
[ "$sign" = no ] || "$here/sign.sh" "$stage/parley.exe" "$stage/parleyctl.exe"
find "$stage" -type f -exec chmod 644 {} + -exec touch -d "@$SOURCE_DATE_EPOCH" {} +

size=$(du -k --apparent-size --total "$stage" | tail -n 1 | cut -f 1)
set -- "-DVERSION=$VERSION" "-DKEY=$(key)" "-DNUMBERS=$NUMBERS.0" "-DHIGH=$((major << 16 | minor))" "-DLOW=$((patch << 16))" \
	"-DSIZE=$size" "-DSTAGE=$stage" "-DOUT=$work/Parley-Setup.exe"
[ "$sign" = no ] || set -- "$@" "-DSIGN=$here/sign.sh"
makensis -V2 -WX -INPUTCHARSET UTF8 "$@" "$here/parley.nsi" >&2

uuid() { uuidgen --sha1 --namespace 6f1c1c0e-5c8b-5d0e-9d6a-2f1b7a3c9e54 --name "$1" | tr '[:lower:]' '[:upper:]'; }
# wixl finds files from where it is started, and by no other path.
(cd "$stage" && wixl -a x64 -D "VERSION=$NUMBERS" -D "NEXT=$major.$minor.$((patch + 1))" -D "PRODUCT=$(uuid "product $VERSION")" \
	-o "$work/parley.msi" "$here/parley.wxs")

# The package's code differs wherever the package does, and its times are the commit's; wixl takes them from the air.
contents=$(cat "$here"/setup.sh "$here"/parley.wxs "$stage"/* | sha256sum)
now=$(date -d "@$SOURCE_DATE_EPOCH" '+%Y/%m/%d %H:%M:%S')
printf 'PropertyId\tValue\r\ni2\tl255\r\n_SummaryInformation\tPropertyId\r\n9\t{%s}\r\n12\t%s\r\n13\t%s\r\n' \
	"$(uuid "package $VERSION $contents")" "$now" "$now" >"$work/summary.idt"

# The actions' type: an .exe (34), deferred (1024) as the system (2048), whose failure is no matter (64): who forbids firewall rules has
# Parley all the same, and Windows asks at the first call.
netsh='[System64Folder]netsh.exe advfirewall firewall' program='name=Parley program="[#parley.exe]"'
action='INSERT INTO CustomAction (Action, Type, Source, Target) VALUES'
msibuild "$work/parley.msi" -i "$work/summary.idt" >&2
msibuild "$work/parley.msi" -q \
	"$action ('Allow', 3170, 'INSTALLDIR', '$netsh add rule $program dir=in action=allow')" \
	"$action ('Forbid', 3170, 'INSTALLDIR', '$netsh delete rule $program')" \
	"INSERT INTO InstallExecuteSequence (Action, Condition, Sequence) VALUES ('Allow', 'NOT Installed', 4001)" \
	"INSERT INTO InstallExecuteSequence (Action, Condition, Sequence) VALUES ('Forbid', 'REMOVE=\"ALL\"', 3499)" >&2

[ "$sign" = no ] || "$here/sign.sh" "$work/Parley-Setup.exe" "$work/parley.msi"
mv "$work/Parley-Setup.exe" "$setup"
mv "$work/parley.msi" "$msi"
echo "$made $(cat "$setup" "$msi" | sha256sum)" >"$work/made"
