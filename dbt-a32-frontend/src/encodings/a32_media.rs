//! A32 media instructions, DDI 0406C.d, section A5.4.

dbt_isa::rows! {
    pub a32_media;

    // Parallel addition and subtraction, A5.4.1 and A5.4.2
    /// Signed add 16.
    Sadd16  "A1" "cccc_01100_001_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "sadd16{.c} {d}, {n}, {m}"
    /// Signed add and subtract with exchange.
    Sasx    "A1" "cccc_01100_001_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "sasx{.c} {d}, {n}, {m}"
    /// Signed subtract and add with exchange.
    Ssax    "A1" "cccc_01100_001_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "ssax{.c} {d}, {n}, {m}"
    /// Signed subtract 16.
    Ssub16  "A1" "cccc_01100_001_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "ssub16{.c} {d}, {n}, {m}"
    /// Signed add 8.
    Sadd8   "A1" "cccc_01100_001_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "sadd8{.c} {d}, {n}, {m}"
    /// Signed subtract 8.
    Ssub8   "A1" "cccc_01100_001_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "ssub8{.c} {d}, {n}, {m}"
    /// Saturating signed add 16.
    Qadd16  "A1" "cccc_01100_010_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qadd16{.c} {d}, {n}, {m}"
    /// Saturating signed add and subtract with exchange.
    Qasx    "A1" "cccc_01100_010_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qasx{.c} {d}, {n}, {m}"
    /// Saturating signed subtract and add with exchange.
    Qsax    "A1" "cccc_01100_010_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qsax{.c} {d}, {n}, {m}"
    /// Saturating signed subtract 16.
    Qsub16  "A1" "cccc_01100_010_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qsub16{.c} {d}, {n}, {m}"
    /// Saturating signed add 8.
    Qadd8   "A1" "cccc_01100_010_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qadd8{.c} {d}, {n}, {m}"
    /// Saturating signed subtract 8.
    Qsub8   "A1" "cccc_01100_010_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "qsub8{.c} {d}, {n}, {m}"
    /// Signed halving add 16.
    Shadd16 "A1" "cccc_01100_011_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shadd16{.c} {d}, {n}, {m}"
    /// Signed halving add and subtract with exchange.
    Shasx   "A1" "cccc_01100_011_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shasx{.c} {d}, {n}, {m}"
    /// Signed halving subtract and add with exchange.
    Shsax   "A1" "cccc_01100_011_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shsax{.c} {d}, {n}, {m}"
    /// Signed halving subtract 16.
    Shsub16 "A1" "cccc_01100_011_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shsub16{.c} {d}, {n}, {m}"
    /// Signed halving add 8.
    Shadd8  "A1" "cccc_01100_011_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shadd8{.c} {d}, {n}, {m}"
    /// Signed halving subtract 8.
    Shsub8  "A1" "cccc_01100_011_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "shsub8{.c} {d}, {n}, {m}"
    /// Unsigned add 16.
    Uadd16  "A1" "cccc_01100_101_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uadd16{.c} {d}, {n}, {m}"
    /// Unsigned add and subtract with exchange.
    Uasx    "A1" "cccc_01100_101_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uasx{.c} {d}, {n}, {m}"
    /// Unsigned subtract and add with exchange.
    Usax    "A1" "cccc_01100_101_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "usax{.c} {d}, {n}, {m}"
    /// Unsigned subtract 16.
    Usub16  "A1" "cccc_01100_101_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "usub16{.c} {d}, {n}, {m}"
    /// Unsigned add 8.
    Uadd8   "A1" "cccc_01100_101_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uadd8{.c} {d}, {n}, {m}"
    /// Unsigned subtract 8.
    Usub8   "A1" "cccc_01100_101_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "usub8{.c} {d}, {n}, {m}"
    /// Saturating unsigned add 16.
    Uqadd16 "A1" "cccc_01100_110_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqadd16{.c} {d}, {n}, {m}"
    /// Saturating unsigned add and subtract with exchange.
    Uqasx   "A1" "cccc_01100_110_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqasx{.c} {d}, {n}, {m}"
    /// Saturating unsigned subtract and add with exchange.
    Uqsax   "A1" "cccc_01100_110_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqsax{.c} {d}, {n}, {m}"
    /// Saturating unsigned subtract 16.
    Uqsub16 "A1" "cccc_01100_110_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqsub16{.c} {d}, {n}, {m}"
    /// Saturating unsigned add 8.
    Uqadd8  "A1" "cccc_01100_110_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqadd8{.c} {d}, {n}, {m}"
    /// Saturating unsigned subtract 8.
    Uqsub8  "A1" "cccc_01100_110_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uqsub8{.c} {d}, {n}, {m}"
    /// Unsigned halving add 16.
    Uhadd16 "A1" "cccc_01100_111_nnnn_dddd_(1111)_000_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhadd16{.c} {d}, {n}, {m}"
    /// Unsigned halving add and subtract with exchange.
    Uhasx   "A1" "cccc_01100_111_nnnn_dddd_(1111)_001_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhasx{.c} {d}, {n}, {m}"
    /// Unsigned halving subtract and add with exchange.
    Uhsax   "A1" "cccc_01100_111_nnnn_dddd_(1111)_010_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhsax{.c} {d}, {n}, {m}"
    /// Unsigned halving subtract 16.
    Uhsub16 "A1" "cccc_01100_111_nnnn_dddd_(1111)_011_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhsub16{.c} {d}, {n}, {m}"
    /// Unsigned halving add 8.
    Uhadd8  "A1" "cccc_01100_111_nnnn_dddd_(1111)_100_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhadd8{.c} {d}, {n}, {m}"
    /// Unsigned halving subtract 8.
    Uhsub8  "A1" "cccc_01100_111_nnnn_dddd_(1111)_111_1_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "uhsub8{.c} {d}, {n}, {m}"

    // Packing, saturation, and reversal, A5.4.3
    /// Pack halfword, bottom from the first operand.
    Pkhbt  "A1" "cccc_01101000_nnnn_dddd_iiiii_0_01_mmmm"    where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => PackHalf { d: r(d), n: r(n), m: r(m), shift: Shift::decode(0, i) } "pkhbt{.c} {d}, {n}, {m}{shift}"
    /// Pack halfword, top from the first operand.
    Pkhtb  "A1" "cccc_01101000_nnnn_dddd_iiiii_1_01_mmmm"    where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => PackHalf { d: r(d), n: r(n), m: r(m), shift: Shift::decode(2, i) } "pkhtb{.c} {d}, {n}, {m}{shift}"
    /// Select bytes by the GE flags.
    Sel    "A1" "cccc_01101000_nnnn_dddd_(1111)_1011_mmmm"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "sel{.c} {d}, {n}, {m}"
    /// Signed saturate.
    Ssat   "A1" "cccc_0110101_bbbbb_dddd_iiiii_y_01_nnnn"    where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15) => Sat { d: r(d), bits: Imm8::new(b + 1), n: r(n), shift: Shift::decode(y << 1, i) } "ssat{.c} {d}, {bits}, {n}{shift}"
    /// Signed saturate 16.
    Ssat16 "A1" "cccc_01101010_bbbb_dddd_(1111)_0011_nnnn"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15) => Sat16 { d: r(d), bits: Imm8::new(b + 1), n: r(n) } "ssat16{.c} {d}, {bits}, {n}"
    /// Unsigned saturate.
    Usat   "A1" "cccc_0110111_bbbbb_dddd_iiiii_y_01_nnnn"    where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15) => Sat { d: r(d), bits: Imm8::new(b), n: r(n), shift: Shift::decode(y << 1, i) } "usat{.c} {d}, {bits}, {n}{shift}"
    /// Unsigned saturate 16.
    Usat16 "A1" "cccc_01101110_bbbb_dddd_(1111)_0011_nnnn"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15) => Sat16 { d: r(d), bits: Imm8::new(b), n: r(n) } "usat16{.c} {d}, {bits}, {n}"
    /// Byte-reverse word.
    Rev    "A1" "cccc_01101011_(1111)_dddd_(1111)_0011_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Regs2 { d: r(d), m: r(m) } "rev{.c} {d}, {m}"
    /// Byte-reverse packed halfwords.
    Rev16  "A1" "cccc_01101011_(1111)_dddd_(1111)_1011_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Regs2 { d: r(d), m: r(m) } "rev16{.c} {d}, {m}"
    /// Reverse bits.
    Rbit   "A1" "cccc_01101111_(1111)_dddd_(1111)_0011_mmmm" where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || m == 15) => Regs2 { d: r(d), m: r(m) } "rbit{.c} {d}, {m}"
    /// Byte-reverse signed halfword.
    Revsh  "A1" "cccc_01101111_(1111)_dddd_(1111)_1011_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Regs2 { d: r(d), m: r(m) } "revsh{.c} {d}, {m}"

    // Extension, A5.4.3
    /// Sign-extend two bytes to halfwords and add.
    Sxtab16 "A1" "cccc_01101000_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "sxtab16{.c} {d}, {n}, {m}{rotate}"
    /// Sign-extend two bytes to halfwords.
    Sxtb16  "A1" "cccc_01101000_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "sxtb16{.c} {d}, {m}{rotate}"
    /// Sign-extend byte and add.
    Sxtab   "A1" "cccc_01101010_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "sxtab{.c} {d}, {n}, {m}{rotate}"
    /// Sign-extend byte.
    Sxtb    "A1" "cccc_01101010_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "sxtb{.c} {d}, {m}{rotate}"
    /// Sign-extend halfword and add.
    Sxtah   "A1" "cccc_01101011_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "sxtah{.c} {d}, {n}, {m}{rotate}"
    /// Sign-extend halfword.
    Sxth    "A1" "cccc_01101011_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "sxth{.c} {d}, {m}{rotate}"
    /// Zero-extend two bytes to halfwords and add.
    Uxtab16 "A1" "cccc_01101100_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "uxtab16{.c} {d}, {n}, {m}{rotate}"
    /// Zero-extend two bytes to halfwords.
    Uxtb16  "A1" "cccc_01101100_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "uxtb16{.c} {d}, {m}{rotate}"
    /// Zero-extend byte and add.
    Uxtab   "A1" "cccc_01101110_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "uxtab{.c} {d}, {n}, {m}{rotate}"
    /// Zero-extend byte.
    Uxtb    "A1" "cccc_01101110_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "uxtb{.c} {d}, {m}{rotate}"
    /// Zero-extend halfword and add.
    Uxtah   "A1" "cccc_01101111_nnnn_dddd_oo(00)_0111_mmmm" where (c != 15 && n != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => ExtendAdd { d: r(d), n: r(n), m: r(m), rotate: Rotation::from_bits(o) } "uxtah{.c} {d}, {n}, {m}{rotate}"
    /// Zero-extend halfword.
    Uxth    "A1" "cccc_01101111_1111_dddd_oo(00)_0111_mmmm" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || m == 15) => Extend { d: r(d), m: r(m), rotate: Rotation::from_bits(o) } "uxth{.c} {d}, {m}{rotate}"

    // Signed multiply, signed and unsigned divide, A5.4.4
    /// Signed multiply accumulate dual.
    Smlad  "A1" "cccc_01110_000_dddd_aaaa_mmmm_00_X_1_nnnn" where (c != 15 && a != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulAccDual { d: r(d), n: r(n), m: r(m), a: r(a), x: X == 1 } "smlad{x?x}{.c} {d}, {n}, {m}, {a}"
    /// Signed dual multiply add.
    Smuad  "A1" "cccc_01110_000_dddd_1111_mmmm_00_X_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulDual { d: r(d), n: r(n), m: r(m), x: X == 1 } "smuad{x?x}{.c} {d}, {n}, {m}"
    /// Signed multiply subtract dual.
    Smlsd  "A1" "cccc_01110_000_dddd_aaaa_mmmm_01_X_1_nnnn" where (c != 15 && a != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulAccDual { d: r(d), n: r(n), m: r(m), a: r(a), x: X == 1 } "smlsd{x?x}{.c} {d}, {n}, {m}, {a}"
    /// Signed dual multiply subtract.
    Smusd  "A1" "cccc_01110_000_dddd_1111_mmmm_01_X_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulDual { d: r(d), n: r(n), m: r(m), x: X == 1 } "smusd{x?x}{.c} {d}, {n}, {m}"
    /// Signed divide.
    Sdiv   "A1" "cccc_01110_001_dddd_(1111)_mmmm_0001_nnnn" where (c != 15) if_cx (cx.has(Features::DIV_ARM)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "sdiv{.c} {d}, {n}, {m}"
    /// Unsigned divide.
    Udiv   "A1" "cccc_01110_011_dddd_(1111)_mmmm_0001_nnnn" where (c != 15) if_cx (cx.has(Features::DIV_ARM)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "udiv{.c} {d}, {n}, {m}"
    /// Signed multiply accumulate long dual.
    Smlald "A1" "cccc_01110_100_hhhh_llll_mmmm_00_X_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLongDual { lo: r(l), hi: r(h), n: r(n), m: r(m), x: X == 1 } "smlald{x?x}{.c} {lo}, {hi}, {n}, {m}"
    /// Signed multiply subtract long dual.
    Smlsld "A1" "cccc_01110_100_hhhh_llll_mmmm_01_X_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (l == 15 || h == 15 || n == 15 || m == 15 || h == l) => MulLongDual { lo: r(l), hi: r(h), n: r(n), m: r(m), x: X == 1 } "smlsld{x?x}{.c} {lo}, {hi}, {n}, {m}"
    /// Signed most significant word multiply accumulate.
    Smmla  "A1" "cccc_01110_101_dddd_aaaa_mmmm_00_R_1_nnnn" where (c != 15 && a != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulAccHigh { d: r(d), n: r(n), m: r(m), a: r(a), round: R == 1 } "smmla{round?r}{.c} {d}, {n}, {m}, {a}"
    /// Signed most significant word multiply.
    Smmul  "A1" "cccc_01110_101_dddd_1111_mmmm_00_R_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => MulHigh { d: r(d), n: r(n), m: r(m), round: R == 1 } "smmul{round?r}{.c} {d}, {n}, {m}"
    /// Signed most significant word multiply subtract.
    Smmls  "A1" "cccc_01110_101_dddd_aaaa_mmmm_11_R_1_nnnn" where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15 || a == 15) => MulAccHigh { d: r(d), n: r(n), m: r(m), a: r(a), round: R == 1 } "smmls{round?r}{.c} {d}, {n}, {m}, {a}"
    /// Unsigned sum of absolute differences and accumulate.
    Usada8 "A1" "cccc_01111_000_dddd_aaaa_mmmm_0001_nnnn"   where (c != 15 && a != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs4 { d: r(d), n: r(n), m: r(m), a: r(a) } "usada8{.c} {d}, {n}, {m}, {a}"
    /// Unsigned sum of absolute differences.
    Usad8  "A1" "cccc_01111_000_dddd_1111_mmmm_0001_nnnn"   where (c != 15) if_cx (cx.has(Features::V6)) unpredictable (d == 15 || n == 15 || m == 15) => Regs3 { d: r(d), n: r(n), m: r(m) } "usad8{.c} {d}, {n}, {m}"

    // Bit fields and permanently UNDEFINED, A5.4
    /// Signed bit field extract.
    Sbfx "A1" "cccc_0111101_wwwww_dddd_lllll_101_nnnn" where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || n == 15 || l + w > 31) => BitfieldExtract { d: r(d), n: r(n), lsb: Imm8::new(l), width: Imm8::new(w + 1) } "sbfx{.c} {d}, {n}, {lsb}, {width}"
    /// Unsigned bit field extract.
    Ubfx "A1" "cccc_0111111_wwwww_dddd_lllll_101_nnnn" where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || n == 15 || l + w > 31) => BitfieldExtract { d: r(d), n: r(n), lsb: Imm8::new(l), width: Imm8::new(w + 1) } "ubfx{.c} {d}, {n}, {lsb}, {width}"
    /// Bit field clear.
    Bfc  "A1" "cccc_0111110_kkkkk_dddd_lllll_001_1111" where (c != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || k < l) => Bfc { d: r(d), lsb: Imm8::new(l), width: Imm8::new(k + 1 - l) } "bfc{.c} {d}, {lsb}, {width}"
    /// Bit field insert.
    Bfi  "A1" "cccc_0111110_kkkkk_dddd_lllll_001_nnnn" where (c != 15 && n != 15) if_cx (cx.has(Features::V6T2)) unpredictable (d == 15 || k < l) => Bfi { d: r(d), n: r(n), lsb: Imm8::new(l), width: Imm8::new(k + 1 - l) } "bfi{.c} {d}, {n}, {lsb}, {width}"
    /// Permanently UNDEFINED.
    Udf  "A1" "1110_01111111_iiiiiiiiiiii_1111_iiii" => Imm { imm: Imm32(i) } "udf {imm}"
}
