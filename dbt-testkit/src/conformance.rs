//! One suite for every back end.
//!
//! **Problem.** A back end is right if its code does what the IR means, and that has
//! nothing to do with Arm: an instruction that no guest program of ours happens to be
//! lifted to must be right as well, in each combination of operands.
//!
//! **Approach.** A made-up [guest](guest::UnitGuest), whose code is IR, runs on an engine
//! with the back end in question; the evaluator of the IR says what is right. The
//! parts of the suite are functions that are generic over the back end;
//! [`conformance!`](crate::conformance!) makes tests of them. All parts take the same cases
//! whatever the back end is, and print how many.
//!
//! - [`instructions`]: each instruction, with operands that are constants, slots in and
//!   outside host registers, and results, at the edges of their types.
//! - [`units`]: random units, with branches and loops.
//! - [`faults`]: an access that faults, after writes of all kinds, finds the state of its
//!   guest instruction.
//! - [`links`], [`calls`], [`indirect`]: control between units.
//! - [`bindings`]: slots of vector registers on the way from unit to unit.
//! - [`interrupts`]: a loop can be interrupted, and stands between two instructions then.
//! - [`too_large`]: a unit that code memory has no room for is interpreted.
//! - [`invalidation`]: code that has been replaced is not executed any more.
//!
//! Where guest instructions and the host's memory management come in, `tests/lockstep.rs`
//! goes on.

mod bindings;
mod control;
mod guest;
mod instructions;
mod rig;

pub use bindings::bindings;
pub use control::{calls, indirect, interrupts, invalidation, links, too_large};
pub use guest::{State, UnitGuest};
pub use instructions::{faults, instructions, units};
pub use rig::{CheckedBranches, Subject};

/// Makes tests of the suite, in a module, for a back end that is made by an expression.
///
/// The tests run on the back end's host, or under an emulator of it.
///
/// # Examples
///
/// ```no_run
/// use dbt_hv_glue::process::native;
///
/// dbt_testkit::conformance!(this_host, native::backend());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ($name:ident, $backend:expr) => {
        $crate::conformance!(
            @ $name, $backend,
            instructions units faults links bindings too_large calls indirect interrupts
            invalidation
        );
    };
    (@ $name:ident, $backend:expr, $($part:ident)*) => {
        mod $name {
            #[allow(unused_imports, reason = "a back end may be named by its path")]
            use super::*;

            $(
                #[test]
                fn $part() {
                    let cases = $crate::conformance::$part(|| $backend);
                    println!("{}: {cases} cases of {}", stringify!($name), stringify!($part));
                }
            )*
        }
    };
}
