//! Tests of what the x86-64 back end emits.

mod counts;
mod host;

use dbt_core::host::Lowering;
use dbt_core::ir::{text, verify};
use dbt_x86_backend::Features;

use super::emitted::describe;
use crate::units::LAYOUT;

pub(super) use counts::{code, rows};
use host::{FRAGMENT_ADDRESS, Host};

/// `test x86 [callback] [lzcnt] [traps]`: the code that is emitted for a unit of the
/// made-up guest, beside it; its direct exits; and its state maps. The unit is not
/// optimised before.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Window;
    let mut features = Features::BASELINE;
    let mut traps = false;
    for word in arguments {
        match *word {
            "callback" => lowering = Lowering::Callback,
            "lzcnt" => features.lzcnt = true,
            "traps" => traps = true,
            _ => return Err(format!("there is no argument `{word}`")),
        }
    }
    let unit = text::parse(input, &LAYOUT).map_err(|error| error.to_string())?;
    verify(&unit, &LAYOUT).map_err(|error| error.to_string())?;
    let mut host = Host::new(&LAYOUT, lowering, features, traps)?;
    let (code, fragment) = match host.compile(&unit) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(format!("{error:?}")),
    };
    let disassemble = |code: &[u8]| host.disassemble(code);
    let code = (&code[..], FRAGMENT_ADDRESS);
    Ok(describe(&unit, code, &fragment, &disassemble))
}
