// Searches under the maximum norm. Every distance is the largest |difference| of two numbers: no other rounding than that of the
// subtraction, so that the results are the same for vectors of any width.
#pragma once

#include "gaussian.h"

typedef _Bool ci_eight_flags __attribute__((ext_vector_type(8)));

/// Samples column by column, each `stride` numbers after the one before, and a point.
struct ci_space {
    long columns, stride;
    const double *values, *point;
};

/// The distances of the eight samples at `start`, and which are below `bound`. They are given up every ten columns only: what an
/// earlier end would save is less than what a branch costs that is guessed wrong.
__attribute__((always_inline)) static inline unsigned char ci_eight_distances(
    const struct ci_space *space, long start, double bound, ci_eight *distances) {
    const double *values = space->values + start;
    ci_eight largest = __builtin_elementwise_abs(*(const ci_eight *)values - space->point[0]);
    for (long column = 1;;) {
        const long stop = column + 9 < space->columns ? column + 9 : space->columns;
        for (; column < stop; column++) {
            values += space->stride;
            const ci_eight next = __builtin_elementwise_abs(*(const ci_eight *)values - space->point[column]);
            const ci_eight_integers greater = (ci_eight_integers)(next > largest);
            largest = (ci_eight)(((ci_eight_integers)next & greater) | ((ci_eight_integers)largest & ~greater));
        }
        *distances = largest;
        const unsigned char near =
            __builtin_bit_cast(unsigned char, __builtin_convertvector(largest < bound, ci_eight_flags));
        if (near == 0 || stop == space->columns) return near;
    }
}

/// Where, in ascending numbers, stand those whose |difference| to `centre` is below a positive bound: from `lower` to before `upper`.
/// A rounded difference is monotone, so that each side has one edge. Without branches, which would be guessed wrong half of the time.
static inline void ci_window(
    long count, const double *values, double centre, double bound, long *lower, long *upper) {
    const double *low = values, *high = values;
    for (; count > 1; count -= count >> 1) {
        const long half = count >> 1;
        low = __builtin_unpredictable(centre - low[half - 1] < bound) ? low : low + half;
        high = __builtin_unpredictable(high[half - 1] - centre < bound) ? high + half : high;
    }
    if (count == 1) {
        low += !(centre - *low < bound);
        high += *high - centre < bound;
    }
    *lower = low - values;
    *upper = high - values;
}

/// Samples of a space that are near a point: their places and distances.
struct ci_near {
    long count;
    int *places;
    double *distances;
};

#define CI_FIND_NEAR(name, attribute)                                                                                 \
    attribute static inline void name(struct ci_space space, struct ci_space other, long first, long end,             \
                                      double bound, struct ci_near *near, struct ci_near *joint) {                    \
        long near_count = near->count, joint_count = joint ? joint->count : 0;                                        \
        for (long start = first; start < end; start += 8) {                                                           \
            ci_eight distances;                                                                                       \
            unsigned lanes = ci_eight_distances(&space, start, bound, &distances);                                    \
            if (end - start < 8) lanes &= (1u << (end - start)) - 1;                                                  \
            for (; lanes; lanes &= lanes - 1) {                                                                       \
                const long place = start + __builtin_ctz(lanes);                                                      \
                double distance = distances[place - start];                                                           \
                near->places[near_count] = (int)place;                                                                \
                near->distances[near_count++] = distance;                                                             \
                if (!joint) continue;                                                                                 \
                for (long column = 0; column < other.columns && distance < bound; column++) {                         \
                    const double next =                                                                               \
                        __builtin_fabs(other.values[column * other.stride + place] - other.point[column]);            \
                    distance = next > distance ? next : distance;                                                     \
                }                                                                                                     \
                if (!(distance < bound)) continue;                                                                    \
                joint->places[joint_count] = (int)place;                                                              \
                joint->distances[joint_count++] = distance;                                                           \
            }                                                                                                         \
        }                                                                                                             \
        near->count = near_count;                                                                                     \
        if (joint) joint->count = joint_count;                                                                        \
    }

CI_FIND_NEAR(ci_find_near_any, )
#if defined(__x86_64__)
CI_FIND_NEAR(ci_find_near_avx2, __attribute__((target("avx2,fma"))))
CI_FIND_NEAR(ci_find_near_avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
#endif

/// Appends to `near` the samples `first` ..< `end` nearer than `bound` in a space, and to `joint`, where there is one, those of them
/// that are so in the other space as well, with the larger distance. Up to seven numbers behind each column of the first space are
/// read.
static inline void ci_find_near(
    struct ci_space space, struct ci_space other, long first, long end, double bound, struct ci_near *near,
    struct ci_near *joint) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        ci_find_near_avx512(space, other, first, end, bound, near, joint);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        ci_find_near_avx2(space, other, first, end, bound, near, joint);
        return;
    }
#endif
    ci_find_near_any(space, other, first, end, bound, near, joint);
}
