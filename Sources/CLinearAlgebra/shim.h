// OpenBLAS (CBLAS) and LAPACKE.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include "gaussian.h"
#include "nearest.h"
#include "tile.h"

#if defined(__linux__)
// What OpenBLAS itself calls before every fork(); the next call on several threads starts them again. It is in no header, and not in
// builds without threads.
extern int blas_thread_shutdown_(void) __attribute__((weak));
#endif

/// Ends the threads of OpenBLAS, while no other thread computes.
static inline void ci_end_idle_threads(void) {
#if defined(__linux__)
    if (blas_thread_shutdown_) blas_thread_shutdown_();
#endif
}
