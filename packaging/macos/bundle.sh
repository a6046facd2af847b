#!/bin/sh
# Lays out the app for macOS: BUILD/macos/Parley.app, unsigned. Runs on Linux and macOS.
#
#   packaging/macos/bundle.sh [FOLDER]
#
# FOLDER holds parley and parleyctl for macOS. Without it the bundle has no programs: there is no way to make them here, as they need
# Apple's headers, and packaging/macos/release.yml puts them in.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
cd "$ROOT" || exit

app=$BUILD/macos/Parley.app
here=packaging/macos
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"

# macOS reads three numbers and nothing behind them.
sed -e "s/@NUMBERS@/${VERSION%%-*}/" -e "s/@RELEASE@/$VERSION/" $here/Info.plist >"$app/Contents/Info.plist"
printf 'APPL????' >"$app/Contents/PkgInfo"
GOFLAGS=-mod=readonly "${GO:-go}" run ./$here/icns -o "$app/Contents/Resources/parley.icns" assets/icons/app/*.png
install -m 644 LICENSE "$app/Contents/Resources/LICENSE"
# Made on Debian, whose packages have the terms of what is linked: whoever builds on a Mac brings it from there.
notices=$BUILD/THIRD-PARTY-NOTICES.txt
if [ -s "$notices" ]; then
	install -m 644 "$notices" "$app/Contents/Resources/THIRD-PARTY-NOTICES.txt"
elif [ $# -gt 0 ]; then
	echo "bundle: there is no $notices: take the one that make packages has made of this commit" >&2
	exit 1
fi
if [ $# -gt 0 ]; then
	install -m 755 "$1/parley" "$1/parleyctl" "$app/Contents/MacOS/"
fi

# One time for all, in the words of Linux's date or of macOS's; TZ is UTC.
stamp=$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M.%S 2>/dev/null || date -r "$SOURCE_DATE_EPOCH" +%Y%m%d%H%M.%S)
find "$app" -exec touch -t "$stamp" {} +
echo "$app"
