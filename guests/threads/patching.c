/* Threads that run code and end while another thread patches it.
 *
 *     patching ROUNDS THREADS
 *
 * The patched function returns a constant that only grows. A runner may see an old
 * version until it synchronises, but never a mixture, and never an older version than
 * one that it was told of, after the barriers that the architecture asks for. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { MOST_THREADS = 16, PAGES = 4 };

static uint32_t *code;
static volatile uint32_t version, stop, wrong, started;

/* movw r0, #low; movt r0, #high; bx lr */
static void patch(uint32_t *at, uint32_t value)
{
    at[0] = 0xe3000000 | (value & 0xf000) << 4 | (value & 0xfff);
    at[1] = 0xe3400000 | (value >> 12 & 0xf0000) | (value >> 16 & 0xfff);
    at[2] = 0xe12fff1e;
    __builtin___clear_cache((char *)at, (char *)(at + 3));
}

static void *run(void *argument)
{
    uint32_t i, times = 50 + (uintptr_t)argument % 200;
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < times && !stop; i++) {
        uint32_t page = i % PAGES;
        uint32_t (*function)(void) = (uint32_t (*)(void))(code + page * 1024);
        uint32_t before = __atomic_load_n(&version, __ATOMIC_ACQUIRE), found;
        __asm__ volatile("isb" ::: "memory");
        found = function();
        if (found < before || found > __atomic_load_n(&version, __ATOMIC_ACQUIRE) + 1)
            wrong = 1;
    }
    return 0;
}

static void *spawn(void *argument)
{
    uint32_t seed = (uintptr_t)argument;
    while (!stop) {
        pthread_t thread;
        seed = seed * 1103515245 + 12345;
        if (pthread_create(&thread, 0, run, (void *)(uintptr_t)(seed >> 16)))
            exit(2);
        pthread_join(thread, 0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint32_t rounds = argc > 1 ? atoi(argv[1]) : 1000, i, page;
    int threads = argc > 2 ? atoi(argv[2]) : 4, n;
    pthread_t handles[MOST_THREADS];

    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    code = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 2;
    for (page = 0; page < PAGES; page++)
        patch(code + page * 1024, 0);
    for (n = 0; n < threads; n++)
        if (pthread_create(&handles[n], 0, spawn, (void *)(uintptr_t)(n + 1)))
            return 2;
    /* Only the low half changes, so that the change of an instruction is whole. */
    for (i = 1; i <= rounds && i < 0xf000 && !wrong; i++) {
        for (page = 0; page < PAGES; page++)
            patch(code + page * 1024, i);
        __atomic_store_n(&version, i, __ATOMIC_RELEASE);
        if (i % 16 == 0)
            sched_yield();
    }
    while (started < 4 * (uint32_t)threads && !wrong)
        sched_yield();
    stop = 1;
    for (n = 0; n < threads; n++)
        pthread_join(handles[n], 0);
    fprintf(stderr, "%u threads have run\n", started);
    puts(wrong ? "wrong" : "right");
    return wrong;
}
