// Rows of intervals: turned into columns, mapped, and told apart.
#include "discretization.h"

#include <string.h>

#include "vectors.h"

typedef uint8_t sixteen __attribute__((vector_size(16), aligned(1), may_alias));

#define LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/// A square of 16 × 16: interleaving the rows i and i + 8 four times transposes it.
__attribute__((always_inline)) static inline void transpose_square(
    const uint8_t *bytes, long pitch, uint8_t *out, long stride) {
    sixteen a[16], b[16];
#pragma clang loop unroll(full)
    for (int row = 0; row < 16; row++) a[row] = *(const sixteen *)(bytes + row * pitch);
#pragma clang loop unroll(full)
    for (int step = 0; step < 2; step++) {
#pragma clang loop unroll(full)
        for (int row = 0; row < 8; row++) {
            b[2 * row] = LOW(a[row], a[row + 8]);
            b[2 * row + 1] = HIGH(a[row], a[row + 8]);
        }
#pragma clang loop unroll(full)
        for (int row = 0; row < 8; row++) {
            a[2 * row] = LOW(b[row], b[row + 8]);
            a[2 * row + 1] = HIGH(b[row], b[row + 8]);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < 16; row++) *(sixteen *)(out + row * stride) = a[row];
}

static void transpose_any(const uint8_t *bytes, long rows, long columns, long pitch, uint8_t *out, long stride) {
    for (long column = 0; column < columns; column += 16)
        for (long row = 0; row < rows; row += 16)
            transpose_square(bytes + row * pitch + column, pitch, out + column * stride + row, stride);
}

#if defined(__x86_64__)
/// Four squares, one above the other, in the four lanes of each register, so that a column leaves as 64 bytes.
__attribute__((target("avx512f,avx512bw"))) static void transpose_64_rows(
    const uint8_t *bytes, long columns, long pitch, uint8_t *out, long stride) {
    for (long column = 0; column < columns; column += 16) {
        __m512i a[16], b[16];
#pragma clang loop unroll(full)
        for (int row = 0; row < 16; row++) {
            const uint8_t *place = bytes + row * pitch + column;
            __m512i lanes = _mm512_castsi128_si512(_mm_loadu_si128((const void *)place));
            lanes = _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(place + 16 * pitch)), 1);
            lanes = _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(place + 32 * pitch)), 2);
            a[row] = _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(place + 48 * pitch)), 3);
        }
#pragma clang loop unroll(full)
        for (int step = 0; step < 2; step++) {
#pragma clang loop unroll(full)
            for (int row = 0; row < 8; row++) {
                b[2 * row] = _mm512_unpacklo_epi8(a[row], a[row + 8]);
                b[2 * row + 1] = _mm512_unpackhi_epi8(a[row], a[row + 8]);
            }
#pragma clang loop unroll(full)
            for (int row = 0; row < 8; row++) {
                a[2 * row] = _mm512_unpacklo_epi8(b[row], b[row + 8]);
                a[2 * row + 1] = _mm512_unpackhi_epi8(b[row], b[row + 8]);
            }
        }
#pragma clang loop unroll(full)
        for (int row = 0; row < 16; row++) _mm512_storeu_si512(out + (column + row) * stride, a[row]);
    }
}
#endif

void cd_transpose(const uint8_t *bytes, long rows, long columns, long pitch, uint8_t *out, long stride) {
    long row = 0;
#if defined(__x86_64__)
    if (has_512())
        for (; row + 64 <= rows; row += 64) transpose_64_rows(bytes + row * pitch, columns, pitch, out + row, stride);
#endif
    if (row < rows) transpose_any(bytes + row * pitch, rows - row, columns, pitch, out + row, stride);
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi"))) static void map_wide(
    const uint8_t *from, long count, const uint8_t map[256], uint8_t *to) {
    const __m512i a = _mm512_loadu_si512(map), b = _mm512_loadu_si512(map + 64);
    const __m512i c = _mm512_loadu_si512(map + 128), d = _mm512_loadu_si512(map + 192);
    for (long index = 0; index < count; index += 64) {
        const __mmask64 here = count - index >= 64 ? ~0ull : (1ull << (count - index)) - 1;
        const __m512i bytes = _mm512_maskz_loadu_epi8(here, from + index);
        const __m512i low = _mm512_permutex2var_epi8(a, bytes, b), high = _mm512_permutex2var_epi8(c, bytes, d);
        _mm512_mask_storeu_epi8(to + index, here, _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high));
    }
}
#endif

void cd_map(const uint8_t *from, long count, const uint8_t map[256], uint8_t *to) {
#if defined(__x86_64__)
    if (has_512_tables())
        return map_wide(from, count, map, to);
#endif
    for (long index = 0; index < count; index++) to[index] = map[from[index]];
}

typedef uint64_t words __attribute__((vector_size(64), aligned(1), may_alias));
typedef uint32_t halves __attribute__((vector_size(64), aligned(4), may_alias));

/// The sum of (low half + key) · (high half + key) over the words: NH.
#define NH(x, key) ({                                            \
    const words added = (words)((halves)(x) + (halves)(key));    \
    (added & 0xFFFFFFFFull) * (added >> 32);                     \
})

// A macro, because vectors as arguments of functions depend on the type of the CPU.
#define SUM(lanes) ((lanes)[0] + (lanes)[1] + (lanes)[2] + (lanes)[3] + (lanes)[4] + (lanes)[5] + (lanes)[6] + (lanes)[7])

static inline uint64_t multilinear(const uint64_t *w, uint64_t first, uint64_t second) {
    return w[4] + w[0] * (uint32_t)first + w[1] * (first >> 32) + w[2] * (uint32_t)second + w[3] * (second >> 32);
}

#define CD_KEYS(name, attribute)                                                                                     \
    attribute static void name(                                                                                      \
        const uint8_t *bytes, long rows, long columns, long pitch, const uint64_t *random, uint64_t *keys) {          \
        const long vectors = (columns + 63) / 64;                                                                    \
        const uint64_t *other = random + 8 * vectors, *last = other + 8 * vectors;                                   \
        /* What counts of the last vector: what lies behind a row is none of it. */                                  \
        uint8_t mask[64];                                                                                            \
        for (int byte = 0; byte < 64; byte++) mask[byte] = byte < columns - 64 * (vectors - 1) ? 0xFF : 0;            \
        for (long row = 0; row < rows; row++) {                                                                      \
            const uint8_t *place = bytes + row * pitch;                                                              \
            words first = {0}, second = {0};                                                                         \
            for (long vector = 0; vector < vectors - 1; vector++) {                                                  \
                const words x = *(const words *)(place + 64 * vector);                                               \
                first += NH(x, *(const words *)(random + 8 * vector));                                               \
                second += NH(x, *(const words *)(other + 8 * vector));                                               \
            }                                                                                                        \
            const words x = *(const words *)(place + 64 * (vectors - 1)) & *(const words *)mask;                     \
            first += NH(x, *(const words *)(random + 8 * (vectors - 1)));                                            \
            second += NH(x, *(const words *)(other + 8 * (vectors - 1)));                                            \
            const uint64_t a = SUM(first), b = SUM(second);                                                          \
            keys[row] = multilinear(last, a, b) >> 32 << 32 | multilinear(last + 5, a, b) >> 32;                     \
        }                                                                                                            \
    }

FOR_EVERY_WIDTH(CD_KEYS, keys)

/// The low `bits` of each of eight bytes, side by side.
static inline uint64_t packed(uint64_t x, int bits) {
    x = (x & 0x00FF00FF00FF00FFull) | (x >> 8 & 0x00FF00FF00FF00FFull) << bits;
    x = (x & 0x0000FFFF0000FFFFull) | (x >> 16 & 0x0000FFFF0000FFFFull) << 2 * bits;
    return (x & 0x00000000FFFFFFFFull) | x >> 32 << 4 * bits;
}

/// Rows of 9 to 16 bytes that fit 64 bits.
static void pack_rows(const uint8_t *bytes, long rows, long columns, long pitch, int bits, uint64_t *keys) {
    const uint64_t mask = ~0ull >> (128 - 8 * columns);
    for (long row = 0; row < rows; row++) {
        uint64_t words[2];
        memcpy(words, bytes + row * pitch, 16);
        keys[row] = packed(words[0], bits) | packed(words[1] & mask, bits) << 8 * bits;
    }
}

void cd_keys(
    const uint8_t *bytes, long rows, long columns, long pitch, int kinds, const uint64_t *words, uint64_t *keys) {
    if (columns <= 8) {
        const uint64_t mask = ~0ull >> (64 - 8 * columns);
        for (long row = 0; row < rows; row++) {
            uint64_t word;
            memcpy(&word, bytes + row * pitch, 8);
            keys[row] = word & mask;
        }
        return;
    }
    int bits = 1;
    while (1 << bits < kinds) bits++;
    if (columns <= 16 && bits * columns <= 64) return pack_rows(bytes, rows, columns, pitch, bits, keys);
    WIDEST(keys)(bytes, rows, columns, pitch, words, keys);
}
