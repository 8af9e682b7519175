/* A timer's signals in the middle of computations that check themselves: whatever the
 * handler does to its own registers, the interrupted code must not see it.
 *
 *     signals SECONDS [NANOSECONDS]
 *
 * The handler runs on an alternate stack, uses every register, sends itself another
 * signal (nested, on the same stack), looks at the frame, and now and then changes it:
 * an instruction that is UNDEFINED is stepped over, with a register of it set. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t timer_signals, nested_signals, undefined, done;
static volatile int handler_is_wrong;
static volatile uint32_t sink;

/* Fills every register that a handler may use, and the status registers. */
static void disturb(uint32_t seed)
{
    __asm__ volatile(
        "vdup.32 q0, %0\n vdup.32 q1, %0\n vdup.32 q2, %0\n vdup.32 q3, %0\n"
        "vdup.32 q8, %0\n vdup.32 q9, %0\n vdup.32 q10, %0\n vdup.32 q11, %0\n"
        "vdup.32 q12, %0\n vdup.32 q13, %0\n vdup.32 q14, %0\n vdup.32 q15, %0\n"
        "vmov d8, %0, %0\n vmov d9, %0, %0\n vmov d15, %0, %0\n"
        "qadd r1, %0, %0\n uadd8 r1, r1, %0\n cmn %0, %0\n"
        "mov r2, %0\n mov r3, %0\n mov r12, %0\n mov r4, %0\n mov r5, %0\n"
        : : "r"(seed | 0x40000000)
        : "r1", "r2", "r3", "r4", "r5", "r12", "d8", "d9", "d15", "cc", "memory");
    sink = seed;
}

static void nested(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    disturb(0x5a5a5a5a);
    nested_signals++;
}

static void on_timer(int number, siginfo_t *info, void *context)
{
    static __thread int depth;
    ucontext_t *at = context;
    uint32_t pc = at->uc_mcontext.arm_pc, thumb = at->uc_mcontext.arm_cpsr & 0x20;
    (void)number;
    if (info->si_signo != SIGALRM || pc & (thumb ? 1 : 3) || at->uc_mcontext.arm_sp & 3)
        handler_is_wrong = 1;
    disturb(pc);
    if (!depth) {
        depth = 1;
        raise(SIGUSR1);
        depth = 0;
    }
    timer_signals++;
}

/* Steps over `udf`, and answers in r0. */
static void on_undefined(int number, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    (void)number;
    if ((uint32_t)(uintptr_t)info->si_addr != at->uc_mcontext.arm_pc)
        handler_is_wrong = 1;
    at->uc_mcontext.arm_pc += 4;
    at->uc_mcontext.arm_r0 = at->uc_mcontext.arm_r1 * 3;
    disturb(7);
    undefined++;
}

static uint32_t integers(uint32_t seed)
{
    uint32_t result;
    __asm__ volatile(
        "   msr apsr_nzcvqg, #0\n mov r0, %1\n mov r1, #1\n mov r2, #0x55\n mov r3, #0\n mov r4, %1\n"
        "   mov r5, #3\n mov r6, #0x80000000\n mov r7, #0\n mov r8, #9\n mov r12, #400\n"
        "1: adds r0, r0, r2, ror #5\n"
        "   adcs r1, r1, r0, lsl #3\n"
        "   sbcs r2, r2, r1, asr #7\n"
        "   umlal r3, r4, r0, r1\n"
        "   qadd r5, r5, r6\n"
        "   mrs  r9, cpsr\n"
        "   add  r7, r7, r9, lsr #27\n"
        "   uadd8 r8, r8, r0\n"
        "   sel  r6, r0, r2\n"
        "   movs r9, r4, rrx\n"
        "   eorcs r7, r7, r9\n"
        "   addmi r7, r7, #1\n"
        "   push {r0, r3, r7, r9}\n"
        "   pop  {r3, r7, r9, r10}\n"
        "   eor  r7, r9, r10\n"
        "   subs r12, r12, #1\n"
        "   bne  1b\n"
        "   eor %0, r7, r0\n eor %0, %0, r1\n eor %0, %0, r2\n eor %0, %0, r3\n"
        "   eor %0, %0, r4\n eor %0, %0, r5\n eor %0, %0, r6\n eor %0, %0, r8\n"
        : "=&r"(result) : "r"(seed)
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r12", "cc", "memory");
    return result;
}

static uint32_t vectors(uint32_t seed)
{
    uint32_t result;
    __asm__ volatile(
        "   vdup.32 q0, %1\n vmov.i32 q1, #3\n vmov.i16 q2, #0x1200\n vmov.i8 q3, #7\n"
        "   vmov.f32 q8, #1.5\n vmov.f64 d20, #1.25\n vmov.f64 d21, #0.75\n vmov.f32 q11, #2.0\n"
        "   veor q12, q12\n veor q15, q15\n mov r12, #200\n"
        "1: vadd.i32 q0, q0, q1\n"
        "   vmul.i16 q2, q2, q0\n"
        "   vqadd.s8 q3, q3, q2\n"
        "   vmla.f32 q11, q8, q8\n"
        "   vmin.f32 q11, q11, q8\n"
        "   vmul.f64 d20, d20, d21\n"
        "   vadd.f64 d20, d20, d21\n"
        "   vext.8 q1, q1, q0, #5\n"
        "   vshl.i32 q12, q0, #3\n"
        "   vrev64.16 q1, q1\n"
        "   veor q15, q15, q1\n"
        "   veor q15, q15, q12\n"
        "   vcmp.f64 d20, d21\n"
        "   vmrs apsr_nzcv, fpscr\n"
        "   vaddgt.f64 d21, d21, d20\n"
        "   vmin.f32 d21, d21, d16\n"
        "   vtbl.8 d28, {d0, d1}, d6\n"
        "   veor d30, d30, d28\n"
        "   subs r12, r12, #1\n"
        "   bne 1b\n"
        "   veor q15, q15, q2\n veor q15, q15, q3\n veor q15, q15, q11\n veor q15, q15, q10\n"
        "   veor d30, d30, d31\n vmov %0, r12, d30\n eor %0, %0, r12\n"
        : "=&r"(result) : "r"(seed)
        : "r12", "q0", "q1", "q2", "q3", "q8", "q10", "q11", "q12", "q14", "q15", "cc", "memory");
    return result;
}

/* A loop of more instructions than are translated at once. */
static uint32_t numbers(uint32_t seed)
{
    uint32_t result;
    __asm__ volatile(
        "   vmov s0, %1\n vcvt.f64.u32 d1, s0\n vmov.f64 d2, #1.25\n vmov.f64 d3, #0.75\n"
        "   vmov.f64 d4, #2.0\n mov r12, #100\n"
        "1: .rept 25\n"
        "   vmul.f64 d1, d1, d3\n vadd.f64 d1, d1, d4\n"
        "   vmul.f64 d2, d2, d3\n vadd.f64 d2, d2, d1\n"
        "   .endr\n"
        "   vadd.f64 d4, d4, d3\n subs r12, r12, #1\n bne 1b\n"
        "   vadd.f64 d1, d1, d2\n vmov %0, r12, d1\n eor %0, %0, r12\n"
        : "=&r"(result) : "r"(seed) : "r12", "d0", "d1", "d2", "d3", "d4", "cc", "memory");
    return result;
}

/* T32, with IT blocks. */
__attribute__((target("thumb"), noinline)) static uint32_t blocks(uint32_t seed)
{
    uint32_t result = 0, i;
    for (i = 0; i < 300; i++)
        __asm__ volatile(
            "adds %0, %0, %1\n"
            "itete cs\n addcs %0, %0, #7\n eorcc %0, %0, %1\n rorcs %0, %0, #3\n subcc %0, %0, #11\n"
            "cmp %0, %1\n"
            "ittt hi\n subhi %1, %1, #1\n eorhi %1, %1, %0, lsr #9\n addhi %0, %0, #1\n"
            : "+r"(result), "+r"(seed) : : "cc");
    return result ^ seed;
}

static uint32_t stepped(uint32_t seed)
{
    register uint32_t r0 __asm__("r0") = 0;
    register uint32_t r1 __asm__("r1") = seed;
    __asm__ volatile(".inst 0xe7f000f0\n" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | flags;
    if (sigaction(signal, &action, 0))
        exit(2);
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 1;
    long interval = argc > 2 ? atol(argv[2]) : 50000;
    struct itimerspec every = { { 0, interval }, { 0, interval } };
    struct sigevent event;
    struct timespec start, now;
    stack_t stack;
    timer_t timer;
    uint32_t expected[5], rounds = 0, wrong = 0;
    int ends[2];
    char byte;

    expected[0] = integers(12345);
    expected[1] = vectors(12345);
    expected[2] = blocks(12345);
    expected[3] = 3 * 12345;
    expected[4] = numbers(12345);
    stack.ss_sp = malloc(stack.ss_size = 1 << 16);
    stack.ss_flags = 0;
    if (sigaltstack(&stack, 0) || pipe(ends))
        return 2;
    handle(SIGALRM, on_timer, SA_ONSTACK | SA_RESTART);
    handle(SIGUSR1, nested, SA_ONSTACK | SA_NODEFER);
    handle(SIGILL, on_undefined, 0);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &every, 0))
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        wrong += integers(12345) != expected[0];
        wrong += (vectors(12345) != expected[1]) << 8;
        wrong += (blocks(12345) != expected[2]) << 16;
        wrong += (stepped(12345) != expected[3]) << 24;
        wrong += (numbers(12345) != expected[4]) << 28;
        /* Restarted, however often it is interrupted. */
        if ((rounds & 63) == 0 && (write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1))
            wrong |= 0x80000000;
        rounds++;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec + (now.tv_nsec > start.tv_nsec) <= seconds);
    timer_delete(timer);
    if (nested_signals == 0 || undefined == 0 || nested_signals > timer_signals)
        handler_is_wrong |= 2;
    fprintf(stderr, "%u rounds, %d signals, %d nested\n", rounds, timer_signals, nested_signals);
    if (wrong || handler_is_wrong)
        printf("wrong: %x, handler %d\n", wrong, handler_is_wrong);
    else
        puts("right");
    return wrong || handler_is_wrong;
}
