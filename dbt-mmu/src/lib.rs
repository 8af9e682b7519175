#![no_std]
//! Guest memory: address spaces, protection, and coherence of translated code.
