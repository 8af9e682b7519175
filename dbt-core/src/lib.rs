#![no_std]
//! Intermediate representation, optimiser and engine for embedding dynamic binary translation.
