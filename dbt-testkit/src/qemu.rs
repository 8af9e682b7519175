//! `qemu-arm` as an oracle for single instructions.
//!
//! QEMU's user-mode emulator executes what Unicorn, which is an old QEMU, lacks or does wrongly.
//! A small program for the guest (`qemu/harness.c`) takes instructions and states, executes each
//! instruction on each state, and gives the states back. Instructions that touch memory, the PC,
//! SP or LR are none of its business.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_core::guest::{Guest as _, Step};
use dbt_core::ir::TrapKind;
use dbt_isa::RowInfo;

use crate::arena::Arena;
use crate::programs::{Program, START, Source, decode, text};
use crate::random::Random;

/// The compilers that the harness is built with, and the package of the first.
const COMPILERS: [&str; 2] = ["arm-linux-gnueabihf-gcc", "arm-none-linux-gnueabihf-gcc"];
/// The bytes of a state, and of a signal before it.
const STATE_LEN: usize = 16 * 4 + 32 * 8;
const ANSWER_LEN: usize = 4 + STATE_LEN;
/// SIGILL.
const ILLEGAL: u32 = 4;
/// The bits of the CPSR that are compared: N, Z, C, V, Q, GE.
const CPSR: u32 = 0xf80f_0000;

/// `qemu-arm` and the program that it runs.
#[derive(Debug)]
pub struct Qemu {
    program: PathBuf,
    harness: PathBuf,
}

/// An instruction that both sides executed differently.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// The row, or what is no instruction.
    pub row: &'static str,
    /// The instruction's text.
    pub text: String,
    /// Its encoding.
    pub word: u32,
    /// What differs: name, before, ours, theirs.
    pub fields: Vec<(String, u64, u64, u64)>,
}

/// Instructions of one run, and what they are executed on.
#[derive(Debug)]
pub struct Batch {
    /// Encodings; whether they are T32, and how many bytes they have.
    insns: Vec<(u32, bool, u32)>,
    states: Vec<ArmState>,
}

impl Batch {
    /// How many executions it is.
    #[must_use]
    pub const fn executions(&self) -> u64 {
        (self.insns.len() * self.states.len()) as u64
    }
}

impl Qemu {
    /// Builds the harness in `folder`.
    ///
    /// # Errors
    ///
    /// When there is no compiler for Arm, or it fails.
    pub fn new(program: PathBuf, folder: &Path) -> io::Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/qemu/harness.c");
        let harness = folder.join("dbt-qemu-harness");
        let mut failed = io::Error::other(
            "a compiler for Arm is missing; Debian has it in `gcc-arm-linux-gnueabihf`",
        );
        for compiler in COMPILERS {
            let status = Command::new(compiler)
                .args([
                    "-O1",
                    "-marm",
                    "-static",
                    "-march=armv7-a",
                    "-mfpu=neon-vfpv4",
                    "-o",
                ])
                .args([&harness, &source])
                .status();
            match status {
                Ok(status) if status.success() => return Ok(Self { program, harness }),
                Ok(status) => failed = io::Error::other(format!("{compiler}: {status}")),
                Err(_) => {}
            }
        }
        Err(failed)
    }

    /// Executes a batch, and compares with the interpreter.
    ///
    /// # Errors
    ///
    /// Those of running QEMU, and when it gives up early.
    pub fn compare(&self, batch: &Batch, found: &mut impl FnMut(Mismatch)) -> io::Result<()> {
        let answers = self.run(batch)?;
        let guest = A32Guest::new(FEATURES);
        let mut arena = Arena::new();
        let mut answers = answers.chunks_exact(ANSWER_LEN);
        for &(word, thumb, len) in &batch.insns {
            for before in &batch.states {
                let Some(answer) = answers.next() else {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                };
                let before = ArmState {
                    thumb: thumb.into(),
                    ..*before
                };
                let program = Program::new(before, &[word], FEATURES);
                program.write(&mut arena, 0);
                let mut state = program.before;
                let step = guest.step(&mut state, &mut arena);
                let fields = differences(&before, &state, step, answer);
                if !fields.is_empty() {
                    let item = program.items[0];
                    debug_assert_eq!(item.len, len, "the length is that of the encoding");
                    found(Mismatch {
                        row: item.row.map_or("UNDEFINED", |row| row.name),
                        text: text(&item, thumb, 0, FEATURES),
                        word,
                        fields,
                    });
                }
            }
        }
        Ok(())
    }

    fn run(&self, batch: &Batch) -> io::Result<Vec<u8>> {
        let mut question = Vec::new();
        let mut put = |word: u32| question.extend(word.to_le_bytes());
        let count = |len: usize| u32::try_from(len).map_err(io::Error::other);
        put(count(batch.insns.len())?);
        put(count(batch.states.len())?);
        for &(word, thumb, len) in &batch.insns {
            put(match (thumb, len) {
                (false, _) => 0,
                (true, 2) => 2,
                (true, _) => 1,
            });
            put(word);
        }
        for state in &batch.states {
            state.r[..13].iter().for_each(|&word| put(word));
            put(state.cpsr() & CPSR);
            put(state.fpscr());
            put(0);
            for double in state.d {
                for half in [double, double >> 32] {
                    #[expect(clippy::cast_possible_truncation, reason = "half of a double")]
                    put(half as u32);
                }
            }
        }
        let mut child = Command::new(&self.program)
            .args(["-cpu", "max"])
            .arg(&self.harness)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        // Both ends move at once, or full pipes would stop either.
        let writer = thread::spawn(move || match stdin {
            Some(mut stdin) => stdin.write_all(&question),
            None => Ok(()),
        });
        let mut answers = Vec::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut answers)?;
        }
        match writer.join() {
            Ok(written) => written?,
            Err(_) => return Err(io::Error::other("the writer panicked")),
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("qemu-arm: {status}")));
        }
        Ok(answers)
    }
}

/// What differs between the interpreter's state and QEMU's answer.
fn differences(
    before: &ArmState,
    ours: &ArmState,
    step: Step,
    answer: &[u8],
) -> Vec<(String, u64, u64, u64)> {
    let word = |index: usize| {
        let bytes = answer[4 * index..4 * index + 4].try_into();
        u32::from_le_bytes(bytes.unwrap_or_default())
    };
    let mut fields = Vec::new();
    let mut compare = |name: String, before: u64, ours: u64, theirs: u64| {
        if ours != theirs {
            fields.push((name, before, ours, theirs));
        }
    };
    let undefined = matches!(
        step,
        Step::Trap {
            kind: TrapKind::Undefined,
            ..
        }
    );
    let signal = match step {
        Step::Next => 0,
        _ if undefined => ILLEGAL,
        _ => u32::MAX,
    };
    compare("signal".into(), 0, signal.into(), word(0).into());
    for index in 0..13 {
        let name = format!("r{index}");
        compare(
            name,
            before.r[index].into(),
            ours.r[index].into(),
            word(1 + index).into(),
        );
    }
    let flags = |psr: u32| u64::from(psr & CPSR);
    compare(
        "cpsr".into(),
        flags(before.cpsr()),
        flags(ours.cpsr()),
        flags(word(14)),
    );
    compare(
        "fpscr".into(),
        before.fpscr().into(),
        ours.fpscr().into(),
        word(15).into(),
    );
    for index in 0..32 {
        let low = 17 + 2 * index;
        let theirs = u64::from(word(low)) | u64::from(word(low + 1)) << 32;
        compare(format!("d{index}"), before.d[index], ours.d[index], theirs);
    }
    fields
}

/// What the core implements.
const FEATURES: Features = Features::all();

/// What Unicorn's newest CPU implements, as far as it is compared with.
const UNICORN: Features = Features::all().difference(
    Features::RDM
        .union(Features::FP16)
        .union(Features::DOT_PRODUCT)
        .union(Features::FHM)
        .union(Features::FCMA)
        .union(Features::JSCVT)
        .union(Features::BF16)
        .union(Features::I8MM)
        .union(Features::SB)
        .union(Features::PAN)
        .union(Features::SSBS),
);

/// Rows that Unicorn has and does wrongly.
const WRONG: [&str; 2] = ["VcvtFromFixed", "Smlad"];

/// A source of batches.
#[derive(Debug)]
pub struct Batches {
    random: Random,
    a32: Vec<Source>,
    t32: Vec<Source>,
}

impl Batches {
    /// Batches of instructions that Unicorn lacks or does wrongly, or of those whose names
    /// begin with `prefix`.
    #[must_use]
    pub fn new(seed: u64, prefix: Option<&str>) -> Self {
        let mut random = Random::new(seed);
        let mut keep = |thumb: bool| {
            let mut keep_row = |source: &Source| match prefix {
                Some(prefix) => source.row().name.starts_with(prefix),
                None => {
                    let mut is_new = || {
                        let word = source.draw(&mut random, &context(thumb, FEATURES));
                        word.is_some_and(|(word, len)| is_asked(word, len, thumb, false))
                    };
                    WRONG.contains(&source.row().name) || (0..32).any(|_| is_new())
                }
            };
            let mut sources = Source::all(thumb);
            sources.retain(|source| keep_row(source));
            sources
        };
        let (a32, t32) = (keep(false), keep(true));
        Self { random, a32, t32 }
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &'static RowInfo> {
        self.a32.iter().chain(&self.t32).map(|source| source.row())
    }

    /// Draws `insns` instructions and `states` states; of T32 if `thumb`. `all` accepts what
    /// Unicorn has, too.
    pub fn draw(&mut self, insns: usize, states: usize, thumb: bool, all: bool) -> Batch {
        let sources = if thumb { &self.t32 } else { &self.a32 };
        let cx = context(thumb, FEATURES);
        let mut drawn = Vec::new();
        let mut tries = 0;
        while drawn.len() < insns && !sources.is_empty() && tries < 200 * insns {
            tries += 1;
            let source = sources[self.random.below(sources.len())];
            let Some((word, len)) = source.draw(&mut self.random, &cx) else {
                continue;
            };
            // One bit is wrong, now and then.
            let word = if self.random.one_in(16) && len == 4 {
                word ^ 1 << self.random.below(28)
            } else {
                word
            };
            if is_asked(word, len, thumb, all || WRONG.contains(&source.row().name)) {
                drawn.push((word, thumb, len));
            }
        }
        Batch {
            insns: drawn,
            states: (0..states).map(|_| self.state()).collect(),
        }
    }

    fn state(&mut self) -> ArmState {
        let mut state = ArmState::default();
        state.r[15] = START;
        for register in &mut state.r[..13] {
            *register = self.random.word();
        }
        let kind = self.random.below(4);
        for double in &mut state.d {
            *double = numbers(&mut self.random, kind);
        }
        state.set_cpsr(self.random.word() & CPSR | 0x10);
        // RMode, FZ, DN, AHP, FZ16, QC, N, Z, C, V and the cumulative flags.
        let random = &mut self.random;
        let flags = if random.one_in(4) {
            random.word() & 0x0800_009f
        } else {
            0
        };
        let control = random.word() & 0xf7c8_0000;
        // FZ and DN both, often.
        state.set_fpscr(control & !0x0800_0000 | flags);
        state
    }
}

/// Numbers of some format that fill a double, with exponents at the ends, near one, or anywhere.
fn numbers(random: &mut Random, kind: usize) -> u64 {
    let (width, exponent_bits) = match kind {
        0 => (16, 5),
        1 => (32, 8),
        2 => (16, 8),
        _ => (64, 11),
    };
    let fraction_bits = width - 1 - exponent_bits;
    let mut result = 0;
    for at in (0..64).step_by(width) {
        let largest = (1_u64 << exponent_bits) - 1;
        let exponent = match random.below(8) {
            0 => 0,
            1 => largest,
            2 => largest - 1,
            3 => 1,
            4..=6 => (largest / 2 + random.below(17) as u64).wrapping_sub(8) & largest,
            _ => random.bits() & largest,
        };
        let mask = (1_u64 << fraction_bits) - 1;
        let fraction = match random.below(6) {
            0 => 0,
            1 => mask,
            2 => 1 << random.below(fraction_bits),
            3 => (1 << random.below(fraction_bits)) - 1,
            _ => random.bits() & mask,
        };
        let sign = random.bits() & 1;
        let number = (sign << exponent_bits | exponent) << fraction_bits | fraction;
        result |= number << at;
    }
    result
}

fn context(thumb: bool, features: Features) -> DecodeContext {
    DecodeContext {
        features,
        thumb,
        ..DecodeContext::default()
    }
}

/// Whether a word is one that the harness can execute, and one that is asked about: one that
/// Unicorn lacks, or any if `all`.
fn is_asked(word: u32, len: u32, thumb: bool, all: bool) -> bool {
    let cx = context(thumb, FEATURES);
    let decoded = match decode(word, len, &cx) {
        Ok(decoded) => decoded,
        // UNDEFINED, in the spaces of floating point and vectors: QEMU must say so, too.
        Err(error) => return error.is_undefined() && is_vector_space(word, len, thumb),
    };
    if !all && decode(word, len, &context(thumb, UNICORN)).is_ok() {
        return false;
    }
    let name = decoded.row.name;
    // Memory, system registers, and what changes more than is compared.
    let others = [
        "Ld", "St", "Vld", "Vst", "Vpush", "Vpop", "Fld", "Fst", "Swp", "Vmrs", "Vmsr",
    ];
    let system = [
        "Setpan", "Mcr", "Mrc", "Cdp", "Svc", "Udf", "Bkpt", "B", "Setend", "Dbg",
    ];
    if others.iter().any(|start| name.starts_with(start)) || system.contains(&name) {
        return false;
    }
    let item = Program::new(
        ArmState {
            thumb: thumb.into(),
            ..ArmState::default()
        },
        &[word],
        FEATURES,
    );
    let text = text(&item.items[0], thumb, 0, FEATURES);
    let registers = ["sp", "lr", "pc", "cpsr", "apsr", "spsr"];
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    !words.any(|word| registers.contains(&word))
}

/// Whether an encoding is of floating point or Advanced SIMD data processing, which does not
/// access memory.
fn is_vector_space(word: u32, len: u32, thumb: bool) -> bool {
    let coprocessor = matches!(word >> 8 & 15, 8..=13) && word >> 24 & 15 == 0b1110;
    let extension = word >> 25 == 0b111_1110 && matches!(word >> 8 & 15, 8 | 12 | 13);
    let simd = if thumb {
        word & 0xef00_0000 == 0xef00_0000
    } else {
        word >> 25 == 0b111_1001
    };
    let conditional = matches!(word >> 28, 0b1110 | 0b1111);
    len == 4 && conditional && (coprocessor || extension || simd)
}
