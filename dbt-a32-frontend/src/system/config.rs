//! What an embedder declares of the system level.

use core::fmt;

use super::register::{Place, SystemRegister};
use super::registers::REGISTERS;
use crate::version::{Contradiction, Features};

/// Who takes exceptions.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Exceptions {
    /// The guest: they are taken to its vectors. Aborts, of which only the embedder
    /// knows the status, it delivers with
    /// [`take_exception`](crate::state::ArmState::take_exception).
    #[default]
    Guest,
    /// The embedder: execution returns to it, as it does for user-level code.
    Embedder,
}

/// Which instruction calls firmware that the embedder is, such as PSCI, from
/// privileged modes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Firmware {
    /// None.
    #[default]
    None,
    /// `HVC`, which then enters no Hyp mode.
    HypervisorCall,
    /// `SMC`, which then enters no Monitor mode.
    SecureMonitorCall,
}

/// The system level of a guest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Who takes exceptions.
    pub exceptions: Exceptions,
    /// What calls the embedder's firmware.
    pub firmware: Firmware,
    /// System registers that the embedder has, looked at before
    /// [`REGISTERS`].
    pub registers: &'static [SystemRegister],
    /// Coprocessors 0 to 7 that the embedder implements, by the bits of their
    /// numbers: it sees each access (`CDP`, `LDC` and `STC` too) that no entry of
    /// `registers` describes.
    pub coprocessors: u8,
}

/// Why a guest could not be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The features contradict one another.
    Features(Contradiction),
    /// The features lack the Security or Virtualization Extensions, which the
    /// instruction for calls of firmware belongs to.
    Firmware(Firmware),
    /// A register of the embedder is in coprocessor 10 or 11, which are ours.
    Coprocessor {
        /// The register's name.
        name: &'static str,
    },
    /// Two registers of the embedder are in one place.
    Twice {
        /// The name of the second.
        name: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features(contradiction) => contradiction.fmt(f),
            Self::Firmware(firmware) => {
                write!(f, "{firmware:?} calls firmware, but the core lacks it")
            }
            Self::Coprocessor { name } => {
                write!(f, "{name} is in a coprocessor of floating point")
            }
            Self::Twice { name } => write!(f, "{name} is in the place of another register"),
        }
    }
}

impl core::error::Error for ConfigError {}

impl From<Contradiction> for ConfigError {
    fn from(contradiction: Contradiction) -> Self {
        Self::Features(contradiction)
    }
}

impl Config {
    /// Checks the configuration for a core with `features`.
    pub(crate) fn check(&self, features: Features) -> Result<(), ConfigError> {
        features.check()?;
        let needed = match self.firmware {
            Firmware::None => Features::empty(),
            Firmware::HypervisorCall => Features::VIRTUALIZATION,
            Firmware::SecureMonitorCall => Features::SECURITY,
        };
        if !features.contains(needed) {
            return Err(ConfigError::Firmware(self.firmware));
        }
        for (index, register) in self.registers.iter().enumerate() {
            let SystemRegister { name, place, .. } = *register;
            if matches!(place.coproc(), 10 | 11) {
                return Err(ConfigError::Coprocessor { name });
            }
            let mut before = self.registers[..index].iter();
            if before.any(|other| other.place == place) {
                return Err(ConfigError::Twice { name });
            }
        }
        Ok(())
    }

    /// Finds the register at a place.
    pub(crate) fn find(&self, place: Place, features: Features) -> Option<&'static SystemRegister> {
        let own = self.registers.iter();
        let mut all = own.chain(REGISTERS);
        all.find(|register| register.place == place && features.contains(register.needs))
    }

    /// Whether the embedder implements a coprocessor.
    pub(crate) const fn is_embedders(&self, coproc: u32) -> bool {
        coproc < 8 && self.coprocessors & 1 << coproc != 0
    }
}

/// What a core is, as far as instructions depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Core {
    /// Its features.
    pub(crate) features: Features,
    /// Its system level; absent if it executes user-level code only.
    pub(crate) system: Option<Config>,
}

impl Core {
    /// A core that executes user-level code.
    pub(crate) const fn user(features: Features) -> Self {
        Self {
            features,
            system: None,
        }
    }

    /// Whether the guest takes its exceptions itself.
    pub(crate) const fn takes_exceptions(&self) -> bool {
        matches!(
            self.system,
            Some(Config {
                exceptions: Exceptions::Guest,
                ..
            })
        )
    }
}
