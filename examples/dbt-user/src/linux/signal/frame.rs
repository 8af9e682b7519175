//! Entering and leaving a guest's signal handler (Linux, `arch/arm/kernel/signal.c`).

use bytemuck::Zeroable;

use super::{Action, Info};
use crate::cpu::{CPSR_E, CPSR_J_IT, CPSR_T, CPSR_USER, UserRegs};
use crate::kuser;
use crate::linux::Fail;
use crate::linux::abi::signal::{
    AltStack, RtSigFrame, SA_ONSTACK, SA_RESTORER, SA_SIGINFO, SS_DISABLE, SS_ONSTACK, SigContext,
    SigFrame, UContext, VfpFrame,
};
use crate::thread::Thread;

/// The bits of `CPSR` that a handler may change through its frame: flags, `Q`,
/// `IT`, `GE`, `E` and `T`.
const CPSR_WRITABLE: u32 = 0xfe0f_fe20;

/// What a frame says about a fault.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fault {
    pub(super) trap_no: u32,
    pub(super) error_code: u32,
    pub(super) address: u32,
}

/// Writes a frame and makes the core enter the handler.
pub(super) fn enter(
    thread: &mut Thread,
    info: &Info,
    fault: Fault,
    action: Action,
    old_mask: u64,
) -> Result<(), Fail> {
    let mut regs = thread.cpu.regs();
    let signal = info.0.signo;
    let has_info = action.flags & SA_SIGINFO != 0;
    let context = context(thread, &regs, fault, old_mask, has_info);
    let mut frame = SigFrame::zeroed();
    frame.context = context;
    let top = stack_top(thread, regs.r[13], action);
    let size = if has_info {
        size_of::<RtSigFrame>()
    } else {
        size_of::<SigFrame>()
    };
    let sp = top.wrapping_sub(size as u32) & !7;
    if has_info {
        thread.put(
            sp,
            &RtSigFrame {
                info: info.0,
                frame,
            },
        )?;
        regs.r[1] = sp;
        regs.r[2] = sp + size_of_val(&info.0) as u32;
    } else {
        thread.put(sp, &frame)?;
    }
    regs.r[0] = signal.cast_unsigned();
    regs.r[13] = sp;
    regs.r[14] = if action.flags & SA_RESTORER != 0 {
        action.restorer
    } else {
        kuser::SIGRETURN + if has_info { 8 } else { 0 }
    };
    regs.cpsr &= !CPSR_E;
    regs.branch_exchange(action.handler);
    thread.cpu.set_regs(&regs);
    thread.cpu.clear_exclusive();
    Ok(())
}

fn context(thread: &Thread, regs: &UserRegs, fault: Fault, mask: u64, has_info: bool) -> UContext {
    let mut context = UContext::zeroed();
    // A handler without siginfo finds the kernel's magic number here.
    context.flags = if has_info { 0 } else { 0x5ac3_c35a };
    context.stack = alt_stack(thread, regs.r[13]);
    context.mask = [mask as u32, (mask >> 32) as u32];
    context.context = SigContext {
        trap_no: fault.trap_no,
        error_code: fault.error_code,
        oldmask: mask as u32,
        r: regs.r,
        cpsr: regs.cpsr,
        fault_address: fault.address,
    };
    context.vfp = VfpFrame {
        magic: VfpFrame::MAGIC,
        size: size_of::<VfpFrame>() as u32,
        d: regs.d,
        fpscr: regs.fpscr,
        // FPEXC.EN: the unit is enabled.
        fpexc: 1 << 30,
        ..VfpFrame::zeroed()
    };
    context
}

/// Where the frame goes: the alternate stack, unless the program is on it already.
fn stack_top(thread: &Thread, sp: u32, action: Action) -> u32 {
    let alt = thread.signals.alt_stack;
    if action.flags & SA_ONSTACK == 0 || alt.size == 0 || is_on(alt, sp) {
        return sp;
    }
    alt.sp.wrapping_add(alt.size)
}

fn is_on(alt: AltStack, sp: u32) -> bool {
    sp.wrapping_sub(alt.sp).wrapping_sub(1) < alt.size
}

/// Returns the alternate stack as `sigaltstack` shows it.
pub(super) fn alt_stack(thread: &Thread, sp: u32) -> AltStack {
    let mut alt = thread.signals.alt_stack;
    alt.flags = match alt.size {
        0 => SS_DISABLE,
        _ if is_on(alt, sp) => SS_ONSTACK,
        _ => 0,
    };
    alt
}

/// Leaves a handler: restores what its frame holds. Returns the restored `r0`.
pub(super) fn leave(thread: &mut Thread, with_info: bool) -> Result<u32, Fail> {
    let sp = thread.cpu.reg(13);
    let frame: SigFrame = if with_info {
        thread.get::<RtSigFrame>(sp)?.frame
    } else {
        thread.get(sp)?
    };
    let context = frame.context;
    let mut regs = thread.cpu.regs();
    regs.r = context.context.r;
    regs.cpsr = context.context.cpsr & CPSR_WRITABLE | CPSR_USER;
    if regs.cpsr & CPSR_T == 0 {
        // An A32 instruction has no IT block and is aligned.
        regs.cpsr &= !CPSR_J_IT;
        regs.r[15] &= !3;
    } else {
        regs.r[15] &= !1;
    }
    if context.vfp.magic == VfpFrame::MAGIC {
        regs.d = context.vfp.d;
        regs.fpscr = context.vfp.fpscr;
    }
    thread.cpu.set_regs(&regs);
    thread.cpu.clear_exclusive();
    thread.restart = None;
    let [low, high] = context.mask;
    thread
        .signals
        .set_mask(u64::from(low) | u64::from(high) << 32);
    if with_info {
        let alt = AltStack {
            flags: context.stack.flags & SS_DISABLE,
            ..context.stack
        };
        thread.signals.alt_stack = if alt.flags == 0 {
            alt
        } else {
            AltStack::zeroed()
        };
    }
    Ok(regs.r[0])
}
