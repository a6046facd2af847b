#!/bin/sh
# Runs the codecs' tests under the address sanitizer, with 100 000 corrupt packets for each codec. Not only our C is watched
# but libvpx, too: Debian's source with Debian's fixes is built once with the sanitizer and without assembler, in CACHE
# (default ~/.cache/parley-asan), which takes some minutes. Nothing of it is installed.
#
#   scripts/asan.sh [go test's flags]
set -eu
cd "$(dirname "$0")/.."
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/parley-asan}
lib=$cache/lib

if [ ! -e "$lib/lib/libvpx.a" ]; then
	echo "asan: builds libvpx, see $cache/log" >&2
	mkdir -p "$cache"
	(
		packaging/source.sh libvpx "$cache"
		cd "$cache"/libvpx-*/
		export CFLAGS="-g -O1 -fsanitize=address -fno-omit-frame-pointer" LDFLAGS=-fsanitize=address
		./configure --prefix="$lib" --target=generic-gnu --disable-examples --disable-tools --disable-docs \
			--disable-unit-tests --disable-install-bins --disable-shared --enable-static --enable-vp8 --enable-vp9
		make -j"${JOBS:-2}"
		make install
	) >"$cache/log" 2>&1 || {
		tail -n 20 "$cache/log" >&2
		echo "asan: libvpx: see $cache/log" >&2
		exit 1
	}
fi

# Memory that libvpx was given and that nobody frees is an error at the end.
export CGO_CFLAGS="-g -O1 -I$lib/include" CGO_LDFLAGS="-L$lib/lib" PARLEY_SOAK="${PARLEY_SOAK-1}"
exec "${GO:-go}" test -asan -count=1 -timeout 2h "$@" ./video/vp9
