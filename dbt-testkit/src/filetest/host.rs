//! A back end without an engine, and Capstone to read what it emits.

use ::capstone::Capstone;
use dbt_core::analysis::bindings::{Binding, Successors};
use dbt_core::guest::StateLayout;
use dbt_core::host::{Backend, Callees, CompileError, CompileInput, Fragment, Lowering, Runtime};
use dbt_core::ir::Unit;

/// Where code memory is supposed to be.
pub(super) const CODE_ADDRESS: u64 = 0x10_0000;
/// Where in it every fragment lies: always the same, since code depends on it.
const FRAGMENT_OFFSET: u32 = 0x1000;
/// The address of that.
pub(super) const FRAGMENT_ADDRESS: u64 = CODE_ADDRESS + FRAGMENT_OFFSET as u64;

/// A back end whose code can be read.
pub(super) trait Disassembled: Backend + Sized {
    /// Returns the disassembler.
    fn capstone() -> Result<Capstone, capstone::Error>;

    /// Disassembles code that starts at an offset from the fragment: the offset of each
    /// instruction and its text. What leads to the same code is named by its offset, and
    /// what leads to the runtime by the entry point.
    fn disassemble(&self, capstone: &Capstone, code: &[u8], offset: u32) -> Vec<(u32, String)>;
}

/// Compiles units and disassembles their code.
pub(super) struct Host<B> {
    backend: B,
    runtime: Runtime,
    callees: Callees,
    lowering: Lowering,
    layout: &'static StateLayout,
    capstone: Capstone,
}

impl<B: Disassembled> Host<B> {
    pub(super) fn new(
        mut backend: B,
        layout: &'static StateLayout,
        lowering: Lowering,
    ) -> Result<Self, String> {
        // Nothing is executed, so these need only be recognisable.
        let callees = Callees {
            helpers: (0..64).map(|helper| 0x7e1_0000_0000 + helper).collect(),
            load: 0x10ad_0000_0000,
            store: 0x5702_0000_0000,
            store_exclusive: 0xc4a9_0000_0000,
        };
        let runtime = backend
            .emit_runtime(layout, lowering, &callees, &mut Vec::new())
            .map_err(|error| format!("{error:?}"))?;
        Ok(Self {
            backend,
            runtime,
            callees,
            lowering,
            layout,
            capstone: B::capstone().map_err(|error| error.to_string())?,
        })
    }

    /// Compiles a unit.
    pub(super) fn compile(
        &mut self,
        unit: &Unit,
    ) -> Result<(Vec<u8>, Fragment<B::Map>), CompileError> {
        self.compile_between(&[], unit, &[])
    }

    /// Compiles a unit where slots arrive in registers, and successors expect some there.
    pub(super) fn compile_between(
        &mut self,
        arriving: &[Binding],
        unit: &Unit,
        successors: Successors<'_>,
    ) -> Result<(Vec<u8>, Fragment<B::Map>), CompileError> {
        let mut code = Vec::new();
        let input = CompileInput {
            unit,
            layout: self.layout,
            lowering: self.lowering,
            callees: &self.callees,
            runtime: &self.runtime,
            offset: FRAGMENT_OFFSET,
            lost: &[],
            arriving,
            successors,
            marks: true,
        };
        let fragment = self.backend.compile(input, &mut code)?;
        Ok((code, fragment))
    }

    /// Disassembles code as [`Disassembled::disassemble`] does.
    pub(super) fn disassemble(&self, code: &[u8], offset: u32) -> Vec<(u32, String)> {
        self.backend.disassemble(&self.capstone, code, offset)
    }
}
