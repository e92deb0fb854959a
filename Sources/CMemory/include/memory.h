// What the C library does with memory that was freed.
#pragma once

/// Keeps up to 64 MiB of it a thread for what comes next, and takes new memory by the megabyte. By itself, glibc gives back to the
/// system what a cell frees, takes it anew for the next, page by page, and asks for the room of a thread in small pieces: a twentieth
/// of the time of small cells and of starting (measured).
void cm_keep_freed_memory(void);
