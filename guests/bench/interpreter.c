/* A switch interpreter: one indirect jump for each bytecode, as in every scripting
 * language. It looks for the longest Collatz chain below a limit. */
#include <stdint.h>
#include <stdio.h>

enum { SET, MOV, INC, HALF, TRIPLE, ODD, LESS, JUMP, WHEN, STOP };

static const uint8_t program[] = {
    /*  0 */ SET, 0, 1,     SET, 7, 1,
    /*  6 */ MOV, 1, 0,     SET, 2, 1,
    /* 12 */ LESS, 7, 1,    WHEN, 27, 0,
    /* 18 */ LESS, 3, 2,    WHEN, 48, 0,    JUMP, 54, 0,
    /* 27 */ INC, 2, 0,     ODD, 1, 0,      WHEN, 42, 0,
    /* 36 */ HALF, 1, 0,    JUMP, 12, 0,
    /* 42 */ TRIPLE, 1, 0,  JUMP, 12, 0,
    /* 48 */ MOV, 3, 2,     MOV, 4, 0,
    /* 54 */ INC, 0, 0,     LESS, 0, 6,     WHEN, 6, 0,
    /* 63 */ STOP, 0, 0,
};

static __attribute__((noinline)) uint32_t interpret(const uint8_t *code, uint32_t limit)
{
    uint32_t r[8] = { 0, 0, 0, 0, 0, 0, limit, 0 }, count = 0;
    const uint8_t *p = code;
    for (;;) {
        uint32_t a = p[1], b = p[2];
        p += 3;
        count++;
        switch (p[-3]) {
        case SET: r[a] = b; break;
        case MOV: r[a] = r[b]; break;
        case INC: r[a]++; break;
        case HALF: r[a] >>= 1; break;
        case TRIPLE: r[a] = r[a] * 3 + 1; break;
        case ODD: r[5] = r[a] & 1; break;
        case LESS: r[5] = r[a] < r[b]; break;
        case JUMP: p = code + a; break;
        case WHEN: if (r[5]) p = code + a; break;
        default: return r[4] ^ r[3] << 20 ^ count;
        }
    }
}

int main(void)
{
    printf("interpreter %08x\n", (unsigned)interpret(program, 170000));
    return 0;
}
