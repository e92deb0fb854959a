// Each use of libhdf5. What a trial does not show: it also reads beyond its memory on some damage, which is a crash only by chance.
#pragma once

/// Makes a crash within libhdf5 a sentence on standard error and the exit status 2; other crashes stay what they are.
void chdf5_watch_for_crashes(void);

/// To be called around each use of libhdf5, by the thread that holds its lock. libhdf5 prints no errors there.
void chdf5_enter(void);
void chdf5_leave(void);

/// Names the file and object that libhdf5 works on, for the sentence.
void chdf5_set_place(const char *place);
