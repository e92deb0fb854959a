// Layers as intervals: what discretization does with every value, and so what its speed is. One byte a value.
#pragma once

#include <stdint.h>

/// Computes with vectors of at most so many bits, 0, 256 or 512: for tests, on a CPU that has wider ones. Results are the same.
void cd_use_vectors(int bits);

/// A function of Float32 values that is constant between ascending thresholds: the interval of a value is the number of thresholds
/// that are at most as large, 255 or fewer.
///
/// The place of a value is (value − origin) · scale in Float32, cut to 0 ... 32767, and 128 places are a cell. That is monotone: a
/// threshold before the place of a value is smaller than it, one behind larger, and only one at the same place needs to be
/// compared with it.
struct cd_steps {
    float origin, scale;
    /// How many thresholds lie in the cells before each cell.
    uint8_t first[256];
    /// The places in each cell of its thresholds, of which there are at most two: 0 ... 127, 255 where there is none.
    uint8_t lower_place[256], upper_place[256];
    /// These thresholds, +∞ where there is none.
    float lower[256], upper[256];
};

/// Finds the places of ascending thresholds, 255 or fewer.
///
/// Returns 0 where three of them lie in a cell, or their distance has no reciprocal.
int cd_make_steps(const float *thresholds, int count, struct cd_steps *steps);

/// The smallest and the largest of some values, and whether a value is NaN or infinite, which says that the others mean nothing.
struct cd_extremes {
    float low, high;
    int32_t has_other;
};

/// Writes the interval of each value, and widens the extremes.
void cd_encode(
    const float *values, long count, const struct cd_steps *steps, uint8_t *intervals, struct cd_extremes *extremes);

/// Widens the extremes by the values.
void cd_widen(const float *values, long count, struct cd_extremes *extremes);

/// Turns `rows` × `columns` bytes, rows `pitch` apart, into columns that are `stride` apart. Up to 15 rows and 15 columns beyond are
/// read and written.
void cd_transpose(const uint8_t *bytes, long rows, long columns, long pitch, uint8_t *out, long stride);

/// Writes map[byte] for each byte. `to` may be `from`.
void cd_map(const uint8_t *from, long count, const uint8_t map[256], uint8_t *to);

/// Writes a key for each row of bytes 0 ..< kinds: rows of up to eight bytes, and of up to 16 whose bits fit 64, are their own keys; of
/// others, two that differ have the same key with probability at most 2^-63 over the choice of the words.
///
/// A row is hashed twice by NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC", 1999, theorem 4.2: 2^-32 each), and what comes out
/// twice by a multilinear hash of 32 bits (Lemire, Kaser: "Strongly universal string hashing is fast", 2014).
///
/// - words: random, 2 · (columns / 8 rounded up to whole vectors of 8) + 10.
/// Up to 63 bytes behind a row are read.
void cd_keys(
    const uint8_t *bytes, long rows, long columns, long pitch, int kinds, const uint64_t *words, uint64_t *keys);

/// How many words `cd_keys` takes.
static inline long cd_word_count(long columns) { return 2 * ((columns + 63) / 64 * 8) + 10; }

/// Counts the bytes 0 ..< kinds, of which all are; `counts` has 256 entries.
void cd_count(const uint8_t *bytes, long count, int kinds, uint32_t *counts);

/// Adds to each sum the number that each of up to four columns of bytes 0 ..< kinds, `stride` apart, has in its table of 256, the
/// first column first. Four columns are read.
void cd_add_one(
    const uint8_t *columns, long stride, int column_count, long count, int kinds, const double *tables, double *sums);

/// The same with eight numbers in each place of a table, and eight sums side by side.
void cd_add_eight(const uint8_t *columns, long stride, int column_count, long count, const double *tables, double *sums);

/// Sums values, or where a centre is given their squared distances from it, in eight lanes, each with what its additions lost (Knuth's
/// two-sum). `count` is a multiple of 8.
void cd_sum(const double *values, long count, const double *centre, double sums[8], double lost[8]);
