// OpenBLAS (CBLAS), LAPACKE and the C interface of ARPACK-NG.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include <arpack/arpack.h>
