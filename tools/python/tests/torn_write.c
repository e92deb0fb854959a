// Preloaded into a writer, it kills it at a chosen write to a chosen file: before the write, or after as many bytes as
// reach a page boundary, as the kernel leaves a write that a kill interrupts.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { PAGE = 4096, MOST = 65536 };
static long counter, kill_at, kill_after_pages;
static char watched[4096];
static int boundaries[MOST];

// Watches the files whose path ends in `suffix` from now on; at 0 nothing is killed.
void torn_arm(const char *suffix, long at, long pages) {
    snprintf(watched, sizeof watched, "%s", suffix);
    counter = 0, kill_at = at, kill_after_pages = pages;
}

long torn_count(void) { return counter; }

// How many page boundaries lie inside of the event, counted from 1.
int torn_boundaries(long event) { return event < MOST ? boundaries[event] : 0; }

static int is_watched(int descriptor) {
    char link[64], path[4096];
    if (!watched[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t suffix = strlen(watched);
    return length >= (ssize_t)suffix && memcmp(path + length - suffix, watched, suffix) == 0;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    if (!is_watched(descriptor)) return real(descriptor, bytes, count, offset);
    size_t first = PAGE - offset % PAGE;
    if (++counter < MOST) boundaries[counter] = count > first ? (count - first + PAGE - 1) / PAGE : 0;
    if (counter == kill_at) {
        size_t cut = kill_after_pages ? first + (kill_after_pages - 1) * PAGE : 0;
        if (cut) real(descriptor, bytes, cut < count ? cut : count, offset);
        kill(getpid(), SIGKILL);
    }
    return real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off_t length) {
    static int (*real)(int, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "ftruncate64");
    if (is_watched(descriptor)) {
        if (++counter < MOST) boundaries[counter] = 0;
        if (counter == kill_at) kill(getpid(), SIGKILL);
    }
    return real(descriptor, length);
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }
