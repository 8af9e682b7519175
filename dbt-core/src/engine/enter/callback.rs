//! What generated code calls with the callback lowering.

use core::ops::Range;

use dbt_isa::ops::Access as MemoryAccess;

use super::Access;
use crate::host::{VcpuContext, access_from_bits};
use crate::memory::{GuestMemory, MemoryFault};

/// What the engine tells the access functions.
pub(in crate::engine) trait CodeWatch {
    /// Tells whether code was translated from bytes in `range`.
    fn has_code(&self, range: &Range<u64>) -> bool;
}

/// Why an access function asked generated code to leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::engine) enum Refusal {
    /// The access faulted.
    Fault(MemoryFault),
    /// It would have written to translated code. Nothing was written.
    Code,
}

/// The other end of [`VcpuContext::memory`].
pub(in crate::engine) struct Scope<'a> {
    pub(in crate::engine) memory: &'a mut dyn GuestMemory,
    pub(in crate::engine) watch: &'a dyn CodeWatch,
    pub(in crate::engine) refusal: Option<Refusal>,
}

impl<S> Access<'_, S> {
    /// Calls `body` while access functions lead to `scope`.
    pub(in crate::engine) fn with_scope<R>(
        &mut self,
        scope: &mut Scope<'_>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let context = self.block.context();
        // SAFETY: *Exclusive*, and no reference to the context exists. The
        // lifetime that the pointer loses is the call's of `body`, after which it
        // is null again.
        unsafe { (*context).memory = core::ptr::from_mut(scope).cast() };
        let result = body(self);
        // SAFETY: as above.
        unsafe { (*context).memory = core::ptr::null_mut() };
        result
    }
}

/// Makes one access for generated code.
///
/// # Safety
///
/// `context` is that of the vCPU whose generated code calls, entered within
/// [`Access::with_scope`].
unsafe fn access(
    context: *mut VcpuContext,
    writes: Option<Range<u64>>,
    make: impl FnOnce(&mut dyn GuestMemory) -> Result<u64, MemoryFault>,
) -> u64 {
    // SAFETY: generated code waits for this call, and the field is its own.
    let scope = unsafe { (*context).memory }.cast::<Scope<'_>>();
    // SAFETY: the caller says that `with_scope` set the pointer, to a value that
    // nobody else uses while generated code runs.
    let scope = unsafe { &mut *scope };
    let result = if writes.is_some_and(|range| scope.watch.has_code(&range)) {
        Err(Refusal::Code)
    } else {
        make(scope.memory).map_err(Refusal::Fault)
    };
    result.unwrap_or_else(|refusal| {
        scope.refusal = Some(refusal);
        // SAFETY: as at the first block.
        unsafe { (*context).callback_fault = 1 };
        0
    })
}

/// Returns the bytes of an access.
fn bytes(access: MemoryAccess, address: u64) -> Range<u64> {
    address..address.saturating_add(access.size.bytes().into())
}

/// [`Callees::load`](crate::host::Callees::load).
pub(in crate::engine) extern "C" fn load(
    context: *mut VcpuContext,
    address: u64,
    bits: u64,
) -> u64 {
    let how = access_from_bits(bits);
    // SAFETY: only generated code knows this function; see the emitted-code
    // contract.
    unsafe { access(context, None, |memory| memory.load(how, address)) }
}

/// [`Callees::store`](crate::host::Callees::store).
pub(in crate::engine) extern "C" fn store(
    context: *mut VcpuContext,
    address: u64,
    bits: u64,
    value: u64,
) {
    let how = access_from_bits(bits);
    let writes = Some(bytes(how, address));
    // SAFETY: as in `load`.
    unsafe {
        access(context, writes, |memory| {
            memory.store(how, address, value).map(|()| 0)
        })
    };
}

/// [`Callees::store_exclusive`](crate::host::Callees::store_exclusive).
pub(in crate::engine) extern "C" fn store_exclusive(
    context: *mut VcpuContext,
    address: u64,
    bits: u64,
    tag: u64,
    expected: u64,
    new: u64,
) -> u64 {
    let how = access_from_bits(bits);
    let writes = Some(bytes(how, address));
    // SAFETY: as in `load`.
    unsafe {
        access(context, writes, |memory| {
            // Of values, an access has its low bytes only.
            let moved = u64::MAX >> (64 - 8 * how.size.bytes());
            let (expected, new) = (expected & moved, new & moved);
            let stored = memory.store_exclusive(how, address, tag, expected, new)?;
            Ok(u64::from(!stored))
        })
    }
}
