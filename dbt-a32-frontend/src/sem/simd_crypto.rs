//! The Cryptographic Extension, DDI 0487, section F6.1.

use dbt_isa::machine::Execution;

use super::simd::{op, two, write};
use crate::args::{Simd2, Simd3};
use crate::simd::SimdKind;
use crate::simd_machine::SimdMachine;

/// `d = kind(d, n, m)`.
fn hash<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd3) -> Execution {
    let (a, b, c) = (m.vreg(args.d), m.vreg(args.n), m.vreg(args.m));
    let result = m.simd(op(kind, args.ty, true), a, b, c);
    write(m, args.d, result)
}

/// `d = kind(d, m)`.
fn update<M: SimdMachine>(m: &mut M, kind: SimdKind, args: &Simd2) -> Execution {
    let (a, b) = (m.vreg(args.d), m.vreg(args.m));
    let result = two(m, op(kind, args.ty, true), a, b);
    write(m, args.d, result)
}

/// Functions of the Cryptographic Extension.
macro_rules! crypto {
    ($($(#[$doc:meta])* $name:ident($args:ident) = $function:ident($kind:ident);)*) => {
        $($(#[$doc])* pub(crate) fn $name<M: SimdMachine>(m: &mut M, args: &$args) -> Execution {
            $function(m, SimdKind::$kind, args)
        })*
    };
}

crypto! {
    /// `AESE` (DDI 0487).
    aese(Simd2) = update(AesEncrypt);
    /// `AESD` (DDI 0487).
    aesd(Simd2) = update(AesDecrypt);
    /// `SHA1C` (DDI 0487).
    sha1c(Simd3) = hash(Sha1Choose);
    /// `SHA1P` (DDI 0487).
    sha1p(Simd3) = hash(Sha1Parity);
    /// `SHA1M` (DDI 0487).
    sha1m(Simd3) = hash(Sha1Majority);
    /// `SHA1SU0` (DDI 0487).
    sha1su0(Simd3) = hash(Sha1Schedule0);
    /// `SHA1SU1` (DDI 0487).
    sha1su1(Simd2) = update(Sha1Schedule1);
    /// `SHA256H` (DDI 0487).
    sha256h(Simd3) = hash(Sha256Hash);
    /// `SHA256H2` (DDI 0487).
    sha256h2(Simd3) = hash(Sha256Hash2);
    /// `SHA256SU0` (DDI 0487).
    sha256su0(Simd2) = update(Sha256Schedule0);
    /// `SHA256SU1` (DDI 0487).
    sha256su1(Simd3) = hash(Sha256Schedule1);
}
