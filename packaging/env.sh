# shellcheck shell=sh
# What every script of packaging/ begins with: . "$(dirname "$0")/../env.sh"
#
# ROOT              the repository
# VERSION           of wire/release.go: 1.2.3 or 1.2.3-beta.1
# SOURCE_DATE_EPOCH the time of the commit, s: the only time that may be in a package, so that two builds are the same to the byte
# BUILD             what is made on the way, kept between two runs: BUILD/SYSTEM-ARCH/ holds programs (linux-amd64, windows-amd64 …)
# DIST              what is given to people
set -eu
# What somebody has set for themselves must not get into other people's packages: systems and flags for compilers, linkers, packers and tar.
# And cd goes where it says.
unset CDPATH GOOS GOARCH CGO_ENABLED LDFLAGS PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
unset TAR_OPTIONS GZIP XZ_DEFAULTS XZ_OPT ZSTD_CLEVEL ZSTD_NBTHREADS
ROOT=$(cd "$(dirname "$0")" && git rev-parse --show-toplevel)
VERSION=$(sed -n 's/^const Release = "\(.*\)"$/\1/p' "$ROOT/wire/release.go")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$ROOT" log -1 --format=%ct)}
BUILD=${BUILD:-$ROOT/build}
DIST=${DIST:-$ROOT/dist}
export ROOT VERSION SOURCE_DATE_EPOCH BUILD DIST
export TZ=UTC LC_ALL=C.UTF-8
umask 022

# gobuild is "go build" for everything that is given to people: the build's own paths, times and IDs stay out. GOOS, GOARCH, CGO_ENABLED and
# what it is given are the caller's; -ldflags go by LDFLAGS, of the script. Whoever gives packages out says in PARLEY_UPDATE_ADDRESS where
# the folder with the signed manifest will be, and in PARLEY_UPDATE_PUBLIC the public keys, with a comma between (cmd/parley-release makes
# both); without them a program does not look for newer ones.
gobuild() { ${GO:-go} build -trimpath -buildvcs=false -ldflags "-s -w -buildid= $origin ${LDFLAGS:-}" "$@"; }
origin=
[ -z "${PARLEY_UPDATE_ADDRESS:-}" ] ||
	origin="-X parley/cmd/internal/updates.address=$PARLEY_UPDATE_ADDRESS -X parley/cmd/internal/updates.keys=$PARLEY_UPDATE_PUBLIC"

mkdir -p "$BUILD" "$DIST"

need() { # need COMMAND PACKAGE...: installs the Debian packages where there is no such command (or, with a /, no such file)
	case $1 in
	*/*) [ -e "$1" ] && return ;;
	*) command -v "$1" >/dev/null 2>&1 && return ;;
	esac
	shift
	sudo=
	if [ "$(id -u)" != 0 ]; then
		sudo=sudo
		command -v sudo >/dev/null || {
			echo "packaging: run this as root: apt-get install $*" >&2
			exit 1
		}
	fi
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
	$sudo "$@" >&2 || { $sudo apt-get update -q >&2 && $sudo "$@" >&2; }
}
