// Long sums of Float64, with what rounding loses.
#include "discretization.h"

#include "vectors.h"

typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));

/// The same operations in the same order for any width: none is fused with another.
#define CD_SUM(name, attribute)                                                                                      \
    attribute static void name(const double *values, long count, const double *centre, double sums[8], double lost[8]) { \
        _Pragma("clang fp contract(off)")                                                                            \
        eight sum = {0}, rest = {0};                                                                                 \
        for (long index = 0; index < count; index += 8) {                                                            \
            eight term = *(const eight *)(values + index);                                                           \
            if (centre) {                                                                                            \
                term = term - *centre;                                                                               \
                term = term * term;                                                                                  \
            }                                                                                                        \
            const eight next = sum + term;                                                                           \
            const eight added = next - sum;                                                                          \
            const eight kept = next - added;                                                                         \
            rest = rest + ((sum - kept) + (term - added));                                                           \
            sum = next;                                                                                              \
        }                                                                                                            \
        *(eight *)sums = sum;                                                                                        \
        *(eight *)lost = rest;                                                                                       \
    }

FOR_EVERY_WIDTH(CD_SUM, sum)

void cd_sum(const double *values, long count, const double *centre, double sums[8], double lost[8]) {
    WIDEST(sum)(values, count, centre, sums, lost);
}
