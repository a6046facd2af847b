/*
 * What stands at the head of Parley's AppImage: a static program that unpacks the image behind it and becomes the program in it.
 *
 *	image:   ELF with "AI\2" at byte 8 (AppImage, type 2) │ squashfs, zstd (at --appimage-offset) │ trailer, 64 bytes of text
 *	start:   size and checksum looked at ─► folder of our own, 0700 ─► keeper ─► unpack.c ─► exec what APPDIR/AppRun leads to
 *	keeper:  a child that waits for the end of that process, however it ends, and removes the folder
 *
 * It unpacks and does not mount, because FUSE is what people's machines lack: containers have no /dev/fuse, Ubuntu 24.04 no libfuse2, and
 * fusermount is setuid. Unpacking costs a fifth of a second. The program gets this process's id, so that signals, job control and exit
 * status need nobody to hand them on; the keeper has nothing to do but to wait.
 *
 * Who changes an image on purpose can make it do anything; the checksum is there against damage.
 *
 * The trailer is appimage.sh's: "parley-appimage", the squashfs's size (bytes) and sum (cksum's), the bytes that it unpacks to, and blanks.
 * RELEASE is given by the build.
 */
#define _GNU_SOURCE
#include "unpack.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "parley-appimage-" /* of the folders' names; the six characters of mkdtemp follow */

enum {
	TRAILER = 64,
	MAX_UNPACKED = 1 << 30, /* bytes */
	SPARE = 16 << 20, /* bytes left to others in the file system we unpack into: a full /run/user breaks the desktop */
	TROUBLE = 127,    /* exit status where the program was not started, as a shell's */
};

static char path_of_image[PATH_MAX];

struct image {
	int fd;
	off_t offset, size; /* of the squashfs */
	uint32_t sum;
	int64_t unpacked; /* bytes */
};

/* say also asks the desktop to show it where there is no terminal: who has clicked on the file would see nothing happen. */
static void say(const char *format, ...) {
	char text[4096];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	fprintf(stderr, "Parley: %s\n", text);
	if (!isatty(STDERR_FILENO) && (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")) && fork() == 0) {
		execlp("notify-send", "notify-send", "--icon=dialog-error", "Parley", text, (char *)NULL);
		_exit(0);
	}
}

/* ---- the image ---- */

/* damaged ends the process: there is nothing in this file to start. */
static _Noreturn void damaged(const char *what) {
	say("%s is damaged (%s). Please download it again.", path_of_image, what);
	exit(TROUBLE);
}

/* crashed is for an image that was made to be wrong, with a sum that is right: libsquashfuse was not written for such, and reads beyond its
   blocks. The keeper cleans up; ./squashfs-root of --appimage-extract stays as it is. */
static void crashed(int number) {
	(void)number;
	static const char words[] = "Parley: this AppImage is damaged (it can't be read). Please download it again.\n";
	(void)!write(STDERR_FILENO, words, sizeof words - 1);
	_exit(TROUBLE);
}

/* cksum is POSIX's: CRC-32, highest bit first, over the bytes and their number; eight bytes at a time by tables. */
static uint32_t table[8][256];

static uint32_t cksum(int fd, off_t from, off_t n) {
	static unsigned char buf[1 << 20];
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i << 24;
		for (int b = 0; b < 8; b++)
			c = c << 1 ^ (c >> 31 ? 0x04C11DB7u : 0);
		table[0][i] = c;
	}
	for (int k = 1; k < 8; k++)
		for (int i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] << 8 ^ table[0][table[k - 1][i] >> 24];
	uint32_t c = 0;
	for (off_t done = 0; done < n;) {
		ssize_t got = pread(fd, buf, n - done < (off_t)sizeof buf ? (size_t)(n - done) : sizeof buf, from + done);
		if (got <= 0)
			damaged(got < 0 ? strerror(errno) : "it ended while it was read");
		ssize_t i = 0;
		for (; i + 8 <= got; i += 8) {
			const unsigned char *p = buf + i;
			c = table[7][p[0] ^ c >> 24] ^ table[6][p[1] ^ (c >> 16 & 255)] ^ table[5][p[2] ^ (c >> 8 & 255)] ^ table[4][p[3] ^ (c & 255)] ^
			    table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
		}
		for (; i < got; i++)
			c = c << 8 ^ table[0][c >> 24 ^ buf[i]];
		done += got;
	}
	for (; n; n >>= 8)
		c = c << 8 ^ table[0][(c >> 24 ^ n) & 255];
	return ~c;
}

/* open_image opens this file and tells where the squashfs in it begins: where the ELF file, whose section headers stand last, ends. */
static struct image open_image(void) {
	struct image image = {.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
	if (image.fd < 0 || readlink("/proc/self/exe", path_of_image, sizeof path_of_image - 1) < 0) { /* without /proc */
		const char *path = (const char *)getauxval(AT_EXECFN);
		image.fd = open(path, O_RDONLY | O_CLOEXEC);
		if (!realpath(path, path_of_image))
			snprintf(path_of_image, sizeof path_of_image, "%s", path);
	}
	Elf64_Ehdr elf;
	if (image.fd < 0 || pread(image.fd, &elf, sizeof elf, 0) != sizeof elf) {
		say("%s can't be read: %s", path_of_image, strerror(errno));
		exit(TROUBLE);
	}
	image.offset = (off_t)elf.e_shoff + (off_t)elf.e_shentsize * elf.e_shnum;
	return image;
}

/* check_image reads the trailer and all that it is about. */
static void check_image(struct image *image) {
	char trailer[TRAILER + 1] = "";
	struct stat st;
	long long size, unpacked;
	if (fstat(image->fd, &st) < 0 || pread(image->fd, trailer, TRAILER, st.st_size - TRAILER) != TRAILER ||
	    sscanf(trailer, "parley-appimage %lld %" SCNu32 " %lld ", &size, &image->sum, &unpacked) != 3)
		damaged("its end is missing");
	if (size < 0 || size > st.st_size || st.st_size != image->offset + size + TRAILER || unpacked < 0 || unpacked > MAX_UNPACKED)
		damaged("its size is wrong");
	image->size = size, image->unpacked = unpacked;
	if (cksum(image->fd, image->offset, size) != image->sum)
		damaged("its checksum is wrong");
}

/* ---- the folder ---- */

/* empty removes what is in a folder, and closes it. It follows no link. */
static void empty(int folder, int depth) {
	DIR *dir = fdopendir(folder);
	if (!dir) {
		close(folder);
		return;
	}
	for (struct dirent *e; depth <= MAX_DEPTH && (e = readdir(dir));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (unlinkat(folder, e->d_name, 0) == 0)
			continue;
		int below = openat(folder, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0) {
			empty(below, depth + 1);
			unlinkat(folder, e->d_name, AT_REMOVEDIR);
		}
	}
	closedir(dir);
}

static void remove_folder(const char *path, int folder) {
	empty(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	rmdir(path);
}

/* sweep removes what earlier starts left in a place: their folders are locked (flock) as long as the program or its keeper lives. */
static void sweep(const char *place) {
	DIR *dir = opendir(place);
	if (!dir)
		return;
	for (struct dirent *e; (e = readdir(dir));) {
		char path[PATH_MAX];
		struct stat st;
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) || strlen(e->d_name) != strlen(PREFIX) + 6)
			continue;
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		    snprintf(path, sizeof path, "%s/%s", place, e->d_name) < (int)sizeof path)
			remove_folder(path, fd);
		close(fd);
	}
	closedir(dir);
}

/* claim makes a folder of ours in a place and locks it; the lock's descriptor goes on to the program, and to its end. */
static int claim(const char *place, char path[PATH_MAX]) {
	for (int tries = 0; tries < 8; tries++) {
		struct stat st;
		if (snprintf(path, PATH_MAX, "%s/" PREFIX "XXXXXX", place) >= PATH_MAX)
			return errno = ENAMETOOLONG, -1;
		if (!mkdtemp(path)) /* 0700 */
			return -1;
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), err = errno;
		if (fd >= 0) {
			if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0 && access(path, F_OK) == 0)
				return fd; /* and not swept by another start between the two */
			err = errno;
			close(fd);
		}
		if (rmdir(path) == 0) /* it was not swept: this file system has no such locks (NFS), or there is something else */
			return errno = err, -1;
	}
	return errno = EBUSY, -1;
}

/* keep is the keeper: it waits until the process that starts it has ended and removes the folder. Nothing that goes to a group of processes
   or to a terminal reaches it, from its first moment, and it holds nothing open that others wait for the end of. */
static pid_t keep(const char *path, int folder) {
	pid_t program = getpid();
	int pidfd = syscall(SYS_pidfd_open, program, 0);
	sigset_t every, before;
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, &before);
	pid_t keeper = fork();
	if (keeper) {
		if (keeper > 0)
			setpgid(keeper, keeper); /* here, because a kill of the group may come before the child has run at all */
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (pidfd >= 0)
			close(pidfd);
		return keeper;
	}
	prctl(PR_SET_NAME, "parley-keeper");
	for (int fd = 0; fd < 1024; fd++)
		if (fd != pidfd && fd != folder)
			close(fd);
	(void)!chdir("/");
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	while (getppid() == program && (pidfd < 0 || poll(&end, 1, -1) <= 0)) /* the process is our parent until it has been waited for */
		if (pidfd < 0)
			sleep(1); /* before Linux 5.3 */
	remove_folder(path, folder);
	_exit(0);
}

/* usable tells why a place is none for so many bytes, or NULL. */
static const char *usable(const char *place, int64_t bytes) {
	struct stat st;
	struct statvfs fs;
	if (stat(place, &st) < 0 || statvfs(place, &fs) < 0)
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "it is no folder";
	if ((st.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
		return "anybody could change what is in it";
	if (fs.f_flag & ST_RDONLY)
		return strerror(EROFS);
	if (fs.f_flag & ST_NOEXEC)
		return "programs in it can't be started (noexec)";
	if ((uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)bytes + SPARE)
		return strerror(ENOSPC);
	return NULL;
}

/* settle unpacks into the first place that takes it, writes its path and tells the descriptor that locks it. */
static int settle(const struct image *image, bool ctl, char path[PATH_MAX]) {
	char cache[PATH_MAX] = "", why[2048] = "";
	const char *places[] = {getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp", getenv("XDG_CACHE_HOME"), NULL};
	const char *home = getenv("HOME");
	if (home && snprintf(cache, sizeof cache, "%s/.cache", home) < (int)sizeof cache)
		places[5] = cache;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *place = places[i], *bad;
		if (!place || *place != '/')
			continue;
		sweep(place);
		if (!(bad = usable(place, image->unpacked))) {
			int folder = claim(place, path);
			if (folder >= 0) {
				pid_t keeper = keep(path, folder);
				int err = unpack(image->fd, image->offset, image->unpacked, folder, ctl);
				if (!err && faccessat(folder, "AppRun", X_OK, 0) == 0)
					return folder;
				err = err ? err : errno;
				remove_folder(path, folder);
				if (keeper > 0 && kill(keeper, SIGKILL) == 0)
					waitpid(keeper, NULL, 0);
				close(folder);
				if (err == BROKEN)
					damaged("what is in it can't be unpacked");
				errno = err;
			}
			bad = strerror(errno);
		}
		size_t n = strlen(why);
		snprintf(why + n, sizeof why - n, "\n  %s: %s", place, bad);
	}
	say("can't be started: there is no folder that its files (%d MB) could be put in for as long as it runs.%s\n"
	    "Make room in one of them, or name another: TMPDIR=/a/folder \"%s\"",
	    (int)((image->unpacked + SPARE) >> 20), why, path_of_image);
	exit(TROUBLE);
}

/* ---- the command line ---- */

static const char help[] =
    "Parley " RELEASE ", an AppImage. Its own options, all others go to Parley:\n"
    "  --parleyctl ARGUMENTS...   run parleyctl; so does a link to this file that is named parleyctl\n"
    "  --appimage-extract         unpack into ./squashfs-root, to stay; squashfs-root/AppRun starts it\n"
    "  --appimage-mount           unpack into a folder, name it, and remove it at Ctrl+C\n"
    "  --appimage-extract-and-run run it, which is what happens anyway: it needs no FUSE\n"
    "  --appimage-offset          the byte that the squashfs begins at\n"
    "  --appimage-version         of the program that unpacks";

static int extract(const struct image *image) {
	static const char root[] = "squashfs-root";
	if (mkdir(root, 0755) < 0) {
		say("the folder %s can't be made: %s", root, strerror(errno));
		return 1;
	}
	int folder = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;
	err = folder < 0 ? errno : unpack(image->fd, image->offset, image->unpacked, folder, true);
	if (!err) {
		puts(root);
		return 0;
	}
	if (folder >= 0)
		remove_folder(root, folder);
	if (err == BROKEN)
		damaged("what is in it can't be unpacked");
	say("can't be unpacked here: %s", strerror(err));
	return 1;
}

/* forget removes the folder of the program that this process was before: one that has updated itself starts its new image by exec. Its
   children inherit the same words and the same descriptor, but have other numbers. */
static void forget(void) {
	const char *before = getenv("PARLEY_APPIMAGE_FOLDER"), *path = getenv("APPDIR");
	int pid, fd;
	struct stat a, b;
	if (before && path && sscanf(before, "%d %d", &pid, &fd) == 2 && pid == getpid() && fd > 2 && fstat(fd, &a) == 0 && S_ISDIR(a.st_mode) &&
	    lstat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		remove_folder(path, fd);
		close(fd);
	}
}

static bool named(const char *argv0, const char *name) {
	const char *slash = strrchr(argv0, '/');
	return !strcmp(slash ? slash + 1 : argv0, name);
}

int main(int argc, char **argv) {
	int fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3) /* where standard input or output was closed, no file of ours may come in its place */
		fd = dup(fd);
	if (fd >= 0)
		close(fd);
	struct image image = open_image();
	char *option = argc > 1 ? argv[1] : "", mark[32];
	char argv0[PATH_MAX], path[PATH_MAX], real[PATH_MAX], run[PATH_MAX + sizeof CTL], cwd[PATH_MAX];
	snprintf(argv0, sizeof argv0, "%s", argc ? argv[0] : path_of_image);
	bool ctl = named(argv0, "parleyctl"), mount = false;
	if (!strncmp(option, "--appimage-", 11)) {
		const char *what = option + 11;
		if (!strcmp(what, "offset"))
			return printf("%lld\n", (long long)image.offset) < 0;
		if (!strcmp(what, "version"))
			return puts("Parley AppImage runtime " RELEASE) < 0;
		if (!strcmp(what, "help"))
			return puts(help) < 0;
		if (!strcmp(what, "updateinformation") || !strcmp(what, "signature"))
			return 0; /* Parley's updates have their own */
		mount = !strcmp(what, "mount");
		if (!mount && strcmp(what, "extract") && strcmp(what, "extract-and-run")) {
			say("there is no option %s\n%s", option, help);
			return 2;
		}
	}
	check_image(&image);
	signal(SIGSEGV, crashed); /* until exec */
	signal(SIGBUS, crashed);
	signal(SIGFPE, crashed);
	signal(SIGABRT, crashed);
	if (!strcmp(option, "--appimage-extract"))
		return extract(&image);
	forget();
	if (!strcmp(option, "--parleyctl"))
		ctl = true;
	if (ctl ? !strcmp(option, "--parleyctl") : !strcmp(option, "--appimage-extract-and-run"))
		argv++;
	int folder = settle(&image, ctl || mount, path);
	if (mount) {
		puts(path);
		fflush(stdout);
		for (;;)
			pause();
	}
	/* The system tells programs their own path without links in it; so APPDIR has none, and the process has the program's name. */
	if (realpath(path, real))
		snprintf(path, sizeof path, "%s", real);
	snprintf(run, sizeof run, "%s/%s", path, ctl ? CTL : "AppRun");
	if (realpath(run, real))
		snprintf(run, sizeof run, "%s", real);
	snprintf(mark, sizeof mark, "%d %d", getpid(), folder);
	setenv("PARLEY_APPIMAGE_FOLDER", mark, 1);
	setenv("APPIMAGE", path_of_image, 1);
	setenv("APPDIR", path, 1);
	setenv("ARGV0", argv0, 1);
	if (getcwd(cwd, sizeof cwd))
		setenv("OWD", cwd, 1);
	if (argc)
		argv[0] = run;
	execv(run, argc ? argv : (char *[]){run, NULL});
	say("%s can't be started: %s", run, strerror(errno));
	return TROUBLE;
}
