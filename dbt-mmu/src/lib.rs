#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! Guest memory: address spaces, protection, and coherence of translated code.
//!
//! A translator copies guest instructions into host code, and from then on the
//! guest can change the original. This crate keeps the two together: it knows
//! which guest pages hold translated code, has them write-protected by whatever
//! the host environment offers, and has translations forgotten when a page
//! changes. You need it when you embed a translator; a decoder or an interpreter
//! that reads every instruction afresh does not.
//!
//! # Example
//!
//! ```
//! use core::cell::Cell;
//! use core::ops::Range;
//! use dbt_mmu::{CodePages, Outcome, Page, PageProtection, Refused, Translations};
//!
//! /// A host with one page of guest memory.
//! #[derive(Default)]
//! struct Host {
//!     protected: Cell<bool>,
//! }
//!
//! impl PageProtection for &Host {
//!     fn write_protect(&self, _: Page) -> Result<(), Refused> {
//!         self.protected.set(true);
//!         Ok(())
//!     }
//!     fn unprotect(&self, _: Page) -> Result<(), Refused> {
//!         self.protected.set(false);
//!         Ok(())
//!     }
//! }
//!
//! /// An engine with one translation.
//! #[derive(Default)]
//! struct Engine {
//!     reachable: Cell<bool>,
//! }
//!
//! impl Translations for &Engine {
//!     fn forget(&self, _: Range<u64>) {
//!         self.reachable.set(false);
//!     }
//! }
//!
//! let (host, engine) = (Host::default(), Engine::default());
//! let pages = CodePages::<_, _, spin::Mutex<()>>::new(&host, &engine);
//! let page = Page::containing(0x8000);
//!
//! // Translate: protect, read the bytes (elided), publish.
//! let ticket = pages.protect(page)?;
//! pages.publish(&[ticket], || engine.reachable.set(true));
//! assert!(host.protected.get() && engine.reachable.get());
//!
//! // The guest writes to the page; the host's fault hook reports it.
//! assert_eq!(pages.fault(page), Outcome::Released { flips: 1 });
//! assert!(!host.protected.get() && !engine.reachable.get());
//! # Ok::<(), dbt_mmu::Refused>(())
//! ```
//!
//! # Concepts
//!
//! - [`Page`]: a 4 KiB page of guest *physical* memory. For a process, physical
//!   and virtual are the same.
//! - [`PageProtection`]: what the environment must be able to do to a page.
//! - [`Translations`]: what the engine must be able to do to its translations.
//! - [`CodePages`]: the state machine between the two.
//!
//! # Features
//!
//! - `spin`: nothing but a dependency on the crate `spin` with its `lock_api`
//!   support, so that `CodePages<_, _, spin::Mutex<()>>` needs no lock of yours.
//!
//! # `no_std` and allocation
//!
//! The crate needs `alloc`. [`CodePages`] allocates only in
//! [`protect`](CodePages::protect), when it meets a page for the first time;
//! in particular a fault hook that calls [`fault`](CodePages::fault) never
//! allocates or frees.
//!
//! # Limits
//!
//! Page-table walkers and the softTLB are yet to come.
//!
//! # MSRV
//!
//! Rust 1.95.

extern crate alloc;

mod code_pages;
mod page;
mod protect;

pub use code_pages::{CodePages, Outcome, Ticket};
pub use page::Page;
pub use protect::{PageProtection, Refused, Translations};
