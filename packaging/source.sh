#!/bin/sh
# Fetches the source of a Debian package, with Debian's fixes applied, and unpacks it. It comes from where this machine's packages come
# from, by lists of our own, so that nothing of the machine is changed; apt checks the signatures.
#
#   packaging/source.sh PACKAGE FOLDER      FOLDER/PACKAGE-VERSION/ is the source, FOLDER/PACKAGE_*.dsc says what it is
set -eu
package=$1
mkdir -p "$2"
cd "$2"
command -v dpkg-source >/dev/null || {
	echo "source: needs Debian and its package dpkg-dev" >&2
	exit 1
}
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/sources"
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	[ -e "$f" ] || continue
	sed -e 's/^deb /deb-src /' -e 's/^Types:.*/Types: deb-src/' "$f" >"$apt/sources/$(basename "$f")"
done
set -- -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt/sources" -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" \
	-o APT::Sandbox::User=root
rm -rf "$package"-*/ "$package"_*
apt-get "$@" update
apt-get "$@" source --download-only "$package"
dpkg-source --no-check -x "$package"_*.dsc
