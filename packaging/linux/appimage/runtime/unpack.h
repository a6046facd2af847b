#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define APP "usr/bin/parley"
#define CTL "usr/bin/parleyctl"

enum {
	BROKEN = -1,
	MAX_DEPTH = 16, /* folders in folders */
};

/* unpack puts the squashfs of an open file into an open folder; with ctl, parleyctl is made, too. It fails by the folder's file system,
   which is an errno's value, or by the image, which is BROKEN, also if it is more than so many bytes; what it has made by then stays. */
int unpack(int fd, off_t offset, int64_t bytes, int folder, bool ctl);
