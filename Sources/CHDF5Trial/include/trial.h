// Reading a file on trial, in a child process that may crash, loop or run out of memory in our place.
#pragma once
#include <hdf5.h>
#include <stdbool.h>

typedef enum {
    CHDF5_TRIAL_PASSED = 0,
    /// libhdf5 crashed.
    CHDF5_TRIAL_CRASHED,
    /// libhdf5 took more time than any file of this size needs.
    CHDF5_TRIAL_ENDLESS,
    /// libhdf5 asked for more memory than any file of this size needs.
    CHDF5_TRIAL_MEMORY,
    /// An attribute or a list of texts is larger than we read.
    CHDF5_TRIAL_LARGE,
    /// No process could be started: nothing is known.
    CHDF5_TRIAL_IMPOSSIBLE,
} chdf5_trial_outcome;

/// Opens `path` as `flags` and `access` say, in a child process, and touches every structure of it.
///
/// To be called while no other thread is inside libhdf5.
///
/// @param follows_links whether soft and external links are followed, too.
/// @param place takes the path of the object at which the trial ended, where it did not pass.
chdf5_trial_outcome chdf5_try(
    const char *path, unsigned flags, hid_t access, bool follows_links, char *place, size_t place_size);

/// Whether this process has the file open, so that opening it again reads what is in memory.
bool chdf5_has_open(const char *path);
