#!/bin/sh
# Builds everything that is given to people into DIST, with what it installs itself, and with sums, a bill of materials and the licences of
# others. "make packages" runs it.
#
#   packaging/packages.sh [PART...]     default: all, in this order
#
# binaries  programs for Linux, the server for every system      linux     .deb, .rpm and .tar.xz
# windows   parley.exe and parleyctl.exe, cross-built            appimage  the AppImage
# macos     the bundle without its programs                      setup     the installers for Windows, .exe and .msi
#
# Prints a JSON line for each part with the seconds it took, and for each package with its size; fails above a limit of size. What a part
# says goes to BUILD/log/PART, and here when it fails. A part that finds its work done does nothing; the first run takes half an hour.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/env.sh"
cd "$ROOT"

all="binaries windows macos linux appimage setup"

script() { # script PART: what it runs
	case $1 in
	binaries) echo binaries.sh ;;
	linux) echo linux/packages.sh ;;
	appimage) echo linux/appimage.sh ;;
	windows) echo windows/libs.sh windows/build.sh ;;
	setup) echo windows/setup.sh ;;
	macos) echo macos/bundle.sh ;;
	*)
		echo "packages: unknown part '$1' ($all)" >&2
		return 2
		;;
	esac
}

scripts() { # scripts PART: runs them
	for s in $(script "$1"); do
		echo "== $s"
		sh "packaging/$s" || {
			echo "packaging/$s has failed"
			return 1
		}
	done
}

# part runs a part's scripts one after the other. Two parts at once would gain little: each compiles on all processors, and apt serves one.
part() {
	began=$(date +%s)
	echo "packages: $1" >&2
	scripts "$1" >"$BUILD/log/$1" 2>&1 || {
		tail -n 40 "$BUILD/log/$1" >&2
		echo "packages: $1 has failed; all that it said is in $BUILD/log/$1" >&2
		return 1
	}
	took "$1"
}

took() { # took PART: says how long, since began
	printf '{"bench":"packages","part":"%s","seconds":%d}\n' "$1" $(($(date +%s) - began))
}

# given finds what is given out, and nothing else that somebody has in a DIST of their own.
given() { # given ACTION...: of find
	find "$DIST" -mindepth 1 -maxdepth 1 -type f \( -name 'parley[-_d]*' -o -name 'Parley-*' -o -name THIRD-PARTY-NOTICES.txt \) "$@"
}

size() { wc -c <"$1" | tr -d ' '; }

limit() { # limit NAME: how many octets a package may have, from the issue, or nothing
	case $1 in
	Parley-Setup-*.exe) echo 20000000 ;;
	*.AppImage) echo 25000000 ;;
	parleyd-*-linux-* | parleyd-*-darwin-* | parleyd-*-windows-*) echo 40000000 ;;
	esac
}

sizes() {
	large=
	for f in "$DIST"/*; do
		[ -f "$f" ] || continue
		name=$(basename "$f")
		most=$(limit "$name")
		printf '{"bench":"packages","package":"%s","bytes":%d%s}\n' "$name" "$(size "$f")" "${most:+,\"limit\":$most}"
		if [ -n "$most" ] && [ "$(size "$f")" -ge "$most" ]; then
			large="$large $name"
		fi
	done
	[ -z "$large" ] || {
		echo "packages: too large:$large" >&2
		return 1
	}
}

# bill lists every program that is in some package, each once: BUILD has them as they are packed. And the packages that have something
# around them.
bill() {
	set --
	for f in "$BUILD"/*-amd64/parley* "$BUILD"/*-arm64/parley*; do
		case $f in
		*/parley | */parleyctl | */parleyd | */parley.exe | */parleyctl.exe | */parleyd.exe) [ -f "$f" ] && set -- "$@" "$f" ;;
		esac
	done
	for f in "$DIST"/Parley-Setup-*.exe "$DIST"/*.AppImage; do
		[ ! -f "$f" ] || set -- "$@" "$f"
	done
	[ $# -gt 0 ] || {
		echo "packages: there is no program to make a bill of materials for" >&2
		return 1
	}
	${GO:-go} run ./packaging/sbom "$@" >"$BUILD/sbom.part"
	mv "$BUILD/sbom.part" "$DIST/parley-$VERSION-sbom.cdx.json"
}

sums() {
	cd "$DIST"
	given -printf '%f\n' | sort | xargs -d '\n' sha256sum -- >"$BUILD/sums.part"
	mv "$BUILD/sums.part" SHA256SUMS
	cd "$ROOT"
}

parts=${*:-$all}
for p in $parts; do script "$p" >/dev/null; done

mkdir -p "$BUILD/log"
start=$(date +%s)
# Another version's packages would be given out with this one's sums.
if [ "$(cat "$BUILD/dist-version" 2>/dev/null)" != "$VERSION" ]; then
	given -exec rm -f {} +
	echo "$VERSION" >"$BUILD/dist-version"
fi

began=$start
scripts/deps.sh build app >&2
took deps
began=$(date +%s)
sh packaging/notices.sh # before the parts, which pack them
took notices
for p in $parts; do part "$p"; done
began=$(date +%s)
bill
cp "$BUILD/THIRD-PARTY-NOTICES.txt" "$DIST/"
touch -d "@$SOURCE_DATE_EPOCH" "$DIST/THIRD-PARTY-NOTICES.txt" "$DIST/parley-$VERSION-sbom.cdx.json"
sums
took sums
sizes
began=$start
took all
