/* Atomic operations as compilers make them, all sizes, on counters that threads share,
 * mixed with pairs of exclusives that have memory accesses in between; and two litmus
 * tests of memory order.
 *
 *     atomics ROUNDS THREADS */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_THREADS = 16 };

/* Neighbours share a granule. */
static struct {
    uint8_t byte[4];
    uint16_t half[2];
    uint32_t word[2];
    uint64_t dword;
    uint32_t flip, max, cas, slow, locked, lock;
} shared __attribute__((aligned(64)));

static int rounds, threads;
static pthread_barrier_t barrier;
static uint32_t memory_for_slow[MOST_THREADS];

/* An increment with a store and a load between the exclusives. */
static void slow_increment(uint32_t *at, uint32_t *scratch)
{
    uint32_t value, status;
    __asm__ volatile(
        "1: ldrex %0, [%2]\n"
        "   str   %0, [%3]\n"
        "   ldr   %0, [%3]\n"
        "   add   %0, %0, #1\n"
        "   strex %1, %0, [%2]\n"
        "   cmp   %1, #0\n"
        "   bne   1b\n"
        : "=&r"(value), "=&r"(status)
        : "r"(at), "r"(scratch)
        : "cc", "memory");
}

static void *count(void *argument)
{
    int me = (intptr_t)argument, i;
    pthread_barrier_wait(&barrier);
    for (i = 0; i < rounds; i++) {
        uint32_t seen;
        __atomic_fetch_add(&shared.byte[me & 3], 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&shared.half[me & 1], 3, __ATOMIC_ACQ_REL);
        __atomic_fetch_sub(&shared.word[0], 5, __ATOMIC_RELAXED);
        __atomic_fetch_add(&shared.word[1], 7, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&shared.dword, 0x100000001ull, __ATOMIC_SEQ_CST);
        __atomic_fetch_xor(&shared.flip, 1u << (me & 31), __ATOMIC_SEQ_CST);
        seen = __atomic_load_n(&shared.cas, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&shared.cas, &seen, seen * 5 + 1, 1,
                                            __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            ;
        slow_increment(&shared.slow, &memory_for_slow[me]);
        if (i & 1)
            slow_increment(&shared.max, &memory_for_slow[me]);
        else
            __atomic_fetch_add(&shared.max, 1, __ATOMIC_SEQ_CST);
        if ((i & 15) == 0) {
            while (__atomic_exchange_n(&shared.lock, 1, __ATOMIC_ACQUIRE))
                ;
            shared.locked++;
            __atomic_store_n(&shared.lock, 0, __ATOMIC_RELEASE);
        }
    }
    return 0;
}

static volatile uint32_t x __attribute__((aligned(64))), y __attribute__((aligned(64)));
static volatile uint32_t seen[2];
static int bad;

/* Store buffering: with barriers both loads cannot miss both stores. */
static void *store_buffering(void *argument)
{
    int me = (intptr_t)argument, i;
    for (i = 0; i < rounds; i++) {
        pthread_barrier_wait(&barrier);
        if (me == 0) {
            x = 1;
            __asm__ volatile("dmb" ::: "memory");
            seen[0] = y;
        } else {
            y = 1;
            __asm__ volatile("dmb" ::: "memory");
            seen[1] = x;
        }
        pthread_barrier_wait(&barrier);
        if (me == 0) {
            bad += !seen[0] && !seen[1];
            x = y = 0;
        }
    }
    return 0;
}

/* Message passing: who sees the flag sees what was stored before. */
static void *message_passing(void *argument)
{
    int me = (intptr_t)argument, i;
    for (i = 1; i <= rounds * 8; i++) {
        if (me == 0) {
            x = i;
            __asm__ volatile("dmb" ::: "memory");
            y = i;
        } else {
            uint32_t flag = y, value;
            __asm__ volatile("dmb" ::: "memory");
            value = x;
            bad += value < flag;
        }
    }
    return 0;
}

static void run(void *(*body)(void *), int threads)
{
    pthread_t handles[MOST_THREADS];
    int i;
    pthread_barrier_init(&barrier, 0, threads);
    for (i = 0; i < threads; i++)
        if (pthread_create(&handles[i], 0, body, (void *)(intptr_t)i))
            exit(2);
    for (i = 0; i < threads; i++)
        pthread_join(handles[i], 0);
    pthread_barrier_destroy(&barrier);
}

static int check(const char *what, uint64_t found, uint64_t wanted)
{
    if (found == wanted)
        return 0;
    printf("%s: %llx, not %llx\n", what, (unsigned long long)found, (unsigned long long)wanted);
    return 1;
}

int main(int argc, char **argv)
{
    uint32_t cas = 0, flip = 0;
    int wrong = 0, i, j;

    rounds = argc > 1 ? atoi(argv[1]) : 20000;
    threads = argc > 2 ? atoi(argv[2]) : 4;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    run(count, threads);
    for (i = 0; i < rounds * threads; i++)
        cas = cas * 5 + 1;
    for (i = 0; i < threads; i++)
        if (rounds & 1)
            flip ^= 1u << (i & 31);
    for (i = 0; i < 4; i++) {
        uint32_t of = 0;
        for (j = i; j < threads; j += 4)
            of += rounds;
        wrong += check("bytes", shared.byte[i], (uint8_t)of);
    }
    for (i = 0; i < 2; i++) {
        uint32_t of = 0;
        for (j = i; j < threads; j += 2)
            of += 3 * rounds;
        wrong += check("halfwords", shared.half[i], (uint16_t)of);
    }
    wrong += check("subtractions", shared.word[0], (uint32_t)(-5 * rounds * threads));
    wrong += check("additions", shared.word[1], (uint32_t)(7 * rounds * threads));
    wrong += check("doublewords", shared.dword, 0x100000001ull * (uint32_t)(rounds * threads));
    wrong += check("exclusive or", shared.flip, flip);
    wrong += check("compare and exchange", shared.cas, cas);
    wrong += check("increments with accesses in between", shared.slow, (uint32_t)(rounds * threads));
    wrong += check("both kinds of increments", shared.max, (uint32_t)(rounds * threads));
    wrong += check("a spin lock's section", shared.locked, (uint32_t)((rounds + 15) / 16 * threads));
    rounds /= 4;
    run(store_buffering, 2);
    wrong += check("store buffering", bad, 0);
    x = y = 0;
    run(message_passing, 2);
    wrong += check("message passing", bad, 0);
    puts(wrong ? "wrong" : "right");
    return wrong != 0;
}
