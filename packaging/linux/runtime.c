/*
 * What stands at the head of Parley's AppImage: a static program that unpacks the image behind it and becomes the program in it.
 *
 *	image:   ELF with "AI\2" at byte 8 (AppImage, type 2) │ squashfs, zstd (at --appimage-offset)
 *	start:   look at size and checksum ─► folder of our own, 0700 ─► keeper ─► unpack ─► exec APPDIR/AppRun, with this process's id
 *	keeper:  a child that waits for the end of that process, however it ends, and removes the folder
 *
 * It unpacks and does not mount, because FUSE is what people's machines lack: containers have no /dev/fuse, Ubuntu 24.04 no libfuse2, and
 * fusermount is setuid. Unpacking costs a fifth of a second. The program gets this process's id, so that signals, job control and exit
 * status need nobody to hand them on; the keeper has nothing to do but to wait.
 *
 * Who changes an image can make it do anything, so the checksum is there against damage. No path of the image leads out of the folder
 * anyway: names are single components, made relative to open folders and never over something that is there; links don't climb.
 *
 * Given by the build (appimage.sh): RELEASE, IMAGE_SIZE and UNPACKED (bytes), IMAGE_SUM (cksum's).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <squashfuse/squashfuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#define PREFIX "parley-appimage-" /* of the folders' names; the six characters of mkdtemp follow */
#define DELTA "usr/bin/parleyctl.zst"
#define CTL "usr/bin/parleyctl"
#define APP "usr/bin/parley"

enum {
	CHUNK = 1 << 20,    /* bytes read and written at a time; the image's blocks are as large */
	MAX_DEPTH = 16,     /* folders in folders, also when they are removed */
	MAX_ENTRIES = 4096, /* files, folders and links of an image */
	SPARE = 16 << 20,   /* bytes left to others in the file system we unpack into: a full /run/user breaks the desktop */
	TROUBLE = 127,      /* exit status where the program was not started, as a shell's */
};

/* libsquashfuse knows five ways to compress. Our images have the fifth, zstd; these stand for the others, and keep out four libraries, one of
   which, liblzo2, is under the GPL. An image that needs them is refused. */
int uncompress(void *to, unsigned long *n, const void *from, unsigned long m) { return (void)to, (void)n, (void)from, (void)m, -1; }
int LZ4_decompress_safe(const char *from, char *to, int n, int m) { return (void)from, (void)to, (void)n, (void)m, -1; }
int lzo1x_decompress_safe(const void *from, unsigned long n, void *to, unsigned long *m, void *w) {
	return (void)from, (void)n, (void)to, (void)m, (void)w, -1;
}
int lzma_stream_buffer_decode(void *limit, unsigned flags, void *a, const void *from, void *i, size_t n, void *to, void *o, size_t m) {
	return (void)limit, (void)flags, (void)a, (void)from, (void)i, (void)n, (void)to, (void)o, (void)m, -1;
}

static char image[PATH_MAX]; /* this file's path */

static void say(const char *format, ...) {
	va_list list;
	va_start(list, format);
	fputs("Parley: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

/* ---- the image ---- */

/* damaged ends the process: there is nothing in this file to start. */
static _Noreturn void damaged(const char *what) {
	say("%s is damaged (%s). Please download it again.", image, what);
	exit(TROUBLE);
}

/* cksum is POSIX's: CRC-32, highest bit first, over the bytes and their number; eight bytes at a time by tables. */
static uint32_t table[8][256];

static uint32_t cksum(int fd, off_t from, off_t n) {
	static unsigned char buf[CHUNK];
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
		ssize_t got = pread(fd, buf, n - done < CHUNK ? (size_t)(n - done) : CHUNK, from + done);
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
static int open_image(off_t *offset) {
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = readlink("/proc/self/exe", image, sizeof image - 1);
	if (fd < 0 || n < 0) { /* without /proc */
		const char *path = (const char *)getauxval(AT_EXECFN);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (!realpath(path, image))
			snprintf(image, sizeof image, "%s", path);
	}
	Elf64_Ehdr elf;
	if (fd < 0 || pread(fd, &elf, sizeof elf, 0) != sizeof elf) {
		say("%s can't be read: %s", image, strerror(errno));
		exit(TROUBLE);
	}
	*offset = (off_t)elf.e_shoff + elf.e_shentsize * elf.e_shnum;
	return fd;
}

static void check_image(int fd, off_t offset) {
	struct stat st;
	if (fstat(fd, &st) < 0)
		damaged(strerror(errno));
	if (st.st_size != offset + IMAGE_SIZE) {
		char what[80];
		snprintf(what, sizeof what, "it has %lld bytes instead of %lld", (long long)st.st_size, (long long)offset + IMAGE_SIZE);
		damaged(what);
	}
	if (cksum(fd, offset, IMAGE_SIZE) != IMAGE_SUM)
		damaged("its checksum is wrong");
}

/* ---- unpacking ---- */

/* Unpacking fails by the place, which is an errno's value, or by the image, which is BROKEN. */
enum { BROKEN = -1 };

struct unpacking {
	sqfs *fs;
	int entries;
	int64_t bytes;
	char *buf;
};

static int write_all(int fd, const char *p, size_t n) {
	while (n) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return errno;
		if (done > 0)
			p += done, n -= done;
	}
	return 0;
}

static int unpack_file(struct unpacking *u, sqfs_inode *inode, int at, const char *name) {
	if (inode->xtra.reg.file_size > (uint64_t)(UNPACKED - u->bytes))
		return BROKEN;
	u->bytes += inode->xtra.reg.file_size;
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, inode->base.mode & 0111 ? 0755 : 0644);
	if (fd < 0)
		return errno == EEXIST ? BROKEN : errno;
	int err = 0;
	for (sqfs_off_t at = 0, n; !err && at < (sqfs_off_t)inode->xtra.reg.file_size; at += n) {
		n = CHUNK;
		if (sqfs_read_range(u->fs, inode, at, &n, u->buf) || n <= 0)
			err = BROKEN;
		else
			err = write_all(fd, u->buf, n);
	}
	if (close(fd) < 0 && !err)
		err = errno;
	return err;
}

/* unpack_link makes a link that leads to something below its own folder: no other is in our images. */
static int unpack_link(struct unpacking *u, sqfs_inode *inode, int at, const char *name) {
	char to[256];
	size_t size = sizeof to;
	if (inode->xtra.symlink_size >= sizeof to || sqfs_readlink(u->fs, inode, to, &size) || *to == '/' || !*to)
		return BROKEN;
	for (const char *p = to; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strncmp(p, "..", 2) && (p[2] == '/' || !p[2]))
			return BROKEN;
	}
	if (symlinkat(to, at, name) < 0)
		return errno == EEXIST ? BROKEN : errno;
	return 0;
}

static int unpack_folder(struct unpacking *u, sqfs_inode *inode, int at, int depth) {
	sqfs_dir dir;
	sqfs_dir_entry entry;
	sqfs_name name;
	sqfs_err bad = SQFS_OK;
	if (depth > MAX_DEPTH || sqfs_dir_open(u->fs, inode, &dir, 0))
		return BROKEN;
	sqfs_dentry_init(&entry, name);
	int err = 0;
	while (!err && sqfs_dir_next(u->fs, &dir, &entry, &bad)) {
		sqfs_inode in;
		size_t n = sqfs_dentry_name_size(&entry);
		if (++u->entries > MAX_ENTRIES || !n || n >= sizeof name)
			return BROKEN;
		name[n] = 0;
		if (strlen(name) != n || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") || sqfs_inode_get(u->fs, &in, sqfs_dentry_inode(&entry)))
			return BROKEN;
		if (S_ISREG(in.base.mode)) {
			err = unpack_file(u, &in, at, name);
		} else if (S_ISLNK(in.base.mode)) {
			err = unpack_link(u, &in, at, name);
		} else if (S_ISDIR(in.base.mode)) {
			if (mkdirat(at, name, 0755) < 0)
				return errno == EEXIST ? BROKEN : errno;
			int below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (below < 0)
				return errno;
			err = unpack_folder(u, &in, below, depth + 1);
			close(below);
		} else {
			return BROKEN;
		}
	}
	return err ? err : bad ? BROKEN : 0;
}

/* make_ctl makes parleyctl of what it has that parley has not: the two share most of their code, which squashfs with its blocks of 1 MB
   doesn't see, and beside each other they would be 27 MB instead of 21. */
static int make_ctl(int at) {
	int err = BROKEN, app = openat(at, APP, O_RDONLY | O_CLOEXEC), delta = openat(at, DELTA, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat a, d;
	void *base = MAP_FAILED, *packed = MAP_FAILED, *whole = NULL;
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	if (app < 0 || delta < 0 || !zstd || fstat(app, &a) < 0 || fstat(delta, &d) < 0)
		goto end;
	base = mmap(NULL, a.st_size, PROT_READ, MAP_PRIVATE, app, 0);
	packed = mmap(NULL, d.st_size, PROT_READ, MAP_PRIVATE, delta, 0);
	if (base == MAP_FAILED || packed == MAP_FAILED)
		goto end;
	unsigned long long size = ZSTD_getFrameContentSize(packed, d.st_size);
	if (size > UNPACKED || !(whole = malloc(size))) /* unknown and error are the largest numbers */
		goto end;
	if (ZSTD_isError(ZSTD_DCtx_refPrefix(zstd, base, a.st_size)) || ZSTD_decompressDCtx(zstd, whole, size, packed, d.st_size) != size)
		goto end;
	out = openat(at, CTL, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
	err = out < 0 ? errno : write_all(out, whole, size);
	if (out >= 0 && close(out) < 0 && !err)
		err = errno;
	if (!err && unlinkat(at, DELTA, 0) < 0)
		err = errno;
end:
	if (base != MAP_FAILED)
		munmap(base, a.st_size);
	if (packed != MAP_FAILED)
		munmap(packed, d.st_size);
	free(whole);
	ZSTD_freeDCtx(zstd);
	close(app), close(delta);
	return err;
}

/* unpack puts the image into an open folder; with ctl, parleyctl is made, too. */
static int unpack(int fd, off_t offset, int folder, bool ctl) {
	sqfs fs;
	sqfs_inode root;
	if (sqfs_init(&fs, fd, offset))
		return BROKEN;
	struct unpacking u = {.fs = &fs, .buf = malloc(CHUNK)};
	int err = !u.buf ? ENOMEM : sqfs_inode_get(&fs, &root, sqfs_inode_root(&fs)) ? BROKEN : unpack_folder(&u, &root, folder, 0);
	free(u.buf);
	sqfs_destroy(&fs);
	if (!err && ctl && faccessat(folder, DELTA, F_OK, 0) == 0)
		err = make_ctl(folder);
	return err;
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
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0 && access(path, F_OK) == 0)
			return fd; /* and not swept by another start between the two */
		close(fd);
	}
	return errno = EBUSY, -1;
}

/* keep is the keeper: it waits until the process that starts it has ended and removes the folder. Nothing that goes to a group of processes
   or to a terminal reaches it, and it holds nothing open that others wait for the end of. */
static pid_t keep(const char *path, int folder) {
	pid_t program = getpid();
	int pidfd = syscall(SYS_pidfd_open, program, 0);
	pid_t keeper = fork();
	if (keeper) {
		if (pidfd >= 0)
			close(pidfd);
		return keeper;
	}
	sigset_t every;
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, NULL);
	setsid();
	prctl(PR_SET_NAME, "parley-keeper");
	int low = folder < pidfd || pidfd < 0 ? folder : pidfd, high = folder < pidfd ? pidfd : folder;
	close_range(0, low - 1, 0); /* before Linux 5.9, what was open stays so */
	if (low + 1 < high)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
	(void)!chdir("/");
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	while (getppid() == program && (pidfd < 0 || poll(&end, 1, -1) <= 0)) /* the process is our parent until it has been waited for */
		if (pidfd < 0)
			sleep(1); /* before Linux 5.3 */
	remove_folder(path, folder);
	_exit(0);
}

/* usable tells why a place is none, or NULL. */
static const char *usable(const char *place) {
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
	if ((unsigned long long)fs.f_bavail * fs.f_frsize < (unsigned long long)UNPACKED + SPARE)
		return strerror(ENOSPC);
	return NULL;
}

/* settle unpacks into the first place that takes it, writes its path and tells the descriptor that locks it. */
static int settle(int fd, off_t offset, bool ctl, char path[PATH_MAX]) {
	const char *home = getenv("HOME"), *places[] = {getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp", getenv("XDG_CACHE_HOME"), NULL};
	char cache[PATH_MAX] = "", why[2048] = "";
	if (home && snprintf(cache, sizeof cache, "%s/.cache", home) < (int)sizeof cache)
		places[5] = cache;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *place = places[i], *bad;
		if (!place || *place != '/')
			continue;
		sweep(place);
		if (!(bad = usable(place))) {
			int folder = claim(place, path);
			if (folder >= 0) {
				pid_t keeper = keep(path, folder);
				int err = unpack(fd, offset, folder, ctl);
				if (!err && faccessat(folder, ctl ? CTL : "AppRun", X_OK, 0) == 0)
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
	    (int)((UNPACKED + SPARE) >> 20), why, image);
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

static int extract(int fd, off_t offset) {
	static const char root[] = "squashfs-root";
	if (mkdir(root, 0755) < 0) {
		say("the folder %s can't be made: %s", root, strerror(errno));
		return 1;
	}
	int folder = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = folder < 0 ? errno : unpack(fd, offset, folder, true);
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
	off_t offset;
	int fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3) /* where standard input or output was closed, no file of ours may come in its place */
		fd = dup(fd);
	if (fd >= 0)
		close(fd);
	fd = open_image(&offset);
	char *option = argc > 1 ? argv[1] : "", argv0[PATH_MAX], path[PATH_MAX], run[PATH_MAX + sizeof CTL], cwd[PATH_MAX], mark[32];
	snprintf(argv0, sizeof argv0, "%s", argc ? argv[0] : image);
	bool ctl = named(argv0, "parleyctl"), mount = false;
	if (!strncmp(option, "--appimage-", 11)) {
		const char *what = option + 11;
		if (!strcmp(what, "offset"))
			return printf("%lld\n", (long long)offset) < 0;
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
	check_image(fd, offset);
	if (!strcmp(option, "--appimage-extract"))
		return extract(fd, offset);
	forget();
	if (!strcmp(option, "--parleyctl"))
		ctl = true;
	if (ctl ? !strcmp(option, "--parleyctl") : !strcmp(option, "--appimage-extract-and-run"))
		argv++;
	int folder = settle(fd, offset, ctl || mount, path);
	if (mount) {
		puts(path);
		fflush(stdout);
		for (;;)
			pause();
	}
	snprintf(mark, sizeof mark, "%d %d", getpid(), folder);
	snprintf(run, sizeof run, "%s/%s", path, ctl ? CTL : "AppRun");
	setenv("PARLEY_APPIMAGE_FOLDER", mark, 1);
	setenv("APPIMAGE", image, 1);
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
