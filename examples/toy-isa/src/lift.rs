//! The lifter.

use dbt_core::ir::{Builder, IndirectKind, Slot, Target, Terminator, TrapKind, Value};
use dbt_core::location::Location;
use dbt_isa::machine::Flow;

use crate::insn::{Context, Reg, toy};
use crate::sem::ToyMachine;

/// Lifts the straight code that starts at `pc`; `program` is what is at address zero.
pub fn lift(program: &[u16], mut pc: u32, builder: &mut Builder<'_>) {
    let entry = builder.reserve();
    builder.begin(entry, Some(Location::new(pc, 0)));
    loop {
        let location = Location::new(pc, 0);
        let word = usize::try_from(pc / 2)
            .ok()
            .and_then(|index| program.get(index));
        let decoded = word.and_then(|&word| toy::decode(word, &Context { pc }).ok());
        let Some(decoded) = decoded else {
            let kind = TrapKind::Undefined;
            builder.end(Terminator::Trap {
                kind,
                info: 0,
                resume: location,
            });
            return;
        };
        builder.guest(location);
        // An access of generated code aborts when it runs, never here.
        if decoded.insn.execute(builder) != Ok(Flow::Next) {
            return;
        }
        pc = pc.wrapping_add(2);
    }
}

impl ToyMachine for Builder<'_> {
    fn reg(&mut self, reg: Reg) -> Value {
        self.get(Slot(u16::from(reg.0)))
    }

    fn set_reg(&mut self, reg: Reg, value: Value) {
        self.set(Slot(u16::from(reg.0)), value);
    }

    fn branch_if(&mut self, taken: Value, target: u32) {
        self.exit_if(taken, Target::Exit(Location::new(target, 0)));
    }

    fn jump(&mut self, target: Value) {
        self.end(Terminator::Indirect {
            value: target,
            mode: 0,
            kind: IndirectKind::Jump,
        });
    }

    fn halt(&mut self, next: u32) {
        let (kind, resume) = (TrapKind::WaitForInterrupt, Location::new(next, 0));
        self.end(Terminator::Trap {
            kind,
            info: 0,
            resume,
        });
    }
}

#[cfg(test)]
mod tests {
    use dbt_core::ir::{Builder, Inst, Slot, Terminator, Unit};
    use dbt_isa::ops::BinOp;

    use super::lift;
    use crate::FACTORIAL;

    #[test]
    fn semantic_functions_append_their_translation() {
        let mut unit = Unit::default();
        lift(&FACTORIAL, 6, &mut Builder::new(&mut unit));
        assert_eq!(unit.guest_insts, 6);
        let [
            _,
            Inst::Get { slot: Slot(0) },
            Inst::Get { slot: Slot(1) },
            product,
            ..,
        ] = unit.insts.as_slice()
        else {
            panic!("{:?}", unit.insts);
        };
        assert!(matches!(product, Inst::Binary { op: BinOp::Mul, .. }));
        let Terminator::Trap { resume, .. } = unit.blocks[0].terminator else {
            panic!("{:?}", unit.blocks);
        };
        assert_eq!(resume.pc_bits(), 18);
    }
}
