//! Developer commands: `cargo xtask <command>`.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tools have std, and say so in one way"
)]

mod bench;
mod bless;
mod ci;
mod fuzz;
mod isa_report;
mod oracle;
mod unsafe_inventory;

use std::process::ExitCode;

use lexopt::prelude::*;

const USAGE: &str = "\
cargo xtask ci [STEP]
    runs a step of continuous integration; without a name, lists them
cargo xtask unsafe-inventory
    compares the modules that contain `unsafe` with SAFETY.md
cargo xtask bench user [--runs N] [--qemu PROGRAM]... [--dbt-user PATH] [--floating|--simd]
                       [--at-least RATIO] [PROGRAM...]
    builds guests/bench for x86-64, A32 and T32, runs them natively, under QEMU and under
    dbt-user in turn, and compares outputs and times
cargo xtask bench density [--floating|--simd] [PROGRAM...]
cargo xtask bench density --sysroot DIR
    counts the host instructions that each back end's code executes for each guest
    instruction of the same programs, or of Debian's armhf programs (busybox-static, gzip,
    bzip2, xz-utils, openssl, binutils-arm-linux-gnueabihf, sqlite3, gawk, perl-base, lua5.4) that are unpacked in a
    folder, and names those beside the guest's own
cargo xtask bench emulated [--runs N] [--floating|--simd] [PROGRAM...]
    runs them under dbt-user for AArch64 under qemu-aarch64, and their A64 builds under the
    same emulator
cargo xtask isa-report
    lists every instruction of the Arm manuals with the encodings that are described, or why none
    is
cargo xtask bless
    rewrites what the filetests expect to what comes of them now, for review
cargo xtask fuzz [--minutes N] [TARGET...]
    runs the fuzz targets, or those named, one after the other, for N minutes in all
    (default 12); needs no more than the stable compiler
cargo xtask oracle capstone [--full | --sample N] [--all] [--threads N] [a32] [t16] [t32]
    compares our decoders with Capstone; N words of each set (default 2000000), or all
    --all        also lists what is UNPREDICTABLE or not described, by name
cargo xtask oracle llvm [--full | --sample N] [--doubts] [--all] [--threads N] [a32] [t16] [t32]
    the same with LLVM's library
    --doubts     asks llvm-mc, which also tells what is UNPREDICTABLE (default 1000000 words)
cargo xtask oracle float [--tuples N] [--seed S] [--exceptions] [OPERATION...]
    compares floating point in generated code with Berkeley SoftFloat: N tuples of operands
    (default 62500) for each operation and mode, and 16 times N lanes of each vector
    operation, which the interpreter computes too
    --exceptions  only in code that may raise the host's exceptions
cargo xtask oracle lockstep [--count N] [--seed S] [--threads N] [--single] [--evaluate]
                            [--floating | --system | --exclusive] [--hostile]
    compares generated code with the interpreter on N random instructions (default 1000000),
    in one program of eight with every access and page of data made to fault in turn
    --single     in programs of one instruction, not of 8 to 32
    --floating   in programs that are dense in floating point and vectors
    --system     in programs in any mode, with exceptions and returns
    --exclusive  in programs that are dense in exclusive accesses
    --hostile    with words in any place that are no instructions or are UNPREDICTABLE
    --evaluate   compares the IR evaluator, with each pass of the optimiser, instead
cargo xtask oracle qemu [--count N] [--seed S] [--rows PREFIX] [--qemu PROGRAM]
    compares the interpreter with qemu-arm (version 10) on N executions of single instructions
    that Unicorn lacks or does wrongly (default 1000000)
    --rows PREFIX   of rows whose names begin so, instead
cargo xtask oracle threads [--seconds N] [--threads N] [--with COMMAND] [PROGRAM...]
    builds guests/threads and runs each program for about N seconds (default 10) under
    dbt-user or COMMAND; they check themselves
cargo xtask oracle unicorn [--install] [--count N] [--seed S] [--rows REGEX] [--threads N]
                           [--examples N] [--coverage]
    compares the interpreter with Unicorn on N random instructions (default 1000000);
    builds Unicorn, which needs cmake and libclang
    --install    installs what is missing, as Debian packages";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, lexopt::Error> {
    let mut args = lexopt::Parser::from_env();
    match args.next()? {
        Some(Value(command)) if command == "bench" => bench::run(&mut args),
        Some(Value(command)) if command == "bless" => Ok(bless::run()),
        Some(Value(command)) if command == "fuzz" => fuzz::run(&mut args),
        Some(Value(command)) if command == "ci" => ci::run(&mut args),
        Some(Value(command)) if command == "unsafe-inventory" => Ok(ci::unsafe_inventory()),
        Some(Value(command)) if command == "isa-report" => Ok(isa_report::run()),
        Some(Value(command)) if command == "oracle" => oracle::run(&mut args),
        Some(Long("help") | Short('h')) => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(other.unexpected()),
        None => Err("a command is missing".into()),
    }
}
