//! The lifter.

use dbt_core::ir::{Builder, IndirectKind, Slot, Target, Terminator, TrapKind, Value};
use dbt_core::location::Location;
use dbt_isa::machine::{Execution, Flow};

use crate::guest::{Toy, toy};

/// Lifts the straight code that starts at `pc`; `program` is what is at address zero.
pub fn lift(program: &[u16], mut pc: u32, builder: &mut Builder<'_>) {
    let entry = builder.reserve();
    builder.begin(entry, Some(Location::new(pc, 0)));
    loop {
        let location = Location::new(pc, 0);
        let word = usize::try_from(pc / 2)
            .ok()
            .and_then(|index| program.get(index));
        let decoded = word.and_then(|&word| toy::decode(word, &pc).ok());
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

impl Toy for Builder<'_> {
    fn reg(&mut self, number: u32) -> Value {
        self.get(slot(number))
    }

    fn set_reg(&mut self, number: u32, value: Value) -> Execution {
        self.set(slot(number), value);
        Ok(Flow::Next)
    }

    fn branch_if(&mut self, taken: Value, target: u32) -> Execution {
        self.exit_if(taken, Target::Exit(Location::new(target, 0)));
        Ok(Flow::Next)
    }

    fn jump(&mut self, target: Value) -> Execution {
        self.end(Terminator::Indirect {
            value: target,
            mode: 0,
            kind: IndirectKind::Jump,
        });
        Ok(Flow::Leave)
    }

    fn halt(&mut self, next: u32) -> Execution {
        let (kind, resume) = (TrapKind::WaitForInterrupt, Location::new(next, 0));
        self.end(Terminator::Trap {
            kind,
            info: 0,
            resume,
        });
        Ok(Flow::Leave)
    }
}

/// Registers are the first slots.
#[allow(clippy::cast_possible_truncation, reason = "there are eight")]
const fn slot(register: u32) -> Slot {
    Slot(register as u16)
}
