// Preloaded into a recorder: counts its writes to *.h5 and ends one of them as a kill or a full disk would.
//
//   TORN_WRITE_LOG=FILE   append "number offset size value" of every write: how many bytes of it reached the file, and
//                         the first eight of them as a number
//   TORN_WRITE_AT=K       at the K-th write (from 1): write only up to the next page boundary, then SIGKILL
//   FULL_DISK_AT=K        from the K-th write on: ENOSPC
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int is_archive(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 3 && memcmp(path + length - 3, ".h5", 3) == 0;
}

static void note(long number, off_t offset, size_t size, const void *bytes) {
    const char *log = getenv("TORN_WRITE_LOG");
    FILE *file = log ? fopen(log, "a") : NULL;
    if (!file) return;
    unsigned long long value = 0;
    memcpy(&value, bytes, size < sizeof value ? size : sizeof value);
    fprintf(file, "%ld %lld %zu %llu\n", number, (long long)offset, size, value);
    fclose(file);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t offset) {
    static ssize_t (*write_really)(int, const void *, size_t, off_t);
    static long count;
    if (!write_really) write_really = dlsym(RTLD_NEXT, "pwrite64");
    if (!is_archive(descriptor)) return write_really(descriptor, bytes, size, offset);
    count++;
    long full = number_of("FULL_DISK_AT");
    if (full && count >= full) {
        errno = ENOSPC;
        return -1;
    }
    int is_last = count == number_of("TORN_WRITE_AT");
    size_t kept = size;
    if (is_last) {
        // Within one page a write is whole or has not happened: every second number takes the one or the other.
        size_t before_boundary = PAGE - offset % PAGE;
        kept = before_boundary < size ? before_boundary : count % 2 ? size : 0;
    }
    ssize_t written = kept > 0 ? write_really(descriptor, bytes, kept, offset) : 0;
    note(count, offset, kept, bytes);
    if (is_last) kill(getpid(), SIGKILL);
    return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return pwrite64(descriptor, bytes, size, offset);
}
