#!/bin/sh
# Installs what building and testing need on a Debian 12 that has nothing, and does nothing where it is all there.
#
#   scripts/deps.sh [build] [app] [test] [peers]      default: build test
#
# build  C compiler, pkg-config, libvpx and libyuv (pictures; the server does without), npm (for assets/fetch.sh, which
#        brings the noise model)
# app    what the window links: OpenGL and X headers. The server and parleyctl do without
# test   PulseAudio, its tools, two packages of recorded human speech, iproute2 and nftables for the network namespaces, coturn
#        for somebody else's relay, miniupnpd for a home's router, pebble for an authority that issues certificates, a screen in
#        memory with OpenGL drawn by software, a window manager, a session bus, the desktop's portal, hands for keyboard, mouse and
#        clipboard, Chromium and Firefox; what reads the files of packages as systems do, and what makes a small AppImage
# peers  Chromium, Mumble, and a display for that, and SpeexDSP: only for "make bench-voice PEERS=1" and its like (video, net, rate,
#        quality)
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- build test

missing=
tool() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; } # tool COMMAND PACKAGE
file() { [ -e "$1" ] || missing="$missing $2"; }                     # file PATH PACKAGE

for part; do
	case $part in
	build)
		tool gcc gcc
		tool git git
		tool pkg-config pkg-config
		tool npm npm
		file /usr/include/stdlib.h libc6-dev
		file /usr/include/vpx/vpx_encoder.h libvpx-dev
		file /usr/include/libyuv.h libyuv-dev
		;;
	app)
		include=/usr/include/X11
		file /usr/include/GL/gl.h libgl-dev
		file $include/XKBlib.h libx11-dev
		file $include/Xcursor/Xcursor.h libxcursor-dev
		file $include/extensions/Xrandr.h libxrandr-dev
		file $include/extensions/Xinerama.h libxinerama-dev
		file $include/extensions/XInput2.h libxi-dev
		file $include/extensions/xf86vmode.h libxxf86vm-dev
		;;
	test)
		tool Xvfb xvfb
		tool openbox openbox
		tool xdotool xdotool
		tool xclip xclip
		tool dbus-daemon dbus-daemon
		file /usr/libexec/xdg-desktop-portal xdg-desktop-portal
		file "$(echo /usr/lib/*/dri/swrast_dri.so)" libgl1-mesa-dri
		tool pulseaudio pulseaudio
		tool pactl pulseaudio-utils
		tool ip iproute2
		tool nft nftables
		tool turnserver coturn
		tool miniupnpd miniupnpd-nftables
		tool pebble pebble
		tool chromium chromium
		tool firefox-esr firefox-esr
		tool desktop-file-validate desktop-file-utils
		tool appstreamcli appstream
		tool mksquashfs squashfs-tools
		tool zstd zstd
		tool zsh zsh
		tool fish fish
		file /usr/include/squashfuse/squashfuse.h libsquashfuse-dev
		file /usr/include/zstd.h libzstd-dev
		file /usr/share/sounds/alsa/Front_Center.wav alsa-utils
		file /usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.g722 asterisk-core-sounds-en-g722
		;;
	peers)
		tool chromium chromium
		tool mumble mumble
		tool murmurd mumble-server
		tool Xvfb xvfb
		tool openssl openssl
		file /usr/include/speex/speex_echo.h libspeexdsp-dev
		;;
	*)
		echo "deps: unknown part '$part' (build, app, test, peers)" >&2
		exit 2
		;;
	esac
done

if [ -n "$missing" ]; then
	line="apt-get install -y --no-install-recommends$missing"
	if [ "$(id -u)" = 0 ]; then
		sudo=
	elif command -v sudo >/dev/null 2>&1; then
		sudo=sudo
	else
		echo "deps: missing:$missing" >&2
		echo "deps: run this as root: apt-get update && $line" >&2
		exit 1
	fi
	echo "deps: $line" >&2
	$sudo apt-get update -q
	$sudo env DEBIAN_FRONTEND=noninteractive $line
fi

# The Go that go.mod asks for. A Go of 1.21 or later fetches it by itself unless GOTOOLCHAIN forbids it.
want=$(awk '$1 == "go" { print $2; exit }' go.mod)
if ! command -v go >/dev/null 2>&1; then
	echo "deps: Go $want or later is needed and there is none in PATH (Debian 12's golang is too old)." >&2
	echo "deps: unpack the archive from https://go.dev/dl/ into /usr/local and put /usr/local/go/bin into PATH." >&2
	exit 1
fi
if ! have=$(go env GOVERSION 2>&1); then
	echo "deps: Go $want or later is needed: $have" >&2
	exit 1
fi
have=${have#go}
if [ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n 1)" != "$want" ]; then
	echo "deps: Go $want or later is needed, this is $have: get it from https://go.dev/dl/" >&2
	exit 1
fi

case " $* " in
*" build "*) sh assets/fetch.sh ;;
esac
