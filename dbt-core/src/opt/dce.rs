//! Dead-code elimination: a value without users and effects is removed.

use crate::ir::Inst;

/// Tells whether an instruction without users may go.
pub(super) const fn is_removable(inst: &Inst) -> bool {
    !inst.has_effect()
}
