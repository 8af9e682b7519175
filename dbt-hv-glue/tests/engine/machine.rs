//! A guest with some memory.

use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine, Mode, Vcpu};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::Lowering;
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_hv_glue::process::{
    Backing, Placement, ProcessCode, ProcessMemory, Prot, Window, WindowEngine,
};

/// Where programs are, in pages that may be read, written and executed.
pub(crate) const CODE: u32 = 0x1_0000;

/// A guest.
pub(crate) struct Machine {
    pub(crate) window: Arc<Window>,
    pub(crate) engine: Arc<WindowEngine<A32Guest, NativeBackend, ProcessCode>>,
    /// Host addresses of generated code.
    #[cfg(target_arch = "x86_64")]
    pub(crate) code: core::ops::Range<usize>,
}

/// Bytes of code memory.
const CODE_MEMORY: usize = 1 << 20;

/// One of its cores, on the thread that made it.
pub(crate) struct Core<'a> {
    machine: &'a Machine,
    pub(crate) vcpu: Vcpu<A32Guest>,
    memory: ProcessMemory,
}

impl Machine {
    pub(crate) fn new(mode: Mode) -> Self {
        let window = Arc::new(Window::new().unwrap());
        window
            .map(
                CODE,
                0x1_0000,
                Prot::all(),
                Backing::Anonymous,
                Placement::Fixed,
            )
            .unwrap();
        let config = Config {
            mode,
            // Each test is about translations from its first instruction on.
            hot_threshold: 0,
            ..Config::default()
        };
        let code = ProcessCode::new(CODE_MEMORY).unwrap();
        #[cfg(target_arch = "x86_64")]
        let start = dbt_core::host::CodeMemory::exec_base(&code).addr();
        let engine = Engine::new(
            A32Guest::new(Features::ARMHF),
            native::backend(),
            Some(code),
            Lowering::Window,
            config,
        )
        .unwrap();
        let engine = WindowEngine::new(Arc::clone(&window), engine).unwrap();
        Self {
            window,
            engine,
            #[cfg(target_arch = "x86_64")]
            code: start..start + CODE_MEMORY,
        }
    }

    /// Writes instructions.
    pub(crate) fn load(&self, at: u32, words: &[u32]) {
        for (at, word) in (at..).step_by(4).zip(words) {
            self.window.write_obj(at, word).unwrap();
        }
    }

    /// Makes a core that starts at `pc`.
    pub(crate) fn core(&self, pc: u32, registers: &[(usize, u32)]) -> Core<'_> {
        let mut state = ArmState::default();
        for &(n, value) in registers {
            state.r[n] = value;
        }
        state.r[15] = pc;
        Core {
            machine: self,
            vcpu: self.engine.vcpu(state),
            memory: self.engine.memory().unwrap(),
        }
    }
}

impl Core<'_> {
    /// Runs until something happens.
    pub(crate) fn run(&mut self) -> Exit {
        self.machine
            .engine
            .run(&mut self.vcpu, &mut self.memory, Budget::UNLIMITED)
    }

    /// Runs one round: an instruction, if nothing is translated.
    pub(crate) fn step(&mut self) -> Exit {
        self.machine
            .engine
            .run(&mut self.vcpu, &mut self.memory, Budget::rounds(1))
    }

    /// Runs to a system call and returns its number.
    pub(crate) fn run_to_call(&mut self) -> u32 {
        match self.run() {
            Exit::SystemCall { immediate } => immediate,
            other => panic!("{other:x?} in {:x?}", self.vcpu.state()),
        }
    }

    pub(crate) fn reg(&self, n: usize) -> u32 {
        self.vcpu.state().r[n]
    }
}
