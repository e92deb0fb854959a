// Searches under the maximum norm. Every distance is the largest |difference| of two numbers: no other rounding than that of the
// subtraction, so that the results are the same for vectors of any width.
#pragma once

#include "gaussian.h"

typedef _Bool ci_eight_flags __attribute__((ext_vector_type(8)));

/// The distances of eight samples, which stand side by side in every column; false as soon as none is below `bound`.
__attribute__((always_inline)) static inline unsigned char ci_eight_distances(
    long columns, long stride, const double *values, const double *point, double bound, ci_eight *distances) {
    ci_eight largest = __builtin_elementwise_abs(*(const ci_eight *)values - point[0]);
    unsigned char near = 0;
    for (long column = 1;; column++) {
        if (column == columns || column % 2 == 0) {
            near = __builtin_bit_cast(unsigned char, __builtin_convertvector(largest < bound, ci_eight_flags));
            if (near == 0 || column == columns) break;
        }
        const ci_eight next = __builtin_elementwise_abs(*(const ci_eight *)(values + column * stride) - point[column]);
        const ci_eight_integers greater = (ci_eight_integers)(next > largest);
        largest = (ci_eight)(((ci_eight_integers)next & greater) | ((ci_eight_integers)largest & ~greater));
    }
    *distances = largest;
    return near;
}

/// Which of the eight samples at `start` are among the first `count`.
__attribute__((always_inline)) static inline unsigned char ci_within(long start, long count) {
    return count - start >= 8 ? 0xff : (unsigned char)((1 << (count - start)) - 1);
}

#define CI_NEAREST(name, attribute)                                                                                   \
    attribute static inline void name(long count, long columns, long stride, const double *values,                    \
                                      const double *point, long k, double *nearest) {                                 \
        double bound = nearest[k - 1];                                                                                \
        for (long start = 0; start < count; start += 8) {                                                             \
            ci_eight distances;                                                                                       \
            unsigned char near = ci_eight_distances(columns, stride, values + start, point, bound, &distances);       \
            for (near &= ci_within(start, count); near; near &= near - 1) {                                           \
                const double distance = distances[__builtin_ctz(near)];                                               \
                long place = k - 1;                                                                                   \
                if (distance >= nearest[place]) continue;                                                             \
                for (; place > 0 && nearest[place - 1] > distance; place--) nearest[place] = nearest[place - 1];      \
                nearest[place] = distance;                                                                            \
            }                                                                                                         \
            bound = nearest[k - 1];                                                                                   \
        }                                                                                                             \
    }

#define CI_NEAR(name, attribute)                                                                                      \
    attribute static inline long name(long count, long columns, long stride, const double *values,                    \
                                      const double *point, double bound, int *places, double *found) {                \
        long near_count = 0;                                                                                          \
        for (long start = 0; start < count; start += 8) {                                                             \
            ci_eight distances;                                                                                       \
            unsigned char near = ci_eight_distances(columns, stride, values + start, point, bound, &distances);       \
            for (near &= ci_within(start, count); near; near &= near - 1) {                                           \
                const int lane = __builtin_ctz(near);                                                                 \
                places[near_count] = (int)start + lane;                                                               \
                found[near_count++] = distances[lane];                                                                \
            }                                                                                                         \
        }                                                                                                             \
        return near_count;                                                                                            \
    }

CI_NEAREST(ci_nearest_any, )
CI_NEAR(ci_near_any, )
#if defined(__x86_64__)
CI_NEAREST(ci_nearest_avx2, __attribute__((target("avx2,fma"))))
CI_NEAR(ci_near_avx2, __attribute__((target("avx2,fma"))))
CI_NEAREST(ci_nearest_avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
CI_NEAR(ci_near_avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
#endif

/// Keeps in `nearest`, ascending, the k least of what stands there and of the distances of a point to `count` samples, whose
/// columns are `stride` apart. Up to seven numbers behind each column are read.
static inline void ci_nearest(
    long count, long columns, long stride, const double *values, const double *point, long k, double *nearest) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        ci_nearest_avx512(count, columns, stride, values, point, k, nearest);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        ci_nearest_avx2(count, columns, stride, values, point, k, nearest);
        return;
    }
#endif
    ci_nearest_any(count, columns, stride, values, point, k, nearest);
}

/// Writes the places and distances of the samples nearer than `bound`, and returns how many there are; otherwise as above.
static inline long ci_near(
    long count, long columns, long stride, const double *values, const double *point, double bound, int *places,
    double *found) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return ci_near_avx512(count, columns, stride, values, point, bound, places, found);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return ci_near_avx2(count, columns, stride, values, point, bound, places, found);
#endif
    return ci_near_any(count, columns, stride, values, point, bound, places, found);
}
