// The eight functions of libcurl that Debian's libhdf5 names, for the wheel: each fails.
//
// libhdf5 calls them only in its driver for files on Amazon S3 (ros3), which InfoPlane never asks for. The real libcurl
// would bring 24 more libraries into the wheel, Kerberos, LDAP and TLS among them, which nobody would update there.
// HDF5 answers a failure here with an error of its own.
#include <stddef.h>

typedef int status;
enum { failed_init = 2 };

status curl_global_init(long flags) { (void)flags; return failed_init; }
void curl_global_cleanup(void) {}
void *curl_easy_init(void) { return NULL; }
void curl_easy_cleanup(void *handle) { (void)handle; }
status curl_easy_perform(void *handle) { (void)handle; return failed_init; }
status curl_easy_setopt(void *handle, int option, ...) { (void)handle; (void)option; return failed_init; }
void *curl_slist_append(void *list, const char *text) { (void)list; (void)text; return NULL; }
void curl_slist_free_all(void *list) { (void)list; }
