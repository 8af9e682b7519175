/* What the self-test needs of the system, and is needed for. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "selftest.h"

void put(const char *text, int len);
u64 microseconds(void);

/* Runs everything; returns the exit status. */
int selftest(void);

#endif
