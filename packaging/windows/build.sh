#!/bin/sh
# Makes BUILD/windows-amd64/parley.exe, the window, and parleyctl.exe, for consoles, with nothing but what Windows has: whatever else they
# need is inside. parleyd.exe is packaging/binaries.sh's. Each has an icon, a manifest and a version block.
#
# The first time Fyne's OpenGL takes many minutes of CPU; then it comes from Go's cache.
. "$(dirname "$0")/../env.sh"

"$ROOT/packaging/windows/libs.sh"
sh "$ROOT/assets/fetch.sh"

out=$BUILD/windows-amd64
libs=$BUILD/windows-libs
mkdir -p "$out"

# Where the libraries are is told by pkg-config alone: in CGO_CFLAGS it would have all of Fyne compiled anew for each folder.
export GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc-posix CXX=x86_64-w64-mingw32-g++-posix
export PKG_CONFIG_LIBDIR="$libs/lib/pkgconfig" PKG_CONFIG_PATH=
unset CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS

# The resources' parts, named as from there.
res=$BUILD/windows-resources
rm -rf "$res"
mkdir -p "$res"
cp "$ROOT"/assets/icons/app/*.png "$ROOT/packaging/windows/parley.manifest" "$res"
syso=
trap 'rm -rf "$res" ${syso:+"$syso"}' EXIT
trap 'exit 1' INT TERM

# exe PACKAGE NAME DESCRIPTION [FLAGS...]: the resources are a .syso in the package's folder, as Go wants it, for as long as it builds.
exe() {
	package=$1 name=$2 text=$3
	shift 3
	winres "$name" "$text" >"$res/winres.json"
	syso=$ROOT/$package/parley_windows_amd64.syso
	GOOS='' GOARCH='' CGO_ENABLED=0 "${GO:-go}" run github.com/tc-hib/go-winres@v0.3.3 make --in "$res/winres.json" --arch amd64 \
		--out "$ROOT/$package/parley"
	(cd "$ROOT" && LDFLAGS="$* -extldflags '-static -Wl,--no-insert-timestamp'" gobuild -tags migrated_fynedo -o "$out/$name" "./$package")
	rm -f "$syso"
}

# winres says what the resources are. Of a version Windows knows four numbers: 1.2.3-beta.1 is 1.2.3.0 there, and 1.2.3-beta.1 in words.
winres() {
	numbers=${VERSION%%-*}.0
	cat <<-END
		{
		  "RT_GROUP_ICON": {"APP": {"0000": [$(icons)]}},
		  "RT_MANIFEST": {"#1": {"0409": "parley.manifest"}},
		  "RT_VERSION": {"#1": {"0000": {
		    "fixed": {"file_version": "$numbers", "product_version": "$numbers"},
		    "info": {"0409": {
		      "CompanyName": "The Parley authors",
		      "FileDescription": "$2",
		      "FileVersion": "$VERSION",
		      "InternalName": "${1%.exe}",
		      "LegalCopyright": "$(sed -n '/^Copyright/{p;q}' "$ROOT/LICENSE")",
		      "OriginalFilename": "$1",
		      "ProductName": "Parley",
		      "ProductVersion": "$VERSION"
		    }}
		  }}}
		}
	END
}

icons() {
	comma=
	for size in 16 24 32 48 64 128 256; do
		printf '%s"%s"' "$comma" "$size.png"
		comma=', '
	done
}

exe cmd/parleyctl parleyctl.exe 'Parley for the command line'
exe cmd/parley parley.exe 'Parley' -H windowsgui
