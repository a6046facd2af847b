#!/bin/sh
# Makes Parley-VERSION-x86_64.AppImage in DIST: one file that runs on any Linux of this architecture, without FUSE.
#
#   packaging/linux/appimage.sh               of BUILD/linux-amd64/{parley,parleyctl}
#   packaging/linux/appimage.sh APPDIR OUT    of any folder with an AppRun, for tests
#
# The file is appimage/runtime, static, and behind it a squashfs. What is in there:
#
#   AppRun -> usr/bin/parley      .DirIcon, chat.parley.app.png, .desktop -> usr/share/…      where tools look for them
#   usr/bin/parley                usr/bin/parleyctl.zst (what parleyctl has that parley has not; unpack.c makes parleyctl of both)
#   usr/share/{applications,icons,metainfo}     usr/share/doc/parley/{LICENSE,THIRD-PARTY-NOTICES.txt}
#
# No library goes in. parley needs these (ldd), and each belongs to the machine that it runs on:
#
#   libc.so.6, libm.so.6          of glibc 2.34 or later, so Debian 12, Ubuntu 22.04, Fedora 35 and later (packaging/test/deb.sh looks at
#                                 it). A glibc of our own would not fit the graphics driver, which is linked with the system's
#   libGL.so.1                    the graphics driver's
#   libX11.so.6 (libxcb, libXau, libXdmcp)   speaks with the display, and shares its state with libGL
#   dlopen'd by GLFW: libXcursor.so.1, libXrandr.so.2, libXinerama.so.1, libXi.so.6, libXxf86vm.so.1, libEGL, libGLX    all optional but
#                                 Xcursor, Xrandr, Xi; every desktop has them
#   by malgo: libpulse.so.0, libasound.so.2, libjack.so.0    whichever there is; PulseAudio and PipeWire are spoken to without a library
#
# libvpx, libyuv, Opus and the noise model are in parley itself.
set -eu
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
here=$ROOT/packaging/linux
runtime=$here/appimage/runtime

need mksquashfs squashfs-tools
need zstd zstd
need gcc gcc libc6-dev
need /usr/include/stdlib.h libc6-dev
need /usr/include/squashfuse/squashfuse.h libsquashfuse-dev
need /usr/include/zstd.h libzstd-dev

compile() { # compile OUT: the runtime
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
		-ffile-prefix-map="$ROOT"=. -DRELEASE="\"$VERSION\"" -static-pie -fPIE -o "$1.tmp" \
		"$runtime/runtime.c" "$runtime/unpack.c" -lsquashfuse -lzstd -Wl,--gc-sections,--build-id=none,-s
	printf 'AI\002' | dd of="$1.tmp" bs=1 seek=8 conv=notrunc status=none # the mark of an AppImage of type 2
	mv "$1.tmp" "$1"
}

# image APPDIR OUT: the runtime, the squashfs and the trailer that runtime.c tells of.
image() {
	fs=$2.squashfs.tmp head=$BUILD/appimage/runtime-$VERSION-$(cat "$here/appimage.sh" "$runtime"/* | cksum | cut -d ' ' -f 1)
	[ -e "$head" ] || compile "$head"
	env -u SOURCE_DATE_EPOCH mksquashfs "$1" "$fs" -comp zstd -Xcompression-level 19 -b 1M -noappend -reproducible -all-root -no-xattrs \
		-mkfs-time "$SOURCE_DATE_EPOCH" -all-time "$SOURCE_DATE_EPOCH" -quiet -no-progress >&2
	sum=$(cksum <"$fs")
	# What the files take, with the parleyctl that is made; more is refused.
	unpacked=$(find "$1" -type f -printf '%s\n' | awk -v n="${CTL_SIZE:-0}" '{ n += $1 } END { print n }')
	{ cat "$head" "$fs" && printf '%-63s\n' "parley-appimage ${sum#* } ${sum% *} $unpacked"; } >"$2.tmp"
	chmod 755 "$2.tmp"
	mv "$2.tmp" "$2"
	rm -f "$fs"
}

mkdir -p "$BUILD/appimage"
if [ $# = 2 ]; then
	image "$1" "$2"
	exit
fi
[ $# = 0 ] || { echo "usage: $0 [APPDIR OUT]" >&2; exit 2; }

id=chat.parley.app
programs=$BUILD/linux-amd64
out=$DIST/Parley-$VERSION-x86_64.AppImage
dir=$BUILD/appimage/AppDir
kept=$BUILD/appimage/$(basename "$out")
share=$dir/usr/share
rm -rf "$dir"
mkdir -p "$dir/usr/bin" "$share/applications" "$share/metainfo" "$share/doc/parley"
install -m 644 "$here/$id.desktop" "$share/applications/$id.desktop"
day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)
sed "s/@VERSION@/$VERSION/g; s/@DATE@/$day/g" "$here/$id.metainfo.xml" >"$share/metainfo/$id.metainfo.xml"
notices=$BUILD/THIRD-PARTY-NOTICES.txt
[ -s "$notices" ] || "$ROOT/packaging/notices.sh"
for program in parley parleyctl; do
	[ -x "$programs/$program" ] || "$ROOT/packaging/binaries.sh" linux
done
install -m 644 "$ROOT/LICENSE" "$notices" "$share/doc/parley/"
for icon in "$ROOT"/assets/icons/app/*.png; do
	px=$(basename "$icon" .png)
	install -D -m 644 "$icon" "$share/icons/hicolor/${px}x$px/apps/$id.png"
done
ln -s usr/bin/parley "$dir/AppRun"
ln -s "usr/share/applications/$id.desktop" "$dir/$id.desktop"
ln -s "usr/share/icons/hicolor/256x256/apps/$id.png" "$dir/$id.png"
ln -s "$id.png" "$dir/.DirIcon"
install -m 755 "$programs/parley" "$dir/usr/bin/parley"

# The same in, the same out: nothing is compressed twice, which costs two minutes of a processor.
stamp=$(cat "$here/appimage.sh" "$runtime"/* "$programs/parley" "$programs/parleyctl" "$share"/*/*.* "$share"/doc/parley/* |
	{ cat; find "$share/icons" -type f -exec sha256sum {} + | sort; echo "$VERSION $SOURCE_DATE_EPOCH"; } | sha256sum)
if [ ! -e "$kept" ] || [ "$(cat "$kept.stamp" 2>/dev/null)" != "$stamp" ]; then
	zstd -qq -f --no-progress --single-thread -19 --long=27 --patch-from="$programs/parley" "$programs/parleyctl" \
		-o "$dir/usr/bin/parleyctl.zst"
	chmod 644 "$dir/usr/bin/parleyctl.zst"
	CTL_SIZE=$(stat -c %s "$programs/parleyctl")
	image "$dir" "$kept"
	echo "$stamp" >"$kept.stamp"
fi
size=$(stat -c %s "$kept")
[ "$size" -lt 25000000 ] || { echo "$out has $size bytes, more than 25 MB" >&2; exit 1; }
cp "$kept" "$out.tmp"
mv "$out.tmp" "$out"
echo "$out: $size bytes"
