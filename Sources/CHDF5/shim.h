// Macros of libhdf5 that Swift cannot import, as functions.
#pragma once
#include <hdf5.h>
