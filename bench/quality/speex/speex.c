/* Speex's echo canceller with its residual suppression, as a filter: frames of 480 samples of the microphone and 480 of the
 * loudspeaker by turns (16-bit, little endian, 48 kHz) on standard input, what is left of the microphone on standard output. At the
 * end the median CPU time of a frame in milliseconds goes to standard error. For the benchmark only. */
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { frame = 480, most = 100000 };

static double took[most];

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
	int tail = argc > 1 ? atoi(argv[1]) : 19200, rate = 48000, off = 0, n = 0;
	SpeexEchoState *echo = speex_echo_state_init(frame, tail);
	SpeexPreprocessState *residual = speex_preprocess_state_init(frame, rate);
	short near[frame], far[frame], out[frame];
	if (!echo || !residual)
		return 1;
	speex_echo_ctl(echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	speex_preprocess_ctl(residual, SPEEX_PREPROCESS_SET_ECHO_STATE, echo);
	speex_preprocess_ctl(residual, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &off); /* the room's noise is not what is measured */
	while (fread(near, sizeof *near, frame, stdin) == frame && fread(far, sizeof *far, frame, stdin) == frame) {
		double begin = now();
		speex_echo_cancellation(echo, near, far, out);
		speex_preprocess_run(residual, out);
		if (n < most)
			took[n++] = now() - begin;
		if (fwrite(out, sizeof *out, frame, stdout) != frame)
			return 1;
	}
	qsort(took, n, sizeof *took, compare);
	fprintf(stderr, "%f\n", n ? took[n / 2] : 0.0);
	return 0;
}
