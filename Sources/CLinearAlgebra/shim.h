// OpenBLAS (CBLAS) and LAPACKE.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include "tile.h"
