//! A core that is interrupted all the time stops in states that the interpreter goes
//! through, too, and later ones each time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbt_a32_frontend::state::ArmState;
use dbt_core::engine::Mode;
use dbt_core::exit::Exit;

use crate::machine::{CODE, Machine};

/// Computes with flags that live from instruction to instruction and over the ends of
/// blocks, calls a function, and goes around.
const PROGRAM: [u32; 18] = [
    0xe090_0004, // start: adds r0, r0, r4
    0xe0b1_11e0, // adcs r1, r1, r0, ror #3
    0xe021_2081, // eor r2, r1, r1, lsl #1
    0xe0a3_2190, // umlal r2, r3, r0, r1
    0x2286_6001, // addcs r6, r6, #1
    0xe585_2000, // str r2, [r5]
    0xe1b0_7067, // rrxs r7, r7
    0x5a00_0001, // bpl over
    0xe0c6_6007, // sbc r6, r6, r7
    0xe595_8000, // ldr r8, [r5]
    0xeb00_0003, // over: bl function
    0xe254_4001, // subs r4, r4, #1
    0x1aff_fff2, // bne start
    0xef00_0000, // svc #0
    0xe320_f000, // nop
    0xe099_9008, // function: adds r9, r9, r8
    0xe0a9_9001, // adc r9, r9, r1
    0xe12f_ff1e, // bx lr
];

/// Enough for a moment.
const ROUNDS: u32 = 2000;

fn start(machine: &Machine, rounds: u32) -> [(usize, u32); 2] {
    machine.load(CODE, &PROGRAM);
    [(4, rounds), (5, CODE + 0x4000)]
}

/// What a handler would see, but for flags that the program writes before it reads
/// them: at the head of a loop these may be those of the time before.
fn visible(state: &ArmState) -> ArmState {
    ArmState {
        nzcv: 0,
        ..state.without_tag()
    }
}

/// The states that the interpreter goes through.
fn states(rounds: u32) -> Vec<ArmState> {
    let machine = Machine::new(Mode::Interpret);
    let registers = start(&machine, rounds);
    let mut core = machine.core(CODE, &registers);
    let mut states = vec![visible(core.vcpu.state())];
    while core.step() == Exit::BudgetSpent {
        states.push(visible(core.vcpu.state()));
    }
    states
}

#[test]
fn interrupts_stop_at_states_that_the_interpreter_has() {
    let states = states(ROUNDS);
    let machine = Machine::new(Mode::Translate);
    let registers = start(&machine, ROUNDS);
    let done = AtomicBool::new(false);
    let (mut stops, begin) = (0, Instant::now());
    // On a machine that is busy the other thread may sleep for long.
    while stops < 10 && begin.elapsed() < Duration::from_secs(20) {
        let mut core = machine.core(CODE, &registers);
        let handle = core.vcpu.interrupt_handle();
        done.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            let interrupting = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    std::hint::spin_loop();
                }
            });
            let mut at = 0;
            while core.run() == Exit::Interrupted {
                let now = visible(core.vcpu.state());
                let further = states[at..].iter().position(|state| *state == now);
                let Some(further) = further else {
                    done.store(true, Ordering::Relaxed);
                    panic!("the interpreter is never in {now:x?}");
                };
                at += further;
                stops += 1;
            }
            done.store(true, Ordering::Relaxed);
            interrupting.join().unwrap();
        });
        assert_eq!(core.reg(4), 0);
    }
    assert!(stops > 0, "nothing was interrupted");
}

/// As above, but the interrupt comes before the first host instruction of generated code, then
/// before the second, and so on, so that each boundary of an instruction has its turn.
#[cfg(target_arch = "x86_64")]
#[test]
fn every_host_instruction_may_be_interrupted() {
    use crate::stepping::interrupt_before;

    const FEW: u32 = 3;
    let states = states(FEW);
    let machine = Machine::new(Mode::Translate);
    let registers = start(&machine, FEW);
    // Translates all of it.
    let mut core = machine.core(CODE, &registers);
    core.run_to_call();
    let end = visible(core.vcpu.state());

    let (mut number, mut stops) = (0, 0);
    loop {
        let mut core = machine.core(CODE, &registers);
        let handle = core.vcpu.interrupt_handle();
        let (exit, came) = interrupt_before(number, &machine.code, &handle, || core.run());
        if !came {
            assert_eq!(exit, Exit::SystemCall { immediate: 0 });
            break;
        }
        let mut exit = exit;
        if exit == Exit::Interrupted {
            let now = visible(core.vcpu.state());
            assert!(
                states.contains(&now),
                "interrupted before host instruction {number}; the interpreter is never in {now:x?}"
            );
            stops += 1;
            exit = core.run();
        }
        // Between its last look and the system call it is not seen.
        assert_eq!(exit, Exit::SystemCall { immediate: 0 });
        assert_eq!(
            visible(core.vcpu.state()),
            end,
            "after instruction {number}"
        );
        number += 1;
    }
    // More than an instruction for each of the guest's.
    assert!(number > states.len(), "{number} instructions were stepped");
    assert!(
        stops > number / 2,
        "{stops} of {number} interrupts were seen"
    );
}
