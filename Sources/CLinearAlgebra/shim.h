// OpenBLAS (CBLAS) and LAPACKE.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include "gaussian.h"
#include "nearest.h"
#include "tile.h"
