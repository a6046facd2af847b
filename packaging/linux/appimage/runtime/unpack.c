/*
 * The part of the AppImage's runtime that reads what others may have written: a squashfs, and the difference that parleyctl is made of.
 *
 * No path of it leads out of the folder: names are single components, made relative to open folders and never over something that is there;
 * links don't climb; devices and the like are refused. Depth, number and size are bounded.
 */
#define _GNU_SOURCE
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <squashfuse/squashfuse.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define DELTA CTL ".zst"

enum {
	CHUNK = 1 << 20,    /* bytes unpacked at a time; the image's blocks are as large */
	MAX_ENTRIES = 4096, /* files, folders and links of an image */
	MAX_NAME = 1 << 16, /* bytes that an image can say a name has; libsquashfuse writes as many, though it says that 256 are enough */
};

/* libsquashfuse knows five ways to compress. Our images have the fifth, zstd; these stand for the others, and keep out four libraries, one
   of which, liblzo2, is under the GPL. An image that needs them is refused. */
int uncompress(void *to, unsigned long *n, const void *from, unsigned long m) { return (void)to, (void)n, (void)from, (void)m, -1; }
int LZ4_decompress_safe(const char *from, char *to, int n, int m) { return (void)from, (void)to, (void)n, (void)m, -1; }
int lzo1x_decompress_safe(const void *from, unsigned long n, void *to, unsigned long *m, void *w) {
	return (void)from, (void)n, (void)to, (void)m, (void)w, -1;
}
int lzma_stream_buffer_decode(void *limit, unsigned flags, void *a, const void *from, void *i, size_t n, void *to, void *o, size_t m) {
	return (void)limit, (void)flags, (void)a, (void)from, (void)i, (void)n, (void)to, (void)o, (void)m, -1;
}

struct unpacking {
	sqfs *fs;
	int entries;
	int64_t bytes; /* that may still come */
	char *buf;
	char name[MAX_NAME + 1]; /* of the entry that is looked at; no folder needs it any more when one in it is gone into */
};

/* outside tells of an offset into a block of metadata that it is not in one. libsquashfuse would read there. */
static bool outside(uint64_t offset) { return offset >= SQUASHFS_METADATA_SIZE; }

/* inode_of reads what an entry, or the image's head, names. */
static bool inode_of(struct unpacking *u, sqfs_inode_id id, sqfs_inode *inode) {
	return !outside(id & 0xffff) && !sqfs_inode_get(u->fs, inode, id);
}

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
	if (inode->xtra.reg.file_size > (uint64_t)u->bytes)
		return BROKEN;
	u->bytes -= inode->xtra.reg.file_size;
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
	sqfs_err bad = SQFS_OK;
	char *name = u->name;
	if (depth > MAX_DEPTH || !S_ISDIR(inode->base.mode) || outside(inode->xtra.dir.offset) || sqfs_dir_open(u->fs, inode, &dir, 0))
		return BROKEN;
	sqfs_dentry_init(&entry, name);
	int err = 0;
	while (!err && sqfs_dir_next(u->fs, &dir, &entry, &bad)) {
		sqfs_inode in;
		size_t n = sqfs_dentry_name_size(&entry);
		if (++u->entries > MAX_ENTRIES || !n || n > NAME_MAX)
			return BROKEN;
		name[n] = 0;
		if (strlen(name) != n || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
			return BROKEN;
		if (!inode_of(u, sqfs_dentry_inode(&entry), &in))
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
static int make_ctl(int at, int64_t bytes) {
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
	if (size > (uint64_t)bytes || !(whole = malloc(size))) /* unknown and error are the largest numbers */
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

int unpack(int fd, off_t offset, int64_t bytes, int folder, bool ctl) {
	sqfs fs;
	sqfs_inode root;
	if (sqfs_init(&fs, fd, offset))
		return BROKEN;
	struct unpacking u = {.fs = &fs, .bytes = bytes, .buf = malloc(CHUNK)};
	int err = !u.buf ? ENOMEM : !inode_of(&u, sqfs_inode_root(&fs), &root) ? BROKEN : unpack_folder(&u, &root, folder, 0);
	free(u.buf);
	sqfs_destroy(&fs);
	if (!err && ctl && faccessat(folder, DELTA, F_OK, 0) == 0)
		err = make_ctl(folder, u.bytes);
	return err;
}
