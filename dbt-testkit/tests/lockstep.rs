//! Interpreter, evaluator and generated code agree on random programs.

use std::time::{Duration, Instant};

use dbt_testkit::lockstep::{Counts, Lockstep};

/// Runs for a while.
fn check(mut lockstep: Lockstep, time: Duration) {
    let start = Instant::now();
    let mut counts = Counts::default();
    while start.elapsed() < time {
        if let Err(difference) = lockstep.step(&mut counts) {
            panic!("{difference}");
        }
    }
    println!("{counts:?}");
    assert!(counts.aborts > 0, "some accesses fault");
}

#[test]
fn evaluator_does_what_the_interpreter_does() {
    let lockstep = Lockstep::new(1, (1, 32)).with_evaluators();
    check(lockstep, Duration::from_secs(4));
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn generated_code_does_what_the_interpreter_does() {
    use dbt_testkit::lockstep::{CallbackJit, WindowJit};

    for len in [(1, 1), (8, 32)] {
        let lockstep = Lockstep::new(2, len)
            .with(CallbackJit::new(true).expect("the host allows code"))
            .with(CallbackJit::new(false).expect("the host allows code"))
            .with(WindowJit::new().expect("the host allows code"));
        check(lockstep, Duration::from_secs(3));
    }
}
