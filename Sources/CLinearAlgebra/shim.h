// OpenBLAS (CBLAS) and LAPACKE.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include "gaussian.h"
#include "nearest.h"
#include "tile.h"

#if defined(__APPLE__)
extern int blas_thread_shutdown_(void) __attribute__((weak_import));
#else
extern int blas_thread_shutdown_(void) __attribute__((weak));
#endif

/// Ends the threads of OpenBLAS, which starts them when it is loaded; it starts them again where it needs some. What it calls before
/// a process is forked; an OpenBLAS that was built without threads has no such function.
static inline void ci_end_blas_threads(void) {
    if (blas_thread_shutdown_) blas_thread_shutdown_();
}
