#!/bin/sh
# Makes the .deb and .rpm of the app (amd64) and of the server (amd64, arm64), and the app's .tar.xz.
#
#   packaging/linux/packages.sh
#
# The programs are those of packaging/binaries.sh, the notices those of packaging/notices.sh, which are run where they are missing.
# MAINTAINER is who answers for the packages.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
cd "$ROOT"

# nfpm needs nothing of the system, and takes every time stamp from SOURCE_DATE_EPOCH.
NFPM=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.1
# The project has no address in the world yet. Who gives packages out puts theirs here.
MAINTAINER=${MAINTAINER:-The Parley authors <packages@parley.invalid>}
export MAINTAINER

here=$ROOT/packaging/linux
work=$BUILD/linux
day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

need xz xz-utils
need ar binutils

for program in linux-amd64/parley linux-amd64/parleyctl linux-amd64/parleyd; do
	[ -x "$BUILD/$program" ] || packaging/binaries.sh linux
done
[ -x "$BUILD/linux-arm64/parleyd" ] || packaging/binaries.sh server
[ -s "$BUILD/THIRD-PARTY-NOTICES.txt" ] || packaging/notices.sh

# What goes in, by its sums: where nothing has changed and all is there, nothing is done.
state() {
	echo "$VERSION $SOURCE_DATE_EPOCH $MAINTAINER $NFPM"
	find "$here" "$ROOT/assets/icons/app" "$ROOT/assets/icons/app.svg" "$ROOT/LICENSE" "$BUILD/THIRD-PARTY-NOTICES.txt" \
		"$BUILD"/linux-amd64/parley "$BUILD"/linux-amd64/parleyctl "$BUILD"/linux-amd64/parleyd "$BUILD"/linux-arm64/parleyd \
		-type f -exec sha256sum {} + | sort
	sha256sum "$DIST/parley_${VERSION}_amd64.deb" "$DIST/parley-$VERSION.x86_64.rpm" "$DIST/parley-$VERSION-linux-amd64.tar.xz" \
		"$DIST/parleyd_${VERSION}_amd64.deb" "$DIST/parleyd-$VERSION.x86_64.rpm" \
		"$DIST/parleyd_${VERSION}_arm64.deb" "$DIST/parleyd-$VERSION.aarch64.rpm" 2>&1
}
if [ -f "$work/made" ] && [ "$(state)" = "$(cat "$work/made")" ]; then
	exit 0
fi

rm -rf "$work"
mkdir -p "$work"
nfpm=$BUILD/tools/nfpm-${NFPM##*@}
if [ ! -x "$nfpm" ]; then
	mkdir -p "$BUILD/tools"
	env -u GOOS -u GOARCH GOBIN="$BUILD/tools" "${GO:-go}" install -trimpath "$NFPM"
	mv "$BUILD/tools/nfpm" "$nfpm"
fi
"${GO:-go}" run ./packaging/linux/completions "$work/completions" \
	"$BUILD"/linux-amd64/parley "$BUILD"/linux-amd64/parleyctl "$BUILD"/linux-amd64/parleyd

put() { install -D -m 0644 "$1" "$stage/$2"; } # put FILE PLACE

filled() { # filled FILE PLACE: with version and day
	mkdir -p "$(dirname "$stage/$2")"
	sed "s/@VERSION@/$VERSION/g; s/@DATE@/$day/g" "$1" >"$stage/$2"
}

manual() { # manual FILE: man page NAME.SECTION
	filled "$here/$1" "usr/share/man/man${1##*.}/$1"
	gzip -9n "$stage/usr/share/man/man${1##*.}/$1"
}

completion() { # completion PROGRAM
	put "$work/completions/bash/$1" "usr/share/bash-completion/completions/$1"
	put "$work/completions/zsh/_$1" "usr/share/zsh/vendor-completions/_$1"
	put "$work/completions/fish/$1.fish" "usr/share/fish/vendor_completions.d/$1.fish"
}

papers() { # papers PACKAGE: licences, and what Debian wants besides
	put LICENSE doc/LICENSE
	put "$BUILD/THIRD-PARTY-NOTICES.txt" doc/THIRD-PARTY-NOTICES.txt
	{
		printf 'Parley, made from the source of its own repository.\n\n'
		cat LICENSE
		printf '\nWhat others have made that is inside the programs:\n\n'
		cat "$BUILD/THIRD-PARTY-NOTICES.txt"
	} >"$stage/doc/copyright"
	# A version before 1.2.3 sorts before it by a tilde, as nfpm has it.
	printf '%s (%s) unstable; urgency=medium\n\n  * Version %s.\n\n -- %s  %s\n' \
		"$1" "$(echo "$VERSION" | sed 's/-/~/')" "$VERSION" "$MAINTAINER" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
		gzip -9n >"$stage/doc/changelog.gz"
	put "$here/deb/$1.lintian" doc/lintian
}

# installed KIND says to the part of the app that looks for newer versions how this copy comes to people.
installed() {
	mkdir -p "$stage/$share"
	echo "$1" >"$stage/$share/parley.install"
}

still() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; } # still FOLDER: no time but the commit's

pack() { # pack CONFIG deb|rpm NAME
	(cd "$stage" && "$nfpm" package --config "$here/$1" --packager "$2" --target "$work/$3") >&2
	[ "$2" = rpm ] || squeeze "$work/$3"
	mv "$work/$3" "$DIST/$3"
	touch -d "@$SOURCE_DATE_EPOCH" "$DIST/$3"
}

# press is xz with two processors, where there are two. The blocks make its output the same with one.
press() { xz -6 -T2 --block-size=24MiB -c "$1" >"$1.xz"; }

# squeeze FILE.deb: nfpm's own xz takes four times as long for a fifth more.
squeeze() {
	rm -rf "$work/members"
	mkdir "$work/members"
	(cd "$work/members" && ar x "$1" && press data.tar)
	rm "$1"
	(cd "$work/members" && ar rcD "$1" debian-binary control.tar.gz data.tar.xz)
}

app() {
	stage=$work/app share=usr/share/parley
	install -D -m 0755 "$BUILD/linux-amd64/parley" "$stage/usr/bin/parley"
	install -D -m 0755 "$BUILD/linux-amd64/parleyctl" "$stage/usr/bin/parleyctl"
	put "$here/chat.parley.app.desktop" usr/share/applications/chat.parley.app.desktop
	filled "$here/chat.parley.app.metainfo.xml" usr/share/metainfo/chat.parley.app.metainfo.xml
	for icon in assets/icons/app/*.png; do
		size=$(basename "$icon" .png)
		put "$icon" "usr/share/icons/hicolor/${size}x$size/apps/chat.parley.app.png"
	done
	put assets/icons/app.svg usr/share/icons/hicolor/scalable/apps/chat.parley.app.svg
	manual parley.1
	manual parleyctl.1
	completion parley
	completion parleyctl
	papers parley
	installed deb
	still "$stage"
	pack nfpm-app.yaml deb "parley_${VERSION}_amd64.deb"
	installed rpm
	still "$stage"
	pack nfpm-app.yaml rpm "parley-$VERSION.x86_64.rpm"
}

server() { # server ARCH RPMARCH
	stage=$work/server-$1
	ARCH=$1
	export ARCH
	install -D -m 0755 "$BUILD/linux-$1/parleyd" "$stage/usr/bin/parleyd"
	put "$here/parleyd.conf" etc/parleyd.conf
	put "$here/parleyd.service" usr/lib/systemd/system/parleyd.service
	put "$here/parleyd.sysusers" usr/lib/sysusers.d/parleyd.conf
	manual parleyd.8
	completion parleyd
	papers parleyd
	mkdir -p "$stage/scripts"
	cp -R "$here/deb" "$here/rpm" "$stage/scripts/"
	still "$stage"
	pack nfpm-server.yaml deb "parleyd_${VERSION}_$1.deb"
	pack nfpm-server.yaml rpm "parleyd-$VERSION.$2.rpm"
}

# archive is the app for every other Linux: bin and share of it go into /usr/local or ~/.local as they are.
archive() {
	name=parley-$VERSION-linux-amd64
	stage=$work/archive/$name
	mkdir -p "$stage"
	cp -R "$work/app/usr/bin" "$work/app/usr/share" "$stage/"
	mkdir -p "$stage/share/zsh"
	mv "$stage/share/zsh/vendor-completions" "$stage/share/zsh/site-functions"
	put LICENSE LICENSE
	put "$BUILD/THIRD-PARTY-NOTICES.txt" THIRD-PARTY-NOTICES.txt
	put "$here/archive.txt" README.txt
	share=share/parley
	installed tar
	still "$stage"
	tar -C "$work/archive" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
		--mtime="@$SOURCE_DATE_EPOCH" -cf "$work/$name.tar" "$name"
	press "$work/$name.tar"
	rm "$work/$name.tar"
	mv "$work/$name.tar.xz" "$DIST/"
	touch -d "@$SOURCE_DATE_EPOCH" "$DIST/$name.tar.xz"
}

app
server amd64 x86_64
server arm64 aarch64
archive
state >"$work/made.part"
mv "$work/made.part" "$work/made"
