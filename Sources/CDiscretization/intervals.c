// From values to intervals.
#include "discretization.h"

#include <math.h>
#include <string.h>

#include "vectors.h"

#if defined(__x86_64__)
_Atomic int cd_widest = 512;

void cd_use_vectors(int bits) { cd_widest = bits; }

#define CD_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))
#else
void cd_use_vectors(int bits) { (void)bits; }
#endif

// The grid is checked by `cd_cell_of`: every way of computing it has to round as it does.
#pragma clang fp contract(off)

__attribute__((always_inline)) static inline int32_t place_of(const struct cd_steps *steps, float value) {
    float place = (value - steps->origin) * steps->scale;
    place = place > 0 ? place : 0;
    place = place < 32767 ? place : 32767;
    return (int32_t)place;
}

int cd_make_steps(const float *thresholds, int count, struct cd_steps *steps) {
    const float single = count > 0 && thresholds[0] != 0 ? fabsf(thresholds[0]) : 1;
    const float extent = count > 1 ? thresholds[count - 1] - thresholds[0] : single;
    // The first and the last place are for what lies outside, which may be most: no threshold is to be there.
    steps->origin = (count > 0 ? thresholds[0] : 0) - extent / 64;
    steps->scale = 32767 / (extent * (1 + 1.0f / 32));
    if (!isfinite(extent) || !isfinite(steps->origin) || !isfinite(steps->scale) || !(steps->scale > 0)) return 0;
    memset(steps->lower_place, 255, sizeof steps->lower_place);
    memset(steps->upper_place, 255, sizeof steps->upper_place);
    for (int cell = 0; cell < 256; cell++) steps->lower[cell] = steps->upper[cell] = INFINITY;
    int index = 0;
    for (int cell = 0; cell < 256; cell++) {
        steps->first[cell] = (uint8_t)index;
        for (int here = 0; index < count; here++, index++) {
            const int32_t place = place_of(steps, thresholds[index]);
            if (place >> 7 > cell) break;
            if (here == 2) return 0;
            (here == 0 ? steps->lower_place : steps->upper_place)[cell] = (uint8_t)(place & 127);
            (here == 0 ? steps->lower : steps->upper)[cell] = thresholds[index];
        }
    }
    return 1;
}

/// The interval of a value whose cell is known.
__attribute__((always_inline)) static inline uint8_t interval_of(const struct cd_steps *steps, int32_t cell, float value) {
    return (uint8_t)(steps->first[cell] + (value >= steps->lower[cell]) + (value >= steps->upper[cell]));
}

static void widen(const float *values, long count, struct cd_extremes *extremes) {
    // Eight of each, so that none waits for the one before.
    float low[8], high[8], others[8] = {0};
    for (int lane = 0; lane < 8; lane++) {
        low[lane] = extremes->low;
        high[lane] = extremes->high;
    }
    long index = 0;
    for (; index + 8 <= count; index += 8)
        for (int lane = 0; lane < 8; lane++) {
            const float value = values[index + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
            others[lane] += value - value;
        }
    for (; index < count; index++) {
        low[0] = values[index] < low[0] ? values[index] : low[0];
        high[0] = values[index] > high[0] ? values[index] : high[0];
        others[0] += values[index] - values[index];
    }
    for (int lane = 0; lane < 8; lane++) {
        extremes->low = low[lane] < extremes->low ? low[lane] : extremes->low;
        extremes->high = high[lane] > extremes->high ? high[lane] : extremes->high;
        if (others[lane] != 0) extremes->has_other = 1;
    }
}

/// So many values at a time, that each look at them finds them in the cache.
enum { PART = 512 };

/// The cells first: what vectors are good for.
#define CD_ENCODE(name, attribute)                                                                                   \
    attribute static void name(const float *values, long count, const struct cd_steps *steps, uint8_t *intervals) {  \
        int32_t places[PART];                                                                                        \
        for (long index = 0; index < count; index++) places[index] = place_of(steps, values[index]);                 \
        for (long index = 0; index < count; index++)                                                                 \
            intervals[index] = interval_of(steps, places[index] >> 7, values[index]);                                \
    }

CD_ENCODE(encode_any, )

#if defined(__x86_64__)
CD_ENCODE(encode_avx2, __attribute__((target("avx2"))))

__attribute__((target("avx2"))) static void widen_avx2(const float *values, long count, struct cd_extremes *extremes) {
    __m256 low = _mm256_set1_ps(extremes->low), high = _mm256_set1_ps(extremes->high), others = _mm256_setzero_ps();
    long index = 0;
    for (; index + 8 <= count; index += 8) {
        const __m256 value = _mm256_loadu_ps(values + index);
        low = _mm256_min_ps(low, value);
        high = _mm256_max_ps(high, value);
        others = _mm256_or_ps(others, _mm256_sub_ps(value, value));
    }
    float lows[8], highs[8], rest[8];
    _mm256_storeu_ps(lows, low);
    _mm256_storeu_ps(highs, high);
    _mm256_storeu_ps(rest, others);
    for (int lane = 0; lane < 8; lane++) {
        extremes->low = lows[lane] < extremes->low ? lows[lane] : extremes->low;
        extremes->high = highs[lane] > extremes->high ? highs[lane] : extremes->high;
        if (rest[lane] != 0) extremes->has_other = 1;
    }
    widen(values + index, count - index, extremes);
}

/// A table of 256 bytes in registers.
struct table {
    __m512i parts[4];
};

CD_AVX512 __attribute__((always_inline)) static inline __m512i looked_up(const struct table *table, __m512i bytes) {
    const __m512i low = _mm512_permutex2var_epi8(table->parts[0], bytes, table->parts[1]);
    const __m512i high = _mm512_permutex2var_epi8(table->parts[2], bytes, table->parts[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

CD_AVX512 __attribute__((always_inline)) static inline struct table loaded(const uint8_t *bytes) {
    struct table table;
#pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) table.parts[part] = _mm512_loadu_si512(bytes + 64 * part);
    return table;
}

/// What is known of the values of sixteen lanes.
struct lanes {
    __m512 low, high;
    /// The largest value without its sign, as a whole number: of infinities and NaN beyond all others.
    __m512i largest;
};

CD_AVX512 __attribute__((always_inline)) static inline __m512i place_of_lanes(
    const __m512 value, const __m512 origin, const __m512 scale, struct lanes *lanes) {
    lanes->low = _mm512_min_ps(lanes->low, value);
    lanes->high = _mm512_max_ps(lanes->high, value);
    lanes->largest = _mm512_max_epu32(
        lanes->largest, _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(0x7FFFFFFF)));
    // What is below 0 becomes 0 when it is packed.
    const __m512 place = _mm512_mul_ps(_mm512_sub_ps(value, origin), scale);
    return _mm512_cvttps_epi32(_mm512_min_ps(place, _mm512_set1_ps(32767)));
}

/// Places are compared byte by byte; values at the place of a threshold are few, and looked at one by one.
CD_AVX512 static void encode_avx512(
    const float *values, long count, const struct cd_steps *steps, uint8_t *intervals, struct cd_extremes *extremes) {
    const __m512 origin = _mm512_set1_ps(steps->origin), scale = _mm512_set1_ps(steps->scale);
    const struct table first = loaded(steps->first), lower = loaded(steps->lower_place), upper = loaded(steps->upper_place);
    const __m512i one = _mm512_set1_epi8(1), low_bits = _mm512_set1_epi16(127);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    // Four of each, so that none waits for the one before.
    struct lanes lanes[4];
    for (int part = 0; part < 4; part++)
        lanes[part] = (struct lanes){
            _mm512_set1_ps(extremes->low), _mm512_set1_ps(extremes->high), _mm512_setzero_si512()};
    for (long index = 0; index < count; index += 64) {
        const long left = count - index;
        const __mmask64 here = left >= 64 ? ~0ull : (1ull << left) - 1;
        __m512i whole[4];
        if (left >= 64) {
#pragma clang loop unroll(full)
            for (int part = 0; part < 4; part++) {
                // What comes from memory, not from a cache, is asked for early: the CPU's own foresight ends with the page.
                _mm_prefetch((const char *)(values + index + 1024 + 16 * part), _MM_HINT_T0);
                whole[part] = place_of_lanes(_mm512_loadu_ps(values + index + 16 * part), origin, scale, &lanes[part]);
            }
        } else {
            for (int part = 0; part < 4; part++) {
                const __m512 value = _mm512_mask_loadu_ps(
                    lanes[part].low, (__mmask16)(here >> 16 * part), values + index + 16 * part);
                whole[part] = place_of_lanes(value, origin, scale, &lanes[part]);
            }
        }
        // Packing goes lane by lane of 128 bits: in the end, groups of four are put in order.
        const __m512i first_half = _mm512_packus_epi32(whole[0], whole[1]);
        const __m512i second_half = _mm512_packus_epi32(whole[2], whole[3]);
        const __m512i cell =
            _mm512_packus_epi16(_mm512_srli_epi16(first_half, 7), _mm512_srli_epi16(second_half, 7));
        const __m512i place =
            _mm512_packus_epi16(_mm512_and_si512(first_half, low_bits), _mm512_and_si512(second_half, low_bits));
        const __m512i lower_place = looked_up(&lower, cell), upper_place = looked_up(&upper, cell);
        __m512i interval = looked_up(&first, cell);
        interval = _mm512_mask_add_epi8(interval, _mm512_cmpgt_epu8_mask(place, lower_place), interval, one);
        interval = _mm512_mask_add_epi8(interval, _mm512_cmpgt_epu8_mask(place, upper_place), interval, one);
        _mm512_mask_storeu_epi8(intervals + index, here, _mm512_permutexvar_epi32(order, interval));
        const __mmask64 at_threshold =
            _mm512_cmpeq_epi8_mask(place, lower_place) | _mm512_cmpeq_epi8_mask(place, upper_place);
        if (!at_threshold) continue;
        uint64_t open =
            here & _mm512_movepi8_mask(_mm512_permutexvar_epi32(order, _mm512_movm_epi8(at_threshold)));
        for (; open; open &= open - 1) {
            const long at = index + __builtin_ctzll(open);
            intervals[at] = interval_of(steps, place_of(steps, values[at]) >> 7, values[at]);
        }
    }
    for (int part = 1; part < 4; part++) {
        lanes[0].low = _mm512_min_ps(lanes[0].low, lanes[part].low);
        lanes[0].high = _mm512_max_ps(lanes[0].high, lanes[part].high);
        lanes[0].largest = _mm512_max_epu32(lanes[0].largest, lanes[part].largest);
    }
    extremes->low = _mm512_reduce_min_ps(lanes[0].low);
    extremes->high = _mm512_reduce_max_ps(lanes[0].high);
    if (_mm512_reduce_max_epu32(lanes[0].largest) >= 0x7F800000u) extremes->has_other = 1;
}
#endif

void cd_widen(const float *values, long count, struct cd_extremes *extremes) {
#if defined(__x86_64__)
    if (has_256()) return widen_avx2(values, count, extremes);
#endif
    widen(values, count, extremes);
}

void cd_encode(
    const float *values, long count, const struct cd_steps *steps, uint8_t *intervals, struct cd_extremes *extremes) {
#if defined(__x86_64__)
    if (has_512_tables()) return encode_avx512(values, count, steps, intervals, extremes);
    const int is_wide = has_256();
#endif
    for (long start = 0; start < count; start += PART) {
        const long some = count - start < PART ? count - start : PART;
        cd_widen(values + start, some, extremes);
#if defined(__x86_64__)
        if (is_wide) {
            encode_avx2(values + start, some, steps, intervals + start);
            continue;
        }
#endif
        encode_any(values + start, some, steps, intervals + start);
    }
}
