//! Programs that cannot be started say why.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::cli::Options;
use crate::linux::tests::scripts;

/// Tries to start a file and returns the message and the status.
fn refusal(options: &Options) -> (String, i32) {
    let error = match Program::open(options, Vec::new()) {
        Ok(program) => match start(&program, options, scripts(vec![Vec::new()])) {
            Ok(_) => panic!("{options:?} was started"),
            Err(error) => error,
        },
        Err(error) => error,
    };
    (error.to_string(), error.status())
}

fn with_file(name: &str, contents: &[u8], check: impl FnOnce(&Options)) {
    let path = std::env::temp_dir().join(format!("dbt-user-{name}-{}", std::process::id()));
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    check(&Options {
        program: Some(path.clone()),
        ..Options::default()
    });
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_missing_program_is_named() {
    let options = |p: &str| Options {
        program: Some(p.into()),
        ..Options::default()
    };
    let (text, status) = refusal(&options("/no/such/program"));
    assert!(text.starts_with("/no/such/program: No such file"), "{text}");
    assert_eq!(status, 127);
    let (text, status) = refusal(&options("no-such-command"));
    assert!(text.contains("does not search PATH"), "{text}");
    assert_eq!(status, 127);
    let (text, status) = refusal(&options("/tmp"));
    assert!(text.contains("directory"), "{text}");
    assert_eq!(status, 126);
}

#[test]
fn files_that_are_no_arm_programs_are_named() {
    with_file(
        "script",
        b"#!/bin/sh\necho hello, this is longer than a header of 52 bytes\n",
        |o| {
            let (text, status) = refusal(o);
            assert!(text.contains("not an ELF file"), "{text}");
            assert_eq!(status, 126);
        },
    );
    let own = Options {
        program: std::env::current_exe().ok(),
        ..Options::default()
    };
    let (text, status) = refusal(&own);
    assert!(text.contains("this program is for x86-64"), "{text}");
    assert_eq!(status, 126);
    with_file("cut", &crate::SELFTEST[..5000], |o| {
        let (text, status) = refusal(o);
        assert!(text.contains("truncated"), "{text}");
        assert_eq!(status, 126);
    });
}

#[test]
fn a_missing_interpreter_is_named() {
    // The built-in program with its GNU_STACK header made a PT_INTERP.
    let mut bytes = crate::SELFTEST.to_vec();
    let name = b"/lib/ld-nowhere.so.3\0";
    let at = bytes.len() as u32;
    bytes.extend_from_slice(name);
    let header = 52 + 2 * 32;
    let mut word = |n: usize, value: u32| {
        bytes[header + 4 * n..header + 4 * n + 4].copy_from_slice(&value.to_le_bytes());
    };
    word(0, 3);
    word(1, at);
    word(4, name.len() as u32);
    with_file("dynamic", &bytes, |o| {
        let (text, status) = refusal(o);
        assert!(
            text.contains("needs the interpreter /lib/ld-nowhere.so.3"),
            "{text}"
        );
        assert!(
            text.contains("not on this system") && text.contains("-L"),
            "{text}"
        );
        assert_eq!(status, 126);
        let options = Options {
            sysroot: Some("/usr".into()),
            ..o.clone()
        };
        let (text, _) = refusal(&options);
        assert!(text.contains("not under /usr"), "{text}");
    });
}

#[test]
fn arguments_beyond_the_stack_are_refused() {
    let options = Options {
        args: vec!["x".repeat(9 << 20).into()],
        ..Options::default()
    };
    let (text, status) = refusal(&options);
    assert!(text.contains("exceed the stack"), "{text}");
    assert_eq!(status, 126);
}

#[test]
fn the_built_in_program_is_ready_to_run() {
    let options = Options::default();
    let program = Program::open(&options, Vec::new()).unwrap();
    let mut thread = start(&program, &options, scripts(vec![Vec::new()])).unwrap();
    let regs = thread.cpu.regs();
    let entry = u32::from_le_bytes(crate::SELFTEST[24..28].try_into().unwrap());
    assert_eq!(regs.r[15], entry & !1);
    assert_eq!(regs.is_thumb(), entry & 1 == 1);
    assert_eq!(thread.space().read_obj::<u32>(regs.r[13]).unwrap(), 1);
    assert_eq!(thread.run(), crate::thread::End::Program(0));
}
