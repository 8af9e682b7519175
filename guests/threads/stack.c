/* A lock-free stack (Treiber's) whose nodes are used again at once: correct with a
 * store-exclusive that fails when anybody has stored exclusively in between, and
 * broken within seconds with one that only compares values.
 *
 *     stack SECONDS THREADS
 *
 * Each thread pops two nodes, marks them as its own, checks that nobody else does, and
 * pushes them in the other order, which is what makes the head come back with another
 * successor. At the end every node must be on the stack, once. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NODES = 8, MOST_THREADS = 16 };

struct node {
    struct node *next;
    uint32_t owner;
} __attribute__((aligned(64)));

static struct node nodes[NODES];
static struct node *volatile head __attribute__((aligned(64)));
static volatile int stop;
static volatile const char *wrong;

static struct node *pop(void)
{
    struct node *node, *next;
    uint32_t status;
    __asm__ volatile(
        "1: ldrex %0, [%3]\n"
        "   cmp   %0, #0\n"
        "   beq   2f\n"
        "   ldr   %1, [%0]\n"
        "   strex %2, %1, [%3]\n"
        "   cmp   %2, #0\n"
        "   bne   1b\n"
        "2: dmb\n"
        : "=&r"(node), "=&r"(next), "=&r"(status)
        : "r"(&head)
        : "cc", "memory");
    return node;
}

static void push(struct node *node)
{
    struct node *old;
    uint32_t status;
    __asm__ volatile(
        "   dmb\n"
        "1: ldrex %0, [%2]\n"
        "   str   %0, [%3]\n"
        "   strex %1, %3, [%2]\n"
        "   cmp   %1, #0\n"
        "   bne   1b\n"
        : "=&r"(old), "=&r"(status)
        : "r"(&head), "r"(node)
        : "cc", "memory");
}

static void own(struct node *node, uint32_t me)
{
    uint32_t before = __atomic_exchange_n(&node->owner, me, __ATOMIC_SEQ_CST);
    if (before)
        wrong = "two threads own a node";
}

static void disown(struct node *node, uint32_t me)
{
    uint32_t before = __atomic_exchange_n(&node->owner, 0, __ATOMIC_SEQ_CST);
    if (before != me)
        wrong = "a thread owned a node with another";
}

static void *work(void *argument)
{
    uint32_t me = (uintptr_t)argument;
    uint64_t rounds = 0;
    uint64_t *result = malloc(sizeof *result);
    while (!stop && !wrong) {
        struct node *a = pop(), *b;
        if (!a)
            continue;
        own(a, me);
        b = pop();
        if (b)
            own(b, me);
        disown(a, me);
        push(a);
        if (b) {
            disown(b, me);
            push(b);
        }
        rounds++;
    }
    *result = rounds;
    return result;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 1;
    int threads = argc > 2 ? atoi(argv[2]) : 4;
    pthread_t handles[MOST_THREADS];
    uint64_t rounds = 0;
    struct timespec tick = { 0, 20000000 };
    int ticks, n, i;

    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    for (i = 0; i < NODES; i++)
        push(&nodes[i]);
    for (i = 0; i < threads; i++)
        if (pthread_create(&handles[i], 0, work, (void *)(uintptr_t)(i + 1)))
            return 2;
    for (ticks = 0; ticks < seconds * 50 && !wrong; ticks++)
        nanosleep(&tick, 0);
    stop = 1;
    for (i = 0; i < threads; i++) {
        uint64_t *result;
        pthread_join(handles[i], (void **)&result);
        rounds += *result;
    }
    for (n = 0; n <= NODES && pop(); n++)
        ;
    if (!wrong && n != NODES)
        wrong = "a node is lost, or on the stack twice";
    printf("%llu rounds in %.1f s: %s\n", (unsigned long long)rounds, ticks / 50.0,
           wrong ? (const char *)wrong : "right");
    return wrong ? 1 : 0;
}
