//! The interpreter.

use dbt_isa::concrete::Concrete;
use dbt_isa::machine::{Abort, Execution, Flow};
use dbt_isa::ops::Access;

use crate::guest::{Toy, toy};

/// A Toy computer with one KiB of memory.
#[derive(Clone, Debug)]
pub struct Computer {
    /// The registers.
    pub regs: [u32; 8],
    /// The address of the next instruction.
    pub pc: u32,
    /// Memory, from address zero on.
    pub memory: [u8; 1024],
    is_halted: bool,
}

impl Computer {
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
        let Some(Ok(decoded)) = word.map(|word| toy::decode(word, &pc)) else {
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

impl Concrete for Computer {
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

    fn tag(&mut self, _: u32) -> u64 {
        0
    }

    fn replace(
        &mut self,
        access: Access,
        at: u32,
        _: u64,
        expected: u64,
        new: u64,
    ) -> Result<bool, Abort> {
        let holds = self.read(access, at)? == expected;
        if holds {
            self.write(access, at, new)?;
        }
        Ok(holds)
    }

    fn barrier(&mut self) {}
}

impl Toy for Computer {
    fn reg(&mut self, number: u32) -> u32 {
        self.regs[number as usize]
    }

    fn set_reg(&mut self, number: u32, value: u32) -> Execution {
        self.regs[number as usize] = value;
        Ok(Flow::Next)
    }

    fn branch_if(&mut self, taken: bool, target: u32) -> Execution {
        if taken {
            self.pc = target;
        }
        Ok(Flow::Next)
    }

    fn jump(&mut self, target: u32) -> Execution {
        self.pc = target;
        Ok(Flow::Leave)
    }

    fn halt(&mut self, next: u32) -> Execution {
        self.pc = next;
        self.is_halted = true;
        Ok(Flow::Leave)
    }
}
