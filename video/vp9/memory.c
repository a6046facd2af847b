//go:build linux && !sharedvpx

// libvpx' memory, in libvpx' place (its archive is linked statically, and the linker takes these four instead of its own).
//
// The encoder asks for a zeroed buffer of tokens for the worst picture there is, 44 MB for 1280x720, of which a call uses
// little. libvpx' own vpx_calloc writes the zeros, and so makes all of it resident. calloc knows that pages fresh from the
// kernel are zero, and leaves them alone.

#include <stdint.h>
#include <stdlib.h>

// What libvpx itself refuses to allocate more than, on 64 bits.
#define MOST ((uint64_t)1 << 40)

// aligned is the first aligned address in raw after room for raw itself, which vpx_free needs.
static void *aligned(void *raw, size_t align) {
  if (raw == NULL) return NULL;
  uintptr_t at = ((uintptr_t)raw + sizeof(void *) + align - 1) & ~(uintptr_t)(align - 1);
  ((void **)at)[-1] = raw;
  return (void *)at;
}

static size_t with_room(size_t align, size_t size) { return size + align - 1 + sizeof(void *); }

void *vpx_memalign(size_t align, size_t size) {
  if (size > MOST) return NULL;
  return aligned(malloc(with_room(align, size)), align);
}

// 32 bytes are what AVX2 needs.
void *vpx_malloc(size_t size) { return vpx_memalign(32, size); }

void *vpx_calloc(size_t num, size_t size) {
  if (size != 0 && num > MOST / size) return NULL;
  return aligned(calloc(1, with_room(32, num * size)), 32);
}

void vpx_free(void *block) {
  if (block != NULL) free(((void **)block)[-1]);
}
