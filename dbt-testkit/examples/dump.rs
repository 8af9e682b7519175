use dbt_a32_frontend::{guest::A32Guest, state::ArmState};
use dbt_core::host::{Backend, Callees, CompileInput, Lowering};
use dbt_core::{
    guest::Guest,
    ir::{Builder, Unit, text::display},
    opt::Optimizer,
};
use dbt_testkit::arena::{Arena, CODE};
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let thumb = args[0] == "t";
    let mut arena = Arena::new();
    let mut halves: Vec<u16> = Vec::new();
    for w in &args[1..] {
        let v = u32::from_str_radix(w, 16).unwrap();
        if thumb {
            if v > 0xffff {
                halves.push((v >> 16) as u16);
            }
            halves.push(v as u16);
        } else {
            halves.push(v as u16);
            halves.push((v >> 16) as u16);
        }
    }
    if thumb {
        halves.push(0xdeff)
    } else {
        halves.extend([0xf0, 0xe7f0])
    }
    arena.write_code(CODE.base + 0x800, &halves);
    let mut state = ArmState::default();
    state.r[15] = CODE.base + 0x800;
    state.thumb = thumb.into();
    let guest = A32Guest::new(dbt_testkit::lockstep::FEATURES);
    let mut unit = Unit::default();
    guest
        .lift(
            &mut arena,
            guest.location(&state),
            &mut Builder::new(&mut unit),
        )
        .unwrap();
    Optimizer::new(guest.layout()).run(&mut unit);
    println!("{}", display(&unit, guest.layout()));
    let mut b = dbt_x86_backend::X86Backend::default();
    let mut code = Vec::new();
    let callees = Callees {
        helpers: guest.helpers().iter().map(|&h| h as usize as u64).collect(),
        load: 0x1111,
        store: 0x2222,
        compare_exchange: 0x3333,
    };
    let runtime = b
        .emit_runtime(guest.layout(), Lowering::Callback, &callees, &mut code)
        .unwrap();
    let offset = code.len() as u32;
    code.clear();
    b.compile(
        CompileInput {
            unit: &unit,
            layout: guest.layout(),
            lowering: Lowering::Callback,
            callees: &callees,
            runtime: &runtime,
            offset,
        },
        &mut code,
    )
    .unwrap();
    std::fs::write("/tmp/dump.bin", &code).unwrap();
}
