#!/bin/sh
# Builds the packages of the commit twice, in two clones that have nothing alike but the commit and the downloaded modules, and compares
# them to the byte: names and depths of folders, HOME, TMPDIR, time zone, umask and language differ, and the second has an empty Go build
# cache. "make packages-repro" runs it. It takes as long as a first "make packages", and what this machine's caches save of a second.
#
#   packaging/repro.sh [PART...]      parts as in packages.sh; default: all
#
# What is not committed is not built. Setups are compared unsigned: signatures are alike only where the key is. Exit status 1: something
# differs; then the folder with both stays, and it is said where each difference is.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/env.sh"

need bsdtar libarchive-tools

[ -z "$(git -C "$ROOT" status --porcelain)" ] || echo "repro: what is not committed is left out" >&2
commit=$(git -C "$ROOT" rev-parse HEAD)
modules=$(${GO:-go} env GOMODCACHE)
cache=$(${GO:-go} env GOCACHE)
work=$(mktemp -d "${TMPDIR:-/tmp}/parley-repro.XXXXXX")

build() { # build FOLDER HOME GOCACHE UMASK TZ LANG PART...
	tree=$work/$1 home=$work/$2 gocache=$3 mask=$4 zone=$5 lang=$6
	shift 6
	(
		umask "$mask"
		mkdir -p "$home/tmp"
		git clone -q --no-checkout "$ROOT" "$tree"
		git -C "$tree" checkout -q --detach "$commit"
		# Fetched, and the same by its sum.
		for model in "$ROOT"/assets/models/*.wasm "$ROOT"/assets/models/web-noise-suppressor.LICENSE.txt; do
			[ ! -e "$model" ] || cp "$model" "$tree/assets/models/"
		done
		cd "$tree"
		env -u ROOT -u VERSION -u SOURCE_DATE_EPOCH -u BUILD -u DIST -u LC_ALL HOME="$home" TMPDIR="$home/tmp" TZ="$zone" LANG="$lang" \
			GOMODCACHE="$modules" GOCACHE="$gocache" PARLEY_SIGN=no sh packaging/packages.sh "$@"
	)
}

# members lists what a package has, a line for each: who, what mode, when, how long, and the sum of what is in it.
members() { # members FILE FOLDER
	mkdir -p "$2"
	bsdtar -tvf "$1" | LC_ALL=C sort >"$2.list"
	bsdtar -xf "$1" -C "$2"
	(cd "$2" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2) >>"$2.list"
}

where() { # where NAME: says where two files differ: in which members, or from which octet on
	echo "repro: $1 differs: $(cmp "$one/$1" "$two/$1" 2>&1 | head -n 1 || true)" >&2
	case $1 in
	*.deb | *.rpm | *.tar.xz | *.msi | *.zip) ;;
	*) return ;;
	esac
	if members "$one/$1" "$work/in.1" && members "$two/$1" "$work/in.2"; then
		# A .deb is an archive of archives.
		for inner in control.tar data.tar; do
			for f in "$work/in.1/$inner".*; do
				[ -e "$f" ] || continue
				members "$f" "$work/in.1/$inner"
				members "$work/in.2/$(basename "$f")" "$work/in.2/$inner"
				cat "$work/in.1/$inner.list" >>"$work/in.1.list"
				cat "$work/in.2/$inner.list" >>"$work/in.2.list"
			done
		done
		diff "$work/in.1.list" "$work/in.2.list" | head -n 20 >&2 || true
	fi
	rm -rf "$work"/in.*
}

echo "repro: the first build, in $work/one" >&2
build one home "$cache" 022 UTC C.UTF-8 "$@"
echo "repro: the second build" >&2
build "and/the-second-one" another-home "$work/cache" 077 Pacific/Kiritimati C "$@"

one=$work/one/dist two="$work/and/the-second-one/dist"
different=0 same=0
for f in "$one"/* "$two"/*; do
	name=$(basename "$f")
	if [ ! -e "$one/$name" ] || [ ! -e "$two/$name" ]; then
		echo "repro: $name has been made once alone" >&2
		different=$((different + 1))
	elif [ "$f" = "$one/$name" ]; then
		if cmp -s "$one/$name" "$two/$name"; then
			same=$((same + 1))
		else
			where "$name"
			different=$((different + 1))
		fi
	fi
done
printf '{"bench":"packages-repro","commit":"%s","same":%d,"different":%d}\n' "$commit" "$same" "$different"
if [ "$different" != 0 ] || [ "$same" = 0 ]; then
	echo "repro: both are in $work" >&2
	exit 1
fi
# Go's modules are read-only, its cache is not; clones and homes are ours.
rm -rf "$work"
