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

/// A function by every width of vectors, which the compiler makes of one text: `make(name, attribute)` defines it, `name##_any` for
/// any CPU. A call by `WIDEST(name)` takes what the CPU has.
#if defined(__x86_64__)
#define FOR_EVERY_WIDTH(make, name)                                                                                   \
    make(name##_any, ) make(name##_avx2, __attribute__((target("avx2"))))                                             \
        make(name##_avx512, __attribute__((target("avx512f,avx512bw"))))
#define WIDEST(name) (has_512() ? name##_avx512 : has_256() ? name##_avx2 : name##_any)
#else
#define FOR_EVERY_WIDTH(make, name) make(name##_any, )
#define WIDEST(name) name##_any
#endif
