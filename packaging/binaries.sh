#!/bin/sh
# Builds the programs that packages are made of, and gives out the server's as they are.
#
#   packaging/binaries.sh [linux|server|all]...      default: all
#
# linux   BUILD/linux-amd64/{parley,parleyctl,parleyd}; needs Debian 12's C compiler and headers, which it installs
# server  BUILD/{linux,windows,darwin}-{amd64,arm64}/parleyd[.exe], and copies of them in DIST; needs Go alone
#
# The same commit, Go and C compiler give the same bytes, wherever the clone, the caches and the temporary files lie.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/env.sh"
cd "$ROOT" || exit

# What a person has set for their own builds must not get into other people's.
unset CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS GOEXPERIMENT GODEBUG
export GOFLAGS=-mod=readonly GOENV=off GOAMD64=v1 GOARM64=v8.0 CC=gcc

# The newest glibc that a program may ask for: Debian 12's.
GLIBC=2.36
# What a program may ask the system for at its start. OpenGL's library must be that of the machine's driver, and X11's belongs to it;
# all others (libvpx, libyuv, libopus) are inside.
LIBRARIES='ld-linux-x86-64.so.2 libGL.so.1 libX11.so.6 libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0 librt.so.1'

build() ( # build SYSTEM ARCH CGO PROGRAM [FLAG...]
	export GOOS="$1" GOARCH="$2" CGO_ENABLED="$3"
	dir=$BUILD/$1-$2 program=$4
	shift 4
	[ "$GOOS" = windows ] && end=.exe || end=
	mkdir -p "$dir"
	echo "binaries: $GOOS/$GOARCH $program" >&2
	to=$dir/$program$end
	gobuild "$@" -o "$to.new" "./cmd/$program"
	# As it was, with its time, where nothing is new: what packs it is not made again.
	if cmp -s "$to.new" "$to"; then rm "$to.new"; else mv "$to.new" "$to"; fi
)

portable() { # portable FILE: fails where it needs what other systems have not
	newest=$(objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
	if [ -z "$newest" ]; then
		echo "binaries: it is not known what $1 asks for" >&2
		exit 1
	fi
	if [ "$(printf '%s\n%s\n' "$newest" $GLIBC | sort -V | tail -n 1)" != $GLIBC ]; then
		echo "binaries: $1 asks for glibc $newest, and $GLIBC is the newest it may" >&2
		exit 1
	fi
	for lib in $(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'); do
		case " $LIBRARIES " in
		*" $lib "*) ;;
		*)
			echo "binaries: $1 asks for $lib, which is not among: $LIBRARIES" >&2
			exit 1
			;;
		esac
	done
}

static() { # static FILE: fails where it asks for any library
	if objdump -p "$1" | grep -q -e NEEDED -e INTERP; then
		echo "binaries: $1 is not static" >&2
		exit 1
	fi
}

linux() {
	if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
		echo "binaries: the app for Linux is built on Linux on amd64 only: its C libraries are this machine's" >&2
		exit 1
	fi
	scripts/deps.sh build app >&2
	need objdump binutils
	build linux amd64 1 parley -tags migrated_fynedo
	build linux amd64 1 parleyctl
	build linux amd64 0 parleyd
	portable "$BUILD/linux-amd64/parley"
	portable "$BUILD/linux-amd64/parleyctl"
	static "$BUILD/linux-amd64/parleyd"
}

server() {
	for system in linux windows darwin; do
		for arch in amd64 arm64; do
			build $system $arch 0 parleyd
			[ $system = windows ] && end=.exe || end=
			to=$DIST/parleyd-$VERSION-$system-$arch$end
			install -m 755 "$BUILD/$system-$arch/parleyd$end" "$to"
			touch -d "@$SOURCE_DATE_EPOCH" "$to"
			if [ "$(wc -c <"$to")" -ge 40000000 ]; then
				echo "binaries: $to has 40 MB or more" >&2
				exit 1
			fi
		done
	done
}

[ $# -gt 0 ] || set -- all
for part; do
	case $part in
	linux) linux ;;
	server) server ;;
	all)
		linux
		server
		;;
	*)
		echo "binaries: unknown part '$part' (linux, server, all)" >&2
		exit 2
		;;
	esac
done
