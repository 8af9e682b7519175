//! The front end's floating point gives the results and the flags that Berkeley
//! SoftFloat, completed by Arm's rules, gives: every operation, in all rounding
//! modes, with and without FZ, DN and AHP.
//!
//! `DBT_FP_TUPLES` sets how many tuples of operands are tried for each operation
//! and mode.

#![allow(missing_docs, reason = "a test")]

use std::thread;

use dbt_a32_frontend::softfloat::{FpControl, FpEnv};
use dbt_a32_frontend::vfp_machine::FpOp;
use dbt_testkit::fp::{Operands, controls, expected};

fn check(op: FpOp, control: FpControl, tuples: u64) {
    let mut operands = Operands::new(u64::from(control.bits()) << 8 | op as u64);
    for _ in 0..tuples {
        let [a, b, c] = operands.of(op);
        let mut env = FpEnv::new(control);
        let ours = op.eval(&mut env, a, b, c);
        assert_eq!(
            (ours, env.flags()),
            expected(op, control, a, b, c),
            "{op:?} of {a:#x}, {b:#x}, {c:#x} under {control:?}: left is ours"
        );
    }
}

#[test]
fn every_operation_agrees_with_softfloat() {
    let tuples = std::env::var("DBT_FP_TUPLES").map_or(20_000, |n| n.parse().unwrap());
    let work: Vec<_> = FpOp::ALL
        .iter()
        .flat_map(|&op| controls(op).map(move |control| (op, control)))
        .collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for part in work.chunks(work.len().div_ceil(threads)) {
            scope.spawn(move || {
                part.iter()
                    .for_each(|&(op, control)| check(op, control, tuples));
            });
        }
    });
    println!("{} operations and modes, {tuples} tuples each", work.len());
}

/// All halves, in every mode.
#[test]
fn every_half_converts_as_in_softfloat() {
    for control in controls(FpOp::HalfToSingle) {
        for half in 0..=0xffff {
            let mut env = FpEnv::new(control);
            let ours = FpOp::HalfToSingle.eval(&mut env, half, 0, 0);
            let theirs = expected(FpOp::HalfToSingle, control, half, 0, 0);
            assert_eq!((ours, env.flags()), theirs, "{half:#x} under {control:?}");
        }
    }
}
