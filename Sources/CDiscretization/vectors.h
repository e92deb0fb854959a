// Which vector instructions are taken: those that the CPU has, unless fewer were asked for.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

extern _Atomic int cd_widest;

static inline int has_256(void) { return cd_widest >= 256 && __builtin_cpu_supports("avx2"); }

static inline int has_512(void) {
    return cd_widest >= 512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/// Bytes looked up in registers.
static inline int has_512_tables(void) { return has_512() && __builtin_cpu_supports("avx512vbmi"); }

/// Bits counted in registers.
static inline int has_512_counts(void) { return has_512() && __builtin_cpu_supports("avx512vpopcntdq"); }
#endif
