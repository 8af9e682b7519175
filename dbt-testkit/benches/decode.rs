//! Cost of decoding and of printing, beside other decoders.
//!
//! Every decoder walks the same compiled code (`corpus/`) instruction by
//! instruction; words that are no instructions are skipped by the size of one.
//! The figure is instructions per second. Watch `ours`; `ours+text` is to be
//! compared with `capstone`, which cannot decode without printing, and with
//! `yaxpeax+text`.

use core::fmt::Write as _;
use core::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use dbt_a32_frontend::decode::{decode_a32, decode_thumb, is_32bit};
use dbt_a32_frontend::disasm::PrintContext;
use dbt_a32_frontend::insn::Insn;
use dbt_a32_frontend::itstate::ItState;
use dbt_a32_frontend::version::DecodeContext;
use dbt_isa::Decoded;
use yaxpeax_arch::{Decoder as _, LengthedInstruction as _, U8Reader};
use yaxpeax_arm::armv7::InstDecoder;

static A32: &[u8] = include_bytes!("../corpus/a32.bin");
static T32: &[u8] = include_bytes!("../corpus/t32.bin");

/// Walks the code and hands over each instruction with its address; returns how
/// many positions there were.
fn walk_a32(code: &[u8], mut each: impl FnMut(u32, Decoded<Insn>)) -> u64 {
    let cx = DecodeContext::a32();
    let mut address = 0;
    for bytes in code.as_chunks().0 {
        if let Ok(decoded) = decode_a32(u32::from_le_bytes(*bytes), &cx) {
            each(address, decoded);
        }
        address += 4;
    }
    u64::from(address / 4)
}

/// The same for T32. IT blocks are followed, as any user must.
fn walk_t32(code: &[u8], mut each: impl FnMut(u32, ItState, Decoded<Insn>)) -> u64 {
    let mut cx = DecodeContext::t32();
    let halves = code.as_chunks().0;
    let half = |at: usize| halves.get(at).map_or(0, |bytes| u16::from_le_bytes(*bytes));
    let (mut at, mut count) = (0, 0);
    while at < halves.len() {
        let first = half(at);
        let mut after = cx.it.advance();
        if let Ok(thumb) = decode_thumb(first, || half(at + 1), &cx) {
            if let Insn::It(it) = thumb.decoded.insn {
                after = it.it;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the code is small")]
            each(2 * at as u32, cx.it, thumb.decoded);
        }
        cx.it = after;
        at += if is_32bit(first) { 2 } else { 1 };
        count += 1;
    }
    count
}

/// A buffer that forgets the oldest text by starting anew.
struct Text(String);

impl Text {
    fn print(&mut self, decoded: &Decoded<Insn>, cx: &PrintContext) {
        self.0.clear();
        write!(self.0, "{}", decoded.display(cx)).expect("a string takes any text");
        black_box(self.0.as_str());
    }
}

fn yaxpeax(code: &[u8], decoder: &InstDecoder, smallest: u64, text: Option<&mut Text>) {
    let mut text = text;
    let mut at = 0;
    while at < code.len() as u64 {
        #[expect(clippy::cast_possible_truncation, reason = "the code is small")]
        let rest = &code[at as usize..];
        match decoder.decode(&mut U8Reader::new(rest)) {
            Ok(insn) => {
                if let Some(text) = &mut text {
                    text.0.clear();
                    write!(text.0, "{insn}").expect("a string takes any text");
                    black_box(text.0.as_str());
                }
                at += u64::from(insn.len().to_const());
                black_box(insn);
            }
            Err(error) => {
                black_box(error);
                at += smallest;
            }
        }
    }
}

fn capstone(code: &[u8], thumb: bool) -> impl FnMut() {
    use capstone::arch::BuildsCapstone as _;
    use capstone::arch::arm::ArchMode;
    let mode = if thumb {
        ArchMode::Thumb
    } else {
        ArchMode::Arm
    };
    let handle = capstone::Capstone::new()
        .arm()
        .mode(mode)
        .build()
        .expect("Arm is built in");
    let code = code.to_vec();
    move || {
        let mut rest = &code[..];
        let mut iter = handle
            .disasm_iter(rest, 0)
            .expect("memory for one instruction");
        while !rest.is_empty() {
            match iter.next() {
                Some(insn) => rest = &rest[black_box(insn).len()..],
                None => {
                    rest = rest.get(if thumb { 2 } else { 4 }..).unwrap_or_default();
                    iter.reset(rest, 0);
                }
            }
        }
    }
}

fn others(group: &mut BenchmarkGroup<'_, WallTime>, code: &[u8], decoder: &InstDecoder) {
    let smallest = if decoder.in_thumb_mode() { 2 } else { 4 };
    group.bench_function("yaxpeax", |b| {
        b.iter(|| yaxpeax(black_box(code), decoder, smallest, None));
    });
    let mut text = Text(String::new());
    group.bench_function("yaxpeax+text", |b| {
        b.iter(|| yaxpeax(black_box(code), decoder, smallest, Some(&mut text)));
    });
    let mut run = capstone(code, decoder.in_thumb_mode());
    group.bench_function("capstone", |b| b.iter(&mut run));
}

fn a32(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode/a32");
    group.throughput(Throughput::Elements(walk_a32(A32, |_, _| ())));
    group.bench_function("ours", |b| {
        b.iter(|| walk_a32(black_box(A32), |_, decoded| _ = black_box(decoded)));
    });
    let mut text = Text(String::new());
    group.bench_function("ours+text", |b| {
        b.iter(|| {
            walk_a32(black_box(A32), |address, decoded| {
                // The words are conditional; the suffix is part of the text.
                text.print(
                    &decoded,
                    &PrintContext {
                        address,
                        ..PrintContext::default()
                    },
                );
            })
        });
    });
    others(&mut group, A32, &InstDecoder::armv7ve());
}

fn t32(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode/t32");
    group.throughput(Throughput::Elements(walk_t32(T32, |_, _, _| ())));
    group.bench_function("ours", |b| {
        b.iter(|| walk_t32(black_box(T32), |_, _, decoded| _ = black_box(decoded)));
    });
    let mut text = Text(String::new());
    group.bench_function("ours+text", |b| {
        b.iter(|| {
            walk_t32(black_box(T32), |address, it, decoded| {
                text.print(
                    &decoded,
                    &PrintContext {
                        address,
                        thumb: true,
                        c: it.cond(),
                    },
                );
            })
        });
    });
    others(&mut group, T32, &InstDecoder::armv7ve_thumb());
}

criterion_group!(benches, a32, t32);
criterion_main!(benches);
