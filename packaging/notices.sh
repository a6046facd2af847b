#!/bin/sh
# Writes BUILD/THIRD-PARTY-NOTICES.txt, the licences of what others have made, which goes into every package.
#
#   packaging/notices.sh
#
# The terms of what is linked come with the Debian packages that it is linked from, and those of the noise model with that.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/env.sh"
cd "$ROOT"

scripts/deps.sh build >&2
need /usr/share/doc/nsis/copyright nsis
need /usr/share/doc/libsquashfuse-dev/copyright libsquashfuse-dev
need /usr/share/doc/libzstd-dev/copyright libzstd-dev
need x86_64-w64-mingw32-gcc-posix gcc-mingw-w64-x86-64-posix
need x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
need /usr/share/doc/mingw-w64-x86-64-dev/copyright mingw-w64-x86-64-dev

made=$BUILD/THIRD-PARTY-NOTICES.txt
${GO:-go} run ./packaging/notices >"$made.part"
# As it was, with its time, where nothing is new: what packs it is not made again.
if cmp -s "$made.part" "$made"; then rm "$made.part"; else mv "$made.part" "$made"; fi
