//! AArch32 as a guest of the engine.

use core::fmt;

use dbt_core::guest::{Guest, HelperFn, SlotInfo, StateLayout, Step};
use dbt_core::ir::{Builder, FloatFlags, FloatMode, FloatRules, Rounding, Slot, Ty};
use dbt_core::location::Location;
use dbt_core::memory::{Fetch, FetchFault, GuestMemory};
use dbt_isa::Undecodable;

use crate::fp_helpers::FUNCTIONS;
use crate::instruction::Instruction;
use crate::interp;
use crate::itstate::ItState;
use crate::lift;
use crate::lift::Fetched;
use crate::reg::Reg;
use crate::softfloat::{FpControl, RoundingMode};
use crate::state::ArmState;
use crate::system::config::Core;
use crate::system::psr::context;
use crate::system::registers::REGISTERS;
use crate::system::{AccessKind, Action, Config, ConfigError, Exception, Lines, Outcome};
use crate::version::{DecodeContext, Features};

/// An AArch32 core: of user-level code alone ([`new`](Self::new)), or of all levels
/// ([`with_system`](Self::with_system)).
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::guest::A32Guest;
/// use dbt_a32_frontend::state::ArmState;
/// use dbt_a32_frontend::version::Features;
/// use dbt_core::guest::Guest;
///
/// let guest = A32Guest::new(Features::ARMHF);
/// let mut state = ArmState::default();
/// state.r[15] = 0x8000;
/// state.thumb = 1;
/// // A branch to T32 code at 0x8000 carries 0x8001.
/// assert_eq!(guest.location(&state).pc_bits(), 0x8001);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct A32Guest {
    core: Core,
}

impl A32Guest {
    /// Makes a guest whose cores implement `features` and execute user-level code:
    /// system calls and exceptions are the embedder's.
    ///
    /// # Panics
    ///
    /// If the features contradict one another. [`Features::check`] tells which; for a
    /// constant guest, the program does not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// use dbt_a32_frontend::guest::A32Guest;
    /// use dbt_a32_frontend::version::Features;
    ///
    /// const GUEST: A32Guest = A32Guest::new(Features::ARMHF);
    /// assert_eq!(GUEST.features(), Features::ARMHF);
    /// ```
    ///
    /// ```should_panic
    /// use dbt_a32_frontend::guest::A32Guest;
    /// use dbt_a32_frontend::version::Features;
    ///
    /// // Advanced SIMD comes with 32 doubleword registers.
    /// let _ = A32Guest::new(Features::ARMHF | Features::ASIMD);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(features: Features) -> Self {
        assert!(
            features.check().is_ok(),
            "a feature is declared without what it is based on; see `Features::check`"
        );
        Self {
            core: Core::user(features),
        }
    }

    /// Makes a guest whose cores implement `features` at every level. A vCPU starts
    /// with [`reset`](Self::reset).
    ///
    /// # Errors
    ///
    /// When the features contradict one another, or the configuration does not fit
    /// them.
    ///
    /// # Examples
    ///
    /// ```
    /// use dbt_a32_frontend::guest::A32Guest;
    /// use dbt_a32_frontend::system::{Config, ProcessorMode};
    /// use dbt_a32_frontend::version::Features;
    ///
    /// let guest = A32Guest::with_system(Features::CORTEX_A15, Config::default())?;
    /// assert_eq!(guest.reset().mode(), ProcessorMode::Supervisor);
    ///
    /// let lacking = Features::ARMV7A | Features::ASIMD;
    /// assert!(A32Guest::with_system(lacking, Config::default()).is_err());
    /// # Ok::<(), dbt_a32_frontend::system::ConfigError>(())
    /// ```
    pub fn with_system(features: Features, config: Config) -> Result<Self, ConfigError> {
        config.check(features)?;
        let system = Some(config);
        Ok(Self {
            core: Core { features, system },
        })
    }

    /// Returns what the cores implement.
    #[must_use]
    pub const fn features(&self) -> Features {
        self.core.features
    }

    /// Returns the state of a core after a reset (`TakeReset()`): Supervisor mode,
    /// interrupts masked, at address zero. In a guest of user-level code, it is that
    /// of [`ArmState::default`].
    #[must_use]
    pub fn reset(&self) -> ArmState {
        let mut state = ArmState::default();
        let Some(config) = self.core.system else {
            return state;
        };
        // The embedder's registers come last, so that its reset values win.
        for register in REGISTERS.iter().chain(config.registers) {
            if let Action::Cell { cell, .. } = register.action
                && self.core.features.contains(register.needs)
                && !register.place.is_dual()
            {
                state.reset_cell(cell, register.reset);
            }
        }
        state.reset_control();
        state
    }

    /// Asserts and deasserts interrupts, and takes one that is not masked now. While
    /// they stay asserted, what the guest unmasks it takes by itself.
    ///
    /// The vCPU does not run meanwhile: interrupt it first.
    pub fn set_lines(&self, state: &mut ArmState, lines: Lines) {
        state.system.lines = lines.bits();
        if self.core.takes_exceptions()
            && let Some(exception) = state.pending_interrupt(self.core.features)
        {
            state.take_exception(exception, self.core.features);
        }
    }

    /// Sets the event register, which ends a `WFE` (`SendEvent()`): for what another
    /// core's `SEV` and the embedder's own events do.
    pub fn send_event(&self, state: &mut ArmState) {
        state.system.event = 1;
    }

    /// Completes an access that the embedder makes
    /// ([`Outcome::Pending`]): a read gets its value, any other
    /// access has been carried out, and the state goes behind the instruction. With
    /// no value the access is UNDEFINED: the exception is taken, if the guest takes
    /// exceptions; else nothing happens.
    ///
    /// # Panics
    ///
    /// If no access is pending.
    pub fn complete(&self, state: &mut ArmState, value: Option<u64>) {
        let access = state.system.access;
        assert_eq!(access.outcome, Outcome::Pending, "an access is pending");
        let Some(value) = value else {
            state.system.access.outcome = Outcome::Undefined;
            if self.core.takes_exceptions() {
                state.take_exception(Exception::Undefined, self.core.features);
            }
            return;
        };
        state.system.access.outcome = Outcome::Done;
        if access.kind == AccessKind::Read {
            let registers = access.registers.map(|number| Reg::new(number.into()));
            state.set_read(registers, access.place, value);
        }
        state.r[15] = access.address.wrapping_add(access.len);
        state.it = access.next_it.into();
    }

    /// Disassembles the instruction at a location.
    ///
    /// # Errors
    ///
    /// When it cannot be fetched.
    pub fn disassemble(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
    ) -> Result<Disassembled, FetchFault> {
        let (address, thumb) = (pc_of(location), is_thumb(location));
        let cx = Mode::from_bits(location.mode()).context(self.core.features, thumb);
        let Fetched { word, len: size } = Fetched::at(fetch, address, thumb)?;
        let instruction = if thumb {
            let (first, second) = Fetched { word, len: size }.halfwords();
            Instruction::thumb(first, || second, address, &cx)
        } else {
            Instruction::a32(word, address, &cx)
        };
        Ok(Disassembled {
            address,
            word,
            size,
            instruction,
        })
    }
}

/// What stands at a location. Formats to address, encoding and assembly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Disassembled {
    /// The address.
    pub address: u32,
    /// The encoding; of a 32-bit T32 instruction the first halfword is in the
    /// upper half.
    pub word: u32,
    /// The size in bytes, 2 or 4.
    pub size: u32,
    /// The instruction, or why it is none.
    pub instruction: Result<Instruction, Undecodable>,
}

impl fmt::Display for Disassembled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, word, .. } = self;
        match self.size {
            2 => write!(f, "{address:08x}  {word:04x}      ")?,
            _ => write!(f, "{address:08x}  {word:08x}  ")?,
        }
        match &self.instruction {
            Ok(instruction) => instruction.fmt(f),
            Err(undecodable) => undecodable.fmt(f),
        }
    }
}

/// The state that changes how code is translated, as the mode of a [`Location`].
///
/// Bits 7 to 0 are `ITSTATE`, bit 8 is CPSR.E, bit 9 tells that FPSCR asks for
/// short vectors, bit 10 is FPSCR.FZ, the bits of [`context`] follow, bit 24 tells
/// that FPSCR.RMode is not to nearest, and bit 25 is FPSCR.DN.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mode {
    pub(crate) it: ItState,
    pub(crate) big_endian: bool,
    pub(crate) fp_vectors: bool,
    pub(crate) fp_flush: bool,
    /// Whether floating point rounds otherwise than to nearest.
    pub(crate) fp_rounds: bool,
    pub(crate) fp_default_nan: bool,
    /// What depends on the system level.
    pub(crate) system: u32,
}

impl Mode {
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.it.bits())
            | u32::from(self.big_endian) << 8
            | u32::from(self.fp_vectors) << 9
            | u32::from(self.fp_flush) << 10
            | u32::from(self.fp_rounds) << 24
            | u32::from(self.fp_default_nan) << 25
            | self.system
    }

    #[allow(clippy::cast_possible_truncation, reason = "ITSTATE has eight bits")]
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self {
            it: ItState::from_bits(bits as u8),
            big_endian: bits & 1 << 8 != 0,
            fp_vectors: bits & 1 << 9 != 0,
            fp_flush: bits & 1 << 10 != 0,
            fp_rounds: bits & 1 << 24 != 0,
            fp_default_nan: bits & 1 << 25 != 0,
            system: bits & context::ALL,
        }
    }

    /// Whether every access must be aligned.
    pub(crate) const fn aligns(self) -> bool {
        self.system & context::ALIGNED != 0
    }

    /// Returns the location of the instruction at `pc`.
    pub(crate) fn at(self, pc: u32, thumb: bool) -> Location {
        Location::new(pc | u32::from(thumb), self.bits())
    }

    pub(crate) fn context(self, features: Features, thumb: bool) -> DecodeContext {
        DecodeContext {
            features,
            thumb,
            it: self.it,
            big_endian: self.big_endian,
            fp_vectors: self.fp_vectors,
        }
    }
}

/// Returns the instruction set at a location.
pub(crate) const fn is_thumb(location: Location) -> bool {
    location.pc_bits() & 1 != 0
}

/// Returns the address of the instruction at a location. Bit 1 of an A32
/// location, which an interworking branch may carry, is ignored.
pub(crate) const fn pc_of(location: Location) -> u32 {
    location.pc_bits() & if is_thumb(location) { !1 } else { !3 }
}

impl Guest for A32Guest {
    type State = ArmState;

    fn layout(&self) -> &'static StateLayout {
        match self.core.system {
            None => &LAYOUT,
            Some(_) => &SYSTEM_LAYOUT,
        }
    }

    fn helpers(&self) -> &'static [HelperFn<ArmState>] {
        &FUNCTIONS
    }

    #[allow(clippy::cast_possible_truncation, reason = "ITSTATE has eight bits")]
    fn location(&self, state: &ArmState) -> Location {
        let mode = Mode {
            it: ItState::from_bits(state.it as u8),
            big_endian: state.big_endian != 0,
            fp_vectors: state.fpscr & ArmState::FPSCR_VECTORS != 0,
            fp_flush: state.fpscr & ArmState::FPSCR_FZ != 0,
            fp_rounds: state.fpscr & ArmState::FPSCR_RMODE != 0,
            fp_default_nan: state.fpscr & ArmState::FPSCR_DN != 0,
            system: state.system.context,
        };
        mode.at(state.r[15], state.thumb != 0)
    }

    fn set_location(&self, state: &mut ArmState, location: Location) {
        let mode = Mode::from_bits(location.mode());
        state.r[15] = pc_of(location);
        state.thumb = is_thumb(location).into();
        state.it = mode.it.bits().into();
        state.big_endian = mode.big_endian.into();
    }

    fn address(&self, location: Location) -> u64 {
        pc_of(location).into()
    }

    fn float_mode(&self, state: &ArmState) -> FloatMode {
        let control = FpControl::from_fpscr(state.fpscr);
        FloatMode {
            rounding: match control.rounding() {
                RoundingMode::Nearest => Rounding::Nearest,
                RoundingMode::Up => Rounding::Up,
                RoundingMode::Down => Rounding::Down,
                RoundingMode::Zero => Rounding::Zero,
            },
            flushes: control.flush_to_zero(),
            flushes_halves: control.flush_halves_to_zero(),
            default_nan: control.default_nan(),
            alternative_half: control.alternative_half(),
        }
    }

    fn raise_float_flags(&self, state: &mut ArmState, flags: FloatFlags) {
        // IOC, DZC, OFC, UFC, IXC, IDC and QC are in the same places.
        state.fpscr |= flags.bits();
    }

    fn lift(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
        builder: &mut Builder<'_>,
    ) -> Result<(), FetchFault> {
        lift::region(&self.core, fetch, location, builder)
    }

    fn step(&self, state: &mut ArmState, memory: &mut dyn GuestMemory) -> Step {
        interp::step_core(state, memory, &self.core)
    }
}

/// Slots of guest state, in the order of [`SLOTS`].
#[allow(clippy::cast_possible_truncation, reason = "there are 110 slots")]
pub(crate) mod slot {
    use dbt_core::ir::Slot;

    /// R0 to R14 are slots 0 to 14.
    pub(crate) const fn r(index: usize) -> Slot {
        Slot(index as u16)
    }
    pub(crate) const NZCV: Slot = Slot(15);
    pub(crate) const Q: Slot = Slot(16);
    pub(crate) const GE: Slot = Slot(17);
    pub(crate) const FPSCR: Slot = Slot(18);
    pub(crate) const TPIDRURO: Slot = Slot(19);
    pub(crate) const TPIDRURW: Slot = Slot(20);
    pub(crate) const EXCLUSIVE_ADDRESS: Slot = Slot(21);
    pub(crate) const EXCLUSIVE_VALUE: Slot = Slot(22);
    /// D0 to D31.
    pub(crate) const fn d(index: usize) -> Slot {
        Slot(23 + index as u16)
    }
    /// S0 to S31, the halves of D0 to D15.
    pub(crate) const fn s(index: usize) -> Slot {
        Slot(55 + index as u16)
    }
    pub(crate) const FPSCR_NZCV: Slot = Slot(87);
    /// A vector operation's operands.
    pub(crate) const fn vector(index: usize) -> Slot {
        Slot(88 + index as u16)
    }
    /// A, I, F and M of the CPSR.
    pub(crate) const CONTROL: Slot = Slot(91);
    pub(crate) const SPSR: Slot = Slot(92);
    /// Q0 to Q15, each two of D0 to D31.
    pub(crate) const fn q(index: usize) -> Slot {
        Slot(93 + index as u16)
    }
    /// The tag of the local monitor's granule.
    pub(crate) const EXCLUSIVE_TAG: Slot = Slot(109);
    pub(crate) const COUNT: usize = 110;
}

static LAYOUT: StateLayout = StateLayout {
    slots: &SLOTS,
    hot: &HOT,
    flags: slot::NZCV,
    float_status: Some(slot::FPSCR),
    float_rules: FloatRules::Arm,
    vector_operands: Some([slot::vector(0), slot::vector(1), slot::vector(2)]),
    aligned: Some(slot::r(13)),
};

/// Helpers of a system change the processor's mode, and SP with it.
static SYSTEM_LAYOUT: StateLayout = StateLayout {
    aligned: None,
    ..LAYOUT
};

/// Compilers use the low registers most, then SP, LR and the scratch register
/// of calls.
const HOT: [Slot; 15] = {
    let order = [0, 1, 2, 3, 4, 5, 6, 13, 14, 7, 12, 8, 9, 10, 11];
    let mut hot = [Slot(0); 15];
    let mut index = 0;
    while index < hot.len() {
        hot[index] = slot::r(order[index]);
        index += 1;
    }
    hot
};

#[rustfmt::skip] // One name a line is no table.
const NAMES: [&str; slot::COUNT] = [
    "r0",
    "r1",
    "r2",
    "r3",
    "r4",
    "r5",
    "r6",
    "r7",
    "r8",
    "r9",
    "r10",
    "r11",
    "r12",
    "sp",
    "lr",
    "nzcv",
    "q",
    "ge",
    "fpscr",
    "tpidruro",
    "tpidrurw",
    "exclusive_address",
    "exclusive_value",
    "d0",
    "d1",
    "d2",
    "d3",
    "d4",
    "d5",
    "d6",
    "d7",
    "d8",
    "d9",
    "d10",
    "d11",
    "d12",
    "d13",
    "d14",
    "d15",
    "d16",
    "d17",
    "d18",
    "d19",
    "d20",
    "d21",
    "d22",
    "d23",
    "d24",
    "d25",
    "d26",
    "d27",
    "d28",
    "d29",
    "d30",
    "d31",
    "s0",
    "s1",
    "s2",
    "s3",
    "s4",
    "s5",
    "s6",
    "s7",
    "s8",
    "s9",
    "s10",
    "s11",
    "s12",
    "s13",
    "s14",
    "s15",
    "s16",
    "s17",
    "s18",
    "s19",
    "s20",
    "s21",
    "s22",
    "s23",
    "s24",
    "s25",
    "s26",
    "s27",
    "s28",
    "s29",
    "s30",
    "s31",
    "fpscr_nzcv",
    "vector0",
    "vector1",
    "vector2",
    "control",
    "spsr",
    "q0",
    "q1",
    "q2",
    "q3",
    "q4",
    "q5",
    "q6",
    "q7",
    "q8",
    "q9",
    "q10",
    "q11",
    "q12",
    "q13",
    "q14",
    "q15",
    "exclusive_tag",
];

#[allow(clippy::cast_possible_truncation, reason = "offsets in a small struct")]
static SLOTS: [SlotInfo; slot::COUNT] = {
    use core::mem::offset_of;

    let mut slots = [SlotInfo {
        name: "",
        ty: Ty::I32,
        offset: 0,
    }; slot::COUNT];
    let mut index = 0;
    while index < slot::COUNT {
        let (ty, offset) = match index {
            0..=14 => (Ty::I32, offset_of!(ArmState, r) + 4 * index),
            15 => (Ty::Flags, offset_of!(ArmState, nzcv)),
            16 => (Ty::I32, offset_of!(ArmState, q)),
            17 => (Ty::I32, offset_of!(ArmState, ge)),
            18 => (Ty::I32, offset_of!(ArmState, fpscr)),
            19 => (Ty::I32, offset_of!(ArmState, tpidruro)),
            20 => (Ty::I32, offset_of!(ArmState, tpidrurw)),
            21 => (Ty::I64, offset_of!(ArmState, exclusive_address)),
            22 => (Ty::I64, offset_of!(ArmState, exclusive_value)),
            87 => (Ty::I32, offset_of!(ArmState, fpscr_nzcv)),
            23..=54 => (Ty::V64, offset_of!(ArmState, d) + 8 * (index - 23)),
            55..=86 => (Ty::V32, offset_of!(ArmState, d) + 4 * (index - 55)),
            88..=90 => (Ty::V128, offset_of!(ArmState, vectors) + 16 * (index - 88)),
            93..=108 => (Ty::V128, offset_of!(ArmState, d) + 16 * (index - 93)),
            91 => (Ty::I32, offset_of!(ArmState, system.control)),
            92 => (Ty::I32, offset_of!(ArmState, system.spsr)),
            _ => (Ty::I64, offset_of!(ArmState, exclusive_tag)),
        };
        slots[index] = SlotInfo {
            name: NAMES[index],
            ty,
            offset: offset as u32,
        };
        index += 1;
    }
    slots
};
