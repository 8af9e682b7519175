//! Signals (Linux, `arch/arm/include/uapi/asm/{signal,sigcontext,ucontext}.h`).

use super::guest_struct;

guest_struct! { 20; /// `struct sigaction` of `rt_sigaction`; the mask is two words.
SigAction { handler: u32, flags: u32, restorer: u32, mask: [u32; 2] } }

guest_struct! { 16; /// `struct old_sigaction` of `sigaction`.
OldSigAction { handler: u32, mask: u32, flags: u32, restorer: u32 } }

guest_struct! { 12; /// `stack_t`.
AltStack { sp: u32, flags: u32, size: u32 } }

guest_struct! { 128; /// `siginfo_t`: number, error, code, and what the code says the rest is.
SigInfo { signo: i32, errno: i32, code: i32, fields: [u32; 29] } }

guest_struct! { 84; /// `struct sigcontext`.
SigContext {
    trap_no: u32,
    error_code: u32,
    oldmask: u32,
    r: [u32; 16],
    cpsr: u32,
    fault_address: u32,
} }

guest_struct! { 288; /// `struct vfp_sigframe`.
VfpFrame {
    magic: u32,
    size: u32,
    d: [u64; 32],
    fpscr: u32,
    pad: u32,
    fpexc: u32,
    fpinst: u32,
    fpinst2: u32,
    pad2: u32,
} }

impl VfpFrame {
    /// `VFP_MAGIC`.
    pub(crate) const MAGIC: u32 = 0x5646_5001;
}

guest_struct! { 744; /// `struct ucontext`; `uc_regspace` is the frame and words that end it.
UContext {
    flags: u32,
    link: u32,
    stack: AltStack,
    context: SigContext,
    mask: [u32; 2],
    unused: [u32; 30],
    vfp: VfpFrame,
    rest: [u32; 56],
} }

guest_struct! { 760; /// `struct sigframe`: what a handler without `SA_SIGINFO` returns through.
SigFrame { context: UContext, retcode: [u32; 4] } }

guest_struct! { 888; /// `struct rt_sigframe`.
RtSigFrame { info: SigInfo, frame: SigFrame } }

/// `SA_NOCLDSTOP`, `SA_NOCLDWAIT`: the two flags that concern the host.
pub(crate) const SA_CHILD: u32 = 0x3;
/// `SA_SIGINFO`.
pub(crate) const SA_SIGINFO: u32 = 0x4;
/// `SA_RESTORER`.
pub(crate) const SA_RESTORER: u32 = 0x0400_0000;
/// `SA_ONSTACK`.
pub(crate) const SA_ONSTACK: u32 = 0x0800_0000;
/// `SA_RESTART`.
pub(crate) const SA_RESTART: u32 = 0x1000_0000;
/// `SA_NODEFER`.
pub(crate) const SA_NODEFER: u32 = 0x4000_0000;
/// `SA_RESETHAND`.
pub(crate) const SA_RESETHAND: u32 = 0x8000_0000;

/// `SS_ONSTACK`.
pub(crate) const SS_ONSTACK: u32 = 1;
/// `SS_DISABLE`.
pub(crate) const SS_DISABLE: u32 = 2;
/// `MINSIGSTKSZ`.
pub(crate) const MINSIGSTKSZ: u32 = 2048;
