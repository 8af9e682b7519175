//! Floating-point instructions in generated code.

use std::collections::HashMap;
use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::softfloat::{Fixed, FixedWidth, FpControl, FpFlags, Rounding};
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::vfp_machine::{Conversion, FpOp, RoundingOf};
use dbt_core::engine::{Config, Engine, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::Lowering;
use dbt_hv_glue::process::native::NativeBackend;
use dbt_hv_glue::process::{
    Backing, Placement, ProcessCode, ProcessMemory, Prot, Window, WindowEngine,
};

use super::Outcome;
use crate::arena::{DATA, PAGE};
use crate::lockstep::FEATURES;

/// Where the programs are.
const CODE: u32 = 0x1_0000;
/// The bytes of the programs.
const LEN: u32 = 0x4000;
/// `svc #0`.
const SVC: u32 = 0xef00_0000;
const CODE_BYTES: usize = 4 << 20;

/// Executes short programs of A32 in generated code.
#[derive(Debug)]
pub struct Machine {
    engine: Arc<WindowEngine<A32Guest, NativeBackend, ProcessCode>>,
    vcpu: Vcpu<A32Guest>,
    memory: ProcessMemory,
    /// Where the next program goes.
    next: u32,
}

impl Machine {
    /// Makes an engine with a back end, and a page of data at [`DATA`]. Code may raise
    /// floating-point exceptions if `traps`.
    ///
    /// # Errors
    ///
    /// When the host denies memory.
    pub fn new(backend: NativeBackend, traps: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let window = Arc::new(Window::new()?);
        let data = Prot::READ | Prot::WRITE;
        let place = Placement::Fixed;
        let code = data | Prot::EXEC;
        window.map(CODE, LEN.into(), code, Backing::Anonymous, place)?;
        window.map(DATA, PAGE.into(), data, Backing::Anonymous, place)?;
        let config = Config {
            hot_threshold: 0,
            float_traps: if traps { u32::MAX } else { 0 },
            ..Config::default()
        };
        let engine = Engine::new(
            A32Guest::new(FEATURES),
            backend,
            Some(ProcessCode::new(CODE_BYTES)?),
            Lowering::Window,
            config,
        )?;
        let engine = WindowEngine::new(window, engine)?;
        Ok(Self {
            vcpu: engine.vcpu(ArmState::default()),
            memory: engine.memory()?,
            engine,
            next: CODE,
        })
    }

    /// Writes a program, which a system call ends, and returns where; one written long
    /// ago is overwritten.
    ///
    /// # Panics
    ///
    /// When the program is too long.
    pub fn place(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words
            .iter()
            .chain([&SVC])
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let len = u32::try_from(bytes.len()).expect("a short program");
        assert!(len <= LEN, "a short program");
        if self.next + len > CODE + LEN {
            self.next = CODE;
        }
        let pc = self.next;
        self.next += len;
        self.write(pc, &bytes);
        pc
    }

    /// Writes to memory.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let window = self.engine.window();
        window.write(address, bytes).expect("there is memory");
    }

    /// Runs the program that a state is at and returns the state at its end.
    ///
    /// # Panics
    ///
    /// When generated code does something else than to reach the end.
    pub fn run(&mut self, state: &ArmState) -> &ArmState {
        *self.vcpu.state_mut() = *state;
        let exit = self
            .engine
            .run(&mut self.vcpu, &mut self.memory, Budget::rounds(100));
        assert_eq!(exit, Exit::SystemCall { immediate: 0 }, "a program ends");
        self.vcpu.state()
    }
}

/// Executes single floating-point instructions in generated code.
#[derive(Debug)]
pub struct Generated {
    machine: Machine,
    /// Where the program of an instruction is.
    programs: HashMap<u32, u32>,
}

impl Generated {
    /// Makes an engine with a back end, whose code may raise floating-point exceptions
    /// if `traps`.
    ///
    /// # Errors
    ///
    /// When the host denies memory.
    pub fn new(backend: NativeBackend, traps: bool) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            machine: Machine::new(backend, traps)?,
            programs: HashMap::new(),
        })
    }

    /// Returns what `op` gives under `control`; operands as [`FpOp`] has them. A
    /// conversion is one that [`instruction`] can name.
    ///
    /// # Panics
    ///
    /// When generated code does something else than to reach the end.
    pub fn execute(&mut self, op: FpOp, control: FpControl, [a, b, c]: [u64; 3]) -> Outcome {
        let word = instruction(op, b);
        let pc = self.program(word);
        let mut state = ArmState::default();
        state.r[15] = pc;
        state.set_fpscr(control.bits());
        // Of coprocessors 9 to 11.
        let in_place = word & 0xffba_0c50 == 0xeeba_0840;
        match op {
            FpOp::MulAdd16 | FpOp::MulAdd32 | FpOp::MulAdd64 => {
                [state.d[0], state.d[1], state.d[2]] = [a, b, c];
            }
            _ if in_place => state.d[0] = a,
            _ => (state.d[1], state.d[2]) = (a, b),
        }
        let state = self.machine.run(&state);
        assert_eq!(state.fpscr & FpControl::MASK, control.bits(), "{op:?}");
        let result = match op {
            FpOp::Compare16
            | FpOp::CompareSignalling16
            | FpOp::Compare32
            | FpOp::Compare64
            | FpOp::CompareSignalling32
            | FpOp::CompareSignalling64 => {
                assert_eq!(state.nzcv, state.fpscr_nzcv, "both flags are the same");
                state.fpscr_nzcv.into()
            }
            FpOp::Add64
            | FpOp::Sub64
            | FpOp::Mul64
            | FpOp::Div64
            | FpOp::Sqrt64
            | FpOp::MulAdd64
            | FpOp::Widen
            | FpOp::MaxNum64
            | FpOp::MinNum64
            | FpOp::RoundToInt64
            | FpOp::HalfToDouble
            | FpOp::FromFixed64 => state.d[0],
            FpOp::SingleToBrain => state.d[0] & 0xffff,
            FpOp::ToIntModulo => {
                let flags = u64::from(state.fpscr_nzcv) << 32;
                state.d[0] & 0xffff_ffff | flags
            }
            _ => state.d[0] & 0xffff_ffff,
        };
        (result, FpFlags::from_fpscr(state.fpscr))
    }

    /// Returns where the program of an instruction is.
    fn program(&mut self, word: u32) -> u32 {
        if let Some(pc) = self.programs.get(&word) {
            return *pc;
        }
        // A comparison is followed by `vmrs apsr_nzcv, fpscr`, everything else by
        // `nop`. All programs fit.
        let is_compare = word & 0x0fbe_0c50 == 0x0eb4_0840;
        let second: u32 = if is_compare { 0xeef1_fa10 } else { 0xe320_f000 };
        let pc = self.machine.place(&[word, second]);
        self.programs.insert(word, pc);
        pc
    }
}

/// Returns the A32 instruction that performs an operation. Results are in d0 or s0,
/// operands in d1 and d2 or s2 and s4, an addend in the result's place, and so is
/// the operand of a conversion with fraction bits.
#[must_use]
pub fn instruction(op: FpOp, conversion: u64) -> u32 {
    match op {
        FpOp::Add32 => 0xee31_0a02,
        FpOp::Add64 => 0xee31_0b02,
        FpOp::Sub32 => 0xee31_0a42,
        FpOp::Sub64 => 0xee31_0b42,
        FpOp::Mul32 => 0xee21_0a02,
        FpOp::Mul64 => 0xee21_0b02,
        FpOp::Div32 => 0xee81_0a02,
        FpOp::Div64 => 0xee81_0b02,
        FpOp::Sqrt32 => 0xeeb1_0ac1,
        FpOp::Sqrt64 => 0xeeb1_0bc1,
        FpOp::MulAdd32 => 0xeea1_0a02,
        FpOp::MulAdd64 => 0xeea1_0b02,
        FpOp::Compare32 => 0xeeb4_1a42,
        FpOp::Compare64 => 0xeeb4_1b42,
        FpOp::CompareSignalling32 => 0xeeb4_1ac2,
        FpOp::CompareSignalling64 => 0xeeb4_1bc2,
        FpOp::Widen => 0xeeb7_0ac1,
        FpOp::Narrow => 0xeeb7_0bc1,
        FpOp::HalfToSingle => 0xeeb2_0a41,
        FpOp::SingleToHalf => 0xeeb3_0a41,
        FpOp::HalfToDouble => 0xeeb2_0b41,
        FpOp::DoubleToHalf => 0xeeb3_0b41,
        FpOp::Add16 => 0xee31_0902,
        FpOp::Sub16 => 0xee31_0942,
        FpOp::Mul16 => 0xee21_0902,
        FpOp::Div16 => 0xee81_0902,
        FpOp::Sqrt16 => 0xeeb1_09c1,
        FpOp::MulAdd16 => 0xeea1_0902,
        FpOp::Compare16 => 0xeeb4_1942,
        FpOp::CompareSignalling16 => 0xeeb4_19c2,
        FpOp::MaxNum16 => 0xfe81_0902,
        FpOp::MinNum16 => 0xfe81_0942,
        FpOp::SingleToBrain => 0xeeb3_0941,
        FpOp::ToIntModulo => 0xeeb9_0bc1,
        FpOp::MaxNum32 => 0xfe81_0a02,
        FpOp::MaxNum64 => 0xfe81_0b02,
        FpOp::MinNum32 => 0xfe81_0a42,
        FpOp::MinNum64 => 0xfe81_0b42,
        FpOp::RoundToInt16 | FpOp::RoundToInt32 | FpOp::RoundToInt64 => {
            let RoundingOf {
                rounding, exact, ..
            } = RoundingOf::from_bits(conversion);
            size(op)
                | match rounding {
                    None if exact => 0xeeb7_0841,
                    None => 0xeeb6_0841,
                    Some(Rounding::Zero) => 0xeeb6_08c1,
                    Some(rounding) => 0xfeb8_0841 | direction(rounding),
                }
        }
        FpOp::ToInt16 | FpOp::ToInt32 | FpOp::ToInt64 => {
            let RoundingOf {
                rounding, signed, ..
            } = RoundingOf::from_bits(conversion);
            let rounding = rounding.unwrap_or(Rounding::TieEven);
            0xfebc_0841 | size(op) | u32::from(signed) << 7 | direction(rounding)
        }
        FpOp::ToFixed16 | FpOp::ToFixed32 | FpOp::ToFixed64 => {
            let Conversion { fixed, by_fpscr } = Conversion::from_bits(conversion);
            if is_int(fixed) {
                let signed = u32::from(fixed.signed) << 16;
                let truncates = u32::from(!by_fpscr) << 7;
                return 0xeebc_0841 | size(op) | signed | truncates;
            }
            0xeebe_0840 | size(op) | fixed_fields(fixed)
        }
        FpOp::FromFixed16 | FpOp::FromFixed32 | FpOp::FromFixed64 => {
            let Conversion { fixed, .. } = Conversion::from_bits(conversion);
            if is_int(fixed) {
                return 0xeeb8_0841 | size(op) | u32::from(fixed.signed) << 7;
            }
            0xeeba_0840 | size(op) | fixed_fields(fixed)
        }
    }
}

/// The field that tells the precision of a conversion.
fn size(op: FpOp) -> u32 {
    match op {
        FpOp::RoundToInt16 | FpOp::ToInt16 | FpOp::ToFixed16 | FpOp::FromFixed16 => 1 << 8,
        FpOp::RoundToInt64 | FpOp::ToInt64 | FpOp::ToFixed64 | FpOp::FromFixed64 => 3 << 8,
        _ => 2 << 8,
    }
}

/// Returns the conversion that an instruction has and that is nearest.
#[must_use]
pub fn encodable(op: FpOp, conversion: u64) -> u64 {
    match op {
        // Only rounding by FPSCR can be inexact.
        FpOp::RoundToInt16 | FpOp::RoundToInt32 | FpOp::RoundToInt64 => {
            let how = RoundingOf::from_bits(conversion);
            let exact = how.exact && how.rounding.is_none();
            return RoundingOf { exact, ..how }.bits();
        }
        // The other directions are those of conversions to fixed-point numbers.
        FpOp::ToInt16 | FpOp::ToInt32 | FpOp::ToInt64 => {
            let how = RoundingOf::from_bits(conversion);
            let rounding = match how.rounding {
                None | Some(Rounding::Zero) => Some(Rounding::TieEven),
                rounding => rounding,
            };
            return RoundingOf {
                rounding,
                exact: true,
                ..how
            }
            .bits();
        }
        _ => {}
    }
    let Conversion { fixed, by_fpscr } = Conversion::from_bits(conversion);
    let has_mode = matches!(
        op,
        FpOp::ToFixed16
            | FpOp::ToFixed32
            | FpOp::ToFixed64
            | FpOp::FromFixed16
            | FpOp::FromFixed32
            | FpOp::FromFixed64
    );
    if !has_mode {
        return conversion;
    }
    let to_int = matches!(op, FpOp::ToFixed16 | FpOp::ToFixed32 | FpOp::ToFixed64);
    Conversion {
        fixed,
        by_fpscr: is_int(fixed) && (by_fpscr || !to_int),
    }
    .bits()
}

/// The field RM.
fn direction(rounding: Rounding) -> u32 {
    let rm = match rounding {
        Rounding::TieAway => 0,
        Rounding::TieEven | Rounding::Zero => 1,
        Rounding::Up => 2,
        Rounding::Down => 3,
    };
    rm << 16
}

fn is_int(fixed: Fixed) -> bool {
    fixed.width == FixedWidth::Word && fixed.fraction_bits == 0
}

/// The fields U, sx, i and imm4.
fn fixed_fields(fixed: Fixed) -> u32 {
    let size = fixed.width.bits();
    let immediate = size - u32::from(fixed.fraction_bits);
    u32::from(!fixed.signed) << 16
        | u32::from(size == 32) << 7
        | (immediate & 1) << 5
        | immediate >> 1
}
