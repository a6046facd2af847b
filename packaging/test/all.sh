#!/bin/sh
# Tries the packages that "make packages" has made, as "make packages-test" does: every script of packaging/test by itself, then what Go
# says with the tag "packages" of all of packaging. What can't be tried here fails; nothing is passed over.
#
#   packaging/test/all.sh [NAME...]      scripts' names without .sh, and "go"; default: all
#
# The last line is "N passed, N failed"; what a test says goes to BUILD/log/test-NAME, and its end here when it fails.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
cd "$ROOT"

need shellcheck shellcheck
need bsdtar libarchive-tools
need unsquashfs squashfs-tools
need msiextract msitools
need 7z p7zip-full

passed=0 failed=0
mkdir -p "$BUILD/log"

try() { # try NAME COMMAND...: a script counts as one
	name=$1 log=$BUILD/log/test-$1 began=$(date +%s)
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1)) verdict=passed
	else
		failed=$((failed + 1)) verdict=failed
		tail -n 40 "$log" >&2
		echo "packages-test: $name has failed; all that it said is in $log" >&2
	fi
	printf '{"bench":"packages-test","test":"%s","verdict":"%s","seconds":%d}\n' "$name" "$verdict" $(($(date +%s) - began))
}

# golang counts each of Go's tests, and a package that does not even compile as one that has failed. A test that is passed over has failed.
golang() {
	log=$BUILD/log/test-go began=$(date +%s)
	status=0
	${GO:-go} test -count=1 -tags packages -v -timeout 30m ./packaging/... >"$log" 2>&1 || status=$?
	good=$(grep -c '^--- PASS' "$log" || true)
	bad=$(grep -c -e '^--- FAIL' -e '^--- SKIP' "$log" || true)
	if [ "$status" != 0 ] && [ "$bad" = 0 ] || [ "$good" = 0 ]; then
		bad=$((bad + 1))
	fi
	if [ "$bad" != 0 ]; then
		grep -v -e '^=== ' -e '^--- PASS' -e '^PASS' -e '^ok ' "$log" | tail -n 60 >&2 || true
		echo "packages-test: Go's tests have failed; all that they said is in $log" >&2
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	printf '{"bench":"packages-test","test":"go","passed":%d,"failed":%d,"seconds":%d}\n' "$good" "$bad" $(($(date +%s) - began))
}

if [ $# = 0 ]; then
	for f in packaging/test/*.sh; do
		case $f in
		*/all.sh) ;;
		*) set -- "$@" "$(basename "$f" .sh)" ;;
		esac
	done
	set -- "$@" go
fi
for name; do
	case $name in
	go) golang ;;
	*) try "$name" sh "packaging/test/$name.sh" ;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
