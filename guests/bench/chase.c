/* A pointer chase: each load's address is the one before it. */
#include <stdint.h>
#include <stdio.h>

enum { COUNT = 1 << 15, STEPS = 50000000 };

/* Indices beside the pointers, so that the value does not depend on a pointer's size. */
static struct node { struct node *next; uint32_t value; } nodes[COUNT];

int main(void)
{
    uint32_t at = 0, sum = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t to = (at * 5 + 12345) % COUNT;
        nodes[at].next = &nodes[to];
        nodes[at].value = i;
        at = to;
    }
    const struct node *n = nodes;
    for (uint32_t i = 0; i < STEPS; i++, n = n->next)
        sum = sum * 5 + (n->value ^ i);
    printf("chase %08x %u\n", (unsigned)sum, (unsigned)n->value);
    return 0;
}
