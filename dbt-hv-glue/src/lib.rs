#![no_std]
//! What a host environment gives a translator: windows, code memory, fault hooks.
