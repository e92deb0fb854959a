// Times the kernels alone, from the cache: with the vectors of this CPU, and as the compiler makes them for any. Prints JSON.
// kernels.py compiles it together with the sources of CDiscretization.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "discretization.h"
#include "gaussian.h"
#include "nearest.h"
#include "tile.h"

enum { ROWS = 64, COLUMNS = 1024, VALUES = ROWS * COLUMNS, SAMPLES = 5056, ROUNDS = 9 };

static float *values;
static uint8_t *bytes, *few, *out;
static uint64_t *words, *keys;
static double *tables, *sums, *numbers, *vectors, *products;
static uint8_t map[256];
static struct cd_steps thirty, many;
static int is_plain;

static double next(void) {
    static uint64_t state = 7;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(state >> 11) * 0x1p-53;
}

static void *room(size_t bytes) { return aligned_alloc(64, (bytes + 127) / 64 * 64); }

static void encode(const struct cd_steps *steps) {
    struct cd_extremes extremes = {values[0], values[0], 0};
    for (int row = 0; row < ROWS; row++) cd_encode(values + row * COLUMNS, COLUMNS, steps, out + row * COLUMNS, &extremes);
}
static void encode_thirty(void) { encode(&thirty); }
static void encode_many(void) { encode(&many); }
static void transpose(void) { cd_transpose(bytes, ROWS, COLUMNS, COLUMNS, out, ROWS + 64); }
static void take_keys(void) { cd_keys(bytes, ROWS, COLUMNS, COLUMNS, 30, words, keys); }
static void map_bytes(void) { cd_map(bytes, VALUES, map, out); }
static void count(const uint8_t *of, int kinds) {
    uint32_t counts[256];
    for (int column = 0; column < VALUES / SAMPLES; column++) cd_count(of + column * SAMPLES, SAMPLES, kinds, counts);
}
static void count_few(void) { count(few, 30); }
static void count_many(void) { count(bytes, 256); }
static void add_one(void) {
    for (int four = 0; four < 3; four++) cd_add_one(few + 4 * four * SAMPLES, SAMPLES, 4, SAMPLES, 30, tables, sums);
}
static void add_eight(void) {
    for (int four = 0; four < 3; four++) cd_add_eight(few + 4 * four * SAMPLES, SAMPLES, 4, SAMPLES, tables, sums);
}
static void gaussians(void) {
    (is_plain ? ci_gaussians_any : ci_gaussians)(8192, -0.5, 1, numbers + 8192, numbers, products);
}
static void multiply(void) {
    double *w = products, *v = vectors;
    if (is_plain)
        ci_tile_any(128, 128, numbers, (ci_eight *)v, (ci_eight *)v, (ci_eight *)w, (ci_eight *)(w + 1024));
    else
        ci_multiply_tile(128, 128, numbers, v, v, w, w + 1024);
}
static void find_near(void) {
    static int places[1024];
    static double distances[1024];
    const struct ci_space space = {10, 1024, numbers, vectors}, none = {0, 0, 0, 0};
    struct ci_near near = {0, places, distances};
    (is_plain ? ci_find_near_any : ci_find_near)(space, none, 0, 1024, 0.1, &near, 0);
}

static double seconds(void (*kernel)(void)) {
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int repeat = 0; repeat < 20; repeat++) kernel();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9) / 20;
}

static void print_times(const char *name, void (*kernel)(void), long work) {
    static int is_next;
    double times[2][ROUNDS];
    // In turns.
    for (int round = 0; round < ROUNDS; round++)
        for (is_plain = 0; is_plain < 2; is_plain++) {
            cd_use_vectors(is_plain ? 0 : 512);
            times[is_plain][round] = seconds(kernel);
        }
    printf("%s{\"name\": \"%s\", \"work\": %ld", is_next ? ",\n " : "[", name, work);
    for (int plain = 0; plain < 2; plain++) {
        printf(", \"%s\": [", plain ? "plain" : "vectors");
        for (int round = 0; round < ROUNDS; round++) printf("%s%.4g", round ? ", " : "", times[plain][round]);
        printf("]");
    }
    printf("}");
    is_next = 1;
}

int main(void) {
    values = room(4 * VALUES);
    bytes = room(VALUES + 64);
    few = room(VALUES + 64);
    out = room((ROWS + 64) * (COLUMNS + 16));
    words = room(8 * (size_t)cd_word_count(COLUMNS));
    keys = room(8 * ROWS);
    tables = room(8 * 8 * 4 * 256);
    sums = room(8 * 8 * SAMPLES);
    numbers = room(8 * 16384);
    vectors = room(8 * 1024);
    products = room(8 * 16384);
    for (int i = 0; i < VALUES; i++) {
        values[i] = (float)tanh(4 * next() - 2);
        bytes[i] = (uint8_t)(256 * next());
        few[i] = (uint8_t)(30 * next());
    }
    for (long i = 0; i < cd_word_count(COLUMNS); i++) words[i] = (uint64_t)(next() * 0x1p53) * 0x9E3779B97F4A7C15ull;
    for (int i = 0; i < 8 * 4 * 256; i++) tables[i] = next();
    for (int i = 0; i < 8 * SAMPLES; i++) sums[i] = 0;
    for (int i = 0; i < 16384; i++) numbers[i] = next();
    for (int i = 0; i < 1024; i++) vectors[i] = next();
    for (int i = 0; i < 16384; i++) products[i] = 0;
    for (int i = 0; i < 256; i++) map[i] = (uint8_t)(i / 8);
    float thresholds[200];
    for (int i = 0; i < 29; i++) thresholds[i] = (float)(i + 1) / 15 - 1;
    if (!cd_make_steps(thresholds, 29, &thirty)) return 1;
    for (int i = 0; i < 200; i++) thresholds[i] = (float)(i + 1) / 100.5f - 1;
    if (!cd_make_steps(thresholds, 200, &many)) return 1;

    print_times("intervals of 29 thresholds", encode_thirty, VALUES);
    print_times("intervals of 200 thresholds", encode_many, VALUES);
    print_times("rows to columns", transpose, VALUES);
    print_times("keys of rows", take_keys, VALUES);
    print_times("codes of intervals", map_bytes, VALUES);
    print_times("counts of 30 bins", count_few, VALUES / SAMPLES * SAMPLES);
    print_times("counts of 256 intervals", count_many, VALUES / SAMPLES * SAMPLES);
    print_times("surprisals, one rule", add_one, 12 * SAMPLES);
    print_times("surprisals, eight rules", add_eight, 12 * SAMPLES);
    print_times("exponentials of distances", gaussians, 8192);
    print_times("tile by eight vectors", multiply, 128 * 128);
    print_times("neighbours in ten columns", find_near, 1024);
    printf("]\n");
    return 0;
}
