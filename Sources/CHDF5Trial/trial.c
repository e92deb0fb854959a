// The child walks all that its parent could touch later. Its results do not matter, only whether it comes to an end.
#define H5_USE_110_API 1
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    mebibyte = 1 << 20,
    /// libhdf5's caches, and one chunk of 16 MB in each state of its filters, fit well.
    memory_allowance = 192 * mebibyte,
    /// Of all texts of an attribute, or of a data set: class names, hyperparameters, categories.
    most_text = 16 * mebibyte,
    /// Numbers up to here are read: counters, epochs, metrics, ranges, digests.
    most_numbers = 64 << 10,
    deepest = 64,
    most_objects = 1000000,
    /// Exit statuses.
    status_memory = 3,
    status_large = 4,
};

/// What the child tells, in memory that both see.
typedef struct {
    volatile bool finished;
    char place[1000];
} report;

typedef struct {
    unsigned long file;
    haddr_t address;
} visited;

static report *shared;
static bool follows;
static visited *seen;
static size_t seen_count, seen_room;

// MARK: Child

static herr_t note_memory(unsigned n, const H5E_error2_t *entry, void *found) {
    (void)n;
    if (entry->min_num == H5E_NOSPACE || entry->min_num == H5E_CANTALLOC) *(bool *)found = true;
    return 0;
}

/// Damage that libhdf5 notices is the parent's to report; but it has no limit of memory.
static bool failed(long long status) {
    if (status >= 0) return false;
    bool found = false;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note_memory, &found);
    if (found) _exit(status_memory);
    H5Eclear2(H5E_DEFAULT);
    return true;
}

static void *taken(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) _exit(status_memory);
    return memory;
}

static void set_place(const char *path, const char *attribute) {
    snprintf(shared->place, sizeof shared->place, "%s%s%s", path, attribute ? "@" : "", attribute ? attribute : "");
}

static size_t slot(visited object) {
    size_t index = (size_t)((object.address ^ object.file << 48) * 0x9E3779B97F4A7C15u >> 20) % seen_room;
    while (seen[index].address != HADDR_UNDEF
           && (seen[index].address != object.address || seen[index].file != object.file)) {
        index = (index + 1) % seen_room;
    }
    return index;
}

/// Whether the object is met for the first time: hard links can make cycles.
static bool is_new(visited object) {
    if (seen_count * 2 >= seen_room) {
        visited *old = seen;
        size_t old_room = seen_room;
        seen_room = old_room ? old_room * 2 : 1024;
        seen = taken(seen_room * sizeof *seen);
        for (size_t i = 0; i < seen_room; i++) seen[i].address = HADDR_UNDEF;
        for (size_t i = 0; i < old_room; i++) {
            if (old[i].address != HADDR_UNDEF) seen[slot(old[i])] = old[i];
        }
        free(old);
    }
    size_t index = slot(object);
    if (seen[index].address != HADDR_UNDEF) return false;
    seen[index] = object;
    seen_count++;
    return true;
}

/// Reads `count` values of a type by `read`; only texts leave anything behind.
static void read_values(
    hid_t object, hid_t type, hid_t space, hsize_t count, hsize_t most, herr_t (*read)(hid_t, hid_t, void *)) {
    size_t size = H5Tget_size(type);
    if (size == 0) { failed(-1); return; }
    bool is_text = H5Tis_variable_str(type) > 0;
    if (H5Tdetect_class(type, H5T_VLEN) > 0 || (!is_text && H5Tdetect_class(type, H5T_STRING) > 0 && size > most)) return;
    if (is_text) most = most_text;
    if (count == 0 || count > most / size) return;
    void *values = taken((size_t)count * size);
    memset(values, 0, (size_t)count * size);
    if (!failed(read(object, type, values)) && is_text) {
        size_t total = 0;
        for (hsize_t i = 0; i < count; i++) {
            const char *text = ((char **)values)[i];
            if (text) total += strlen(text);
            if (total > most_text) _exit(status_large);
        }
    }
    if (is_text) failed(H5Dvlen_reclaim(type, space, H5P_DEFAULT, values));
    free(values);
}

static herr_t read_attribute(hid_t attribute, hid_t type, void *values) { return H5Aread(attribute, type, values); }
static herr_t read_dataset(hid_t dataset, hid_t type, void *values) {
    return H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

static void close_all(hid_t a, hid_t b, hid_t c) {
    hid_t ids[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        if (ids[i] >= 0) failed(H5Idec_ref(ids[i]));
    }
}

static herr_t try_attribute(hid_t object, const char *name, const H5A_info_t *info, void *path) {
    (void)info;
    set_place(path, name);
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (failed(attribute)) return 0;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t count = failed(type) || failed(space) ? -1 : H5Sget_simple_extent_npoints(space);
    if (count >= 0) read_values(attribute, type, space, (hsize_t)count, most_text, read_attribute);
    close_all(space, type, attribute);
    return 0;
}

static void try_dataset(hid_t dataset) {
    hid_t creation = H5Dget_create_plist(dataset);
    if (failed(creation)) return;
    int filters = H5Pget_nfilters(creation);
    failed(filters);
    for (int i = 0; i < filters; i++) {
        unsigned flags, configuration;
        size_t count = 0;
        char name[256];
        failed(H5Pget_filter2(creation, (unsigned)i, &flags, &count, NULL, sizeof name, name, &configuration));
    }
    H5D_layout_t layout = H5Pget_layout(creation);
    hsize_t chunk[H5S_MAX_RANK];
    if (layout == H5D_CHUNKED) failed(H5Pget_chunk(creation, H5S_MAX_RANK, chunk));
    bool elsewhere = layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0;
    if (elsewhere && !follows) { close_all(creation, -1, -1); return; }
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    hssize_t count = failed(type) || failed(space) ? -1 : H5Sget_simple_extent_npoints(space);
    // This walks the whole index of the chunks.
    hsize_t stored = H5Dget_storage_size(dataset);
    if (stored == 0) {
        bool found = false;
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note_memory, &found);
        if (found) _exit(status_memory);
        H5Eclear2(H5E_DEFAULT);
    }
    failed(H5Dget_offset(dataset) == HADDR_UNDEF ? -1 : 0);
    if (count >= 0) read_values(dataset, type, space, (hsize_t)count, most_numbers, read_dataset);
    close_all(space, type, creation);
}

static void try_object(hid_t object, const char *path, int depth);

static void try_group(hid_t group, const char *path, int depth) {
    H5G_info_t info;
    if (failed(H5Gget_info(group, &info))) return;
    for (hsize_t i = 0; i < info.nlinks && seen_count < most_objects; i++) {
        set_place(path, NULL);
        ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
        if (failed(length)) return;
        if (length > most_text) _exit(status_large);
        char *name = taken((size_t)length + 1);
        if (failed(H5Lget_name_by_idx(
                group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)length + 1, H5P_DEFAULT))) {
            free(name);
            return;
        }
        H5L_info_t link;
        bool isRoot = strcmp(path, "/") == 0;
        char *child = taken(strlen(path) + strlen(name) + 2);
        sprintf(child, "%s/%s", isRoot ? "" : path, name);
        set_place(child, NULL);
        // A name with a slash inside is a path to libhdf5, and none that we take.
        if (*name && !strchr(name, '/') && strcmp(name, ".") != 0 && !failed(H5Lexists(group, name, H5P_DEFAULT))
            && !failed(H5Lget_info(group, name, &link, H5P_DEFAULT)) && (link.type == H5L_TYPE_HARD || follows)) {
            hid_t object = H5Oopen(group, name, H5P_DEFAULT);
            if (!failed(object)) {
                try_object(object, child, depth + 1);
                failed(H5Oclose(object));
            }
        }
        free(child);
        free(name);
    }
}

static void try_object(hid_t object, const char *path, int depth) {
    set_place(path, NULL);
    H5O_info_t info;
    if (failed(H5Oget_info2(object, &info, H5O_INFO_BASIC))) return;
    visited id = {info.fileno, info.addr};
    if (!is_new(id) || depth > deepest) return;
    failed(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, try_attribute, (void *)path));
    set_place(path, NULL);
    switch (H5Iget_type(object)) {
    case H5I_GROUP: try_group(object, path, depth); break;
    case H5I_DATASET: try_dataset(object); break;
    default: break;
    }
}

static void try_file(const char *path, unsigned flags, hid_t access) {
    set_place("", NULL);
    hid_t file = H5Fopen(path, flags, access);
    if (failed(file)) return;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (!failed(root)) {
        try_object(root, "/", 0);
        failed(H5Gclose(root));
    }
    failed(H5Fclose(file));
}

/// Bytes of addresses that this process has now, 0 where the system does not say.
static rlim_t address_space(void) {
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%llu", &pages) != 1) pages = 0;
    fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void set_limit(int resource, rlim_t value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return;
    if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
    limit.rlim_cur = value;
    setrlimit(resource, &limit);
}

static void restrict_child(rlim_t memory, off_t file_size) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
#endif
    int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGXCPU, SIGPIPE};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
    // Who stops the program means the parent; the child is too short to matter, and must not look like damage.
    int others[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) signal(others[i], SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    set_limit(RLIMIT_CORE, 0);
    if (memory) set_limit(RLIMIT_AS, memory + memory_allowance);
    // A second for each 16 GiB: that is a thousand chunks of 16 MB, which take milliseconds.
    rlim_t seconds = 5 + (rlim_t)(file_size >> 34);
    set_limit(RLIMIT_CPU, seconds);
    alarm((unsigned)(seconds * 8));
    // glibc writes to it what it finds wrong in the heap.
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, 2);
}

// MARK: Parent

bool chdf5_has_open(const char *path) {
    struct stat wanted;
    if (stat(path, &wanted) != 0) return false;
    ssize_t count = H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE);
    if (count <= 0) return false;
    hid_t *files = calloc((size_t)count, sizeof *files);
    if (!files) return false;
    count = H5Fget_obj_ids(H5F_OBJ_ALL, H5F_OBJ_FILE, (size_t)count, files);
    bool found = false;
    for (ssize_t i = 0; i < count && !found; i++) {
        int *descriptor = NULL;
        struct stat status;
        if (H5Fget_vfd_handle(files[i], H5P_DEFAULT, (void **)&descriptor) < 0 || !descriptor) {
            H5Eclear2(H5E_DEFAULT);
        } else if (fstat(*descriptor, &status) == 0) {
            found = status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino;
        }
    }
    free(files);
    return found;
}

chdf5_trial_outcome chdf5_try(
    const char *path, unsigned flags, hid_t access, bool follows_links, char *place, size_t place_size) {
    struct stat status;
    if (stat(path, &status) != 0) return CHDF5_TRIAL_PASSED;
    report *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED) return CHDF5_TRIAL_IMPOSSIBLE;
    rlim_t memory = address_space();
    pid_t child = fork();
    if (child == 0) {
        restrict_child(memory, status.st_size);
        shared = told;
        follows = follows_links;
        try_file(path, flags, access);
        shared->finished = true;
        _exit(0);
    }
    chdf5_trial_outcome outcome = CHDF5_TRIAL_IMPOSSIBLE;
    if (child > 0) {
        int ended = 0;
        pid_t waited;
        do { waited = waitpid(child, &ended, 0); } while (waited < 0 && errno == EINTR);
        if (told->finished) {
            outcome = CHDF5_TRIAL_PASSED;
        } else if (waited == child && WIFEXITED(ended) && WEXITSTATUS(ended) == status_memory) {
            outcome = CHDF5_TRIAL_MEMORY;
        } else if (waited == child && WIFEXITED(ended) && WEXITSTATUS(ended) == status_large) {
            outcome = CHDF5_TRIAL_LARGE;
        } else if (waited == child && WIFSIGNALED(ended)
                   && (WTERMSIG(ended) == SIGXCPU || WTERMSIG(ended) == SIGALRM)) {
            outcome = CHDF5_TRIAL_ENDLESS;
        } else if (waited == child && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL) {
            outcome = CHDF5_TRIAL_MEMORY;
        } else {
            outcome = CHDF5_TRIAL_CRASHED;
        }
        snprintf(place, place_size, "%s", told->place);
    }
    munmap(told, sizeof *told);
    return outcome;
}
