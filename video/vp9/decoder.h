// What the decoder needs of libvpx in C.

#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

// What *out is set to is given to dec_close after an error, too.
static int dec_open(vpx_codec_ctx_t **out, int vp8, int threads) {
	vpx_codec_dec_cfg_t cfg = {threads, 0, 0};
	if (!(*out = calloc(1, sizeof **out))) return VPX_CODEC_MEM_ERROR;
	return vpx_codec_dec_init(*out, vp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx(), &cfg, 0);
}

static int dec_frame(vpx_codec_ctx_t *c, const unsigned char *data, unsigned size) {
	return vpx_codec_decode(c, data, size, NULL, 0);
}

// The last picture of what was decoded; NULL if it shows none. libvpx owns it until the next call.
static vpx_image_t *dec_picture(vpx_codec_ctx_t *c) {
	vpx_codec_iter_t it = NULL;
	vpx_image_t *im, *last = NULL;
	while ((im = vpx_codec_get_frame(c, &it))) last = im;
	return last;
}

static void dec_close(vpx_codec_ctx_t *c) {
	if (!c) return;
	vpx_codec_destroy(c);
	free(c);
}
