// OpenBLAS (CBLAS), LAPACKE and the C interface of ARPACK-NG.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include <arpack/arpack.h>
#include <arpack/stat_c.h>
#include "gaussian.h"
#include "nearest.h"

/// How often the last run of dsaupd_c met an invariant subspace and went on from a random vector of its own.
static inline int arpack_random_restarts(void) {
    a_int products, b_products, orthogonalizations, refinements, restarts = 0;
    float t[26];
    stat_c(&products, &b_products, &orthogonalizations, &refinements, &restarts,
           t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7, t + 8, t + 9, t + 10, t + 11, t + 12,
           t + 13, t + 14, t + 15, t + 16, t + 17, t + 18, t + 19, t + 20, t + 21, t + 22, t + 23, t + 24, t + 25);
    return restarts;
}
