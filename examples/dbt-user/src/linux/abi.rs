//! Structures as the guest lays them out (ARM EABI: 32-bit `long` and pointers,
//! 64-bit fields aligned to 8).

pub(crate) mod file;
pub(crate) mod misc;
pub(crate) mod net;
pub(crate) mod signal;
pub(crate) mod time;

/// Declares a guest structure and checks its size.
macro_rules! guest_struct {
    ($size:literal; $(#[$doc:meta])* $name:ident { $( $field:ident: $ty:ty ),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, ::bytemuck::Pod, ::bytemuck::Zeroable)]
        #[repr(C)]
        pub(crate) struct $name { $( pub(crate) $field: $ty, )* }
        const _: () = assert!(size_of::<$name>() == $size);
    };
}
pub(crate) use guest_struct;
