//! What coherence asks of the environment and of the engine.

use core::ops::Range;

use crate::Page;

/// The environment would not change a page's protection.
///
/// In a process this is the host running out of mappings. It is nobody's fault;
/// interpret the page instead of translating it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the environment refused to change the protection of page {page:?}")]
pub struct Refused {
    /// The page in question.
    pub page: Page,
}

/// How an environment keeps guests from writing to a page unnoticed.
///
/// A process uses `mprotect`, a hypervisor its second stage of translation, an
/// embedder with a table lowering a flag in the table. [`CodePages`] calls these
/// functions with its lock held, and never twice in a row for the same page.
///
/// # Contract
///
/// - When `write_protect` has returned `Ok`, no write to the page by any vCPU or
///   device that was not already complete completes before the environment has
///   called [`CodePages::fault`] for it.
/// - Neither function calls back into [`CodePages`].
/// - A page whose protection could not be changed is left as it was.
///
/// [`CodePages`]: crate::CodePages
/// [`CodePages::fault`]: crate::CodePages::fault
pub trait PageProtection {
    /// Makes every write to `page` fault.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] when the page cannot be protected. It is then not
    /// translated from.
    fn write_protect(&self, page: Page) -> Result<(), Refused>;

    /// Lets `page` be written again, as far as the guest itself allows it.
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] when the page stays protected.
    fn unprotect(&self, page: Page) -> Result<(), Refused>;
}

/// The translations that an engine has published.
///
/// # Contract
///
/// - When `forget` has returned, no translation made from any of `bytes` can be
///   *entered* any more, by lookup or by link. A vCPU inside one may finish it:
///   the architecture lets an instruction stream run on until the vCPU
///   synchronises, and a vCPU that wrote into its own block learns so from
///   [`Outcome`](crate::Outcome).
/// - `forget` does not call back into [`CodePages`](crate::CodePages), whose
///   lock is held, and takes no lock under which the engine calls it.
/// - `forget` may run inside a fault hook of the vCPU that writes.
pub trait Translations {
    /// Makes every translation of `bytes` unreachable.
    ///
    /// `bytes` lie within one page.
    fn forget(&self, bytes: Range<u64>);
}

impl<P: PageProtection + ?Sized> PageProtection for alloc::sync::Arc<P> {
    fn write_protect(&self, page: Page) -> Result<(), Refused> {
        (**self).write_protect(page)
    }

    fn unprotect(&self, page: Page) -> Result<(), Refused> {
        (**self).unprotect(page)
    }
}
