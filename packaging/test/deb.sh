#!/bin/sh
# Installs the Linux packages on a system of their own, uses them and removes them. "make packages-test" runs it; as root.
#
#   packaging/test/deb.sh
#
# The system is this machine's, with what is written going to memory (overlayfs), in namespaces of its own where systemd is process 1: so
# the service is started by the unit, as it is on people's machines, and nothing of the machine changes. It has no network but itself.
# BUILD/test/ keeps what was said and a picture of the window.
# What stands in single quotes is for shells inside.
# shellcheck disable=SC2016
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
cd "$ROOT"

[ "$(id -u)" = 0 ] || {
	echo "deb.sh: namespaces and overlays are for root" >&2
	exit 2
}
need systemctl systemd
need /usr/lib/systemd/systemd systemd
need Xvfb xvfb
need xdotool xdotool
need import imagemagick
need xprop x11-utils
need rpm rpm
need rpm2cpio rpm2cpio
need cpio cpio
need lintian lintian
need desktop-file-validate desktop-file-utils
need appstreamcli appstream
need mandoc mandoc
need zsh zsh
need fish fish
need pgrep procps
need ip iproute2
need objdump binutils

packaging/linux/packages.sh

out=$BUILD/test
rm -rf "$out"
mkdir -p "$out"
failures=0
fail() {
	echo "deb.sh: FAIL: $*" >&2
	failures=$((failures + 1))
}
expect() { # expect WHAT COMMAND...: that it succeeds
	what=$1
	shift
	"$@" >>"$out/log" 2>&1 || fail "$what"
}
refuse() { # refuse WHAT COMMAND...: that it does not
	what=$1
	shift
	if "$@" >>"$out/log" 2>&1; then fail "$what"; fi
}
has() { grep -q -e "$2" "$1"; } # has FILE PATTERN

# ---- the files, as they are

lintian --fail-on error "$DIST"/parley*"$VERSION"_*.deb >"$out/lintian" 2>&1 || fail "lintian: $(grep '^E:' "$out/lintian")"

unpacked=$out/unpacked
mkdir -p "$unpacked/app" "$unpacked/server" "$unpacked/archive"
rpm -K --nosignature "$DIST/parley-$VERSION.x86_64.rpm" >"$out/rpm" 2>&1 || fail "the .rpm's sums are wrong"
# nfpm's names begin with /, which cpio would take at its word.
(cd "$unpacked/app" && rpm2cpio "$DIST/parley-$VERSION.x86_64.rpm" | cpio -idm --quiet --no-absolute-filenames)
(cd "$unpacked/server" && rpm2cpio "$DIST/parleyd-$VERSION.x86_64.rpm" | cpio -idm --quiet --no-absolute-filenames)
rpm -qp --requires "$DIST/parley-$VERSION.x86_64.rpm" >"$out/requires" 2>>"$out/rpm"
# Each library that the program names is asked for by its soname.
for lib in $(objdump -p "$BUILD/linux-amd64/parley" | awk '$1 == "NEEDED" { print $2 }'); do
	has "$out/requires" "^$lib(" || fail "the .rpm does not require $lib"
done
newest=$(objdump -T "$BUILD/linux-amd64/parley" "$BUILD/linux-amd64/parleyctl" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
asked=$(sed -n 's/.*libc\.so\.6(\(GLIBC_[0-9.]*\)).*/\1/p' packaging/linux/nfpm-app.yaml)
[ "$(printf '%s\n%s\n' "$newest" "$asked" | sort -V | tail -n 1)" = "$asked" ] ||
	fail "the programs want $newest, and the packages ask for $asked"
rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]' \
	"$DIST/parley-$VERSION.x86_64.rpm" "$DIST/parleyd-$VERSION.x86_64.rpm" >"$out/files" 2>>"$out/rpm"
if grep -v -e '^-rwxr-xr-x root root /usr/bin/' -e '^-rw-r--r-- root root /' -e '^drwxr-xr-x root root /' "$out/files"; then
	fail "modes or owners of files in the .rpm"
fi
for file in /usr/bin/parley /usr/bin/parleyctl /usr/bin/parleyd /etc/parleyd.conf \
	/usr/lib/systemd/system/parleyd.service /usr/lib/sysusers.d/parleyd.conf \
	/usr/share/parley /usr/share/licenses/parley /usr/share/licenses/parleyd /usr/share/applications/chat.parley.app.desktop \
	/usr/share/licenses/parley/LICENSE /usr/share/licenses/parleyd/THIRD-PARTY-NOTICES.txt \
	/usr/share/zsh/site-functions/_parleyctl /usr/share/man/man8/parleyd.8.gz; do
	has "$out/files" " $file\$" || fail "the .rpm lacks $file"
done
rpm -qp --configfiles "$DIST/parleyd-$VERSION.x86_64.rpm" 2>>"$out/rpm" | grep -qx /etc/parleyd.conf ||
	fail "the .rpm's configuration is none"
expect "the program of the .rpm" "$unpacked/app/usr/bin/parley" --version
expect "the server of the .rpm" "$unpacked/server/usr/bin/parleyd" version

tar -C "$unpacked/archive" -xf "$DIST/parley-$VERSION-linux-amd64.tar.xz"
archive=$unpacked/archive/parley-$VERSION-linux-amd64
expect "the archive's program" "$archive/bin/parley" --version
expect "the archive's parleyctl" "$archive/bin/parleyctl" version
expect "the archive's desktop file" desktop-file-validate "$archive/share/applications/chat.parley.app.desktop"
expect "the archive's metadata" appstreamcli validate --no-net "$archive/share/metainfo/chat.parley.app.metainfo.xml"
for page in "$archive"/share/man/man1/*.gz "$unpacked"/server/usr/share/man/man8/*.gz; do
	gunzip -c "$page" >"$out/page"
	mandoc -T lint -W warning "$out/page" >>"$out/log" 2>&1 || fail "mandoc finds something in $page"
done
for shell in zsh fish; do
	for file in "$BUILD/linux/completions/$shell"/*; do expect "$shell reads $file" $shell -n "$file"; done
done

expect "the unit lets too much" systemd-analyze security --offline=yes --threshold=25 packaging/linux/parleyd.service

# ---- a system where no systemd runs, as containers are: the user is made, the doctor speaks, and nothing of it fails

cat >"$out/bare" <<'BARE'
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" overlay root
mount -t tmpfs -o mode=755 tmpfs root/run
mount -t proc proc root/proc
mount --rbind /dev root/dev
ip link set lo up
cp "$2" root/mnt/server.deb
rm -f root/usr/bin/systemd-sysusers
exec chroot root sh -euc '
	dpkg -i /mnt/server.deb
	[ "$(stat -c "%U %a" /var/lib/parleyd)" = "parleyd 700" ]
	dpkg -P parleyd
	[ ! -e /var/lib/parleyd ] && [ ! -e /etc/parleyd.conf ] && ! getent passwd parleyd
'
BARE
bare=$(mktemp -d)
unshare --mount --net sh "$out/bare" "$bare" "$DIST/parleyd_${VERSION}_amd64.deb" >"$out/installed-bare" 2>&1 ||
	fail "without systemd: see $out/installed-bare"
has "$out/installed-bare" '^pass .*ports .*free' || fail "the doctor did not speak without systemd"
rmdir "$bare"

# ---- a system

system=$(mktemp -d)
unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$unified" ] || {
	echo "deb.sh: there is no cgroup2 here, which systemd needs" >&2
	exit 2
}
group=$unified/parley-test-$$
mkdir "$group"
pid=
cleanup() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
	# The kernel takes a moment to end what was in there.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
		sleep 0.3
	done
	rmdir "$system" 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

cat >"$out/boot" <<'BOOT'
# Makes the system in $1 and becomes its process 1.
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" overlay root
cd root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
for d in null zero full random urandom tty; do
	touch dev/$d
	mount --bind /dev/$d dev/$d
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
# Nothing of the machine's own is started, and nothing forbids to start what is installed.
: >etc/fstab
rm -f usr/sbin/policy-rc.d
cp "$2"/*.deb mnt/ # /tmp is swept when systemd starts
mkdir -p mnt/upper old_root
mount --bind "$1/upper" mnt/upper
pivot_root . old_root
umount -l /old_root
ip link set lo up
echo booted
exec env -i container=parley-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/usr/lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=0
BOOT

mkdir -p "$out/debs"
cp "$DIST/parley_${VERSION}_amd64.deb" "$DIST/parleyd_${VERSION}_amd64.deb" "$out/debs/"
sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare --mount --pid --fork --cgroup --uts --ipc --net --kill-child sh "$2" "$3" "$4"' \
	sh "$group" "$out/boot" "$system" "$out/debs" >"$out/boot.log" 2>&1 </dev/null &
pid=$!
inside() { # inside COMMAND...: on that system
	nsenter -t "$one" -m -p -u -i -n -C -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root XDG_CACHE_HOME=/run/cache \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
eventually() { # eventually SECONDS COMMAND...
	left=$(($1 * 4))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.25
	done
}
eventually 30 grep -q booted "$out/boot.log" || {
	cat "$out/boot.log" >&2
	exit 1
}
one=$(pgrep -P "$pid" | head -n 1)
eventually 60 inside systemctl is-active basic.target || {
	echo "deb.sh: systemd does not come up: $(inside systemctl list-jobs)" >&2
	exit 1
}

# What is on this system besides what apt, dpkg and systemd write for themselves.
left() {
	inside find /mnt/upper -mindepth 1 ! -type d | sed 's,^/mnt/upper,,' | sort |
		grep -v -e '^/var/lib/dpkg/' -e '^/var/lib/apt/' -e '^/var/cache/' -e '^/var/log/' -e '^/var/lib/systemd/' -e '^/var/lib/PackageKit/' \
			-e '^/etc/passwd' -e '^/etc/group' -e '^/etc/shadow' -e '^/etc/gshadow' -e '^/etc/\.pwd\.lock$' -e '^/etc/machine-id$' \
			-e '^/etc/subuid' -e '^/etc/subgid' \
			-e '^/usr/share/applications/mimeinfo\.cache$' -e '^/usr/share/icons/hicolor/\(icon-theme\.cache\|\.icon-theme\.cache\)$' || true
}
# And what has our name, folders and what deb-systemd-helper remembers included.
named() {
	inside find /etc /usr /var -xdev -iname '*parley*' |
		grep -v -e '^/var/lib/dpkg/' -e '^/var/lib/apt/' -e '^/var/cache/' -e '^/var/log/' | sort
}
left >"$out/before"
named >"$out/named-before"

# ---- installed

inside apt-get install -y --no-install-recommends "/mnt/parleyd_${VERSION}_amd64.deb" "/mnt/parley_${VERSION}_amd64.deb" \
	>"$out/install" 2>&1 || {
	cat "$out/install" >&2
	exit 1
}
has "$out/install" '^pass .*server .*The server runs' || fail "the doctor did not speak, or did not find the server: see $out/install"
named | grep -qx /usr/bin/parleyd || fail "what is installed is not found by its name"
expect "the service does not run" inside systemctl is-active parleyd
expect "the service is not enabled" inside systemctl is-enabled parleyd
expect "systemd does not read the unit" inside systemd-analyze verify parleyd.service

main() { inside systemctl show -p MainPID --value parleyd; }
status() { inside cat "/proc/$(main)/status"; }
field() { status | awk -v f="$1:" '$1 == f { print $2 }'; }
[ "$(inside ps -o user= -p "$(main)")" = parleyd ] || fail "the service is not its user's"
[ "$(field NoNewPrivs)" = 1 ] || fail "NoNewPrivs is $(field NoNewPrivs)"
[ "$(field Seccomp)" = 2 ] || fail "no system call is filtered"
[ "$(field CapBnd)" = 0000000000000400 ] || fail "capabilities: $(field CapBnd)" # CAP_NET_BIND_SERVICE
[ "$(inside stat -c '%U %a' /var/lib/parleyd)" = 'parleyd 700' ] ||
	fail "/var/lib/parleyd is $(inside stat -c '%U %a' /var/lib/parleyd)"
inside journalctl -u parleyd --no-pager >"$out/journal" 2>&1 || true
refuse "an invite or the owner's claim is in the journal" grep -e owner_claim -e 'parley://' "$out/journal"

# What the unit keeps it from, with the unit's own lines around another program.
cat >"$out/probe" <<'PROBE'
tried() { # tried WORD COMMAND...
	w=$1
	shift
	if "$@" >/dev/null 2>&1; then echo "$w yes"; else echo "$w no"; fi
}
tried own touch /var/lib/parleyd/probe
rm -f /var/lib/parleyd/probe
tried etc touch /etc/probe
tried usr touch /usr/bin/probe
tried var touch /var/lib/probe
tried tunables sh -c 'echo 1 >/proc/sys/kernel/domainname'
tried home ls /root
tried homes sh -c 'ls /home/* /root/*'
tried root setpriv --reuid=0 true
tried mount mount -t tmpfs tmpfs /tmp
tried namespace unshare --user true
tried device mknod /tmp/null c 1 3
tried others sh -c 'test -r /proc/1/status'
tried nice nice -n -5 sh -c '[ "$(nice)" = -5 ]'
PROBE
chmod 755 "$out/probe"
sed -e 's,^ExecStart=.*,ExecStart=/bin/sh /etc/probe,' -e 's/^Type=.*/Type=oneshot/' \
	-e 's,^StandardOutput=.*,StandardOutput=file:/run/probe.out,' -e '/^Restart/d' \
	packaging/linux/parleyd.service >"$out/probe.service"
inside sh -c 'cat >/etc/probe' <"$out/probe"
inside sh -c 'cat >/run/systemd/system/probe.service' <"$out/probe.service"
inside systemctl daemon-reload
inside systemctl start probe.service || fail "the unit around another program"
inside cat /run/probe.out >"$out/probed"
inside rm -f /etc/probe /run/systemd/system/probe.service
[ "$(grep ' yes$' "$out/probed")" = 'own yes' ] || fail "the unit lets: $(grep ' yes$' "$out/probed" | tr '\n' ' ')"
[ "$(grep -c ' no$' "$out/probed")" = 12 ] || fail "not everything was tried: $(cat "$out/probed")"

# A port below 1024, by the configuration file.
inside sed -i 's/^listen = .*/listen = 127.0.0.1:443/; s/^#public-host = .*/public-host = 127.0.0.1/' /etc/parleyd.conf
inside systemctl restart parleyd || fail "it does not start at port 443"
# What is wrong in it stops it once, with the line's number.
inside sh -c 'echo "nonsense = 1" >>/etc/parleyd.conf'
refuse "it starts by a wrong configuration" inside systemctl restart parleyd
sleep 1
[ "$(inside systemctl is-failed parleyd)" = failed ] || fail "it is started again and again by a wrong configuration"
inside journalctl -u parleyd --no-pager -n 20 >"$out/journal" 2>&1 || true
has "$out/journal" 'parleyd.conf: line [0-9]*: there is no flag' || fail "the journal does not say what is wrong"
inside sed -i '/^nonsense/d' /etc/parleyd.conf
inside systemctl reset-failed parleyd
inside systemctl start parleyd || fail "it does not start again"

# ---- used

as_server() { inside runuser -u parleyd -- parleyd "$@" --data /var/lib/parleyd; }
link=$(as_server invite | sed -n 's/.*"invite":"\([^"]*\)".*/\1/p')
[ -n "$link" ] || fail "there is no invite"
inside mkdir -p /run/person
inside env HOME=/run/person parleyctl who "$link" --name Ana >"$out/who" 2>>"$out/log" || fail "parleyctl does not reach the server"
inside sh -c 'exec Xvfb :7 -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 & echo $! >/run/xvfb.pid'
eventually 20 inside test -S /tmp/.X11-unix/X7 || fail "no display"
inside sh -c 'HOME=/run/person DISPLAY=:7 exec parley --log /run/parley.log >/run/parley.out 2>&1 & echo $! >/run/parley.pid'
window() { inside env DISPLAY=:7 xdotool search --onlyvisible --class Parley; }
eventually 60 window || fail "there is no window: $(inside cat /run/parley.out)"
sessions() { as_server status | grep -q '"sessions":1'; }
eventually 30 sessions || fail "the window does not visit the server: $(as_server status)"
sleep 2
inside env DISPLAY=:7 import -window root /run/window.png && inside cat /run/window.png >"$out/window.png"
class=$(inside env DISPLAY=:7 xprop -id "$(window | head -n 1)" WM_CLASS | sed 's/.*, "\(.*\)"/\1/')
[ "$class" = "$(sed -n 's/^StartupWMClass=//p' packaging/linux/chat.parley.app.desktop)" ] ||
	fail "the window's class is not what the desktop file says"

# What a click on a link does: the second start hands it to the first.
expect "a link is not handed to the window" inside env HOME=/run/person DISPLAY=:7 timeout 20 parley "$link"

# The same version once more, over a running app and server: both go on, and what was set stays.
inside apt-get install -y --reinstall --no-install-recommends "/mnt/parleyd_${VERSION}_amd64.deb" "/mnt/parley_${VERSION}_amd64.deb" \
	>"$out/again" 2>&1 || fail "installed again: see $out/again"
inside grep -q '^listen = 127.0.0.1:443$' /etc/parleyd.conf || fail "the configuration is lost by installing again"
expect "the service does not run after installing again" inside systemctl is-active parleyd
expect "the app has ended by installing again" inside sh -c 'kill -0 $(cat /run/parley.pid)'
eventually 60 sessions || fail "the window has not come back to the server"
inside sh -c 'kill $(cat /run/parley.pid)'
eventually 15 inside sh -c '! kill -0 $(cat /run/parley.pid) 2>/dev/null' || fail "the app does not end"
inside sh -c 'kill $(cat /run/xvfb.pid)'

# ---- removed

inside apt-get remove -y parleyd >"$out/remove" 2>&1 || fail "remove: see $out/remove"
refuse "the server runs after its removal" inside pgrep -u parleyd
expect "the server's data is gone by a removal" inside test -e /var/lib/parleyd/server.key
# And once more: it is the same server.
key() { inside sha256sum /var/lib/parleyd/server.key; }
before=$(key)
inside apt-get install -y --no-install-recommends "/mnt/parleyd_${VERSION}_amd64.deb" >"$out/return" 2>&1 ||
	fail "after a removal: see $out/return"
expect "the service does not run when it is installed after a removal" inside systemctl is-active parleyd
[ "$(key)" = "$before" ] || fail "it is another server after a removal"
inside grep -q '^listen = 127.0.0.1:443$' /etc/parleyd.conf || fail "the configuration is lost by a removal"
inside apt-get purge -y parleyd parley >"$out/purge" 2>&1 || fail "purge: see $out/purge"
refuse "the server's data is there after purging" inside test -e /var/lib/parleyd
refuse "the user is there after purging" inside getent passwd parleyd
refuse "a package is there after purging" inside dpkg -s parley parleyd
refuse "the unit is there after purging" inside systemctl cat parleyd
left >"$out/after"
diff "$out/before" "$out/after" >"$out/leftover" || fail "left over: $(cat "$out/leftover")"
named >"$out/named-after"
diff "$out/named-before" "$out/named-after" >"$out/leftover" || fail "left over by name: $(cat "$out/leftover")"

[ $failures = 0 ] || exit 1
echo "deb.sh: all passed; the window is $out/window.png"
