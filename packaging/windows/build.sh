#!/bin/sh
# Makes BUILD/windows-amd64/parley.exe, the window, and parleyctl.exe, for consoles, with nothing but what Windows has: whatever else they
# need is inside. parleyd.exe is packaging/binaries.sh's. Each has an icon, a manifest and a version block.
#
# The first time Fyne's OpenGL takes many minutes of CPU; then it comes from Go's cache.
. "$(dirname "$0")/../env.sh"

"$ROOT/packaging/windows/libs.sh"
need x86_64-w64-mingw32-windres binutils-mingw-w64-x86-64

out=$BUILD/windows-amd64
libs=$BUILD/windows-libs
mkdir -p "$out"

export GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc-posix CXX=x86_64-w64-mingw32-g++-posix
export CGO_CFLAGS="-O2 -g0 -I$libs/include" CGO_CXXFLAGS="-O2 -g0" CGO_LDFLAGS="-L$libs/lib"

# exe PACKAGE NAME DESCRIPTION [FLAGS...]: the resources are a .syso in the package's folder, as Go wants it, for as long as it builds.
exe() {
	package=$1 name=$2 text=$3
	shift 3
	resources=$ROOT/$package/parley_windows_amd64.syso
	trap 'rm -f "$resources" "$out/winres.json"' EXIT
	winres "$name" "$text" >"$out/winres.json"
	env -u CC -u CXX GOOS= GOARCH= CGO_ENABLED=0 GOFLAGS= "${GO:-go}" run github.com/tc-hib/go-winres@v0.3.3 make \
		--in "$out/winres.json" --arch amd64 --out "$ROOT/$package/parley"
	(cd "$ROOT" && LDFLAGS="$* -extldflags '-static -Wl,--no-insert-timestamp'" gobuild -tags migrated_fynedo -o "$out/$name" "./$package")
	rm -f "$resources" "$out/winres.json"
}

# winres says what the resources are. Of a version Windows knows four numbers: 1.2.3-beta.1 is 1.2.3.0 there, and 1.2.3-beta.1 in words.
winres() {
	numbers=${VERSION%%-*}.0
	cat <<-END
		{
		  "RT_GROUP_ICON": {"APP": {"0000": [$(icons)]}},
		  "RT_MANIFEST": {"#1": {"0409": "$ROOT/packaging/windows/parley.manifest"}},
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
		printf '%s"%s"' "$comma" "$ROOT/assets/icons/app/$size.png"
		comma=', '
	done
}

exe cmd/parleyctl parleyctl.exe 'Parley for the command line'
exe cmd/parley parley.exe 'Parley' -H windowsgui
