// exp(factor · ‖a − b‖²) for many pairs at a time: the exponential of the C library takes one argument in a call, and with it longer
// than all the rest of a kernel of few features.
#pragma once

#include "tile.h"

typedef long long ci_eight_integers __attribute__((vector_size(64), aligned(8), may_alias));

/// Eight values. exp(x) for x ≤ 0 is within 1.5 units in the last place, NaN stays NaN:
///
/// exp(x) = 2^k exp(r) with the whole number k nearest to x / ln 2, so that |r| ≤ ln 2 / 2, and Taylor's polynomial of degree 13
/// for exp(r): what it leaves out is below r¹⁴/14! · 1.1 < 5e-18. ln 2 comes in two parts (fdlibm's), the first of 33 bits, so
/// that its product with k is exact.
__attribute__((always_inline)) static inline void ci_gaussian(
    const ci_eight *inner, const ci_eight *norms, double norm, double factor, ci_eight *result) {
    // Where rounding would give a negative distance, it is 0. Masks: comparisons give all ones or all zeros.
    const ci_eight squared = norm + *norms - 2 * *inner;
    const ci_eight distance = (ci_eight)((ci_eight_integers)squared & ~(ci_eight_integers)(squared < 0.0));
    // Below −746, every result rounds to 0, and k stays within the range of two exponents.
    const ci_eight product = factor * distance;
    const ci_eight_integers low = (ci_eight_integers)(product < -746.0);
    const ci_eight least = (ci_eight){-746, -746, -746, -746, -746, -746, -746, -746};
    const ci_eight x = (ci_eight)(((ci_eight_integers)least & low) | ((ci_eight_integers)product & ~low));
    // 1.5 · 2^52: a sum with it has no fraction, and its last bits are the whole number.
    const double magic = 0x1.8p52;
    const ci_eight shifted = x * 0x1.71547652b82fep0 + magic;
    const ci_eight k = shifted - magic;
    const ci_eight r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    ci_eight p = r * (1.0 / 6227020800) + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    // 2^k in two factors, so that subnormal results are reached.
    const ci_eight_integers whole = (ci_eight_integers)shifted - 0x4338000000000000;
    const ci_eight_integers half = whole >> 1;
    *result = p * (ci_eight)((half + 1023) << 52) * (ci_eight)((whole - half + 1023) << 52);
}

#define CI_GAUSSIANS(name, attribute)                                                                                 \
    attribute static inline void name(long count, double factor, double norm, const double *norms,                    \
                                      const double *products, double *values) {                                       \
        long index = 0;                                                                                               \
        for (; index + 8 <= count; index += 8)                                                                        \
            ci_gaussian((const ci_eight *)(products + index), (const ci_eight *)(norms + index), norm, factor,        \
                        (ci_eight *)(values + index));                                                                \
        if (index == count) return;                                                                                   \
        double inner[8] = {0}, others[8] = {0};                                                                       \
        for (long rest = index; rest < count; rest++) {                                                               \
            inner[rest - index] = products[rest];                                                                     \
            others[rest - index] = norms[rest];                                                                       \
        }                                                                                                             \
        ci_gaussian((const ci_eight *)inner, (const ci_eight *)others, norm, factor, (ci_eight *)inner);              \
        for (long rest = index; rest < count; rest++) values[rest] = inner[rest - index];                             \
    }

CI_GAUSSIANS(ci_gaussians_any, )
#if defined(__x86_64__)
CI_GAUSSIANS(ci_gaussians_avx2, __attribute__((target("avx2,fma"))))
CI_GAUSSIANS(ci_gaussians_avx512, __attribute__((target("avx512f,avx512dq"))))
#endif

/// Makes of each inner product a·b exp(factor · ‖a − b‖²), there or in other memory; `norm` is ‖a‖², `norms` are those of the b, and
/// factor ≤ 0.
static inline void ci_gaussians(
    long count, double factor, double norm, const double *norms, const double *products, double *values) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        ci_gaussians_avx512(count, factor, norm, norms, products, values);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        ci_gaussians_avx2(count, factor, norm, norms, products, values);
        return;
    }
#endif
    ci_gaussians_any(count, factor, norm, norms, products, values);
}
