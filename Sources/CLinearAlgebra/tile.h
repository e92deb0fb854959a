// The product of a tile of a symmetric matrix with eight vectors. BLAS packs a tile before it multiplies, which takes as long as
// the product itself where the vectors are few, and does so for each side of the diagonal.
#pragma once

/// Eight numbers side by side, one of each vector. Compilers spread them over registers of any width.
typedef double ci_eight __attribute__((vector_size(64), aligned(8), may_alias));

/// `step` rows at a time, so that each element of the tile is loaded once for both sides of the diagonal.
__attribute__((always_inline)) static inline void ci_tile_rows(
    const int step, const int rows, const int columns, const double *tile, const ci_eight *v_rows,
    const ci_eight *v_columns, ci_eight *w_rows, ci_eight *w_columns) {
    ci_eight v[8], sum[8];
#pragma clang loop unroll(full)
    for (int t = 0; t < step; t++) {
        v[t] = v_rows[t];
        sum[t] = w_rows[t];
    }
    for (int column = 0; column < columns; column++) {
        // The rows of two steps ahead, a line at a time: each row alone is too short for the CPU to see the next one coming.
        __builtin_prefetch(tile + (long)2 * step * columns + (long)step * column);
        const ci_eight x = v_columns[column];
        ci_eight y = w_columns[column];
#pragma clang loop unroll(full)
        for (int t = 0; t < step; t++) {
            const double element = tile[(long)t * columns + column];
            sum[t] += element * x;
            y += element * v[t];
        }
        w_columns[column] = y;
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < step; t++) w_rows[t] = sum[t];
}

#define CI_TILE(name, step, attribute)                                                                            \
    attribute static inline void name(                                                                            \
        int rows, int columns, const double *tile, const ci_eight *v_rows, const ci_eight *v_columns,             \
        ci_eight *w_rows, ci_eight *w_columns) {                                                                  \
        int row = 0;                                                                                              \
        for (; row + step <= rows; row += step)                                                                   \
            ci_tile_rows(step, rows, columns, tile + (long)row * columns, v_rows + row, v_columns, w_rows + row,  \
                         w_columns);                                                                              \
        for (; row < rows; row++)                                                                                 \
            ci_tile_rows(1, rows, columns, tile + (long)row * columns, v_rows + row, v_columns, w_rows + row,     \
                         w_columns);                                                                              \
    }

CI_TILE(ci_tile_any, 2, )
#if defined(__x86_64__)
CI_TILE(ci_tile_avx2, 4, __attribute__((target("avx2,fma"))))
CI_TILE(ci_tile_avx512, 8, __attribute__((target("avx512f"))))
#endif

/// w[rows] += K v[columns] and w[columns] += Kᵀ v[rows] for a tile K of `rows` × `columns`, row after row; the eight numbers that
/// belong to a row or column stand side by side. The sums on one CPU are the same each time, bit by bit.
static inline void ci_multiply_tile(
    int rows, int columns, const double *tile, const double *v_rows, const double *v_columns, double *w_rows,
    double *w_columns) {
    const ci_eight *vr = (const ci_eight *)v_rows, *vc = (const ci_eight *)v_columns;
    ci_eight *wr = (ci_eight *)w_rows, *wc = (ci_eight *)w_columns;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        ci_tile_avx512(rows, columns, tile, vr, vc, wr, wc);
        return;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        ci_tile_avx2(rows, columns, tile, vr, vc, wr, wc);
        return;
    }
#endif
    ci_tile_any(rows, columns, tile, vr, vc, wr, wc);
}
