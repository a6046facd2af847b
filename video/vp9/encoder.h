// What the encoder needs of libvpx in C: its control call is variadic, which cgo can't call, and it keeps pointers to its
// configuration, which Go memory must not have.

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

// Of a screen in VP9, of libvpx' 0 to 63. Text that goes by is found again where it is as fine, and costs less work than at 10.
#define SCREEN_MIN_QUANTIZER 6

// A frame of which nothing is kept: nobody needs to get it.
#define UNKEPT (VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY)

typedef struct {
	vpx_codec_ctx_t ctx;
	vpx_codec_enc_cfg_t cfg;
	int vp8, layers, cpu;
	int phase; // VP8: place in the pattern of layers

	// Of the last frame.
	const void *data;
	size_t size;
	int key, layer, quantizer; // 0 to 63
} encoder;

static const int layer_pattern[4][4] = {{0}, {0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}};

// The share of the bit rate up to each layer, in percent. The base has a quarter of the frames and the longest way to its
// reference, so it needs far more than a quarter of the bits.
static const int layer_share[4][3] = {{0}, {100}, {60, 100}, {45, 65, 100}};

static void enc_set_rate(encoder *e, int kbps) {
	e->cfg.rc_target_bitrate = kbps;
	for (int i = 0; e->layers > 1 && i < e->layers; i++)
		e->cfg.ts_target_bitrate[i] = e->cfg.layer_target_bitrate[i] = kbps * layer_share[e->layers][i] / 100;
}

static void enc_set_layers(encoder *e) {
	int n = e->layers, period = 1 << (n - 1);
	e->cfg.ss_number_layers = 1;
	e->cfg.ts_number_layers = n;
	e->cfg.ts_periodicity = period;
	e->cfg.temporal_layering_mode = n == 2 ? VP9E_TEMPORAL_LAYERING_MODE_0101 : VP9E_TEMPORAL_LAYERING_MODE_0212;
	for (int i = 0; i < n; i++) e->cfg.ts_rate_decimator[i] = 1 << (n - 1 - i);
	for (int i = 0; i < period; i++) e->cfg.ts_layer_id[i] = layer_pattern[n][i];
}

static void enc_configure(encoder *e, int w, int h, int kbps, int threads, int screen) {
	e->cfg.g_w = w;
	e->cfg.g_h = h;
	e->cfg.g_timebase.num = 1;
	e->cfg.g_timebase.den = 90000; // RTP's clock
	e->cfg.g_threads = threads;
	e->cfg.g_pass = VPX_RC_ONE_PASS;
	e->cfg.g_lag_in_frames = 0; // no frame of delay
	e->cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT; // entropy does not depend on a frame that may be lost
	e->cfg.rc_end_usage = VPX_CBR;
	// Above the most a camera's picture shows nothing, and text can't be read: better fewer pictures. Text that stands still gets no
	// better to the eye below its least, and costs nothing more when it is there.
	e->cfg.rc_min_quantizer = !screen ? 2 : e->vp8 ? 10 : SCREEN_MIN_QUANTIZER;
	e->cfg.rc_max_quantizer = screen ? 48 : 58;
	e->cfg.rc_undershoot_pct = e->cfg.rc_overshoot_pct = 50;
	e->cfg.rc_buf_initial_sz = 500; // milliseconds at the target rate
	e->cfg.rc_buf_optimal_sz = 600;
	e->cfg.rc_buf_sz = 1000;
	e->cfg.rc_dropframe_thresh = 0; // a frame that is dropped inside would break the pattern of layers: it is done outside
	e->cfg.kf_mode = VPX_KF_DISABLED; // key frames only on request
	if (e->layers > 1) enc_set_layers(e);
	enc_set_rate(e, kbps);
}

static int enc_set_cpu(encoder *e, int cpu) {
	e->cpu = cpu;
	int r = vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, cpu);
	if (r || e->vp8 || e->layers < 2) return r;
	vpx_svc_extra_cfg_t x;
	memset(&x, 0, sizeof x);
	for (int i = 0; i < VPX_MAX_LAYERS; i++) {
		x.min_quantizers[i] = e->cfg.rc_min_quantizer;
		x.max_quantizers[i] = e->cfg.rc_max_quantizer;
		x.scaling_factor_num[i] = x.scaling_factor_den[i] = 1;
		x.speed_per_layer[i] = cpu;
	}
	return vpx_codec_control(&e->ctx, VP9E_SET_SVC_PARAMETERS, &x);
}

// With ease, see ease.go, a screen goes without the longer search for what has moved, without refresh, which has nothing to do in pictures as
// fine as they get, and without the loop filter, which is for coarse ones and takes a third of the time of who decodes.
static int enc_set_content(encoder *e, int screen, int ease) {
	int r;
	if ((r = vpx_codec_control(&e->ctx, VP9E_SET_AQ_MODE, ease ? 0 : 3)) // cyclic refresh: spreads intra blocks, no bursts
	 || (r = vpx_codec_control(&e->ctx, VP9E_SET_DISABLE_LOOPFILTER, ease ? 2 : 0)))
		return r;
	return vpx_codec_control(&e->ctx, VP9E_SET_TUNE_CONTENT, screen && !ease ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
}

static int enc_controls_vp9(encoder *e, int threads, int screen) {
	int r, columns = threads >= 4 ? 2 : threads >= 2 ? 1 : 0; // log2
	if ((r = vpx_codec_control(&e->ctx, VP9E_SET_ROW_MT, threads > 1))
	 || (r = vpx_codec_control(&e->ctx, VP9E_SET_TILE_COLUMNS, columns))
	 || (r = vpx_codec_control(&e->ctx, VP9E_SET_FRAME_PARALLEL_DECODING, 0))
	 || (r = vpx_codec_control(&e->ctx, VP9E_SET_COLOR_SPACE, VPX_CS_BT_601)) // as a camera's YUV is; unsaid, each guesses
	 || (r = vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, screen)) // what its prediction hits is not looked at any further
	 || (r = enc_set_content(e, screen, 0)))
		return r;
	return e->layers > 1 ? vpx_codec_control(&e->ctx, VP9E_SET_SVC, 1) : 0;
}

static int enc_controls_vp8(encoder *e, int threads, int screen) {
	int r;
	if ((r = vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 1))
	 || (r = vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, threads >= 4 ? 2 : threads >= 2 ? 1 : 0)))
		return r;
	return vpx_codec_control(&e->ctx, VP8E_SET_SCREEN_CONTENT_MODE, screen);
}

// What *out is set to is given to enc_close after an error, too.
static int enc_open(encoder **out, int vp8, int w, int h, int kbps, int cpu, int threads, int screen, int layers) {
	encoder *e = *out = calloc(1, sizeof *e);
	if (!e) return VPX_CODEC_MEM_ERROR;
	vpx_codec_iface_t *codec = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
	e->vp8 = vp8;
	e->layers = layers;
	int r = vpx_codec_enc_config_default(codec, &e->cfg, 0);
	if (r) return r;
	enc_configure(e, w, h, kbps, threads, screen);
	if ((r = vpx_codec_enc_init(&e->ctx, codec, &e->cfg, 0))
	 || (r = vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 900))
	 || (r = vp8 ? enc_controls_vp8(e, threads, screen) : enc_controls_vp9(e, threads, screen)))
		return r;
	return enc_set_cpu(e, cpu);
}

static int enc_rate(encoder *e, int kbps) {
	enc_set_rate(e, kbps);
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

// VP8 has the layers made by flags, frame by frame. Layer 0 lives in the last frame's place, layer 1 in the golden one's.
static vpx_enc_frame_flags_t vp8_flags(encoder *e) {
	const vpx_enc_frame_flags_t no_arf = VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ARF;
	if (e->layers < 2) return 0;
	switch (e->layer) {
	case 0: return no_arf | VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_UPD_GF;
	case 1:
		if (e->layers == 3) return no_arf | VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY;
		break;
	case 2:
		if (e->phase == 3) return no_arf | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ENTROPY;
		break;
	}
	return no_arf | VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ENTROPY;
}

static int enc_layer_vp8(encoder *e, int key, vpx_enc_frame_flags_t *flags) {
	if (key) e->phase = 0;
	e->layer = layer_pattern[e->layers][e->phase];
	if (!key) *flags |= vp8_flags(e);
	e->phase = (e->phase + 1) & 3;
	return e->layers > 1 ? vpx_codec_control(&e->ctx, VP8E_SET_TEMPORAL_LAYER_ID, e->layer) : 0;
}

static int enc_layer_vp9(encoder *e) {
	vpx_svc_layer_id_t id;
	memset(&id, 0, sizeof id);
	int r = e->layers > 1 ? vpx_codec_control(&e->ctx, VP9E_GET_SVC_LAYER_ID, &id) : 0;
	e->layer = id.temporal_layer_id;
	return r;
}

// The planes go in as three arguments, not as a struct of Go pointers, which cgo forbids. libvpx copies them.
static int enc_frame(encoder *e, unsigned char *y, unsigned char *u, unsigned char *v, int ys, int cs,
		long long pts, int duration, vpx_enc_frame_flags_t flags) {
	vpx_image_t im;
	int r;
	if (!vpx_img_wrap(&im, VPX_IMG_FMT_I420, e->cfg.g_w, e->cfg.g_h, 1, y)) return VPX_CODEC_INVALID_PARAM;
	im.planes[1] = u;
	im.planes[2] = v;
	im.stride[0] = ys;
	im.stride[1] = im.stride[2] = cs;
	e->data = NULL;
	e->size = 0;
	if (e->vp8 && (r = enc_layer_vp8(e, !!(flags & VPX_EFLAG_FORCE_KF), &flags))) return r;
	if ((r = vpx_codec_encode(&e->ctx, &im, pts, duration, flags, VPX_DL_REALTIME))) return r;
	const vpx_codec_cx_pkt_t *p;
	for (vpx_codec_iter_t it = NULL; (p = vpx_codec_get_cx_data(&e->ctx, &it));) {
		if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
		e->data = p->data.frame.buf;
		e->size = p->data.frame.sz;
		e->key = !!(p->data.frame.flags & VPX_FRAME_IS_KEY);
	}
	if ((r = vpx_codec_control(&e->ctx, VP8E_GET_LAST_QUANTIZER_64, &e->quantizer))) return r;
	return e->vp8 ? 0 : enc_layer_vp9(e);
}

static void enc_close(encoder *e) {
	if (!e) return;
	vpx_codec_destroy(&e->ctx);
	free(e);
}
