/* A privileged guest: takes every exception that needs no second core, nested and in
 * both instruction sets, and counts what it sees in a table of results.
 *
 * Loaded at 0x8000 and entered in Supervisor mode with interrupts masked. An IRQ comes
 * when a word is stored to 0xf0000000, an FIQ when it is to 0xf0000004; what is stored
 * says whether the line is asserted. It ends with the machine halted (a store to
 * 0xf0000008). */

        .syntax unified
        .arch   armv7-a
        .arch_extension sec
        .arch_extension virt
        .arm
        .set    DEVICE, 0xf0000000
        .set    RESULTS, 0x20000
        .set    STACKS, 0x30000

        .macro  count index
        push    {r0, r1}
        ldr     r0, =RESULTS
        ldr     r1, [r0, #4 * \index]
        add     r1, r1, #1
        str     r1, [r0, #4 * \index]
        pop     {r0, r1}
        .endm

        .macro  stack mode, index
        cps     #\mode
        ldr     sp, =STACKS + 0x1000 * \index
        .endm

        .global _start
_start: ldr     r0, =vectors
        mcr     p15, 0, r0, c12, c0, 0          @ VBAR
        stack   0x11, 1
        stack   0x12, 2
        stack   0x17, 3
        stack   0x1b, 4
        stack   0x1f, 5
        stack   0x13, 6
        mov     r4, #0
        mov     r12, #1000

        /* A hot loop, so that the translator sees all of this. */
loop:   svc     #1
        .inst   0xe7f000f0                      @ udf
        ldr     r0, =0x40000000                 @ nothing is there
        ldr     r1, [r0]
        blx     thumb
        cpsie   i
        ldr     r0, =DEVICE
        mov     r1, #1
        str     r1, [r0]                        @ IRQ, taken at once
        cpsie   f
        str     r1, [r0, #4]                    @ FIQ
        cpsid   if
        mrs     r2, cpsr
        add     r4, r4, r2
        /* User mode and back, by a call of the system. */
        ldr     lr, =user
        mov     r0, #0x10
        msr     spsr_cxsf, r0
        movs    pc, lr
back:   subs    r12, r12, #1
        bne     loop

        ldr     r0, =RESULTS
        str     r4, [r0, #60]
        ldr     r0, =DEVICE
        str     r0, [r0, #8]
halt:   b       halt

user:   mrs     r5, cpsr
        ldr     r6, =RESULTS
        ldr     r7, [r6, #52]
        add     r7, r7, r5
        str     r7, [r6, #52]
        svc     #2

        .thumb
        .thumb_func
thumb:  push    {r4, lr}
        svc     #3
        udf     #1
        cmp     r0, r0
        itte    eq
        moveq   r4, #1
        svceq   #4                              @ in an IT block
        movne   r4, #2
        ldr     r0, =RESULTS
        ldr     r1, [r0, #56]
        add     r1, r1, r4
        str     r1, [r0, #56]
        pop     {r4, pc}
        .ltorg

        .arm
        .balign 32
vectors:
        b       halt
        b       on_undefined
        b       on_svc
        b       on_prefetch
        b       on_data
        nop
        b       on_irq
        /* FIQ falls through: R8 to R12 are its own. */
        ldr     r8, =RESULTS
        ldr     r9, [r8, #28]
        add     r9, r9, #1
        str     r9, [r8, #28]
        ldr     r10, =DEVICE
        mov     r11, #0
        str     r11, [r10, #4]
        subs    pc, lr, #4

        /* SRS and RFE, as kernels do; an IRQ is taken inside. */
on_svc: srsdb   sp!, #0x13
        push    {r0-r3, r12}
        count   0
        mrs     r0, spsr
        tst     r0, #0x20
        ldrheq  r1, [lr, #-4]                   @ the immediate: A32
        ldrhne  r1, [lr, #-2]                   @ T32
        and     r1, r1, #0xff
        ldr     r2, =RESULTS
        add     r2, r2, #64
        ldr     r3, [r2, r1, lsl #2]
        add     r3, r3, #1
        str     r3, [r2, r1, lsl #2]
        cps     #0x1f                           @ System mode, and back
        cps     #0x13
        ldr     r2, =DEVICE
        mov     r3, #1
        str     r3, [r2]
        cpsie   i
        nop
        cpsid   i
        cmp     r1, #2
        ldreq   r2, =back
        streq   r2, [sp, #20]                   @ return to Supervisor mode instead
        moveq   r2, #0xd3
        streq   r2, [sp, #24]
        pop     {r0-r3, r12}
        rfeia   sp!

on_undefined:
        push    {r0-r12, lr}
        count   1
        mrs     r0, spsr
        stm     sp, {sp, lr}^                   @ those of User mode
        ldr     r3, [sp]
        ldr     r1, =RESULTS
        str     r3, [r1, #48]
        tst     r0, #0x20
        ldr     r2, [sp, #52]
        addne   r2, r2, #0                      @ LR is behind the instruction already
        str     r2, [sp, #52]
        ldm     sp!, {r0-r12, pc}^

on_prefetch:
        subs    pc, lr, #4

on_data:
        push    {r0-r1}
        count   4
        mrc     p15, 0, r0, c6, c0, 0           @ DFAR
        ldr     r1, =RESULTS
        str     r0, [r1, #40]
        mrc     p15, 0, r0, c5, c0, 0           @ DFSR
        str     r0, [r1, #44]
        pop     {r0-r1}
        subs    pc, lr, #4

on_irq: sub     lr, lr, #4
        srsdb   sp!, #0x12
        push    {r0-r1}
        count   6
        ldr     r0, =DEVICE
        mov     r1, #0
        str     r1, [r0]
        pop     {r0-r1}
        rfeia   sp!
        .ltorg
