//! The interpreter.

use dbt_isa::concrete::Concrete;
use dbt_isa::machine::Abort;
use dbt_isa::ops::Access;

use crate::insn::{Context, Reg, toy};
use crate::sem::ToyMachine;

/// A Toy computer with one KiB of memory.
#[derive(Clone, Debug)]
pub struct Toy {
    /// The registers.
    pub regs: [u32; 8],
    pc: u32,
    memory: [u8; 1024],
    is_halted: bool,
}

impl Toy {
    /// Creates a computer with `program` at address zero.
    #[must_use]
    pub fn new(program: &[u16]) -> Self {
        let mut memory = [0; 1024];
        for (bytes, word) in memory.chunks_exact_mut(2).zip(program) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self {
            regs: [0; 8],
            pc: 0,
            memory,
            is_halted: false,
        }
    }

    /// Tells whether it has stopped: by `halt`, or by what it cannot execute.
    #[must_use]
    pub const fn is_halted(&self) -> bool {
        self.is_halted
    }

    /// Executes at most `count` instructions.
    pub fn run(&mut self, count: u32) {
        for _ in 0..count {
            if self.is_halted {
                return;
            }
            self.step();
        }
    }

    fn step(&mut self) {
        let pc = self.pc;
        let word = self
            .bytes(pc, 2)
            .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        let Some(Ok(decoded)) = word.map(|word| toy::decode(word, &Context { pc })) else {
            self.is_halted = true;
            return;
        };
        // A branch overwrites it.
        self.pc = pc.wrapping_add(2);
        if decoded.insn.execute(self).is_err() {
            self.pc = pc;
            self.is_halted = true;
        }
    }

    fn bytes(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        let start = usize::try_from(address).ok()?;
        self.memory
            .get_mut(start..)?
            .get_mut(..usize::try_from(len).ok()?)
    }
}

impl Concrete for Toy {
    fn read(&mut self, access: Access, address: u32) -> Result<u64, Abort> {
        let bytes = self.bytes(address, access.size.bytes()).ok_or(Abort)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn write(&mut self, access: Access, address: u32, value: u64) -> Result<(), Abort> {
        let bytes = self.bytes(address, access.size.bytes()).ok_or(Abort)?;
        bytes
            .iter_mut()
            .zip(value.to_le_bytes())
            .for_each(|(to, from)| *to = from);
        Ok(())
    }

    fn replace(&mut self, access: Access, at: u32, expected: u64, new: u64) -> Result<u64, Abort> {
        let old = self.read(access, at)?;
        if old == expected {
            self.write(access, at, new)?;
        }
        Ok(old)
    }

    fn barrier(&mut self) {}
}

impl ToyMachine for Toy {
    fn reg(&mut self, reg: Reg) -> u32 {
        self.regs[usize::from(reg.0 % 8)]
    }

    fn set_reg(&mut self, reg: Reg, value: u32) {
        self.regs[usize::from(reg.0 % 8)] = value;
    }

    fn branch_if(&mut self, taken: bool, target: u32) {
        if taken {
            self.pc = target;
        }
    }

    fn jump(&mut self, target: u32) {
        self.pc = target;
    }

    fn halt(&mut self, next: u32) {
        self.pc = next;
        self.is_halted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Toy;
    use crate::FACTORIAL;

    #[test]
    fn a_loop_computes_a_factorial() {
        let mut toy = Toy::new(&FACTORIAL);
        toy.run(100);
        assert!(toy.is_halted());
        assert_eq!((toy.regs[0], toy.pc), (120, 18));
        assert_eq!(toy.memory[260..264], 120_u32.to_le_bytes());
    }

    #[test]
    fn a_store_outside_memory_stops_at_the_store() {
        // mov r3, 511; mul r3, r3, r3; str r0, [r3, 0]
        let mut toy = Toy::new(&[0x47ff, 0x16db, 0x30c0]);
        toy.run(100);
        assert_eq!((toy.is_halted(), toy.pc), (true, 4));
    }
}
