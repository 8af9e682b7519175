/* Executes single instructions on given states, for `dbt-testkit`'s QEMU oracle.
 *
 * Standard input: how many instructions and how many states; of each instruction whether it is
 * T32 and its bytes as a word; the states. Standard output: for each instruction and state, the
 * number of the signal that it raised (0 for none) and the state after it. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

struct state {
    uint32_t r[13], cpsr, fpscr, code;
    uint64_t d[32];
};

struct insn {
    uint32_t thumb, word;
};

static volatile uint32_t raised;
static uint8_t alternative_stack[1 << 16];

/* Goes on behind the instruction. */
static void handle(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)info;
    raised = (uint32_t)signal;
    uc->uc_mcontext.arm_pc = uc->uc_mcontext.arm_lr & ~1u;
    uc->uc_mcontext.arm_cpsr &= ~0x0600fc20u;
}

/* SP holds the state while the instruction is executed; the code returns to LR. */
__attribute__((naked)) static void execute(struct state *state, uint32_t code)
{
    __asm__ volatile(
        ".arm\n"
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "ldr r2, =saved_sp\n"
        "str sp, [r2]\n"
        "str r1, [r0, #60]\n"
        "mov sp, r0\n"
        "add r1, r0, #64\n"
        "vldmia r1!, {d0-d15}\n"
        "vldmia r1!, {d16-d31}\n"
        "ldr r1, [sp, #56]\n"
        "vmsr fpscr, r1\n"
        "ldr r1, [sp, #52]\n"
        "msr cpsr_fs, r1\n"
        "ldmia sp, {r0-r12}\n"
        "ldr lr, =1f\n"
        "ldr pc, [sp, #60]\n"
        "1:\n"
        "stmia sp, {r0-r12}\n"
        "mrs r1, cpsr\n"
        "str r1, [sp, #52]\n"
        "vmrs r1, fpscr\n"
        "str r1, [sp, #56]\n"
        "add r1, sp, #64\n"
        "vstmia r1!, {d0-d15}\n"
        "vstmia r1!, {d16-d31}\n"
        "ldr r2, =saved_sp\n"
        "ldr sp, [r2]\n"
        "vpop {d8-d15}\n"
        "pop {r4-r11, pc}\n"
        ".pool\n"
        ".data\n"
        "saved_sp: .word 0\n"
        ".text\n");
}

static void get(void *to, size_t size)
{
    if (fread(to, size, 1, stdin) != 1)
        exit(1);
}

int main(void)
{
    uint32_t counts[2];
    if (fread(counts, sizeof counts, 1, stdin) != 1)
        return 1;
    struct insn *insns = calloc(counts[0], sizeof *insns);
    struct state *states = calloc(counts[1], sizeof *states);
    get(insns, counts[0] * sizeof *insns);
    get(states, counts[1] * sizeof *states);

    stack_t stack = {.ss_sp = alternative_stack, .ss_size = sizeof alternative_stack};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
    for (size_t i = 0; i < 4; i++)
        sigaction(signals[i], &action, NULL);

    /* Each instruction and a return to LR. */
    size_t size = counts[0] * 8;
    uint32_t *code = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (uint32_t i = 0; i < counts[0]; i++) {
        uint32_t word = insns[i].word;
        if (!insns[i].thumb) {
            code[2 * i] = word;
            code[2 * i + 1] = 0xe12fff1e;
        } else if (insns[i].thumb == 2) {
            code[2 * i] = (word & 0xffff) | 0x47700000;
        } else {
            code[2 * i] = word >> 16 | word << 16;
            code[2 * i + 1] = 0x4770;
        }
    }
    __builtin___clear_cache((char *)code, (char *)code + size);
    for (uint32_t i = 0; i < counts[0]; i++) {
        for (uint32_t j = 0; j < counts[1]; j++) {
            struct state state = states[j];
            uint32_t thumb = insns[i].thumb ? 1 : 0;
            raised = 0;
            execute(&state, (uint32_t)&code[2 * i] | thumb);
            uint32_t signal = raised;
            fwrite(&signal, sizeof signal, 1, stdout);
            fwrite(&state, sizeof state, 1, stdout);
        }
    }
    return 0;
}
