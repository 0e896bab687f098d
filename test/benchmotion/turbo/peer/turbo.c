/* Decodes a recording to 1/8-scale grey with libjpeg-turbo, for comparison with package luma.
 *
 *   turbo FILE.mjpeg    one round over all frames for each line of input; its answer is nanoseconds of processor time a frame
 *
 * FILE.mjpeg is JPEG images one after another. They are kept in memory; the decoder is kept from frame to frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <turbojpeg.h>

struct frame {
	const unsigned char *data;
	unsigned long size;
};

static void die(const char *what)
{
	fprintf(stderr, "turbo: %s\n", what);
	exit(1);
}

static unsigned char *read_all(const char *name, long *size)
{
	FILE *f = fopen(name, "rb");
	if (!f || fseek(f, 0, SEEK_END) || (*size = ftell(f)) <= 0)
		die("cannot open the recording");
	rewind(f);
	unsigned char *data = malloc(*size);
	if (!data || fread(data, 1, *size, f) != (size_t)*size)
		die("cannot read the recording");
	fclose(f);
	return data;
}

/* split finds the images by their ends: the files that are compared hold no thumbnails. */
static int split(const unsigned char *data, long size, struct frame **frames)
{
	int n = 0;
	long from = 0;
	for (long i = 0; i + 1 < size; i++) {
		if (data[i] != 0xFF || data[i + 1] != 0xD9)
			continue;
		*frames = realloc(*frames, (n + 1) * sizeof **frames);
		if (!*frames)
			die("out of memory");
		(*frames)[n++] = (struct frame){data + from, i + 2 - from};
		from = i + 2;
	}
	return n;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long size;
	struct frame *frames = NULL;
	if (argc != 2)
		die("usage: turbo FILE.mjpeg");
	unsigned char *data = read_all(argv[1], &size);
	int n = split(data, size, &frames);
	tjhandle tj = tjInitDecompress();
	int width, height, subsampling, space;
	if (n == 0 || !tj || tjDecompressHeader3(tj, frames[0].data, frames[0].size, &width, &height, &subsampling, &space))
		die("no JPEG in the recording");
	width = (width + 7) / 8;
	height = (height + 7) / 8;
	unsigned char *grey = malloc((size_t)width * height);
	if (!grey)
		die("out of memory");
	while (getchar() == '\n') {
		double start = now();
		for (int i = 0; i < n; i++)
			if (tjDecompress2(tj, frames[i].data, frames[i].size, grey, width, width, height, TJPF_GRAY, 0))
				die(tjGetErrorStr2(tj));
		printf("%.0f\n", (now() - start) / n);
		fflush(stdout);
	}
	return 0;
}
