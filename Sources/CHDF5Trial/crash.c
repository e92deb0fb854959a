#define H5_USE_110_API 1
#include "crash.h"

#include <hdf5.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

// Not SIGILL: that is how Swift ends a program whose own check has failed.
static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
enum { signal_count = sizeof signals / sizeof *signals };

static struct sigaction previous[signal_count];
static volatile sig_atomic_t depth;
static pthread_t inside;
static char place[1024] = "an HDF5 file";

void chdf5_enter(void) {
    // The thread first: a crash of another one must not find its own.
    if (depth == 0) inside = pthread_self();
    depth++;
    // A setting of each thread where libhdf5 knows of threads.
    static _Thread_local bool is_silent;
    if (!is_silent) is_silent = H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0;
}

void chdf5_leave(void) { depth--; }

void chdf5_set_place(const char *text) {
    const size_t length = strnlen(text, sizeof place - 1);
    memcpy(place, text, length);
    place[length] = 0;
}

static void say(const char *text) {
    // Nothing can be done where it cannot be said.
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void crashed(int number) {
    if (depth > 0 && pthread_equal(inside, pthread_self())) {
        say("error: ");
        say(place);
        say(": the HDF5 file is damaged (libhdf5 crashes on it). Copy it again from its source, or record again.\n");
        _exit(2);
    }
    // On return it happens again, to whoever was there before; an abort goes on by itself.
    for (int i = 0; i < signal_count; i++) {
        if (signals[i] == number) sigaction(number, &previous[i], NULL);
    }
}

void chdf5_watch_for_crashes(void) {
    struct sigaction action = {.sa_handler = crashed};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < signal_count; i++) sigaction(signals[i], &action, &previous[i]);
}
