//! Bringing two printings of one instruction to one form.
//!
//! Both texts go through the same function, so nothing is changed on one side
//! only. Each rule states why two texts that it makes equal name the same
//! instruction; a difference that no rule covers is reported.
//!
//! | rule | why it loses nothing |
//! | --- | --- |
//! | letters to lower case | assembly language is not case-sensitive |
//! | white space beside punctuation goes, else it becomes one space | separates tokens only |
//! | `.w` and `.n` after the mnemonic go | they choose the width of the encoding, which is compared by itself |
//! | `#` before a number goes | marks immediates; a position never takes both an immediate and a register number |
//! | numbers become decimal, modulo 2^32 | radix is notation; immediates are 32-bit values, and wider ones stay as they are. `-0` stays apart from `0`: the two are different encodings (DDI 0406C, A8.5) |
//! | `[rn, #0]` becomes `[rn]` | an offset left out is `+0` (DDI 0406C, A8.5); `-0` is not touched |
//! | `r13`, `r14`, `r15` become `sp`, `lr`, `pc`; `sb`, `sl`, `fp`, `ip` become `r9` to `r12` | names of the same registers |

use std::fmt::Write as _;

/// Appends the common form of an instruction.
pub fn canonical(mnemonic: &str, operands: &str, out: &mut String) {
    out.extend(mnemonic.chars().map(|c| c.to_ascii_lowercase()));
    if out.ends_with(".w") || out.ends_with(".n") {
        out.truncate(out.len() - 2);
    }
    if !operands.is_empty() {
        out.push(' ');
    }
    let mut rest = operands.as_bytes();
    let mut space = false;
    while let [first, tail @ ..] = rest {
        match first {
            b' ' | b'\t' => {
                space = true;
                rest = tail;
                continue;
            }
            b'#' if number_len(tail) > 0 => {
                let (number, after) = tail.split_at(number_len(tail));
                separate(space, out);
                write_number(number, out);
                rest = after;
            }
            b'0'..=b'9' | b'-' if number_len(rest) > 0 => {
                let (number, after) = rest.split_at(number_len(rest));
                separate(space, out);
                write_number(number, out);
                rest = after;
            }
            first if is_word(*first) => {
                let len = rest
                    .iter()
                    .position(|&byte| !is_word(byte))
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(len);
                separate(space, out);
                write_word(word, out);
                rest = after;
            }
            b']' if out.ends_with(",0") => {
                out.truncate(out.len() - 2);
                out.push(']');
                rest = tail;
            }
            punctuation => {
                out.push(char::from(*punctuation));
                rest = tail;
            }
        }
        space = false;
    }
}

/// Splits a printed instruction into mnemonic and operands.
#[must_use]
pub fn split(text: &str) -> (&str, &str) {
    match text.split_once([' ', '\t']) {
        Some((mnemonic, operands)) => (mnemonic, operands.trim_start()),
        None => (text, ""),
    }
}

/// Leaves out LLVM's comment behind an instruction.
#[must_use]
pub fn without_comment(text: &str) -> &str {
    text.split('@').next().unwrap_or_default().trim_end()
}

/// Keeps two words apart that only white space separates.
fn separate(space: bool, out: &mut String) {
    if space && out.as_bytes().last().is_some_and(|&last| is_word(last)) {
        out.push(' ');
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}

/// The length of the number at the start of `text`, zero if there is none.
fn number_len(text: &[u8]) -> usize {
    let sign = usize::from(text.first() == Some(&b'-'));
    if !text.get(sign).is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let is_exponent_sign = |at: usize| {
        matches!(text[at], b'+' | b'-') && text[at - 1] == b'e' && text[..at].contains(&b'.')
    };
    let end = (sign..text.len()).find(|&at| !is_word(text[at]) && !is_exponent_sign(at));
    end.unwrap_or(text.len())
}

fn write_number(number: &[u8], out: &mut String) {
    let text = str::from_utf8(number).unwrap_or_default();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    let written = match value {
        Ok(0) => write!(out, "{sign}0"),
        Ok(value) if value > u64::from(u32::MAX) => write!(out, "{sign}{value}"),
        #[expect(clippy::cast_possible_truncation, reason = "a number of 32 bits")]
        Ok(value) if sign.is_empty() => write!(out, "{}", value as u32),
        #[expect(clippy::cast_possible_truncation, reason = "a number of 32 bits")]
        Ok(value) => write!(out, "{}", (value as u32).wrapping_neg()),
        // A floating-point constant; whatever else it is stays as it was.
        Err(_) => match text.parse::<f64>() {
            Ok(value) => write!(out, "{value}"),
            Err(_) => out.write_str(text),
        },
    };
    written.expect("writing to a string succeeds");
}

fn write_word(word: &[u8], out: &mut String) {
    let canonical = match word {
        b"sb" | b"SB" => "r9",
        b"sl" | b"SL" => "r10",
        b"fp" | b"FP" => "r11",
        b"ip" | b"IP" => "r12",
        b"r13" | b"R13" => "sp",
        b"r14" | b"R14" => "lr",
        b"r15" | b"R15" => "pc",
        _ => {
            out.extend(
                word.iter()
                    .map(|byte| char::from(byte.to_ascii_lowercase())),
            );
            return;
        }
    };
    out.push_str(canonical);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> String {
        let mut out = String::new();
        let (mnemonic, operands) = split(text);
        canonical(mnemonic, operands, &mut out);
        out
    }

    #[test]
    fn notation_vanishes() {
        assert_eq!(form("ADD.W r9, sb, #0x10"), "add r9,r9,16");
        assert_eq!(
            form("ldr\tip, [sl, r15,  lsl #2]!"),
            "ldr r12,[r10,pc,lsl 2]!"
        );
        assert_eq!(form("ldm r0!, {r1, fp, lr} ^"), "ldm r0!,{r1,r11,lr}^");
        assert_eq!(form("mov r0, #0xffffffff"), form("mov r0, #-1"));
        assert_eq!(
            form("vmov.f64 d0, #-1.000000e+00"),
            form("vmov.f64 d0, #-1.0")
        );
    }

    #[test]
    fn meaning_stays() {
        let different = [
            ("ldr r0, [r1, #-0]", "ldr r0, [r1, #0]"),
            ("ldr r0, [r1, #10]", "ldr r0, [r1, #1]"),
            ("ldr r0, [r1], #0", "ldr r0, [r1]"),
            ("ldr r0, [r1, #-4]", "ldr r0, [r1, #4]"),
            ("ldr r0, [r1, -r2]", "ldr r0, [r1, r2]"),
            ("adds r0, r1", "add r0, r1"),
            ("vmov.f32 s0, #0.5", "vmov.f32 s0, #5"),
            ("ldrd r0, r1, [r2], #8", "ldrd r0, r1, [r2, #8]"),
            ("ldm r0!, {r1}", "ldm r0, {r1}"),
            ("ldm r0, {r1}", "ldm r0, {r1} ^"),
            ("msr cpsr_f, r1", "msr cpsr_fs, r1"),
        ];
        for (one, other) in different {
            assert_ne!(form(one), form(other));
        }
    }
}
