//! What the caller writes to.

use core::cell::UnsafeCell;

/// Room for any query or capability, in bytes: positions in it have 16 bits.
const INPUT: usize = 65_536;

struct Buffer(UnsafeCell<[u8; INPUT]>);

#[expect(unsafe_code, reason = "a wasm32 module without threads has one")]
// SAFETY: the module is built without shared memory: there is one thread. Tests on other targets
// take turns.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; INPUT]));

pub(crate) const fn input_address() -> *mut u8 {
    BUFFER.0.get().cast()
}

/// A text that the caller wrote, for the time of one call; empty when there is no room for it.
#[expect(
    unsafe_code,
    reason = "the buffer is the module's own static, written by its glue"
)]
pub(crate) fn text(from: usize, len: usize) -> &'static str {
    // SAFETY: no export keeps the reference; the caller writes only between calls, and there is
    // one thread.
    let buffer: &'static [u8; INPUT] = unsafe { &*BUFFER.0.get() };
    let bytes = buffer.get(from..from.wrapping_add(len)).unwrap_or_default();
    // SAFETY: the caller of the exports writes what a `TextEncoder` made, which is UTF-8.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}

/// Where in the input a text is: the position of its first byte, then its length, 16 bits each; 0
/// for a text that is not in it.
pub(crate) fn span_of(text: &str) -> u32 {
    let start = text.as_ptr().addr().wrapping_sub(input_address().addr());
    if start >= INPUT {
        return 0;
    }
    let word = |n: usize| u32::try_from(n).unwrap_or_default();
    (word(start) << 16) | word(text.len())
}
