// Columns of intervals: counted, and looked up.
#include "discretization.h"

#include <string.h>

#include "vectors.h"

/// Eight counts of each kind, because one that many samples in a row share would wait for its own last increment.
static void count_any(const uint8_t *bytes, long count, int kinds, uint32_t *counts) {
    uint32_t parts[8][256];
    for (int part = 0; part < 8; part++) memset(parts[part], 0, (size_t)kinds * 4);
    long index = 0;
    for (; index + 8 <= count; index += 8) {
        uint64_t eight;
        memcpy(&eight, bytes + index, 8);
#pragma clang loop unroll(full)
        for (int part = 0; part < 8; part++) parts[part][eight >> 8 * part & 0xFF]++;
    }
    for (; index < count; index++) parts[0][bytes[index]]++;
    for (int kind = 0; kind < kinds; kind++) {
        uint32_t sum = 0;
        for (int part = 0; part < 8; part++) sum += parts[part][kind];
        counts[kind] = sum;
    }
}

#if defined(__x86_64__)
#define CD_POPCOUNT __attribute__((target("avx512f,avx512bw,avx512vpopcntdq")))

enum { CHUNKS = 16 };

/// Kinds below 2^bits by their bits: one bit of 512 bytes is a register, and the bytes of a kind are a conjunction of some of those.
CD_POPCOUNT __attribute__((always_inline)) static inline void count_by_bits(
    const int bits, const uint8_t *bytes, long count, int kinds, uint32_t *counts) {
    memset(counts, 0, (size_t)(kinds + 7) / 8 * 8 * 4);
    for (long start = 0; start < count; start += CHUNKS * 512) {
        const long end = count - start < CHUNKS * 512 ? count : start + CHUNKS * 512;
        // For each chunk: its bits, and which bytes are there.
        uint64_t planes[CHUNKS][8][8] __attribute__((aligned(64)));
        int chunks = 0;
        for (long chunk = start; chunk < end; chunk += 512, chunks++)
            for (int part = 0; part < 8; part++) {
                const long left = end - chunk - 64 * part;
                const __mmask64 here = left >= 64 ? ~0ull : left > 0 ? (1ull << left) - 1 : 0;
                __m512i x = _mm512_maskz_loadu_epi8(here, bytes + chunk + 64 * part);
                planes[chunks][7][part] = here;
                // The highest bit of each byte can be taken: one after the other comes there.
                x = _mm512_slli_epi16(x, 8 - bits);
#pragma clang loop unroll(full)
                for (int bit = bits - 1; bit >= 0; bit--, x = _mm512_add_epi8(x, x))
                    planes[chunks][bit][part] = _mm512_movepi8_mask(x);
            }
        for (int first = 0; first < kinds; first += 8) {
            __m512i sums[8];
#pragma clang loop unroll(full)
            for (int k = 0; k < 8; k++) sums[k] = _mm512_setzero_si512();
            // What is exclusive or'd to a bit that has to be 0.
            __m512i inverse[8];
#pragma clang loop unroll(full)
            for (int bit = 3; bit < bits; bit++) inverse[bit] = _mm512_set1_epi64(first >> bit & 1 ? 0 : -1);
            for (int chunk = 0; chunk < chunks; chunk++) {
#define PLANE(bit) _mm512_load_si512(planes[chunk][bit])
                __m512i upper = PLANE(7);
#pragma clang loop unroll(full)
                for (int bit = 3; bit < bits; bit++)
                    upper = _mm512_and_si512(upper, _mm512_xor_si512(PLANE(bit), inverse[bit]));
                const __m512i p0 = PLANE(0), p1 = PLANE(1), p2 = PLANE(2);
#pragma clang loop unroll(full)
                for (int k = 0; k < 8; k++) {
                    __m512i kind = k & 4 ? _mm512_and_si512(p2, upper) : _mm512_andnot_si512(p2, upper);
                    kind = k & 2 ? _mm512_and_si512(p1, kind) : _mm512_andnot_si512(p1, kind);
                    kind = k & 1 ? _mm512_and_si512(p0, kind) : _mm512_andnot_si512(p0, kind);
                    sums[k] = _mm512_add_epi64(sums[k], _mm512_popcnt_epi64(kind));
                }
#undef PLANE
            }
#pragma clang loop unroll(full)
            for (int k = 0; k < 8; k++) counts[first + k] += (uint32_t)_mm512_reduce_add_epi64(sums[k]);
        }
    }
}

#define CD_COUNT(bits)                                                                                               \
    CD_POPCOUNT static void count_##bits##_bits(const uint8_t *bytes, long count, int kinds, uint32_t *counts) {       \
        count_by_bits(bits, bytes, count, kinds, counts);                                                            \
    }
CD_COUNT(4)
CD_COUNT(5)
CD_COUNT(6)
CD_COUNT(7)
#endif

void cd_count(const uint8_t *bytes, long count, int kinds, uint32_t *counts) {
#if defined(__x86_64__)
    if (kinds <= 128 && has_512_counts()) {
        if (kinds <= 16) return count_4_bits(bytes, count, kinds, counts);
        if (kinds <= 32) return count_5_bits(bytes, count, kinds, counts);
        if (kinds <= 64) return count_6_bits(bytes, count, kinds, counts);
        return count_7_bits(bytes, count, kinds, counts);
    }
#endif
    count_any(bytes, count, kinds, counts);
}

#if defined(__x86_64__)
/// Tables of up to 32 numbers, of four columns in registers; those of columns that do not count are 0.
__attribute__((target("avx512f"))) static void add_from_registers(
    const uint8_t *columns, long stride, int column_count, long count, const double *tables, double *sums) {
    __m512d t[4][4];
#pragma clang loop unroll(full)
    for (int column = 0; column < 4; column++)
#pragma clang loop unroll(full)
        for (int part = 0; part < 4; part++)
            t[column][part] =
                column < column_count ? _mm512_loadu_pd(tables + 256 * column + 8 * part) : _mm512_setzero_pd();
    const __m512i sixteen = _mm512_set1_epi64(16);
    for (long index = 0; index < count; index += 8) {
        __m512d sum = _mm512_loadu_pd(sums + index);
#pragma clang loop unroll(full)
        for (int column = 0; column < 4; column++) {
            const __m512i byte =
                _mm512_cvtepu8_epi64(_mm_loadl_epi64((const void *)(columns + column * stride + index)));
            const __m512d low = _mm512_permutex2var_pd(t[column][0], byte, t[column][1]);
            const __m512d high = _mm512_permutex2var_pd(t[column][2], byte, t[column][3]);
            sum = _mm512_add_pd(sum, _mm512_mask_blend_pd(_mm512_test_epi64_mask(byte, sixteen), low, high));
        }
        _mm512_storeu_pd(sums + index, sum);
    }
}
#endif

void cd_add_one(
    const uint8_t *columns, long stride, int column_count, long count, int kinds, const double *tables, double *sums) {
    long index = 0;
#if defined(__x86_64__)
    if (kinds <= 32 && has_512()) {
        index = count & ~7;
        add_from_registers(columns, stride, column_count, index, tables, sums);
    }
#endif
    if (column_count == 4) {
        const uint8_t *b = columns + stride, *c = b + stride, *d = c + stride;
        for (; index < count; index++)
            sums[index] = sums[index] + tables[columns[index]] + tables[256 + b[index]] + tables[512 + c[index]]
                + tables[768 + d[index]];
        return;
    }
    for (int column = 0; column < column_count; column++)
        for (long row = index; row < count; row++) sums[row] += tables[256 * column + columns[column * stride + row]];
}

typedef double eight __attribute__((vector_size(64), aligned(64), may_alias));

/// The columns of one sample after the other, so that its sum is loaded and stored once.
#define CD_ADD_EIGHT(name, attribute)                                                                                \
    attribute static void name(                                                                                      \
        const uint8_t *columns, long stride, int column_count, long count, const double *tables, double *sums) {     \
        const eight *rows = (const eight *)tables;                                                                   \
        eight *sum = (eight *)sums;                                                                                  \
        if (column_count == 4) {                                                                                     \
            const uint8_t *b = columns + stride, *c = b + stride, *d = c + stride;                                   \
            for (long index = 0; index < count; index++)                                                             \
                sum[index] = sum[index] + rows[columns[index]] + rows[256 + b[index]] + rows[512 + c[index]]          \
                    + rows[768 + d[index]];                                                                          \
            return;                                                                                                  \
        }                                                                                                            \
        for (int column = 0; column < column_count; column++)                                                        \
            for (long index = 0; index < count; index++)                                                             \
                sum[index] += rows[256 * column + columns[column * stride + index]];                                 \
    }

FOR_EVERY_WIDTH(CD_ADD_EIGHT, add_eight)

void cd_add_eight(const uint8_t *columns, long stride, int column_count, long count, const double *tables, double *sums) {
    WIDEST(add_eight)(columns, stride, column_count, count, tables, sums);
}
