#!/bin/sh
# Builds what parley.exe and parleyctl.exe link for pictures, from Debian's sources with Debian's fixes, with Debian's mingw-w64:
#
#   BUILD/windows-libs/{include,lib}        libvpx.a (VP8 and VP9) and libyuv.a
#   BUILD/windows-libs/lib/pkgconfig/       where they are, for cgo: vpx.pc and libyuv.pc
#   BUILD/windows-libs/doc/LIBRARY/         Debian's copyright file, and the version of the source
#
# Opus needs nothing: pion/mediadevices brings an archive for Windows.
# Of the two mingw-w64 that Debian has, of which the other may be the default, it is the one with POSIX threads.
# The first time takes some minutes; then nothing, until this script, the compiler or what Debian has installed here of the two changes.
. "$(dirname "$0")/../env.sh"

need dpkg-source dpkg-dev
need x86_64-w64-mingw32-gcc-posix gcc-mingw-w64-x86-64-posix
need x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
need nasm nasm
need pkg-config pkg-config

libs=$BUILD/windows-libs
work=$BUILD/windows-libs.work
stamp=$({
	cat "$0" "$ROOT/packaging/source.sh"
	x86_64-w64-mingw32-gcc-posix --version
	# shellcheck disable=SC2016 # dpkg's own
	dpkg-query -W -f '${source:Package} ${source:Version}\n' libvpx-dev libyuv-dev 2>/dev/null || true
} | sha256sum)
[ "$(cat "$libs/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf "$libs" "$work"
mkdir -p "$libs/lib/pkgconfig" "$libs/include" "$work"
jobs=${JOBS:-$(nproc)}

# vpx: VP8 and VP9 alone, both ways, as video/vp9 uses them, with assembler. Without Debian's 10-bit samples, which no picture of ours has
# and which make everything slower. Built in its own folder by relative paths, so that no path of this machine is in it.
vpx() {
	"$ROOT/packaging/source.sh" libvpx "$work"
	cd "$work"/libvpx-*/
	CROSS=x86_64-w64-mingw32- CC=x86_64-w64-mingw32-gcc-posix CXX=x86_64-w64-mingw32-g++-posix LD=x86_64-w64-mingw32-gcc-posix \
		AS=nasm ./configure --target=x86_64-win64-gcc --enable-static --disable-shared --disable-docs \
		--disable-examples --disable-tools --disable-unit-tests --disable-install-docs --disable-install-bins --disable-install-srcs \
		--enable-vp8 --enable-vp9 --enable-multithread --enable-runtime-cpu-detect --disable-webm-io --disable-libyuv \
		--size-limit=16384x16384 --enable-temporal-denoising --enable-vp9-temporal-denoising
	make -j"$jobs" libvpx.a
	make DIST_DIR="$work/vpx" HAVE_GNU_STRIP=no install
	cp -R "$work/vpx/include/vpx" "$libs/include/"
	cp libvpx.a "$libs/lib/"
	keep libvpx vpx '-lpthread'
}

# yuv: its own makefile and CMake want libjpeg, which ours don't use. A file with nothing for this processor compiles to nothing.
yuv() {
	"$ROOT/packaging/source.sh" libyuv "$work"
	cd "$work"/libyuv-*/
	printf '%s\n' source/*.cc | grep -vE 'mjpeg_|_(neon|neon64|msa|mmi|lsx|lasx|win)\.cc$' | sed 's/\.cc$//' |
		xargs -P "$jobs" -I{} x86_64-w64-mingw32-g++-posix -O2 -fomit-frame-pointer -fno-exceptions -fno-rtti -Iinclude -c {}.cc -o {}.o
	rm -f "$libs/lib/libyuv.a"
	x86_64-w64-mingw32-ar rcsD "$libs/lib/libyuv.a" source/*.o
	cp -R include/libyuv include/libyuv.h "$libs/include/"
	keep libyuv libyuv
}

# keep SOURCE LIBRARY [FLAGS] keeps what the notices and the bill of materials need to know, and writes for pkg-config where it is.
keep() {
	mkdir -p "$libs/doc/$1"
	cp debian/copyright "$libs/doc/$1/"
	sed -n 's/^Version: //p' "$work/$1"_*.dsc | head -n 1 >"$libs/doc/$1/version"
	cat >"$libs/lib/pkgconfig/$2.pc" <<-END
		Name: $2
		Description: $1 of Debian's source, static, for Windows
		Version: $(cat "$libs/doc/$1/version")
		Cflags: -I\${pcfiledir}/../../include
		Libs: -L\${pcfiledir}/.. -l:lib${2#lib}.a ${3:-}
	END
}

trap '[ $? = 0 ] || { tail -n 20 "$work.log" >&2; echo "windows-libs: see $work.log" >&2; }' EXIT
for lib in vpx yuv; do
	echo "windows-libs: builds lib$lib, see $work.log" >&2
	($lib) >"$work.log" 2>&1
done
rm -rf "$work" "$work.log"
echo "$stamp" >"$libs/stamp"
